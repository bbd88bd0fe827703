"""The training loops: steps, epochs, divergence, L-BFGS."""

import importlib
from itertools import count, cycle, product
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import (
    SGD,
    Adam,
    Data,
    L1Penalty,
    Network,
    Progress,
    Relu,
    Softmax,
    SquaredError,
    Tanh,
    Workspace,
    train,
    train_lbfgs,
    training,
)
from skdl.engine import lbfgs as lbfgs_module
from tests.engine.cases import LOSSES, OPTIMIZERS, each, penalized

F64 = np.dtype(np.float64)


def network_for(case, dtype=F64, hidden=(8,)):
    network = Network((3, *hidden, case.n_scores), [Tanh()] * len(hidden), dtype)
    network.initialize(np.random.default_rng(0))
    return network


def learnable(case, n=60, dtype=F64):
    """Return data whose targets X tells: shifted blobs, or a linear function."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3))
    if case.kind in ("classes", "soft"):
        y = rng.permutation(np.arange(n) % case.size)
        X = 0.2 * X + np.eye(3, 3)[y % 3] * 2 + (y >= 3)[:, None] * 2
        if case.kind == "soft":
            y = 0.95 * np.eye(case.size)[y] + 0.05 / case.size
    elif case.kind == "columns":
        y = rng.permutation(np.arange(n) % 3)
        X = 0.2 * X + np.eye(3)[y] * 2
        y = np.column_stack([y % k for k in case.size])
    elif case.kind == "labels":
        X = 3 * X  # far enough from the boundary for the flat loss, too
        y = (X[:, [0, 1, 2, 0]] > 0).astype(int)
    elif case.kind == "counts":
        y = np.exp(0.3 * X[:, : case.size])
    else:
        y = 0.5 * X[:, : case.size] + 0.1
    return Data(X.astype(dtype), *case.encode(y, dtype))


def run(network, loss, state, data, *, seed=0, **options):
    """Train; return the losses and the progress."""
    losses, progress = [], options.pop("progress", Progress())
    options = {"alpha": 0.0, "batch_size": 10, "max_epochs": 3, **options}
    options.setdefault("rate", lambda progress: 0.01)
    options.setdefault("on_epoch", lambda epoch: losses.append(epoch.loss))
    rng = None if seed is None else np.random.default_rng(seed)
    train(network, loss, state, data, rng, progress=progress, **options)
    return losses, progress


def lbfgs(network, loss, data, alpha=0.0, max_iter=500, tol=1e-10, stop=lambda: False):
    losses, ends = [], []

    def on_epoch(epoch):
        losses.append(epoch.loss)
        return stop()

    train_lbfgs(
        network, loss, data, alpha=alpha, max_iter=max_iter, max_fun=15000, tol=tol,
        on_epoch=on_epoch, on_end=ends.append,
    )  # fmt: skip
    (result,) = ends
    return losses, result


# Losses and optimizers do not know each other: they take turns.
TURNS = {
    f"{dtype}-{optimizer}-{loss}": (LOSSES[loss], OPTIMIZERS[optimizer], dtype)
    for (loss, dtype), optimizer in zip(
        product(LOSSES, ["float32", "float64"]), cycle(OPTIMIZERS), strict=False
    )
}


@pytest.mark.parametrize(("case", "optimizer", "dtype"), TURNS.values(), ids=TURNS)
def test_learns_a_small_problem(case, optimizer, dtype):
    network, data = network_for(case, dtype), learnable(case, dtype=np.dtype(dtype))
    state = optimizer.start(network.parameters)
    losses, _ = run(
        network, case.loss, state, data, max_epochs=60, rate=lambda progress: 0.02
    )
    assert losses[-1] < 0.5 * losses[0]
    assert network.parameters.dtype == dtype


def test_numbers_of_numpy_do_not_promote_a_step():
    """A rate from np.logspace is a float64 that would turn float32 steps into it."""
    case, rates = LOSSES["softmax-3"], []
    network = network_for(case, np.float32)
    state = OPTIMIZERS["momentum"].start(network.parameters)
    step = state.step
    state.step = lambda w, g, rate: (rates.append(rate), step(w, g, rate))
    data = learnable(case, dtype=np.dtype(np.float32))
    rate = np.logspace(-3, -2, 2)[0]
    run(network, case.loss, state, data, max_epochs=1, rate=lambda progress: rate)
    assert {type(rate) for rate in rates} == {float}


def test_stops_when_on_epoch_returns_true():
    case, seen = LOSSES["softmax-3"], []

    def on_epoch(loss):
        seen.append(loss)
        return len(seen) == 2

    network = network_for(case)
    state = OPTIMIZERS["adam"].start(network.parameters)
    data = learnable(case)
    _, progress = run(network, case.loss, state, data, on_epoch=on_epoch, max_epochs=9)
    assert len(seen) == progress.epochs == 2


@pytest.mark.parametrize("rows", [None, np.arange(25)])
def test_progress_is_counted_on(rows):
    case, rates = LOSSES["softmax-3"], []
    network, data = network_for(case), learnable(case)
    data.rows = rows
    state = OPTIMIZERS["adam"].start(network.parameters)
    progress = Progress(epochs=2, steps=100, rows=1000, plateaus=4)

    def rate(progress):
        rates.append((progress.epochs, progress.rows))
        return 0.01

    run(network, case.loss, state, data, progress=progress, rate=rate, batch_size=11)
    n = 60 if rows is None else 25
    n_batches = -(-n // 11)
    assert progress.reference_loss >= 1
    progress.reference_loss = None
    assert progress == Progress(
        5,
        100 + 3 * n_batches,
        1000 + 3 * n,
        1000.0 + 3 * n,
        plateaus=4,
        batches=n_batches,
        reference_loss=progress.reference_loss,
    )
    assert rates == [(2 + i, 1000 + i * n) for i in range(3) for _ in range(n_batches)]
    # The very first batch sets the reference loss; no later call changes it.
    progress.reference_loss = reference = 7.5
    run(network, case.loss, state, data, progress=progress, rate=rate, batch_size=11)
    assert progress.reference_loss == reference


@each("optimizer", OPTIMIZERS)
def test_an_epoch_is_its_batches_one_after_the_other(optimizer):
    case, alpha = LOSSES["softmax-3"], 0.5
    data = learnable(case, n=25)
    data.weights = np.random.default_rng(3).uniform(0.5, 2, (25, 1))
    network, twin = network_for(case), network_for(case)
    state = optimizer.start(network.parameters)
    losses, _ = run(
        network, case.loss, state, data, seed=None, alpha=alpha, max_epochs=1
    )
    state, total = optimizer.start(twin.parameters), 0.0
    targets = data.table[data.targets]
    for rows in (slice(0, 10), slice(10, 20), slice(20, 25)):
        X, weights = data.X[rows], data.weights[rows]
        workspace = Workspace(twin, len(X), training=True)
        value = penalized(twin, X, targets[rows], weights, case.loss, alpha, workspace)
        total += value * weights.sum()
        state.step(twin.parameters, workspace.gradient, 0.01)
    assert_allclose(network.parameters, twin.parameters, rtol=1e-12)
    assert_allclose(losses, [total / data.weights.sum()], rtol=1e-12)


@each("optimizer", OPTIMIZERS)
def test_a_batch_of_weight_zero_changes_nothing(optimizer):
    case = LOSSES["softmax-3"]
    data, weighted = learnable(case, n=30), learnable(case, n=30)
    data.rows = np.r_[0:10, 20:30]
    weighted.weights = np.ones((30, 1))
    weighted.weights[10:20] = 0
    results = []
    for chosen in (data, weighted):
        network = network_for(case)
        state = optimizer.start(network.parameters)
        losses, progress = run(network, case.loss, state, chosen, seed=None, alpha=0.5)
        results.append((network.parameters, state.state_dict(), losses, progress.steps))
    (a, a_state, a_losses, a_steps), (b, b_state, b_losses, b_steps) = results
    assert (a_steps, b_steps) == (6, 9)  # the step count continues
    assert_allclose(a, b, rtol=1e-12)
    assert_allclose(a_losses, b_losses, rtol=1e-12)
    assert a_state.keys() == b_state.keys()
    for name in a_state:
        assert_allclose(a_state[name], b_state[name], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("lbfgs_solver", [False, True])
def test_data_are_only_read(sparse, lbfgs_solver):
    case = LOSSES["softmax-3"]
    network, data = network_for(case), learnable(case)
    data.weights, data.rows = np.ones((60, 1)), np.arange(50)
    data.X = csr_array(data.X) if sparse else data.X
    X = data.X.data if sparse else data.X
    for array in (X, data.targets, data.table, data.weights, data.rows):
        array.flags.writeable = False
    if lbfgs_solver:
        assert len(lbfgs(network, case.loss, data, max_iter=2)[0]) == 2
    else:
        state = OPTIMIZERS["adam"].start(network.parameters)
        assert len(run(network, case.loss, state, data)[0]) == 3


@each("case", LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_lbfgs_in_blocks_equals_one_block(case, weighted, monkeypatch):
    data, results = learnable(case), []
    data.rows = np.arange(60)[::-1].copy()
    if weighted:
        data.weights = np.random.default_rng(1).uniform(0.5, 2, (60, 1))
        data.weights[-13:] = 0
    for block in (60, 13, 7):
        monkeypatch.setattr(lbfgs_module, "ROWS", block)
        network = network_for(case)
        losses, _ = lbfgs(network, case.loss, data, alpha=0.5, max_iter=3)
        results.append((network.parameters, losses))
    for parameters, losses in results[1:]:
        assert_allclose(parameters, results[0][0], rtol=1e-10, atol=1e-10)
        assert_allclose(losses, results[0][1], rtol=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_lbfgs_reaches_the_ridge_solution(weighted, monkeypatch):
    monkeypatch.setattr(lbfgs_module, "ROWS", 16)
    rng, alpha = np.random.default_rng(0), 2.5
    X, y = rng.normal(size=(50, 4)) + 1, rng.normal(size=(50, 2))
    w = rng.uniform(0.2, 3, (50, 1)) if weighted else np.ones((50, 1))
    network = Network((4, 2), [], F64)
    data = Data(X, y, weights=w if weighted else None)
    losses, result = lbfgs(network, SquaredError(), data, alpha=alpha)
    x_mean, y_mean = (w * X).sum(axis=0) / w.sum(), (w * y).sum(axis=0) / w.sum()
    Xc, yc = X - x_mean, y - y_mean
    W = np.linalg.solve(Xc.T @ (w * Xc) + alpha * np.eye(4), Xc.T @ (w * yc))
    (layer,) = network.affine
    assert_allclose(layer.weights, W, atol=1e-5)  # SciPy's own ftol ends it
    assert_allclose(
        layer.biases[0], y_mean - x_mean @ W, atol=1e-5
    )  # SciPy's own ftol ends it
    value = (w * (yc - Xc @ W) ** 2).sum() + alpha * (W**2).sum()
    assert result.success
    assert_allclose(losses[-1], value / (2 * w.sum()), rtol=1e-8)
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lbfgs_stops_when_on_epoch_returns_true(dtype):
    case = LOSSES["softmax-3"]
    network, data = network_for(case, dtype), learnable(case, dtype=np.dtype(dtype))
    before = network.parameters.copy()
    losses, result = lbfgs(network, case.loss, data, stop=lambda: True)
    assert len(losses) == result.nit == 1
    assert network.parameters.dtype == dtype
    assert_array_equal(network.parameters, result.x.astype(dtype))
    assert (network.parameters != before).any()


def test_lbfgs_keeps_to_max_iter():
    case = LOSSES["softmax-3"]
    losses, result = lbfgs(network_for(case), case.loss, learnable(case), max_iter=4)
    assert len(losses) == result.nit == 4


@pytest.mark.parametrize("max_iter", [3, 500])
def test_lbfgs_says_when_an_iteration_begins(max_iter):
    """As often as it says that one ended, also where convergence is found then."""
    case, calls = LOSSES["softmax-3"], []
    network, data = network_for(case), learnable(case)
    train_lbfgs(
        network, case.loss, data, alpha=1.0, max_iter=max_iter, max_fun=15000, tol=1e-4,
        on_begin=lambda: calls.append("begin"),
        on_epoch=lambda epoch: calls.append("end"),
        on_end=lambda result: calls.append(result.nit),
    )  # fmt: skip
    n_iterations = calls.pop()
    assert n_iterations == 3 or (max_iter == 500 and n_iterations < 100)
    assert calls == ["begin", "end"] * n_iterations


def test_interrupted_lbfgs_leaves_the_last_iterate():
    case, seen = LOSSES["softmax-3"], []
    network, data = network_for(case), learnable(case)

    def on_begin():
        # In the line search, where the network holds a point that SciPy tries.
        seen.append(network.parameters.copy())
        network.parameters[...] += 7
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_lbfgs(
            network, case.loss, data, alpha=1.0, max_iter=9, max_fun=99, tol=1e-9,
            on_begin=on_begin, on_epoch=lambda epoch: None, on_end=None,
        )  # fmt: skip
    assert_array_equal(network.parameters, seen[2])


def observer(before):
    """Return an observer of all steps that hears the objectives."""
    return SimpleNamespace(
        wants=lambda step: True,
        before=lambda parameters, gradient, objective: before(objective),
        after=lambda parameters, rate: None,
    )


def test_an_observer_sees_each_objective_and_may_end_training():
    case = LOSSES["softmax-3"]
    data, seen = learnable(case), []
    network, plain = network_for(case), network_for(case)
    optimizer = OPTIMIZERS["adam"]
    epochs, progress = run(
        network, case.loss, optimizer.start(network.parameters), data, max_epochs=2,
        observer=observer(seen.append),
    )  # fmt: skip
    assert len(seen) == progress.steps == 12
    assert_allclose(np.reshape(seen, (2, 6)).mean(axis=1), epochs, rtol=1e-12)

    def stop(value):
        ended.append(value)
        return len(ended) == 9

    ended = []
    epochs, progress = run(
        plain, case.loss, optimizer.start(plain.parameters), data, max_epochs=2,
        observer=observer(stop),
    )  # fmt: skip
    assert ended == seen[:9]
    assert (progress.steps, progress.epochs, len(epochs)) == (8, 1, 1)


def test_an_observer_may_end_lbfgs_after_an_iteration():
    case = LOSSES["softmax-3"]
    network, seen, epochs = network_for(case), [], []

    def stop(value):
        seen.append(value)
        return len(seen) == 3

    train_lbfgs(
        network, case.loss, learnable(case), alpha=1.0, max_iter=9, max_fun=99,
        tol=1e-9, on_epoch=lambda epoch: epochs.append(epoch.loss),
        on_end=lambda result: None, observer=observer(stop),
    )  # fmt: skip
    assert len(seen) == 3
    assert epochs == seen


def test_an_exploding_step_is_told_before_and_not_after():
    case, told = LOSSES["softmax-3"], []
    network = network_for(case)
    watcher = observer(told.append)
    watcher.after = lambda parameters, rate: told.append("after")
    optimizer = SGD(momentum=0.0).start(network.parameters)
    run(
        network, case.loss, optimizer, learnable(case), max_epochs=1, observer=watcher,
        rate=lambda progress: 1e30 if progress.steps == 2 else 0.1,
    )  # fmt: skip
    assert told[1:6:2] == ["after"] * 3
    assert not told[6] < 1e10
    assert len(told) == 7


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


def test_an_explosion_does_not_lower_the_reference_loss(evaluations):
    """The exploding batch has small targets, the first one had large ones."""
    network, data = linear(100)
    data.targets[:10] *= 1e4
    epochs, progress = epochs_of(network, data, rate=1e30, max_epochs=1)
    assert epochs[0].diverged
    assert progress.reference_loss == pytest.approx(evaluations[0])
    assert progress.reference_loss > 1e6


MODULES = (
    "activations",
    "batching",
    "blocks",
    "layers.activation",
    "layers.affine",
    "losses.base",
    "penalties",
    "losses.classification",
)
MODULES += ("network", "optimizers", "training", "workspace")


class Counting:
    """NumPy, or a function of it, that counts what is called."""

    def __init__(self, thing, counter):
        self._thing, self._counter = thing, counter

    def __getattr__(self, name):
        found = getattr(self._thing, name)
        # Classes, such as ndarray and float64, stand for themselves.
        plain = isinstance(found, type) or not callable(found)
        return found if plain else Counting(found, self._counter)

    def __call__(self, *args, **kwargs):
        self._counter.append(self._thing)
        return self._thing(*args, **kwargs)


def calls_per_step(monkeypatch, widths, optimizer, alpha, extra=0):
    """Return how many calls one more batch costs."""
    counter, rng = [], np.random.default_rng(0)
    for name in MODULES:
        module = importlib.import_module(f"skdl.engine.{name}")
        if hasattr(module, "np"):
            monkeypatch.setattr(module, "np", Counting(np, counter))
    counts = []
    for n_batches in (3, 4):
        network = Network(widths, [Relu() for _ in widths[1:-1]], np.dtype("f4"))
        network.initialize(np.random.default_rng(0))
        X = rng.normal(size=(8 * n_batches, widths[0])).astype("f4")
        loss = Softmax()
        y = rng.integers(0, widths[-1], len(X))
        data = Data(X, *loss.encode(y, widths[-1], network.dtype))
        state = optimizer.start(network.parameters, network.n_weights)
        counter.clear()
        train(
            network, loss, state, data, None,
            alpha=alpha, batch_size=8, rate=lambda progress: 0.1, progress=Progress(),
            max_epochs=1, on_epoch=lambda epoch: True,
        )  # fmt: skip
        counts.append(len(counter))
    return counts[1] - counts[0]


@pytest.mark.parametrize(
    ("widths", "optimizer", "alpha", "expected"),
    [
        # Products and biases forward 4, rectifier 1, loss 13, back 5 and 2, Adam 10.
        ((5, 4, 2), Adam(), 0.0, 35),
        ((5, 4, 2), Adam(), 0.1, 38),
        ((5, 4, 2), SGD(momentum=0), 0.0, 27),
        ((5, 4, 4, 2), Adam(), 0.1, 46),
        ((5, 2), Adam(), 0.1, 30),
    ],
)
def test_calls_of_a_step(monkeypatch, widths, optimizer, alpha, expected):
    assert calls_per_step(monkeypatch, widths, optimizer, alpha) == expected


def test_one_call_more_is_noticed(monkeypatch):
    plain = Softmax.rows_and_gradient

    def slower(self, scores, targets, rows, gradient):
        plain(self, scores, targets, rows, gradient)
        importlib.import_module("skdl.engine.losses.base").np.add(rows, 0, out=rows)

    monkeypatch.setattr(Softmax, "rows_and_gradient", slower)
    assert calls_per_step(monkeypatch, (5, 4, 2), Adam(), 0.1) == 39
