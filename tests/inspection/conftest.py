"""One trained net for all displays; all figures are closed after a test."""

import warnings

import matplotlib
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


def quiet_fit(estimator, X, y, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y, **options)


@pytest.fixture
def fit():
    return quiet_fit


@pytest.fixture(scope="session")
def X():
    """Images of 4 × 4."""
    return np.random.default_rng(0).normal(size=(80, 16))


@pytest.fixture(scope="session")
def y(X):
    return np.array(["a", "b", "c"])[X[:, :3].argmax(axis=1)]


@pytest.fixture(scope="session")
def net(X, y):
    net = SoftmaxClassifier(
        (6, 5), early_stopping=True, max_iter=8, batch_size=20, random_state=0,
        learning_rate_init=0.01, activation="tanh", standardize=False,
    )  # fmt: skip
    return quiet_fit(net.set_callbacks(Monitor(every=1)), X, y)
