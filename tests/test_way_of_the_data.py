"""The way from ``fit`` to a matrix product is short, as docs/design/ promises."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, engine
from skdl.engine import Adam
from skdl.engine.layers import affine


def hops_below_fit():
    """Count the calls between `fit` and the caller of this, neither counted."""
    frame, n = sys._getframe(2), 0
    while frame.f_code.co_qualname != "BaseNet.fit":
        frame, n = frame.f_back, n + 1
        assert frame is not None, "not called below fit"
    return n


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 3)), rng.integers(0, 3, 40)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_three_hops_to_a_matrix_product(monkeypatch, data, solver):
    hops = []

    class Spy:
        def __getattr__(self, name):
            return getattr(np, name)

        def matmul(self, X, Y, out):
            hops.append(hops_below_fit())
            return np.matmul(X, Y, out=out)

    monkeypatch.setattr(affine, "np", Spy())
    with pytest.warns(ConvergenceWarning):
        MLPClassifier(5, solver=solver, max_iter=2).fit(*data)
    assert hops
    assert max(hops) <= 3


def test_two_hops_to_the_update(monkeypatch, data):
    hops = []
    state = type(Adam().start(np.zeros(3)))
    step = state.step

    def spy(self, *args):
        hops.append(hops_below_fit() + 1)
        step(self, *args)

    monkeypatch.setattr(state, "step", spy)
    with pytest.warns(ConvergenceWarning):
        MLPClassifier(5, max_iter=2).fit(*data)
    assert hops
    assert max(hops) <= 2


def test_the_engine_calls_one_blas():
    """SciPy has a BLAS of its own: see docs/design/performance.md."""
    sources = sorted(Path(engine.__file__).parent.rglob("*.py"))
    assert len(sources) > 10
    for source in sources:
        assert "scipy.linalg" not in source.read_text(encoding="utf-8"), source.name
