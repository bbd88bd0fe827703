"""Watched trainings are trainings, and what is noted is what happened."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import Adam
from skdl.engine.losses import mean_loss
from skdl.inspection._subject import make_subject
from skdl.inspection._trial import Budget, train_clone
from tests.inspection.cases import DIABETES, IRIS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def trial_of(net, data=IRIS, max_steps=1000, **changes):
    subject = make_subject(net, *data, 999, 0)
    return subject, train_clone(
        subject, subject.train, subject.held, 60, max_steps, **changes
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", Adam(beta_1=0.5)])
@pytest.mark.parametrize("rate", ["constant", "adaptive"])
def test_a_watched_training_gives_the_same_net(solver, rate):
    net = MLPClassifier(
        (8, 5), solver=solver, learning_rate=rate, max_iter=15, batch_size=30,
        random_state=3,
    )  # fmt: skip
    subject, trial = trial_of(net)
    rows = subject.train
    net.fit(IRIS[0][rows], IRIS[1][rows])
    assert_array_equal(trial.network.parameters, net._network.parameters)
    assert_allclose(trial.history["loss"], net.history_["loss"])
    assert np.isfinite(trial.history["validation_loss"]).all()
    assert trial.finished
    assert trial.n_epochs == net.n_iter_
    loss, sample = net._loss(), trial.sample
    scores = net._raw_scores(sample.X)
    value = mean_loss(loss, scores, sample.targets, sample.table)
    assert_allclose(trial.losses[-1], value)
    assert trial.steps[0] == 0


def test_losses_and_ratios_of_the_steps():
    # One batch per epoch: history_ has the loss before each step, and the ratio.
    net = MLPRegressor(hidden_layer_sizes=(), alpha=0, batch_size=999, max_iter=70)
    _, trial = trial_of(net.set_params(random_state=0), DIABETES, batch_size=353)
    assert_array_equal(trial.steps[:64], np.arange(64))
    assert_array_equal(trial.steps[64:], [64, 66, 68, 70])
    assert list(trial.ratios) == ["output"]
    assert len(trial.ratios["output"]) == len(trial.steps) - 1
    assert_allclose(trial.losses[0], trial.sample.loss_of(trial.start))
    assert not np.array_equal(trial.start.parameters, trial.network.parameters)
    ratios = trial.ratios["output"][:60]
    # The ratio of all parameters has the bias in it, which begins small.
    assert_allclose(ratios, trial.history["update_ratio"][:60], rtol=0.3)


def test_steps_are_bounded():
    net = SoftmaxClassifier(5, batch_size=10, max_iter=500)
    _, trial = trial_of(net, max_steps=25)
    assert trial.n_epochs == 3
    assert not trial.finished
    _, trial = trial_of(net, max_steps=25, solver="lbfgs")
    assert trial.n_epochs <= 25


def test_a_divergence_is_no_error():
    net = SoftmaxClassifier(5, solver="sgd", learning_rate_init=1e9, random_state=0)
    _, trial = trial_of(net)
    assert trial.diverged
    assert trial.net is None
    assert not trial.finished


def test_wrong_parameters_are_errors():
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        trial_of(SoftmaxClassifier(-1))
    with pytest.raises(ValueError, match="dropout"):
        trial_of(SoftmaxClassifier((), dropout=0.5))


def test_progress_goes_from_the_constant_to_the_floor():
    _, trial = trial_of(SoftmaxClassifier(5, max_iter=3))
    sample = trial.sample
    assert sample.progress(sample.chance) == 0
    assert sample.progress(sample.floor) == 1
    assert_allclose(sample.zero, np.log(3))


def test_budget(clock):
    budget = Budget(5)
    assert budget.left == 5
    clock.now = 2
    assert budget.share(0.5) == 1.5
    clock.now = 6
    assert budget.left == 0
    assert budget.share(0.5) > 0
