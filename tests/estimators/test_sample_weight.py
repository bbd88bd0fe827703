"""sample_weight: a row of weight 2 counts twice, one of weight 0 not at all."""

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl import MLPRegressor
from tests.estimators.common import fit, flat, make

FULL = [{"solver": "sgd"}, {"solver": "adam"}, {"solver": "lbfgs"}]


@pytest.mark.parametrize("params", FULL, ids=str)
def test_whole_weights_are_repetitions(Net, params, X, y):
    weights = np.random.default_rng(0).integers(0, 4, 60)
    repeated = np.repeat(np.arange(60), weights)
    params = {"alpha": 1.0, "activation": "tanh", **params}
    net = fit(make(Net, batch_size=60, **params), X, y, weights)
    n = len(repeated)
    other = fit(make(Net, batch_size=n, **params), X[repeated], y[repeated])
    assert_allclose(flat(net), flat(other), rtol=1e-7, atol=1e-9)
    assert_allclose(net.loss_curve_, other.loss_curve_, rtol=1e-8)


def test_weights_change_the_result(Net, X, y):
    weights = np.linspace(0.1, 5, 60)
    plain, weighted = fit(make(Net), X, y), fit(make(Net), X, y, weights)
    assert np.abs(flat(plain) - flat(weighted)).max() > 1e-5


def test_weights_of_one_change_nothing(Net, X, y):
    ones = fit(make(Net), X, y, np.ones(60))
    assert_allclose(flat(ones), flat(fit(make(Net), X, y)), rtol=1e-9, atol=1e-12)


def test_one_number_is_the_weight_of_all(Net, X, y):
    twos = fit(make(Net), X, y, np.full(60, 2.0))
    assert_array_equal(flat(fit(make(Net), X, y, 2.0)), flat(twos))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_batches_without_weight_are_skipped(Net, solver, X, y):
    kept = np.arange(60) % 3 > 0
    params = {"batch_size": 1, "shuffle": False, "solver": solver}
    net = fit(make(Net, **params), X, y, kept.astype(float))
    other = fit(make(Net, **params), X[kept], y[kept], np.ones(kept.sum()))
    assert_array_equal(flat(net), flat(other))
    assert_allclose(net.loss_curve_, other.loss_curve_, rtol=1e-12)


def test_penalty_is_for_the_sum_of_weights(Net, X, y):
    """Tenfold weights are a tenth of the penalty."""
    params = {"solver": "lbfgs", "max_iter": 1}
    a = fit(make(Net, alpha=10.0, **params), X, y, np.full(60, 10.0))
    b = fit(make(Net, alpha=1.0, **params), X, y)
    assert_allclose(a.loss_, b.loss_, rtol=1e-10)


@pytest.mark.parametrize("part", ["training", "validation"])
def test_early_stopping_needs_weight_in_both_parts(Net, part, X, y):
    split = (np.arange(40), np.arange(40, 60))
    weights = np.ones(60)
    weights[split[part == "validation"]] = 0
    with pytest.raises(ValueError, match="sample_weight is zero for all"):
        make(Net, early_stopping=True, validation_split=[split]).fit(X, y, weights)


def test_invscaling_counts_rows_by_their_weights():
    """A row of weight 2 is two rows for the schedule, too."""
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0) % 3
    counts = 1 + np.arange(20) % 2
    net = MLPRegressor(
        hidden_layer_sizes=(3,), solver="sgd", learning_rate="invscaling", max_iter=5,
        learning_rate_init=0.3, alpha=0, batch_size=30, shuffle=False, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(action="ignore"):
        weighted = clone(net).set_params(batch_size=20).fit(X, y, counts)
        repeated = clone(net).fit(np.repeat(X, counts, 0), np.repeat(y, counts))
        zeros = np.r_[counts, np.zeros(20)]
        padded = clone(net).set_params(batch_size=40).fit(
            np.r_[X, X], np.r_[y, y], zeros
        )  # fmt: skip
    for other in (repeated, padded):
        np.testing.assert_allclose(weighted.predict(X), other.predict(X), rtol=1e-10)
        np.testing.assert_array_equal(
            weighted.history_["learning_rate"], other.history_["learning_rate"]
        )
    assert (weighted.t_, repeated.t_) == (100, 150)


@pytest.mark.parametrize("size", [1e308, 1e31, 1e-31, 1e-308])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_that_overflow_or_vanish_are_refused(Net, method, dtype, size, X, y):
    net = make(Net)
    before = dict(vars(net))
    options = {"classes": [0, 1, 2]} if method == "partial_fit" else {}
    if Net.__name__ == "MLPRegressor":
        options = {}
    options["sample_weight"] = np.full(60, size)
    said = re.escape(
        f"weight in sample_weight is {size:.3g}. It must lie between 1e-30"
    )
    with pytest.raises(ValueError, match=said):
        getattr(net, method)(X.astype(dtype), y, **options)
    assert vars(net) == before


def test_validation_weights_and_class_weights_that_overflow_are_refused(
    Classifier, X, y
):
    net = make(Classifier)
    huge = np.full(60, 1e300)
    with pytest.raises(ValueError, match="In the validation data.*weight in sample_w"):
        net.fit(X, y, X_val=X, y_val=y, sample_weight_val=huge)
    net.set_params(class_weight={0: 1e300, 1: 1, 2: 1})
    with pytest.raises(ValueError, match=r"in class_weight, times.*, is 1e\+300"):
        net.fit(X.astype(np.float32), y)
    net.set_params(class_weight={0: 1e20, 1: 1, 2: 1})
    with pytest.raises(ValueError, match=r"in class_weight, times.*, is 1e\+40"):
        net.fit(X, y, np.full(60, 1e20))


@pytest.mark.parametrize("size", [1e-29, 1e29])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_size_of_weights_does_not_count(Net, size, dtype, X, y):
    X, weights = X.astype(dtype), np.linspace(0.5, 1, 60)
    options = {"alpha": 0, "activation": "tanh"}
    expected = fit(make(Net, **options), X, y, weights)
    net = fit(make(Net, **options), X, y, size * weights)
    assert_allclose(net.coefs_[0], expected.coefs_[0], rtol=1e-3, atol=1e-4)
