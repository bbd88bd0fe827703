"""A fit and a prediction free what they needed, without a garbage collector."""

import gc
import warnings
import weakref

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, TabularClassifier
from skdl.callbacks import Checkpoint, CSVLogger, LambdaCallback, Monitor
from skdl.engine.network import Network
from skdl.engine.workspace import Workspace
from skdl.ensemble import CheckpointEnsembleClassifier, SeedEnsembleClassifier
from skdl.estimators._training_run import TrainingRun  # its constructor is counted

X = np.random.default_rng(0).normal(size=(40, 3))
y = X.argmax(axis=1)
HEAVY = (Network, Workspace, TrainingRun)


def net(**options):
    return MLPClassifier(4, max_iter=4, random_state=0, **options)


def look(net):
    pass


NETS = {
    "plain": lambda path: net(),
    "lbfgs": lambda path: net(solver="lbfgs"),
    "norm": lambda path: net(normalization="batch", dropout=0.1, standardize=True),
    "early stopping": lambda path: net(early_stopping=True, validation_fraction=0.3),
    "restarts": lambda path: net(max_restarts=1),
    "residual": lambda path: net(residual=True).set_params(hidden_layer_sizes=(4, 4)),
    "lambda": lambda path: net().set_callbacks(LambdaCallback(look)),
    "files": lambda path: net().set_callbacks(
        Checkpoint(path / "a.npz"), CSVLogger(path / "a.csv")
    ),
    "monitor": lambda path: net().set_callbacks(Monitor(every=1)),
    "monitors": lambda path: net().set_callbacks(
        Monitor(every=1), Monitor(every=2), LambdaCallback(look)
    ),
    "seeds": lambda path: SeedEnsembleClassifier(net(), n_members=2),
    "cycles": lambda path: CheckpointEnsembleClassifier(net(), n_members=2),
}


@pytest.fixture
def alive(monkeypatch):
    """Collect weak references to all heavy objects that are made."""
    references = []
    for Class in HEAVY:

        def init(self, *args, _init=Class.__init__, **kwargs):
            references.append(weakref.ref(self))
            _init(self, *args, **kwargs)

        monkeypatch.setattr(Class, "__init__", init)

    gc.collect()
    gc.disable()
    yield lambda: [one() for one in references if one() is not None]
    gc.enable()


def test_a_tabular_fit_leaves_nothing_behind(alive):
    net = TabularClassifier(preset="fast", max_iter=2, random_state=0)
    net = weakref.ref(net.set_callbacks(LambdaCallback(look)).fit(X, y))
    assert net() is None


@pytest.mark.parametrize("name", NETS)
def test_a_fit_leaves_nothing_behind(name, alive, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = NETS[name](tmp_path).fit(X, y)
        fitted.predict_proba(X)
    left = alive()
    assert not [one for one in left if not isinstance(one, Network)]
    del left, fitted
    assert alive() == []
