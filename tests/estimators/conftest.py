"""One table of all nets, one small problem, and the comparisons that tests share."""

import numpy as np
import pytest

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine import Network

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]
CLASSIFIERS = [Net for Net in NETS if Net is not MLPRegressor]
PROBABILISTIC = [Net for Net in CLASSIFIERS if Net is not SVMClassifier]


def _name(Net):
    return Net.__name__


@pytest.fixture(params=NETS, ids=_name)
def Net(request):
    return request.param


@pytest.fixture(params=CLASSIFIERS, ids=_name)
def Classifier(request):
    return request.param


@pytest.fixture(params=PROBABILISTIC, ids=_name)
def Probabilistic(request):
    return request.param


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 4))


@pytest.fixture
def y(X):
    """Three classes, which are numbers for the regressor."""
    return X[:, :3].argmax(axis=1)


@pytest.fixture
def X_val():
    return np.random.default_rng(1).normal(size=(35, 4))


@pytest.fixture
def y_val(X_val):
    return X_val[:, :3].argmax(axis=1)


@pytest.fixture
def weights_val():
    return np.random.default_rng(2).uniform(0.1, 3, 35)


@pytest.fixture
def no_work(monkeypatch):
    """Make every step of training an error of another kind."""

    def work(*args, **kwargs):
        raise AssertionError("training began before the input was refused")

    monkeypatch.setattr(Network, "loss_and_gradient", work)


class HeldOut:
    """A `scoring` that scores as the net itself does, and notes the rows of X."""

    def __init__(self, X):
        self.X, self.sets = X, []

    def __call__(self, net, X, y):
        equal = (self.X[:, np.newaxis] == X).all(axis=-1)
        self.sets.append(equal.argmax(axis=0))
        return net.score(X, y)

    @property
    def rows(self):
        """The rows that were scored last."""
        return self.sets[-1]


@pytest.fixture
def held_out(X):
    """Pass it as `scoring`: ``held_out.rows`` are the rows of X that were held out."""
    return HeldOut(X)
