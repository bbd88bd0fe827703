"""Predictions of several regressors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import d2_pinball_score, r2_score

from skdl.engine import Quantile

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TARGETS = {  # net, y of X
    "one": ({}, lambda X: X[:, 0]),
    "two": ({}, lambda X: X[:, :2]),
    "counts": ({"loss": "poisson"}, lambda X: np.floor(np.abs(3 * X[:, 0]))),
    "quantiles": ({"loss": Quantile([0.1, 0.5, 0.9])}, lambda X: X[:, 0]),
    "quantiles of two": ({"loss": Quantile([0.1, 0.9])}, lambda X: X[:, :2]),
}


@pytest.fixture(params=TARGETS)
def problem(request, X):
    net, target = TARGETS[request.param]
    return net, target(X)


@pytest.mark.parametrize("voting", ["mean", "median"])
def test_prediction_and_deviation(Regressor, make, problem, voting, X):
    net, y = problem
    ensemble = make(Regressor, net=net, voting=voting).fit(X, y)
    each = [member.predict(X) for member in ensemble.estimators_]
    predicted, std = ensemble.predict(X, return_std=True)
    expected = np.mean if voting == "mean" else np.median
    assert_allclose(predicted, expected(each, axis=0), rtol=1e-6, atol=1e-9)
    assert_allclose(std, np.std(each, axis=0), rtol=1e-6, atol=1e-9)
    assert (std > 0).all()
    assert_array_equal(ensemble.predict(X), predicted)


def test_weighted_mean_and_its_deviation(Regressor, make, X):
    ensemble = make(Regressor, weights="score").fit(X, X[:, 0])
    ensemble.member_scores_ = np.array([0.5, 0.1, 0.3])
    each = [member.predict(X) for member in ensemble.estimators_]
    predicted, std = ensemble.predict(X, return_std=True)
    mean = np.average(each, axis=0, weights=[3, 1, 2])
    assert_allclose(predicted, mean, rtol=1e-6)
    variance = np.average((np.array(each) - mean) ** 2, axis=0, weights=[3, 1, 2])
    assert_allclose(std, np.sqrt(variance), rtol=1e-6)


def test_quantiles_do_not_cross(Regressor, make, X):
    for voting in ("mean", "median"):
        net = {"loss": Quantile([0.1, 0.5, 0.9])}
        ensemble = make(Regressor, net=net, voting=voting).fit(X, X[:, 0])
        assert (np.diff(ensemble.predict(X), axis=1) >= 0).all()


def test_score(Regressor, make, X):
    w = np.arange(1.0, 81)
    ensemble = make(Regressor).fit(X, X[:, 0])
    expected = r2_score(X[:, 0], ensemble.predict(X), sample_weight=w)
    assert ensemble.score(X, X[:, 0], w) == pytest.approx(expected)
    ensemble = make(Regressor, net={"loss": Quantile([0.2, 0.8])}).fit(X, X[:, 0])
    expected = np.mean([
        d2_pinball_score(X[:, 0], column, alpha=alpha, sample_weight=w)
        for column, alpha in zip(ensemble.predict(X).T, [0.2, 0.8], strict=True)
    ])  # fmt: skip
    assert ensemble.score(X, X[:, 0], w) == pytest.approx(expected)


def test_float32_stays(Regressor, make, X):
    X = X.astype(np.float32)
    ensemble = make(Regressor).fit(X, X[:, 0])
    predicted, std = ensemble.predict(X, return_std=True)
    assert predicted.dtype == std.dtype == np.float32


def test_deviation_of_one_is_refused(Regressor, make, X):
    ensemble = make(Regressor, n_members=1).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="return_std=True needs several members"):
        ensemble.predict(X, return_std=True)
    (member,) = ensemble.estimators_
    assert_allclose(ensemble.predict(X), member.predict(X))


def test_median_has_no_weights(Regressor, make, X):
    ensemble = make(Regressor, voting="median", weights="score")
    with pytest.raises(ValueError, match="weights='score' are for voting='mean'"):
        ensemble.fit(X, X[:, 0])
