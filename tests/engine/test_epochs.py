"""The training loops report each epoch: norms, divergence, and the time limit."""

from itertools import count

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine import (
    SGD,
    Data,
    L1Penalty,
    Network,
    Progress,
    SquaredError,
    Tanh,
    Workspace,
    train,
    train_lbfgs,
    training,
)
from tests.engine.cases import OPTIMIZERS, each, penalized

F64 = np.dtype(np.float64)


def linear(n=25, size=1.0, n_networks=None, dtype=F64):
    """Return a linear net with weights that are not zero, and data for it."""
    rng = np.random.default_rng(0)
    network = Network((3, 1), [], dtype, n_networks=n_networks)
    network.parameters[...] = rng.normal(size=network.parameters.shape)
    y = size * rng.normal(size=(n, 1))
    return network, Data(rng.normal(size=(n, 3)).astype(dtype), y.astype(dtype))


def epochs_of(network, data, *, optimizer=None, max_epochs=3, rate=0.01, **options):
    """Train in order; return the report of each epoch, and the progress."""
    epochs, progress = [], Progress()
    options = {"alpha": 0.5, "batch_size": 10, **options}
    train(
        network, SquaredError(), (optimizer or SGD()).start(network.parameters), data,
        None, rate=lambda progress: rate, progress=progress, max_epochs=max_epochs,
        on_epoch=epochs.append, **options,
    )  # fmt: skip
    return epochs, progress


def hidden(n=25):
    rng = np.random.default_rng(0)
    networks = [Network((3, 4, 1), [Tanh()], F64) for _ in range(2)]
    for network in networks:
        network.initialize(np.random.default_rng(1))
    return *networks, Data(rng.normal(size=(n, 3)), rng.normal(size=(n, 1)))


@each("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("max_norm", [None, 0.01])
@pytest.mark.parametrize("weightless", [0, 5, 14])
def test_norms_are_those_of_the_last_step(optimizer, max_norm, weightless):
    """The last step is that of the last batch which weighs something."""
    network, twin, data = hidden()
    data.weights = np.ones((25, 1))
    data.weights[25 - weightless :] = 0
    epochs, _ = epochs_of(
        network, data, optimizer=optimizer, max_norm=max_norm, max_epochs=2
    )
    state = optimizer.start(twin.parameters)
    for epoch in epochs:
        for start in range(0, 25 - weightless, 10):
            rows = slice(start, start + 10)
            workspace = Workspace(twin, len(data.X[rows]), True)
            part = data.X[rows], data.targets[rows], data.weights[rows]
            penalized(twin, *part, SquaredError(), 0.5, workspace)
            gradient, before = workspace.gradient, twin.parameters.copy()
            norm = np.linalg.norm(gradient)
            if max_norm is not None and norm > max_norm:
                gradient *= max_norm / norm
            state.step(twin.parameters, gradient, 0.01)
        moved = np.linalg.norm(twin.parameters - before)
        assert_allclose(epoch.gradient_norm, norm, rtol=1e-10)
        assert_allclose(epoch.update_ratio, moved / np.linalg.norm(before), rtol=1e-8)
        assert not epoch.diverged
        assert not epoch.timed_out


def test_thresholds_are_part_of_the_last_update():
    """A penalty that makes all weights zero moves them by their own length."""
    network, data = linear()
    network.affine[0].biases[...] = 0
    data.targets[...] = 0
    epochs, _ = epochs_of(
        network, data, alpha=1e6, penalty=L1Penalty(), max_epochs=1, batch_size=25
    )
    assert not network.affine[0].weights.any()
    assert epochs[0].update_ratio == pytest.approx(1, abs=0.1)


def test_norms_of_lbfgs():
    network, data = linear()
    epochs, points = [], [network.parameters.copy()]

    def on_epoch(epoch):
        epochs.append(epoch)
        points.append(network.parameters.copy())

    train_lbfgs(
        network, SquaredError(), data, alpha=2.0, max_iter=4, max_fun=99, tol=1e-12,
        on_epoch=on_epoch, on_end=lambda result: None,
    )  # fmt: skip
    assert len(epochs) == 4
    for epoch, old, new in zip(epochs, points, points[1:], strict=False):
        W, b = new[:3, np.newaxis], new[3]
        error = data.X @ W + b - data.targets
        gradient = np.append(data.X.T @ error + 2.0 * W, error.sum()) / 25
        value = ((error**2).sum() / 2 + (W**2).sum()) / 25
        assert_allclose(epoch.loss, value, rtol=1e-10)
        assert_allclose(epoch.gradient_norm, np.linalg.norm(gradient), atol=1e-9)
        ratio = np.linalg.norm(new - old) / np.linalg.norm(old)
        assert_allclose(epoch.update_ratio, ratio, rtol=1e-8)


@pytest.fixture
def evaluations(monkeypatch):
    """The losses of all batches."""
    values = []
    evaluate = Network.loss_and_gradient

    def spy(self, *args):
        values.append(evaluate(self, *args))
        return values[-1]

    monkeypatch.setattr(Network, "loss_and_gradient", spy)
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [1e9, 1e30, 1e300])
def test_an_explosion_ends_the_epoch_within_it(rate, dtype, evaluations):
    """Finite or not: the second of ten batches tells, and the others are not seen."""
    network, data = linear(100, dtype=np.dtype(dtype))
    epochs, progress = epochs_of(network, data, rate=rate, max_epochs=1)
    assert len(evaluations) == 2
    assert [epoch.diverged for epoch in epochs] == [True]
    assert not epochs[0].loss < 1e9
    assert np.isnan(epochs[0].gradient_norm)
    assert (progress.epochs, progress.steps, progress.rows) == (1, 1, 20)


def test_a_loss_that_is_infinite_from_the_start_diverges_at_once(evaluations):
    network, data = linear(100)
    data.X *= 1e200
    epochs, progress = epochs_of(network, data, max_epochs=1)
    assert len(evaluations) == 1
    assert epochs[0].diverged
    assert progress.steps == 0


@pytest.mark.parametrize("size", [1e8, 1e30, 1e100])
def test_large_targets_are_no_divergence(size, evaluations):
    """In the first batch they may be zero: unscaled, and in order."""
    network, data = linear(100, size)
    data.targets[:10] = 0
    epochs, progress = epochs_of(network, data, rate=1e-3)
    assert len(evaluations) == 30
    assert max(evaluations) > 1e10 * evaluations[0]
    assert not any(epoch.diverged for epoch in epochs)
    assert epochs[0].loss > epochs[1].loss > epochs[2].loss
    assert progress.epochs == 3


def test_large_targets_hide_no_divergence(evaluations):
    network, data = linear(100, 1e8)
    data.targets[:10] = 0
    epochs, _ = epochs_of(network, data, rate=1e9, max_epochs=1)
    assert epochs[0].diverged
    assert len(evaluations) < 10


def test_a_strong_penalty_is_no_divergence():
    network, data = linear()
    epochs, _ = epochs_of(network, data, alpha=1e15, penalty=L1Penalty(), rate=1e-20)
    assert not any(epoch.diverged for epoch in epochs)


def test_one_network_of_a_stack_does_not_end_the_others():
    network, data = linear(n_networks=2)
    network.parameters[0] = 1e300
    epochs, _ = epochs_of(network, data)
    assert not any(epoch.diverged for epoch in epochs)
    losses = np.array([epoch.loss for epoch in epochs])
    assert not np.isfinite(losses[:, 0]).any()
    assert np.isfinite(losses[:, 1]).all()
    assert epochs[0].gradient_norm.shape == epochs[0].update_ratio.shape == (2,)


@pytest.mark.parametrize(
    ("deadline", "n_steps", "n_epochs"),
    [(0.5, 1, 1), (1.5, 2, 1), (3.5, 4, 2), (99, 9, 3), (None, 9, 3)],
)
def test_the_clock_is_read_after_each_batch(deadline, n_steps, n_epochs, monkeypatch):
    ticks = count(1)
    monkeypatch.setattr(training, "perf_counter", lambda: next(ticks))
    network, data = linear()
    epochs, progress = epochs_of(network, data, deadline=deadline, max_epochs=n_epochs)
    assert progress.steps == n_steps
    assert len(epochs) == progress.epochs == n_epochs
    late = deadline is not None and deadline < 9
    assert [epoch.timed_out for epoch in epochs] == [False] * (n_epochs - 1) + [late]
    assert np.isnan(epochs[-1].gradient_norm) == (n_steps % 3 > 0)
    assert all(np.isfinite(epoch.loss) for epoch in epochs)


def test_an_explosion_does_not_lower_what_is_usual(evaluations):
    """The exploding batch has small targets, the first one had large ones."""
    network, data = linear(100)
    data.targets[:10] *= 1e4
    epochs, progress = epochs_of(network, data, rate=1e30, max_epochs=1)
    assert epochs[0].diverged
    assert progress.reference_loss == pytest.approx(evaluations[0])
    assert progress.reference_loss > 1e6
