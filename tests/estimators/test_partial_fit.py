"""partial_fit: batch by batch what fit does in epochs."""

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import is_classifier

from skdl import LogisticClassifier, MLPClassifier
from skdl.callbacks.base import NetCallback
from skdl.engine.network import Network
from tests.estimators.common import fit, flat, make

SOLVERS = {
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd"},
    "no momentum": {"solver": "sgd", "momentum": 0},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "in order": {"shuffle": False},
}


@pytest.fixture
def partial():
    """Call partial_fit once, with the classes where there are any."""

    def partial(net, X, y, *args):
        classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
        return net.partial_fit(X, y, *args, **classes)

    return partial


@pytest.mark.parametrize("params", SOLVERS.values(), ids=SOLVERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_k_calls_are_k_epochs(Net, params, weighted, X, y, partial):
    weights = [np.linspace(0, 2, 60)] if weighted else []
    params = {"batch_size": 16, "learning_rate_init": 0.01, **params}
    expected = fit(make(Net, max_iter=5, **params), X, y, *weights)
    net = make(Net, **params)
    for _ in range(5):
        partial(net, X, y, *weights)
    assert_array_equal(flat(net), flat(expected))
    assert net.loss_curve_ == expected.loss_curve_
    assert net.t_ == expected.t_
    assert net.n_iter_ == 1


def test_continues_after_pickling(Net, X, y, partial):
    net = partial(make(Net), X, y)
    copy = pickle.loads(pickle.dumps(net))
    assert_array_equal(flat(partial(copy, X, y)), flat(partial(net, X, y)))


def test_each_call_shuffles_in_another_order(Net, X, y, partial, monkeypatch):
    orders = []
    step = Network.loss_and_gradient

    def spy(self, X, *args):
        orders.append(X[:, 0].tolist())
        return step(self, X, *args)

    monkeypatch.setattr(Network, "loss_and_gradient", spy)
    net = make(Net)
    for _ in range(3):
        partial(net, X, y)
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == sorted(X[:, 0]) for order in orders)


def test_partial_fit_continues_after_fit(Classifier, X, y):
    net = fit(make(Classifier), X, y)
    before = flat(net)
    net.partial_fit(X, y)
    assert 0 < np.abs(flat(net) - before).max() < 0.1


def test_fit_after_partial_fit_starts_from_scratch(Net, X, y, partial):
    net = partial(make(Net), X, y)
    assert_array_equal(flat(fit(net, X, y)), flat(fit(make(Net), X, y)))
    assert len(net.loss_curve_) == 4


def test_batches_need_not_show_all_classes(Classifier, X, y):
    net = make(Classifier).partial_fit(X[y < 2], y[y < 2], classes=[2, 0, 1])
    assert_array_equal(net.classes_, [0, 1, 2])
    net.partial_fit(X[y == 2], y[y == 2])
    assert net.decision_function(X).shape == (60, 3)


def test_classes_are_needed_in_the_first_call(Classifier, X, y):
    net = make(Classifier)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        net.partial_fit(X, y)
    assert not hasattr(net, "classes_")


def test_unknown_class_is_refused(Classifier, X, y):
    net = make(Classifier)
    with pytest.raises(ValueError, match="`y` has classes not in `self.classes_`"):
        net.partial_fit(X, y, classes=[0, 1])
    net.partial_fit(X, y, classes=[0, 1, 2])
    before = flat(net)
    with pytest.raises(ValueError, match="`y` has classes not in `self.classes_`"):
        net.partial_fit(X, y + 1)
    assert_array_equal(flat(net), before)


def test_other_classes_later_are_refused(Classifier, X, y):
    net = make(Classifier).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on last call"):
        net.partial_fit(X, y, classes=[0, 1, 2, 3])


def test_is_not_there_with_lbfgs(Net):
    net = Net(solver="lbfgs")
    assert not hasattr(net, "partial_fit")
    with pytest.raises(AttributeError) as error:
        net.partial_fit  # noqa: B018
    assert "stochastic" in str(error.value)
    assert hasattr(net.set_params(solver="sgd"), "partial_fit")


def test_refuses_early_stopping(Net, X, y, partial):
    net = make(Net, early_stopping=True)
    with pytest.raises(ValueError, match="does not support early_stopping=True"):
        partial(net, X, y)
    assert not hasattr(net, "coefs_")


def test_other_number_of_features_is_refused(Net, X, y, partial):
    net = partial(make(Net), X, y)
    with pytest.raises(ValueError, match="X has 3 features, but .* expecting 4"):
        partial(net, X[:, :3], y)


def test_dtype_of_the_first_batch_stays(Net, X, y, partial):
    net = partial(make(Net), X.astype(np.float32), y, np.ones(60))
    partial(net, X, y, np.ones(60))
    assert net.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("Multilabel", [MLPClassifier, LogisticClassifier])
def test_several_labels(Multilabel, X):
    Y = (X[:, :3] > 0).astype(int)
    net = make(Multilabel)
    for _ in range(4):
        net.partial_fit(X, Y, classes=[0, 1, 2])
    assert_array_equal(flat(net), flat(fit(make(Multilabel), X, Y)))


@pytest.mark.parametrize("classes", [[0, 1], [0, 1, 2, 3]])
def test_wrong_number_of_labels_is_refused_clearly(classes, X):
    net = make(LogisticClassifier)
    with pytest.raises(ValueError, match="classes"):
        net.partial_fit(X, (X[:, :3] > 0).astype(int), classes=classes)


def test_labels_and_classes_do_not_mix(X, y):
    net = make(LogisticClassifier).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="multilabel indicator matrix in one call"):
        net.partial_fit(X, (X[:, :3] > 0).astype(int))


def test_does_not_stop_or_warn_on_a_plateau(Net, X, y, partial):
    net = make(Net, tol=1e3, n_iter_no_change=1)
    for _ in range(6):
        partial(net, X, y)
    assert len(net.loss_curve_) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate_init", -1), ("max_grad_norm", -1.0), ("alpha", "0.1")],
)
def test_parameters_are_checked_in_each_call(Net, X, y, partial, name, value):
    net = partial(make(Net), X, y).set_params(**{name: value})
    before = flat(net)
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        partial(net, X, y)
    assert_array_equal(flat(net), before)


def test_scikit_learns_setting_skips_the_checks_of_parameters(X, y):
    net = make(MLPClassifier).partial_fit(X, y, classes=[0, 1, 2])
    with config_context(skip_parameter_validation=True):
        net.set_params(max_iter=0).partial_fit(X, y)
    assert len(net.loss_curve_) == 2


def test_what_was_taken_before_a_call_stays(Net, X, y, partial):
    net = partial(make(Net, normalization="batch"), X, y)
    arrays = [*net.coefs_, *net.intercepts_, *net.history_.values()]
    arrays += [net._network.statistics]
    copies = [copy.copy(net), copy.deepcopy(net)]
    expected, written = [a.copy() for a in arrays], [*map(pickle.dumps, copies)]
    for _ in range(3):
        partial(net, X, y)
    for array, before in zip(arrays, expected, strict=True):
        assert_array_equal(array, before)
    assert [*map(pickle.dumps, copies)] == written


def test_nothing_of_the_size_of_a_batch_is_kept(Net, X, y, partial):
    small, large = (partial(make(Net), X[:n], y[:n]) for n in (6, 60))
    for _ in range(3):
        partial(large, X, y)
        partial(small, X[:6], y[:6])
    assert abs(len(pickle.dumps(large)) - len(pickle.dumps(small))) < 60


class SeesSteps(NetCallback):
    """A callback, and the observer of steps that it returns."""

    def observe_steps(self, run, records):
        return self

    def wants(self, step):
        return True

    def before(self, parameters, gradient, objective):
        pass

    def after(self, parameters, rate):
        pass

    def records(self):
        return {}


@pytest.mark.parametrize("seen_by", ["scorer", "observer"])
def test_what_was_seen_during_a_call_stays(Net, seen_by, X, y, partial):
    net, seen = partial(partial(make(Net), X, y), X, y), []

    def score(net, X, y):
        seen.extend(net.coefs_)
        return 0.0

    class Sees(SeesSteps):
        def before(self, parameters, gradient, objective):
            seen.append(parameters)

    if seen_by == "scorer":
        net.set_params(scoring=score).partial_fit(X, y, X_val=X, y_val=y)
        net.set_params(scoring=None)
    else:
        partial(net.set_callbacks(Sees()), X, y)
        net.set_callbacks()
    expected = [array.copy() for array in seen]
    for _ in range(3):
        partial(net, X, y)
    assert seen
    for array, before in zip(seen, expected, strict=True):
        assert_array_equal(array, before)


CHANGES = {
    "batch size": {"batch_size": 7},
    "penalty": {"penalty": "l1", "alpha": 0.1},
    "solver": {"solver": "sgd"},
    "activation": {"activation": "tanh"},
    "dropout": {"dropout": 0.5},
    "no penalty": {"alpha": 0},
    "schedule": {"learning_rate": "cosine"},
}


@pytest.mark.parametrize("params", CHANGES.values(), ids=CHANGES)
def test_a_change_between_two_calls_counts(Net, params, X, y, partial):
    net = partial(partial(make(Net), X, y), X, y)
    # What is read from a pickle has nothing of the calls before it.
    for_later, unchanged = (pickle.loads(pickle.dumps(net)) for _ in range(2))
    partial(net.set_params(**params), X, y)
    partial(for_later.set_params(**params), X, y)
    assert_array_equal(flat(net), flat(for_later))
    assert (flat(net) != flat(partial(unchanged, X, y))).any()


def test_rows_of_another_number_and_dtype_are_trained_on_as_they_are(
    Net, X, y, partial
):
    net = partial(make(Net), X, y)
    other = pickle.loads(pickle.dumps(net))
    fewer = np.asfortranarray(X[:37], np.float32)
    assert_array_equal(
        flat(partial(net, fewer, y[:37])), flat(partial(other, fewer, y[:37]))
    )


class FailsAfterAStep(SeesSteps):
    def after(self, parameters, rate):
        raise RuntimeError("no step")


def test_a_call_that_fails_after_a_step_never_happened(Net, X, y, partial):
    net = partial(partial(make(Net), X, y), X, y)
    undisturbed, before = copy.deepcopy(net), pickle.dumps(net)
    with pytest.raises(RuntimeError, match="no step"):
        partial(net.set_callbacks(FailsAfterAStep()), X, y)
    net.set_callbacks()
    assert pickle.dumps(net) == before
    assert_array_equal(flat(partial(net, X, y)), flat(partial(undisturbed, X, y)))
    assert net.loss_curve_ == undisturbed.loss_curve_


def test_threads_train_nets_of_one_shape_side_by_side(Net, X, y, partial):
    def train(seed):
        net = make(Net, random_state=seed)
        for _ in range(5):
            partial(net, X, y)
        return flat(net)

    with ThreadPoolExecutor(2) as threads:
        together = [*threads.map(train, range(4))]
    for seed, parameters in enumerate(together):
        assert_array_equal(parameters, train(seed))


def test_a_call_takes_few_calls_of_functions(Net, X, y, partial):
    """Each takes about a microsecond, and the step of a small net takes 60."""
    net = partial(partial(make(Net), X, y), X, y)
    n_calls = 0

    def count(frame, event, argument):
        nonlocal n_calls
        n_calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        net.partial_fit(X, y)
    finally:
        sys.setprofile(before)
    assert n_calls < 410, n_calls
