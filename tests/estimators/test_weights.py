"""coefs_ and intercepts_ can be assigned to, as scikit-learn's."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skdl import MLPClassifier, MLPRegressor, SVMClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
Y = np.arange(30) % 3


def fitted(dtype=np.float64, **parameters):
    net = MLPClassifier((4, 4), random_state=0, **parameters)
    return net.partial_fit(X.astype(dtype), Y, classes=[0, 1, 2])


def test_an_item_writes_into_the_network():
    net = fitted()
    W, b = rng.normal(size=(3, 4)), rng.normal(size=4)
    net.coefs_[0] = W
    net.intercepts_[-3] = b
    np.testing.assert_array_equal(net.coefs_[0], W)
    np.testing.assert_array_equal(net.intercepts_[0], b)
    np.testing.assert_array_equal(net._network.parameters[:12], W.ravel())
    W[...] = 0
    assert net.coefs_[0].any()
    net.coefs_[0] *= 2
    net.coefs_[1:] = [0 * W for W in net.coefs_[1:]]
    assert np.count_nonzero(net.coefs_[0]) == 12
    assert not net.coefs_[1].any()


def test_the_whole_list_can_be_set():
    net, other = fitted(), fitted(learning_rate_init=0.5)
    net.coefs_ = [W.tolist() for W in other.coefs_]
    net.intercepts_ = tuple(other.intercepts_)
    np.testing.assert_array_equal(net.predict_proba(X), other.predict_proba(X))
    other.coefs_[0][...] = 0
    assert net.coefs_[0].any()


def test_layers_can_be_swapped():
    net = MLPClassifier((4, 4, 4), random_state=0)
    net.partial_fit(X, Y, classes=[0, 1, 2])
    first, second = net.coefs_[1].copy(), net.coefs_[2].copy()
    net.coefs_[1:3] = [net.coefs_[2], net.coefs_[1]]
    np.testing.assert_array_equal(net.coefs_[1], second)
    np.testing.assert_array_equal(net.coefs_[2], first)


@pytest.mark.parametrize("given", [np.float16, np.float64, np.int8, object, bool])
def test_values_are_cast_to_the_dtype_of_the_net(given):
    net = fitted(np.float32)
    net.coefs_[0] = np.ones((3, 4), given)
    assert net.coefs_[0].dtype == np.float32
    assert (net.coefs_[0] == 1).all()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((4, 3)), r"coefs_\[0\] must be of shape \(3, 4\), got \(4, 3\)"),
        (np.ones(12), "must be of shape"),
        (1.0, "must be of shape"),
        (np.full((3, 4), np.nan), "must be finite in float32"),
        (np.full((3, 4), 1e300), "must be finite in float32"),
        (np.ones((3, 4), complex), "must be an array of numbers, got ndarray"),
        ([["1"] * 4] * 3, "must be an array of numbers, got list"),
        (None, r"must be an array of shape \(3, 4\), got NoneType"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_does_not_fit_is_refused_and_nothing_is_written(value, message):
    net = fitted(np.float32)
    before = net._network.parameters.copy()
    with pytest.raises(ValueError, match=message):
        net.coefs_[0] = value
    W = [2 * W for W in net.coefs_]
    with pytest.raises(ValueError, match=message):
        net.coefs_ = [value, *W[1:]]
    with pytest.raises(ValueError, match=r"coefs_\[0\]"):
        net.coefs_[::-1] = [*W[:0:-1], value]
    np.testing.assert_array_equal(net._network.parameters, before)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.append(a[0]),
        lambda a: a.extend([]),
        lambda a: a.insert(0, a[0]),
        lambda a: a.pop(),
        lambda a: a.remove(a[0]),
        lambda a: a.clear(),
        lambda a: a.reverse(),
        lambda a: a.sort(),
        lambda a: a.__delitem__(0),
        lambda a: a.__iadd__([1]),
        lambda a: a.__imul__(2),
        lambda a: a.assign(a[:1]),
        lambda a: a.__setitem__(slice(0, 1), [a[0], a[0]]),
    ],
)
def test_the_number_of_layers_cannot_change(change):
    net = fitted()
    with pytest.raises(TypeError, match=r"change a copy: list\(net.coefs_\)"):
        change(net.coefs_)
    assert len(net.coefs_) == 3


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        list,
        lambda a: a[:],
        lambda a: a.copy(),
        lambda a: a.__add__([]),
    ],
)
def test_copies_and_slices_are_plain_lists(copied):
    net = fitted()
    arrays = copied(net.coefs_)
    assert type(arrays) is list
    arrays[0] = None
    arrays.append(1)
    assert net.coefs_[0] is not None
    assert isinstance(net.coefs_, list)


def test_deep_copies_and_pickles_share_nothing():
    net = fitted()
    for arrays in (copy.deepcopy(net.coefs_), pickle.loads(pickle.dumps(net.coefs_))):
        assert type(arrays) is list
        for W, ours in zip(arrays, net.coefs_, strict=True):
            np.testing.assert_array_equal(W, ours)
            assert not np.shares_memory(W, ours)


@pytest.mark.parametrize("name", ["coefs_", "intercepts_", "projections_"])
@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor, SVMClassifier])
def test_a_net_that_is_not_fitted_says_what_to_do(Net, name):
    with pytest.raises(NotFittedError, match=f"Call fit or .*{Net.__name__}.from_skl"):
        setattr(Net(), name, [np.ones((3, 4))])


def test_matrices_of_bypasses_are_written_too():
    net = MLPClassifier((4, 5, 5), residual=True, random_state=0)
    net.partial_fit(X, Y, classes=[0, 1, 2])
    net.projections_[0] = np.ones((4, 5))
    assert (net.projections_[0] == 1).all()
    net.projections_ = [np.zeros((4, 5)), None]
    assert not net.projections_[0].any()
    with pytest.raises(
        ValueError, match=r"projections_\[1\] must be None, got ndarray"
    ):
        net.projections_[1] = np.ones((5, 5))


def test_the_scale_of_the_input_is_read_only():
    net = fitted(standardize=True)
    with pytest.raises(ValueError, match="read-only"):
        net.input_scale_[0] = 2


def test_training_continues_from_assigned_weights():
    """Federated averaging: the mean of two nets, which then train on."""
    net, other = fitted(), fitted(learning_rate_init=0.1)
    net.coefs_ = [(V + W) / 2 for V, W in zip(net.coefs_, other.coefs_, strict=True)]
    before = net.coefs_[0].copy()
    net.partial_fit(X, Y)
    moved = abs(net.coefs_[0] - before).max()
    assert 0 < moved <= 1.5e-3
