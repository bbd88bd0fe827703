"""Training rows that are augmented: which of them, when, and what stays as it was."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, SVMClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine import Augmentation, KLDivergence, Softmax
from skdl.ensemble import SeedEnsembleClassifier
from tests.engine.cases import LOSSES
from tests.estimators.common import fit, flat, make

IMAGE = (2, 2, 1)


class Recorder(BaseEstimator):
    """An augmenter that notes what it gets, and can mix, shift, refuse or fail."""

    def __init__(self, mixes=False, shift=0, fails=None):
        self.mixes, self.shift, self.fails = mixes, shift, fails

    def start(self, image_shape, batch_size, dtype):
        self.started = (image_shape, batch_size, dtype)
        self.seen = []
        if self.fails == "start":
            raise ValueError("Recorder: cannot start")
        return self

    def transform(self, images, rng):
        self.seen.append(images.copy())
        if self.fails == len(self.seen):
            raise ValueError("Recorder: cannot continue")
        if self.shift:
            images += rng.normal(size=images.shape).astype(images.dtype)
        return images

    def mix(self, X, targets, rng):
        share = rng.uniform(size=(len(X), 1)).astype(X.dtype)
        for array in (X, targets):
            array[...] = share * array + (1 - share) * array[::-1]

    @property
    def rows(self):
        return np.concatenate([images.reshape(len(images), -1) for images in self.seen])


def noise(rows, rng):
    return rows + rng.normal(size=rows.shape).astype(rows.dtype)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (60, 4)).astype(np.uint8)


def in_order(rows):
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}], ids=str)
def test_each_epoch_brings_each_training_row_once(Net, options, pixels, y):
    recorder = Recorder()
    kept = []

    def keep_rows(net):
        rows = net.training_.data.rows
        kept.append(np.arange(60) if rows is None else rows)

    net = make(Net, augment=recorder, image_shape=IMAGE, batch_size=16, **options)
    fit(net.set_callbacks(LambdaCallback(on_fit_begin=keep_rows)), pixels, y)
    assert recorder.started == (IMAGE, 16, np.dtype(np.uint8))
    assert {images.dtype for images in recorder.seen} == {np.dtype(np.uint8)}
    assert {images.shape[1:] for images in recorder.seen} == {IMAGE}
    epochs = np.split(recorder.rows, 4)
    for epoch in epochs:
        assert_array_equal(in_order(epoch), in_order(pixels[kept[0]]))
    assert (epochs[0] != epochs[1]).any()


def test_rows_without_an_image_shape_are_rows(X, y):
    recorder = Recorder()
    fit(make(MLPClassifier, augment=recorder, batch_size=50), X, y)
    assert recorder.started == (None, 50, np.dtype(np.float64))
    assert [images.shape for images in recorder.seen[:2]] == [(50, 4), (10, 4)]


def test_an_augmenter_that_changes_nothing_changes_no_bit(Net, X, y):
    options = {"dropout": 0.2, "early_stopping": True}
    net = fit(make(Net, augment=Recorder(), **options), X, y)
    expected = fit(make(Net, **options), X, y)
    assert_array_equal(flat(net), flat(expected))
    assert net.loss_curve_ == expected.loss_curve_


def test_what_it_draws_does_not_change_the_order_of_the_rows(X, y):
    recorders = [Recorder(), Recorder(shift=1)]
    for recorder in recorders:
        fit(make(MLPClassifier, augment=recorder), X, y)
    assert_array_equal(recorders[0].rows, recorders[1].rows)


@pytest.mark.parametrize("augment", [Recorder(mixes=True, shift=1), noise])
def test_same_seed_same_bits(augment, X, y):
    before = X.copy()
    nets = [
        fit(make(MLPClassifier, augment=augment, random_state=seed), X, y)
        for seed in (0, 0, 1)
    ]
    assert_array_equal(flat(nets[0]), flat(nets[1]))
    plain = fit(make(MLPClassifier), X, y)
    assert np.abs(flat(nets[0]) - flat(plain)).max() > 1e-4
    assert_array_equal(X, before)


def test_validation_rows_and_predictions_are_not_augmented(X, y, X_val, y_val):
    recorder = Recorder(shift=1)
    net = make(MLPClassifier, augment=recorder)
    fit(net, X, y, X_val=X_val, y_val=y_val)
    assert_array_equal(in_order(recorder.rows[:60]), in_order(X))
    loss = -np.mean(net.predict_log_proba(X_val)[np.arange(len(y_val)), y_val])
    assert_allclose(net.history_["validation_loss"][-1], loss, rtol=1e-9)
    n_calls = len(recorder.seen)
    assert_array_equal(net.predict_proba(X), net.predict_proba(X))
    assert len(recorder.seen) == n_calls


def test_rows_are_standardized_after_they_are_augmented(pixels, y):
    recorder = Recorder()
    options = {"augment": recorder, "image_shape": IMAGE, "standardize": "channel"}
    net = fit(make(MLPClassifier, **options), pixels, y)
    expected = fit(make(MLPClassifier, **{**options, "augment": None}), pixels, y)
    assert recorder.seen[0].dtype == np.uint8
    # The moments are those of the rows as they are.
    assert_array_equal(net.input_mean_, expected.input_mean_)
    assert_array_equal(net.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("augment", [Recorder(mixes=True, shift=1), noise])
def test_k_calls_of_partial_fit_are_one_fit(Net, augment, X, y):
    if Net is SVMClassifier and augment is not noise:
        augment = Recorder(shift=1)
    net = make(Net, augment=augment, batch_size=16)
    options = {} if Net is MLPRegressor else {"classes": [0, 1, 2]}
    for _ in range(4):
        net.partial_fit(X, y, **options)
    assert_array_equal(flat(net), flat(fit(clone(net), X, y)))


def test_a_warm_start_continues_the_stream(X, y):
    options = {"augment": noise, "warm_start": True}
    net = fit(make(MLPClassifier, max_iter=2, **options), X, y)
    fit(net, X, y)
    assert_array_equal(
        flat(net), flat(fit(make(MLPClassifier, max_iter=4, **options), X, y))
    )


def test_a_state_without_the_stream_continues(X, y):
    net = make(MLPRegressor).partial_fit(X, y)
    del net._run_state["streams"]["augmentation"]
    expected = make(MLPRegressor).partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(net.partial_fit(X, y).coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("loss", ["log_loss", "kl_divergence", Softmax()], ids=str)
def test_mixed_targets_are_learned(loss, X, y):
    """All rows are the mean of two clusters: the probabilities are halves."""

    class Halves(Recorder):
        def mix(self, X, targets, rng):
            X[...] = 0.0
            targets[...] = 0.5

    y = np.arange(60) % 2
    options = {"learning_rate_init": 0.05, "alpha": 0, "max_iter": 40, "loss": loss}
    net = fit(make(MLPClassifier, augment=Halves(mixes=True), **options), X, y)
    assert_allclose(net.predict_proba(np.zeros((1, 4))), [[0.5, 0.5]], atol=0.01)


def test_a_mixed_row_has_its_own_weight(X):
    class Swap(Recorder):
        """Each row counts as its neighbour."""

        def mix(self, X, targets, rng):
            for array in (X, targets):
                array[...] = array.reshape(-1, 2, array.shape[1])[:, ::-1].reshape(
                    array.shape
                )

    y, weights = X[:, 0], np.tile([1.0, 3.0], 30)
    options = {"shuffle": False, "batch_size": 60}
    net = make(MLPRegressor, augment=Swap(mixes=True), **options)
    fit(net, X, y, weights)
    expected = fit(make(MLPRegressor, **options), X, y, weights[::-1])
    assert_allclose(net.loss_curve_, expected.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_which_losses_take_mixed_targets(case):
    hinge = "Hinge" in repr(case.loss)
    assert getattr(case.loss, "mixes", False) == (not hinge)


class Own(KLDivergence):
    mixes = False


@pytest.mark.parametrize(
    "net",
    [
        SVMClassifier(),
        MLPClassifier(loss="squared_hinge"),
        MLPClassifier(loss=Own()),
    ],
    ids=str,
)
def test_mixing_is_refused_where_targets_cannot_be_mixed(net, X, y):
    recorder = Recorder(mixes=True)
    net = clone(net).set_params(augment=recorder)
    before = dict(vars(net))
    with pytest.raises(ValueError, match=r"augment=Recorder.*mixed target has no mean"):
        net.fit(X, y)
    assert net.augment.seen == []
    assert vars(net) == before
    columns = np.column_stack([y, y[::-1]])
    with pytest.raises(ValueError, match="mixed target has no meaning"):
        net.fit(X, columns)


def test_mixing_several_columns_of_labels(X, y):
    net = make(SoftmaxClassifier, augment=Recorder(mixes=True, shift=1), max_iter=30)
    fit(net, X, np.column_stack([y, y[::-1]]))
    assert np.isfinite(net.loss_curve_).all()


@pytest.mark.parametrize("fails", ["start", 1, 6])
def test_an_augmenter_that_fails_leaves_the_net_as_it_was(fails, X, y):
    net = fit(make(MLPClassifier), X, y)
    net.set_params(augment=Recorder(fails=fails), batch_size=16, standardize=True)
    before = dict(vars(net))
    expected = net.predict_proba(X)
    for method in (net.fit, net.set_params(standardize=False).partial_fit):
        if fails == 6 and method != net.fit:
            continue  # one epoch has four batches
        with pytest.raises(ValueError, match="Recorder: cannot"):
            method(X, y)
    assert vars(net) == before | {"standardize": False}
    assert_array_equal(net.predict_proba(X), expected)


def test_an_augmenter_that_returns_something_else_is_named(pixels, y):
    net = make(MLPClassifier, augment=lambda images, rng: images / 255)
    with pytest.raises(ValueError, match="augment must return .* it got, uint8"):
        net.fit(pixels, y)


@pytest.mark.parametrize("value", ["flip", 3, BaseEstimator()])
def test_values_other_than_augmenters_are_refused(value, X, y):
    with pytest.raises(ValueError, match="'augment' parameter"):
        make(MLPClassifier, augment=value).fit(X, y)


def test_a_class_is_refused_as_augmenter(X, y):
    with pytest.raises(ValueError, match=r"not a class: write Recorder\(\)"):
        make(MLPClassifier, augment=Recorder).fit(X, y)


def test_settings_are_checked(X, y):
    class Checked(Recorder):
        def check(self):
            raise ValueError("Checked: shift must be small")

    with pytest.raises(ValueError, match="shift must be small"):
        make(MLPClassifier, augment=Checked()).fit(X, y)


def test_sparse_rows_are_refused(X, y):
    net = make(MLPClassifier, augment=Recorder())
    assert not get_tags(net).input_tags.sparse
    with pytest.raises(ValueError, match=r"X is sparse: pass X\.toarray\(\), or set"):
        net.fit(csr_array(X), y)


def test_lbfgs_is_refused(X, y):
    with pytest.raises(ValueError, match="same rows at every evaluation.*augment=None"):
        make(MLPClassifier, augment=noise, solver="lbfgs").fit(X, y)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, clone, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_have_it(duplicate, X, y):
    net = make(MLPClassifier, augment=Recorder(shift=1))
    other = duplicate(net)
    assert other.augment is not net.augment
    assert_array_equal(flat(fit(other, X, y)), flat(fit(net, X, y)))
    assert net.get_params()["augment__shift"] == 1


def test_members_of_an_ensemble_augment(X, y):
    net = make(MLPClassifier, augment=noise)
    ensemble = fit(SeedEnsembleClassifier(net, n_members=2, random_state=0), X, y)
    seeds = ensemble.member_seeds_.tolist()
    for member, seed in zip(ensemble.estimators_, seeds, strict=True):
        expected = fit(clone(net).set_params(random_state=seed), X, y)
        assert_array_equal(member.coefs_[0], expected.coefs_[0])


def test_the_engine_exports_what_it_takes():
    assert Augmentation.__module__ == "skdl.engine.augmentation"


def blemish(value, at):
    """Return a function that puts a value into one place of its second batch."""
    calls = []

    def augment(rows, rng):
        calls.append(1)
        rows = rows.copy()
        if len(calls) == 2:
            rows[at] = value
        return rows

    return augment


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"max_restarts": 3}])
def test_what_is_not_finite_is_named_and_not_blamed_on_the_rate(
    Net, value, options, X, y
):
    net = make(Net, augment=blemish(value, (3, 2)), batch_size=16, **options)
    net.set_params(activation="tanh")  # of infinity it makes 1
    before = dict(vars(net))
    message = (
        f"augment returned {value}, first in row 3 of a batch of 16 rows, column 2"
    )
    with pytest.raises(ValueError, match=message) as caught:
        net.fit(X, y)
    assert "lower learning_rate_init" not in str(caught.value)
    assert vars(net) == before


def test_pixels_that_are_not_finite_are_named(X, y):
    augment = blemish(np.nan, (1, 0, 1, 0))
    net = make(MLPClassifier, augment=augment, image_shape=IMAGE, batch_size=16)
    with pytest.raises(ValueError, match=r"row 1 of .* pixel \(0, 1, 0\)"):
        net.fit(X.astype(np.float32), y)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_large_finite_numbers_pass(dtype):
    largest = np.finfo(dtype).max
    rows = np.full((3, 4), largest, dtype)
    augmentation = Augmentation(lambda X, rng: X, 4, None, 3, dtype, None)
    assert augmentation(rows) is not None


class BadMix(Recorder):
    """An augmenter whose mixture has a NaN in X or in the targets."""

    def __init__(self, which):
        super().__init__(mixes=True)
        self.which = which

    def mix(self, X, targets, rng):
        (X, targets)[self.which][2, 1] = np.nan


@pytest.mark.parametrize(("which", "name"), [(0, "X"), (1, "the targets")])
def test_mixtures_that_are_not_finite_are_named(which, name, X, y):
    net = make(SoftmaxClassifier, augment=BadMix(which))
    with pytest.raises(ValueError, match=f"in {name}, returned nan, first in row 2"):
        net.fit(X, y)
