"""Trials, budgets, and the losses of constant predictions."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import Adam, SoftmaxCrossEntropy
from skdl.engine.constant_scores import losses_and_gradient
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, mean_loss
from skdl.estimators._internal_api import loss_of, network_of, raw_scores
from tests.inspection.cases import DIABETES, IRIS
from tests.inspection.private_names import (
    Budget,
    Sample,
    make_subject,
    run_trial,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def trial_of(net, data=IRIS, max_steps=1000, **changes):
    subject = make_subject(net, *data, 999, 0)
    return subject, run_trial(
        subject, subject.train, 60, max_steps, held_out=subject.held_out, **changes
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", Adam(beta_1=0.5)])
@pytest.mark.parametrize("rate", ["constant", "adaptive"])
def test_a_trial_trains_the_same_net_as_fit(solver, rate):
    net = MLPClassifier(
        (8, 5), solver=solver, learning_rate=rate, max_iter=15, batch_size=30,
        random_state=3,
    )  # fmt: skip
    subject, trial = trial_of(net)
    rows = subject.train
    net.fit(IRIS[0][rows], IRIS[1][rows])
    assert_array_equal(trial.network.parameters, network_of(net).parameters)
    assert_allclose(trial.curve.gradient_norms, net.history_["gradient_norm"])
    assert trial.curve.n_epochs == net.n_iter_
    loss, sample = loss_of(net), trial.sample
    scores = raw_scores(net, sample.X)
    value = mean_loss(loss, scores, sample.targets, sample.table)
    assert_allclose(trial.curve.losses[-1], value)
    assert trial.curve.counts[0] == 0


def test_losses_and_ratios_of_the_steps():
    # One batch per epoch: history_ has the loss before each step, and the ratio.
    net = MLPRegressor(hidden_layer_sizes=(), alpha=0, batch_size=999, max_iter=70)
    _, trial = trial_of(net.set_params(random_state=0), DIABETES, batch_size=353)
    assert_array_equal(trial.curve.counts[:64], np.arange(64))
    assert_array_equal(trial.curve.counts[64:], [64, 66, 68, 70])
    assert list(trial.curve.ratios) == ["output"]
    assert len(trial.curve.ratios["output"]) == len(trial.curve.counts) - 1
    assert_allclose(trial.curve.losses[0], trial.sample.loss_of(trial.start))
    assert not np.array_equal(trial.start.parameters, trial.network.parameters)
    ratios = trial.curve.ratios["output"][:60]
    # The ratio of all parameters includes the bias, which starts small.
    assert_allclose(ratios, trial.net.history_["update_ratio"][:60], rtol=0.3)


def test_steps_are_limited():
    net = SoftmaxClassifier(5, batch_size=10, max_iter=500)
    _, trial = trial_of(net, max_steps=25)
    assert trial.curve.n_epochs == 3
    _, trial = trial_of(net, max_steps=25, solver="lbfgs")
    assert trial.curve.n_epochs <= 25


def test_a_divergence_is_not_an_error():
    net = SoftmaxClassifier(5, solver="sgd", learning_rate_init=1e9, random_state=0)
    _, trial = trial_of(net)
    assert trial.curve.diverged
    assert trial.net is None


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


RNG = np.random.default_rng(0)
CODES = RNG.choice(4, 200, p=[0.5, 0.3, 0.1, 0.1])
SHARES = np.bincount(CODES) / 200
NUMBERS = RNG.normal(3, 2, (200, 2))


def entropy(p):
    return -np.sum(p * np.log(p))


def sample_of(name):
    loss = CLASSIFICATION_LOSSES[name]()
    targets, table = loss.encode(CODES, 4, np.float64)
    return Sample(np.zeros((200, 1)), targets, table, loss, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("softmax", np.log(4)),
        ("kl_divergence", np.log(4)),
        ("logistic", 4 * np.log(2)),
        ("hinge", 3),
        ("squared_hinge", 3),
    ],
)
def test_loss_of_all_zero_scores(name, value):
    assert_allclose(sample_of(name).zero, value, rtol=1e-12)


def test_best_constant_of_classes_is_their_frequency():
    sample = sample_of("softmax")
    p = np.exp(sample.constant) / np.exp(sample.constant).sum()
    assert_allclose(p, SHARES, atol=1e-4)
    assert_allclose(sample.chance, entropy(SHARES), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("squared_error", NUMBERS.mean(axis=0)),
        ("absolute_error", np.median(NUMBERS, axis=0)),
    ],
)
def test_best_constant_of_numbers(name, constant):
    loss = REGRESSION_LOSSES[name]()
    sample = Sample(np.zeros((200, 1)), NUMBERS, None, loss, 2)
    expected = mean_loss(loss, np.tile(constant, (200, 1)), NUMBERS)
    assert_allclose(sample.chance, expected, rtol=1e-3)


@pytest.mark.parametrize("name", CLASSIFICATION_LOSSES)
def test_lowest_loss_of_labels_is_zero(name):
    assert_allclose(sample_of(name).floor, 0, atol=1e-5)


@pytest.mark.parametrize("Loss", REGRESSION_LOSSES.values())
def test_lowest_loss_of_numbers_is_zero(Loss):
    targets, _ = Loss().encode(np.abs(NUMBERS), np.float64)
    sample = Sample(np.zeros((200, 1)), targets, None, Loss(), targets.shape[1])
    assert_allclose(sample.floor, 0, atol=1e-5)


def test_lowest_loss_of_soft_targets_is_their_entropy():
    softmax = CLASSIFICATION_LOSSES["softmax"]()
    sample = Sample(np.zeros((5, 1)), np.tile(SHARES, (5, 1)), None, softmax, 4)
    assert_allclose(sample.floor, entropy(SHARES), rtol=1e-6)
    logistic = CLASSIFICATION_LOSSES["logistic"]()
    sample = Sample(np.zeros((5, 1)), np.full((5, 3), 0.9), None, logistic, 3)
    assert_allclose(sample.floor, 3 * entropy(np.array([0.1, 0.9])), rtol=1e-6)


def test_many_classes_take_the_memory_of_blocks():
    """A single array with the scores of all rows takes 18 MB."""
    n = 1500
    targets, table = SoftmaxCrossEntropy().encode(np.arange(n), n, np.float64)
    tracemalloc.start()
    try:
        sample = Sample(np.zeros((n, 1)), targets, table, SoftmaxCrossEntropy(), n)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * n * n
    assert_allclose(sample.chance, np.log(n))
    assert_allclose(sample.zero, np.log(n))


def test_the_best_constant_of_many_classes():
    """With more scores than BFGS takes, the search starts from the closed form."""
    rng = np.random.default_rng(0)
    codes = rng.choice(60, 500, p=np.arange(1, 61) / np.sum(np.arange(1, 61)))
    p = np.bincount(codes, minlength=60) / 500
    for name, expected in (
        ("softmax", entropy(p[p > 0])),
        ("logistic", entropy(p[p > 0]) + entropy(1 - p)),
        ("squared_error", np.sum(p * (1 - p)) / 2),
    ):
        loss = CLASSIFICATION_LOSSES[name]()
        targets, table = loss.encode(codes, 60, np.float64)
        sample = Sample(np.zeros((500, 1)), targets, table, loss, 60)
        assert_allclose(sample.chance, expected, rtol=1e-3)


def test_losses_of_rows():
    sample = sample_of("softmax")
    scores = RNG.normal(size=(200, 4))
    before = scores.copy()
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(200), CODES])
    losses, _ = losses_and_gradient(sample.loss, scores, sample.target_rows)
    assert_allclose(losses, expected, rtol=1e-10)
    assert_allclose(scores, before, rtol=0)
