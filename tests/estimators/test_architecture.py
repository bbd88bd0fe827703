"""Dropout, normalization, bypasses and starting weights as the estimators take them."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import BatchNorm, HeNormal, LeCunNormal, Maxout, Tanh
from tests.estimators.common import fit, make, scores

OPTIONS = {
    "dropout": {"dropout": 0.3},
    "input-dropout": {"dropout": [0.2, 0.0, 0.3]},
    "batch-norm": {"normalization": "batch"},
    "batch-norm-after": {"normalization": "batch", "normalization_position": "after"},
    "residual": {"residual": True},
    "projection": {"residual": True, "hidden_layer_sizes": (6, 5)},
    "maxout": {"activation": "maxout"},
    "all": {
        "activation": [Maxout(3), "tanh"],
        "dropout": 0.1,
        "normalization": BatchNorm(0.8),
        "residual": True,
    },
}
each_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


@pytest.fixture
def net():
    """Return a net of two hidden layers."""

    def net(Net, **parameters):
        return make(Net, **{"hidden_layer_sizes": (6, 6), **parameters})

    return net


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:800] / 16 - 0.3, y[:800]


def state(net):
    return np.concatenate([array.ravel() for array in net._network.snapshot()])


@each_option
def test_the_same_seed_gives_the_same_bits(Net, X, y, net, options):
    nets = [fit(net(Net, **options), X, y) for _ in range(2)]
    assert_array_equal(state(nets[0]), state(nets[1]))
    other = fit(net(Net, **options, random_state=1), X, y)
    assert (state(other) != state(nets[0])).any()


@each_option
def test_calls_of_partial_fit_are_one_fit(Net, X, y, net, options):
    at_once = fit(net(Net, **options, max_iter=5), X, y)
    in_steps = net(Net, **options)
    known = {} if Net is MLPRegressor else {"classes": np.unique(y)}
    for _ in range(5):
        in_steps.partial_fit(X, y, **known)
        # A copy continues as the original would.
        in_steps = pickle.loads(pickle.dumps(in_steps))
    assert_array_equal(state(in_steps), state(at_once))


@each_option
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_warm_start_continues(Net, X, y, net, options):
    at_once = fit(net(Net, **options, max_iter=6), X, y)
    warm = net(Net, **options, max_iter=3, warm_start=True)
    warm.fit(X, y).fit(X, y)
    assert_array_equal(state(warm), state(at_once))


@each_option
def test_early_stopping_restores_the_best_epoch(X, y, net, options):
    stopped = net(MLPClassifier, **options, early_stopping=True, max_iter=30,
                  learning_rate_init=0.3, validation_fraction=0.3)  # fmt: skip
    fit(stopped, X, y)
    best = int(np.argmax(stopped.validation_scores_)) + 1
    assert best < stopped.n_iter_
    again = clone(stopped).set_params(max_iter=best)
    assert_array_equal(state(stopped), state(fit(again, X, y)))


@each_option
def test_weights_of_zero_leave_rows_out_of_everything(Net, X, y, net, options):
    """What a batch's moments are is decided by the rows that count."""
    if "dropout" in options:
        options = {**options, "dropout": None}
    weights = np.repeat([1.0, 0.0], [40, 20])
    spoilt = np.where(weights[:, np.newaxis] > 0, X, 1e3)
    nets = [
        fit(net(Net, **options, batch_size=60), rows, y, weights)
        for rows in (X, spoilt)
    ]
    assert_allclose(state(nets[0]), state(nets[1]), rtol=1e-8, atol=1e-10)


@each_option
def test_float32_is_kept(Net, X, y, net, options):
    fitted = fit(net(Net, **options), X.astype(np.float32), y)
    assert state(fitted).dtype == np.float32
    assert np.isfinite(state(fitted)).all()


@each_option
def test_a_last_batch_of_one_row_and_of_few(Net, X, y, net, options):
    for n in 31, 33:
        fitted = fit(net(Net, **options, batch_size=10), X[:n], y[:n])
        assert np.isfinite(state(fitted)).all()


@each_option
def test_predictions_do_not_depend_on_the_other_rows(Net, X, y, net, options):
    fitted = fit(net(Net, **options), X, y)
    together = scores(fitted, X)
    alone = np.concatenate([scores(fitted, row[np.newaxis]) for row in X])
    assert_allclose(together, alone, rtol=1e-10, atol=1e-12)


def test_partial_fit_of_single_rows_with_batch_norm(X, y):
    """One row has no moments: the running ones stay as they were, and are used."""
    net = SoftmaxClassifier(
        (6,), normalization="batch", standardize=False, random_state=0
    )
    for row, label in zip(X[:5], y[:5], strict=True):
        net.partial_fit([row], [label], classes=[0, 1, 2])
    assert np.isfinite(state(net)).all()
    net.partial_fit(X, y)
    before = net._network.statistics.copy()
    assert before.any()
    net.partial_fit(X[:1], y[:1])
    assert_array_equal(net._network.statistics, before)


def test_dropout_is_off_in_prediction(Net, X, y, net):
    fitted = fit(net(Net, dropout=[0.2, 0.5, 0.5]), X, y)
    once = scores(fitted, X)
    assert_array_equal(scores(fitted, X), once)
    plain = net(Net, warm_start=True, learning_rate_init=1e-300)
    fit(plain, X, y)
    plain._network.restore(fitted._network.snapshot())
    assert_array_equal(scores(plain, X), once)


def test_dropout_has_a_stream_of_its_own(Net, X, y, net):
    """Starting weights and the order of the rows are those without it."""
    settings = {"learning_rate_init": 1e-300, "batch_size": 10, "max_iter": 1}
    plain = fit(net(Net, **settings), X, y)
    dropping = fit(net(Net, **settings, dropout=0.5), X, y)
    assert_array_equal(plain.coefs_[0], dropping.coefs_[0])
    orders = []
    for dropout in None, 0.5:
        spy = Spy()
        fit(net(Net, **settings, dropout=dropout, activation=[spy, "tanh"]), X, y)
        orders.append(np.concatenate(spy.seen))
    assert_array_equal(*orders)


class Spy(Tanh):
    """Notes what the first unit gets."""

    def __init__(self):
        self.seen = []

    def forward(self, Z, A):
        self.seen.append(Z[:, 0].copy())
        super().forward(Z, A)


def test_each_option_changes_what_is_learned(X, y, net):
    plain = fit(net(MLPClassifier), X, y)
    for name, options in OPTIONS.items():
        fitted = fit(net(MLPClassifier, **options), X, y)
        same = [
            a.shape == b.shape and (a == b).all()
            for a, b in zip(fitted.coefs_, plain.coefs_, strict=True)
        ]
        assert not any(same), name


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_thirty_layers_train_with_bypasses_and_not_without(digits, activation):
    deep = MLPClassifier((32,) * 30, activation=activation, max_iter=10, random_state=0)
    accuracy = {}
    for residual in False, True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = clone(deep).set_params(residual=residual).fit(*digits)
        accuracy[residual] = fitted.score(*digits)
    assert accuracy[False] < 0.4
    assert accuracy[True] > 0.8


def test_batch_norm_trains_where_the_scale_is_wrong(digits):
    """Too small weights keep eight layers from learning, unless normalized."""
    deep = MLPClassifier(
        (32,) * 8, weight_init=0.02, max_iter=10, random_state=0, batch_size=50
    )
    accuracy = {}
    for normalization in None, "batch":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = clone(deep).set_params(normalization=normalization).fit(*digits)
        accuracy[normalization] = fitted.score(*digits)
    assert accuracy[None] < 0.4
    assert accuracy["batch"] > 0.8


def test_projections_are_a_fitted_attribute(Net, X, y, net):
    fitted = fit(net(Net, hidden_layer_sizes=(6, 6, 5), residual=True), X, y)
    same, other = fitted.projections_
    assert same is None
    assert other.shape == (6, 5)
    assert np.shares_memory(other, fitted._network.parameters)
    assert fit(net(Net), X, y).projections_ == []


def test_maxout_weights_lie_side_by_side(Net, X, y, net):
    fitted = fit(net(Net, activation=Maxout(3)), X, y)
    assert [a.shape for a in fitted.coefs_[:2]] == [(4, 18), (6, 18)]
    assert [a.shape for a in fitted.intercepts_[:2]] == [(18,), (18,)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 1.0}, r"'dropout' parameter"),
        ({"dropout": -0.1}, r"'dropout' parameter"),
        ({"dropout": "half"}, r"'dropout' parameter"),
        ({"dropout": [0.1, 0.1]}, r"dropout must be a number .*, or 3 of them"),
        ({"dropout": [0.1, 1.0, 0.1]}, r"dropout must be in \[0, 1\), got \[0.1, 1.0"),
        ({"dropout": [0.1, "a", 0.1]}, r"dropout must be in \[0, 1\), got"),
        ({"dropout": 0.5, "hidden_layer_sizes": ()}, "there are none. Set dropout=No"),
        ({"normalization": "layer"}, "'normalization' parameter"),
        ({"normalization": BatchNorm(2)}, "BatchNorm: momentum must be"),
        ({"normalization": "batch", "hidden_layer_sizes": ()}, "Set normalization=No"),
        ({"normalization_position": "around"}, "'normalization_position' parameter"),
        ({"residual": True, "hidden_layer_sizes": (6,)}, "Set residual=False"),
        ({"residual": 1.5}, "'residual' parameter"),
        ({"normalization": "batch", "solver": "lbfgs"}, "solver='lbfgs' needs .* None"),
        ({"dropout": 0.1, "solver": "lbfgs"}, "solver='lbfgs' needs the same objectiv"),
        ({"activation": Maxout(1)}, "Maxout: pieces must be"),
    ],
)
def test_what_makes_no_sense_is_refused(Net, X, y, net, options, message):
    refused = net(Net, **options)
    with pytest.raises(ValueError, match=message):
        refused.fit(X, y)
    assert not hasattr(refused, "n_features_in_")


@pytest.mark.parametrize(
    "change",
    [{"normalization": "batch"}, {"activation": "maxout"}, {"residual": True}],
)
def test_going_on_with_another_architecture_is_refused(Net, X, y, net, change):
    """A bypass between different widths, too, has weights."""
    warm = net(Net, hidden_layer_sizes=(6, 5), warm_start=True)
    before = state(fit(warm, X, y)).copy()
    with pytest.raises(ValueError, match="continue with the weights of the last"):
        warm.set_params(**change).fit(X, y)
    assert_array_equal(state(warm), before)


def test_rate_zero_means_no_dropout_and_lbfgs_takes_it(Net, X, y, net):
    plain = fit(net(Net, solver="lbfgs"), X, y)
    zero = fit(net(Net, solver="lbfgs", dropout=0.0), X, y)
    assert_array_equal(state(plain), state(zero))


def test_settings_can_be_searched(X, y, net):
    search = GridSearchCV(
        net(MLPClassifier, normalization=BatchNorm()),
        {"normalization__momentum": [0.5, 0.9], "dropout": [None, 0.2, [0.1, 0, 0]]},
        cv=2,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    assert search.best_estimator_.score(X, y) > 0.3


@pytest.mark.filterwarnings("ignore:y has .* classes:UserWarning")
def test_auto_doubles_the_variance_after_rectifiers():
    X = np.random.default_rng(0).normal(size=(30, 300))
    net = SoftmaxClassifier(
        (200, 250), activation=["relu", "tanh"], learning_rate_init=1e-300,
        max_iter=1, random_state=0,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning):
        net.fit(X, np.arange(30) % 20)
    expected = [(1 / 300) ** 0.5, (2 / 200) ** 0.5, (1 / 250) ** 0.5]
    for weights, scale in zip(net.coefs_, expected, strict=True):
        assert_allclose(weights.std(), scale, rtol=0.05)
    assert abs(np.concatenate(net.intercepts_)).max() < 1e-200
    rng = np.random.RandomState(0)
    for layer, initializer in enumerate([LeCunNormal(), HeNormal(), LeCunNormal()]):
        drawn = np.empty_like(net.coefs_[layer])
        initializer.fill(drawn, rng)
        assert_allclose(net.coefs_[layer], drawn, atol=1e-200)


def test_a_linear_model_may_start_from_zero(Net, X, y):
    fitted = fit(make(Net, hidden_layer_sizes=(), weight_init=0), X, y)
    assert fitted.coefs_[0].any()
    with pytest.raises(ValueError, match="units of a layer identical"):
        make(Net, weight_init=0).fit(X, y)
