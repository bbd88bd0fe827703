"""Checks of gradients, of the loss at the start, and of a few rows."""

from types import SimpleNamespace

import numpy as np
import pytest

from skdl import LogisticClassifier, MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import AbsoluteError, Huber, Quantile, SquaredError
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from tests.inspection.cases import DIABETES, IRIS, WINE, DeadRelu, WrongTanh, net
from tests.inspection.private_names import (
    Budget,
    _wrong_loss,
    check_chance,
    check_few_rows,
    check_gradients,
    check_initial_loss,
    make_subject,
    run_trial,
)


def trained(estimator, data=WINE, max_steps=20):
    subject = make_subject(estimator, *data, 999, 0)
    return subject, run_trial(subject, subject.train, 60, max_steps)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_of_all_activations_are_right(activation, seed):
    estimator = net(SoftmaxClassifier, (9, 7), activation=activation, random_state=seed)
    assert not list(check_gradients(trained(estimator)[1]))


@pytest.mark.parametrize("loss", [*CLASSIFICATION_LOSSES, *REGRESSION_LOSSES])
def test_gradients_of_all_losses_are_right(loss):
    if loss in CLASSIFICATION_LOSSES:
        estimator, data = net(MLPClassifier, loss=loss), WINE
    else:
        estimator, data = net(MLPRegressor, loss=loss), (DIABETES[0], DIABETES[1] ** 2)
    assert not list(check_gradients(trained(estimator, data)[1]))


SIZES = {
    "thousands": lambda x: 1e3 * x,
    "millions": lambda x: 1e6 * x,
    "far from zero": lambda x: 1e6 + x,
    "far and fine": lambda x: 1e8 + x,
    "huge": lambda x: 1e12 * x,
    "tiny": lambda x: 1e-9 * x,
    "dates": lambda x: 1.6e9 + 1e7 * x,
}
SIZED = [SquaredError(), AbsoluteError(), Huber(), Quantile([0.1, 0.5])]


class Wrong:
    """A loss whose gradient is a hundredth too small."""

    def __init__(self, loss):
        self.loss = loss

    def __getattr__(self, name):
        return getattr(self.loss, name)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        self.loss.rows_and_gradient(scores, targets, rows, gradient)
        gradient *= 0.99


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("loss", SIZED, ids=str)
def test_gradients_of_targets_of_any_size(loss, size):
    targets, _ = loss.encode(SIZES[size](DIABETES[1][:40, np.newaxis]), np.float64)
    for one, is_wrong in ((loss, False), (Wrong(loss), True)):
        sample = SimpleNamespace(
            targets=targets, table=None, loss=one, n_scores=targets.shape[1]
        )
        found = list(_wrong_loss(sample))
        assert bool(found) == is_wrong, found


def test_large_targets_affect_no_other_check():
    """The check of the network does not depend on the size of y."""
    X, y = DIABETES
    for estimator in (
        net(MLPRegressor, hidden_layer_sizes=(4,)),
        net(MLPRegressor, hidden_layer_sizes=(4,), activation=WrongTanh()),
    ):
        _, trial = trained(estimator, (X, 1e8 + 1e6 * y), 1)
        wrong = [finding.where for finding in check_gradients(trial)]
        assert wrong == (
            []
            if estimator.activation == "relu"
            else ["activation WrongTanh of hidden 1"]
        )


@pytest.mark.parametrize(
    "options",
    [{"normalization": "batch"}, {"dropout": 0.5}, {"residual": True}],
)
def test_gradients_of_all_architectures_are_right(options):
    estimator = net(SoftmaxClassifier, (9, 9), **options)
    assert not list(check_gradients(trained(estimator)[1]))


def test_a_wrong_activation_is_named():
    estimator = net(SoftmaxClassifier, (9, 9), activation=["relu", WrongTanh()])
    (finding,) = check_gradients(trained(estimator)[1])
    assert finding.where == "activation WrongTanh of hidden 2"
    assert "the gradient" in finding.evidence["difference"]


def test_initial_loss():
    (finding,) = check_initial_loss(trained(net(weight_init=3.0))[1])
    assert finding.evidence["loss"] > 4 * np.log(3)
    assert finding.evidence["loss_of_all_zero_scores"] == pytest.approx(np.log(3))
    for estimator in (net(), net(LogisticClassifier), net(MLPClassifier, loss="hinge")):
        assert not list(check_initial_loss(trained(estimator)[1]))
    # The loss of all-zero scores grows with the targets, too.
    far = DIABETES[0], 1000 * DIABETES[1]
    assert not list(check_initial_loss(trained(net(MLPRegressor), far)[1]))


def test_training_that_stays_at_chance():
    dead = net(SoftmaxClassifier, 9, activation=DeadRelu())
    (finding,) = check_chance(trained(dead, max_steps=100)[1])
    assert (
        finding.evidence["loss"] > 0.95 * finding.evidence["loss_of_the_best_constant"]
    )
    assert not list(check_chance(trained(net(), max_steps=100)[1]))


def tiny(estimator, data=WINE, seconds=60):
    return list(check_few_rows(*trained(estimator, data), Budget(seconds)))


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (net(alpha=100.0, dropout=0.9), WINE),
        (net(label_smoothing=0.3), WINE),
        (net(solver="sgd", learning_rate_init=1e-7), WINE),
        (net(solver="lbfgs"), WINE),
        (net(normalization="batch"), WINE),
        (net(MLPClassifier, loss="hinge"), WINE),
        (
            net(),
            (WINE[0], np.full((178, 3), 1 / 3) + 0.1 * np.eye(3)[WINE[1]] - 0.1 / 3),
        ),
        (net(MLPRegressor, hidden_layer_sizes=30), (DIABETES[0], 1e4 * DIABETES[1])),
        (net(MLPRegressor, loss="quantile"), DIABETES),
        (net(SoftmaxClassifier, ()), WINE),
        (net(SoftmaxClassifier, 1), IRIS),
    ],
)
def test_few_rows_are_memorized_with_any_options(estimator, data):
    assert not tiny(estimator, data)


def test_a_net_that_cannot_memorize_rows():
    (finding,) = tiny(net(SoftmaxClassifier, 30, activation=DeadRelu()))
    assert finding.evidence["solvers_tried"] == ["its own", "lbfgs", "adam"]
    assert finding.evidence["rows"] == 16
    assert finding.evidence["progress_towards_the_lowest_loss"] < 0.1
    assert not tiny(net(SoftmaxClassifier, 30, activation=DeadRelu()), seconds=0)
