"""Optuna's own study over our nets, pruned by the epoch; skipped without the extra."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPRegressor, SoftmaxClassifier
from tests.meta.problems import NETS, problem

optuna = pytest.importorskip(
    "optuna", reason='needs the extra: pip install ".[optuna]"'
)
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
N_EPOCHS = 8


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(params=NETS, ids=lambda Net: Net.__name__)
def Net(request):
    return request.param


def make(Net, **params):
    options = {"batch_size": 10, "n_iter_no_change": np.inf, "random_state": 0}
    return Net(hidden_layer_sizes=(8,), max_iter=N_EPOCHS, **options, **params)


class Objective:
    """Trains by the epoch, and keeps the net of each trial."""

    def __init__(self, Net, names):
        self.Net, self.names, self.nets = Net, names, {}
        self.p = problem("numbers" if Net is MLPRegressor else "classes")
        self.known = {} if Net is MLPRegressor else {"classes": np.unique(self.p.y)}

    def __call__(self, trial):
        ranges = {"alpha": (1e-4, 10), "learning_rate_init": (1e-5, 0.1)}
        params = {
            name: trial.suggest_float(name, *ranges[name], log=True)
            for name in self.names
        }
        net = self.nets[trial.number] = make(self.Net, **params)
        for epoch in range(N_EPOCHS):
            net.partial_fit(self.p.X, self.p.y, **self.known)
            score = net.score(self.p.X_test, self.p.y_test)
            trial.report(score, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return score


def test_poor_trials_are_pruned_by_the_epoch(Net):
    objective = Objective(Net, ["alpha", "learning_rate_init"])
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1),
    )
    study.optimize(objective, n_trials=15)
    pruned = [t for t in study.trials if t.state.name == "PRUNED"]
    assert 3 <= len(pruned) <= 12
    for trial in pruned:
        net = objective.nets[trial.number]
        assert 2 <= len(net.loss_curve_) < N_EPOCHS
        assert len(trial.intermediate_values) == len(net.loss_curve_)
        assert max(trial.intermediate_values.values()) < study.best_value
    assert study.best_value > 0.8
    # The best net is to be had by one call of fit, to the bit.
    best = objective.nets[study.best_trial.number]
    again = make(Net, **study.best_params).fit(objective.p.X, objective.p.y)
    for ours, theirs in zip(best.coefs_, again.coefs_, strict=True):
        assert_array_equal(ours, theirs)
    assert again.score(objective.p.X_test, objective.p.y_test) == study.best_value


def test_a_trial_that_diverges_fails_alone():
    p = problem("classes")

    def objective(trial):
        rate = trial.suggest_categorical("learning_rate_init", [0.01, 1e7, 0.1])
        net = make(SoftmaxClassifier, solver="sgd", activation="identity")
        net.set_params(learning_rate_init=rate).fit(p.X, p.y)
        return net.score(p.X_test, p.y_test)

    sampler = optuna.samplers.GridSampler({"learning_rate_init": [0.01, 1e7, 0.1]})
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, catch=ValueError)
    states = {t.params["learning_rate_init"]: t.state.name for t in study.trials}
    assert states == {0.01: "COMPLETE", 1e7: "FAIL", 0.1: "COMPLETE"}
    assert study.best_value > 0.8
