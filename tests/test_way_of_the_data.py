"""The way of the data from ``fit`` to the engine, as docs/design/README.md draws it."""

from pathlib import Path

import numpy as np
import pytest

from skdl import MLPClassifier, engine
from skdl.engine import Network
from skdl.estimators import _base, _prepare

STEPS = [
    (_base, "check_validation"),
    (_prepare, "check_training_data"),
    (_prepare, "choose_targets"),
    (_prepare, "start_network"),
    (_prepare, "split_validation"),
    (_prepare, "learn_scaling"),
    (Network, "loss_and_gradient"),
    (_base, "finish"),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_fit_checks_encodes_builds_holds_out_trains_and_finishes(monkeypatch, solver):
    seen = []

    def spy(place, name):
        step = getattr(place, name)

        def noted(*args, **options):
            if name not in seen:
                seen.append(name)
            return step(*args, **options)

        monkeypatch.setattr(place, name, noted)

    for place, name in STEPS:
        spy(place, name)
    rng = np.random.default_rng(0)
    net = MLPClassifier(5, solver=solver, max_iter=2, validation_split=2)
    net.set_params(standardize=True).fit(rng.normal(size=(40, 3)), np.arange(40) % 3)
    assert seen == [name for _, name in STEPS]


def test_the_engine_calls_one_blas():
    """SciPy has a BLAS of its own: see docs/design/performance.md."""
    sources = sorted(Path(engine.__file__).parent.rglob("*.py"))
    assert len(sources) > 10
    for source in sources:
        assert "scipy.linalg" not in source.read_text(encoding="utf-8"), source.name
