"""`tol` with several outputs: training ends where scikit-learn's does."""

import numpy as np
import pytest
from sklearn import neural_network

from skdl import MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))


def both(Ours, y, **parameters):
    parameters = {
        "hidden_layer_sizes": (6,),
        "shuffle": False,
        "random_state": 0,
        "learning_rate_init": 0.01,
        "n_iter_no_change": 3,
        "tol": 2e-3,
        "max_iter": 500,
        **parameters,
    }
    Theirs = getattr(neural_network, Ours.__name__)
    return [Net(**parameters).fit(X, y) for Net in (Ours, Theirs)]


@pytest.mark.parametrize("n_outputs", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_as_many_epochs_as_scikit_learn(n_outputs, solver):
    ours, theirs = both(
        MLPRegressor, np.tanh(X[:, :n_outputs]).squeeze(), solver=solver
    )
    assert ours.n_iter_ == theirs.n_iter_ < 500
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-8)


def test_sums_of_scikit_learn_stay_sums():
    counts = np.round(np.exp(X[:, :1] / 2))
    y = np.column_stack([counts, counts[::-1]])
    ours, theirs = both(MLPRegressor, y, loss="poisson")
    assert ours.n_iter_ == theirs.n_iter_ < 500
    ours, theirs = both(MLPClassifier, (X > 0).astype(int))
    assert ours.n_iter_ == theirs.n_iter_ < 500


def test_lbfgs_with_several_outputs_finds_the_least_sum():
    """scikit-learn's lbfgs gets another gradient there."""
    y = X[:, :2] @ rng.normal(size=(2, 3)) + rng.normal(size=(60, 3))
    net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0, tol=1e-8).fit(
        X, y
    )
    A = np.column_stack([X, np.ones(60)])
    np.testing.assert_allclose(
        net.predict(X), A @ np.linalg.lstsq(A, y)[0], rtol=0, atol=1e-4
    )
