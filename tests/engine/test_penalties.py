"""Penalties: values, thresholds, and the way they act in training."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import (
    SGD,
    Adagrad,
    Data,
    ElasticNetPenalty,
    L0Penalty,
    L1Penalty,
    L2Penalty,
    Network,
    Progress,
    RMSprop,
    SquaredError,
    Tanh,
    blocks,
    train,
)
from skdl.engine.penalties import PENALTIES as REGISTRY
from skdl.engine.penalties import PenaltyTerm, start_penalty
from tests.engine.cases import (
    LOSSES,
    OPTIMIZERS,
    PENALTIES,
    each,
    float32_only,
    peak_bytes,
)

SHARP = {name: case for name, case in PENALTIES.items() if case[0].sharp}
CASE = LOSSES["softmax-3"]


def network_for(dtype=np.float64, n_networks=None, widths=(3, 8, 3)):
    network = Network(widths, [Tanh()] * (len(widths) - 2), dtype, n_networks)
    network.initialize(np.random.default_rng(0))
    return network


def data_for(dtype=np.float64, n=25):
    X = np.random.default_rng(1).normal(size=(n, 3)).astype(dtype)
    return Data(X, *CASE.encode(CASE.y(n), np.dtype(dtype)))


def run(network, loss, state, data, **options):
    """Train; return the losses."""
    losses = []
    options = {
        "alpha": 0.5, "batch_size": 10, "rate": lambda progress: 0.01,
        "progress": Progress(), "max_epochs": 3,
        "on_epoch": lambda epoch: losses.append(epoch.loss), **options,
    }  # fmt: skip
    train(network, loss, state, data, None, **options)
    return losses


def flat_weights(network):
    return network.parameters[..., : network.n_weights]


def sharp_part(penalty, W):
    """S(W), element by element."""
    return (W != 0).astype(float) if isinstance(penalty, L0Penalty) else np.abs(W)


def test_table_is_complete():
    cases = {type(penalty) for penalty, _ in PENALTIES.values()}
    assert cases == set(REGISTRY.values())


@each("case", PENALTIES)
def test_the_two_shares_add_up_to_the_penalty(case):
    penalty, R = case
    W = np.random.default_rng(0).normal(size=50)
    W[::3] = 0
    value = penalty.smooth * 0.5 * np.sum(W**2)
    if penalty.sharp:
        value += penalty.sharp * penalty.value(W, np.empty_like(W))
    assert value == pytest.approx(R(W), rel=1e-12)


@each("case", SHARP)
@pytest.mark.parametrize("one_step", [False, True])
def test_shrink_is_the_proximal_operator(case, one_step):
    """(w - u)² / (2 s) + λ S(w), compared with a fine grid around every u."""
    penalty, rng, strength = case[0], np.random.default_rng(0), 0.7
    u = rng.normal(size=300)
    steps = np.full(300, 0.4) if one_step else rng.uniform(0.01, 2, 300)
    given = 0.4 if one_step else steps.copy()
    w = u.copy()
    penalty.shrink(w, given, strength, np.empty(300))

    def objective(w):
        return (w - u) ** 2 / (2 * steps) + strength * sharp_part(penalty, w)

    # From beyond u on one side to beyond 0 on the other, both ends of the way included.
    grid = [objective(share * u) for share in np.linspace(-0.5, 1.5, 2001)]
    best = np.min(grid, axis=0)
    assert (objective(w) <= best + 1e-12).all()
    assert_allclose(objective(w), best, atol=2e-5)
    assert 20 < np.count_nonzero(w == 0) < 280
    assert not np.signbit(w[w == 0]).any()


@each("case", SHARP)
def test_infinite_steps_make_zeros_and_nan_stays(case):
    w = np.array([3.0, -2.0, np.nan, 1.0])
    steps = np.array([np.inf, np.inf, 1.0, 0.0])
    case[0].shrink(w, steps, 0.1, np.empty(4))
    assert_array_equal(w, [0, 0, np.nan, 1])


@each("case", SHARP)
@pytest.mark.parametrize("steps", [0.3, "array"])
def test_float32_without_promotion(case, steps):
    u = np.random.default_rng(0).normal(size=60)
    w, scratch = float32_only(u), float32_only(np.zeros(60))
    given = float32_only(np.full(60, 0.3)) if steps == "array" else steps
    case[0].shrink(w, given, 0.4, scratch)
    double = u.copy()
    case[0].shrink(double, 0.3, 0.4, np.empty(60))
    assert_allclose(np.asarray(w), double, rtol=1e-6, atol=1e-7)
    value = case[0].value(w, scratch)
    assert type(value) is float
    assert value == pytest.approx(case[0].value(double, np.empty(60)), rel=1e-6)


@pytest.mark.parametrize("n_networks", [None, 2])
@pytest.mark.parametrize("block", [5, 10_000])
def test_l2_on_the_weights_of_each_network(monkeypatch, n_networks, block):
    monkeypatch.setattr(blocks, "BLOCK", block)
    network = network_for(n_networks=n_networks)
    n = network.n_weights
    network.parameters[..., n:] = 7  # biases are not penalized
    gradient = np.ones_like(network.parameters)
    value = start_penalty(L2Penalty(), 1.5, network, gradient).add(5)
    W = flat_weights(network)
    assert_allclose(value, 0.15 * (W**2).sum(axis=-1))
    assert_allclose(gradient[..., :n], 1 + 0.3 * W)
    assert_array_equal(gradient[..., n:], 1)


@each("case", SHARP)
@pytest.mark.parametrize("name", ["nesterov", "adam", "adagrad"])
def test_many_weights_go_in_blocks_and_biases_stay(case, name):
    """Two blocks and a bit in each network of a stack, without an allocation."""
    penalty, R = case
    network = network_for(n_networks=2, widths=(300, 120, 3))
    state = OPTIMIZERS[name].start(network.parameters, network.n_weights)
    gradient = np.random.default_rng(1).normal(size=network.parameters.shape)
    state.step(network.parameters, gradient.copy(), 0.01)
    expected, n_parameters = network.parameters.copy(), network.parameters.shape[-1]
    term = PenaltyTerm(penalty, 1.0, network, np.zeros_like(expected), state)
    values = term.add(1.0)
    strengths = penalty.sharp * np.array([0.5, 3.0])
    for i, row in enumerate(expected):
        W = row[: network.n_weights]
        assert values[i] == pytest.approx(R(W), rel=1e-12)
        block = slice(i * n_parameters, i * n_parameters + network.n_weights)
        steps = state.step_sizes(0.01, block, np.empty(network.n_weights))
        penalty.shrink(W, steps, strengths[i], np.empty_like(W))
    term.shrink(0.01, [0.5, 3.0])
    assert_array_equal(network.parameters, expected)
    zeros = (flat_weights(network) == 0).sum(axis=1)
    assert 0 < zeros[0] < zeros[1]
    most = 0.02 * network.parameters.nbytes
    assert peak_bytes(lambda: term.shrink(0.01, 0.1)) < most
    assert peak_bytes(lambda: term.add(1.0)) < most


@each("optimizer", OPTIMIZERS)
@each("case", PENALTIES)
def test_an_epoch_is_gradient_step_threshold(optimizer, case):
    """Against thresholds written out, for batches of unequal weight."""
    (penalty, R), alpha, rate = case, 2.0, 0.05
    data = data_for()
    data.weights = np.random.default_rng(3).uniform(0.5, 2, (25, 1))
    network, twin = network_for(), network_for()
    state = optimizer.start(network.parameters, network.n_weights)
    losses = run(
        network, CASE.loss, state, data, alpha=alpha, penalty=penalty, max_epochs=1,
        rate=lambda progress: rate,
    )  # fmt: skip
    state, n = optimizer.start(twin.parameters, twin.n_weights), twin.n_weights
    total, W = 0.0, flat_weights(twin)
    for rows in (slice(0, 10), slice(10, 20), slice(20, 25)):
        part = Data(data.X[rows], data.targets[rows], data.table, data.weights[rows])
        weight = part.weights.sum()
        before, penalized = twin.parameters.copy(), R(W)
        # One epoch without a penalty, for the mean loss and the smooth part's step.
        plain = run(
            twin, CASE.loss, state, part, alpha=alpha * penalty.smooth,
            max_epochs=1, rate=lambda progress: rate,
        )  # fmt: skip
        smooth = penalty.smooth * 0.5 * np.sum(before[:n] ** 2)
        total += weight * plain[0] + alpha * (penalized - smooth)
        step = np.broadcast_to(state.step_sizes(rate, slice(0, n), np.empty(n)), n)
        bound = step * penalty.sharp * alpha / weight
        if isinstance(penalty, L0Penalty):
            W[np.abs(W) < np.sqrt(2 * bound)] = 0
        else:
            W[...] = np.sign(W) * np.maximum(np.abs(W) - bound, 0)
    assert_allclose(network.parameters, twin.parameters, rtol=1e-10, atol=1e-15)
    assert_allclose(losses, [total / data.weights.sum()], rtol=1e-10)
    if penalty.sharp == 1:
        assert (flat_weights(network) == 0).any()


@each("optimizer", OPTIMIZERS)
@each("case", PENALTIES)
def test_a_stack_trains_as_each_alone_and_keeps_float32(optimizer, case):
    network, data = network_for(np.float32, n_networks=3), data_for(np.float32)
    alone = [network_for(np.float32) for _ in range(3)]
    for i, one in enumerate(alone):
        one.parameters[...] = network.parameters[i]
    state = optimizer.start(network.parameters, network.n_weights)
    options = {"penalty": case[0], "max_norm": 0.3}
    losses = np.array(run(network, CASE.loss, state, data, **options))
    assert network.parameters.dtype == np.float32
    for i, one in enumerate(alone):
        state = optimizer.start(one.parameters, one.n_weights)
        expected = run(one, CASE.loss, state, data, **options)
        assert_allclose(losses[:, i], expected, rtol=1e-5)
        assert_allclose(network.parameters[i], one.parameters, rtol=1e-3, atol=1e-5)


# The columns are orthogonal and of their own length: each weight has its own problem,
# ½ h (w - c)² + λ R(w), which is solved by hand.
CURVATURE = np.array([0.5, 1.0, 2.0, 1.0, 3.0, 0.7])
CENTER = np.array([2.0, -0.05, 0.3, -1.0, 0.02, 0.2])
STRENGTH = 0.25


def separable(n=48):
    rng = np.random.default_rng(0)
    columns = np.column_stack([np.ones(n), rng.normal(size=(n, 6))])
    X = np.linalg.qr(columns)[0][:, 1:] * np.sqrt(n * CURVATURE)
    return Data(X, X @ CENTER[:, None])


def solution(penalty):
    if isinstance(penalty, L0Penalty):
        return np.where(np.abs(CENTER) > np.sqrt(2 * STRENGTH / CURVATURE), CENTER, 0)
    slope = np.abs(CENTER) * CURVATURE - STRENGTH * penalty.sharp
    strength = CURVATURE + STRENGTH * penalty.smooth
    return np.sign(CENTER) * np.maximum(slope, 0) / strength


def reach(optimizer, penalty, rate, start=None, n_steps=800, **options):
    """Return the weights that steps on all rows lead to, while the rate falls to zero.

    At a constant rate, Adam's and RMSprop's weights never come to rest: rounding grows
    into bursts, of 3e-5 for a rate of 0.05, that end and come back.
    """
    network = Network((6, 1), [], np.float64)
    flat_weights(network)[...] = 0.5 if start is None else start
    state = optimizer.start(network.parameters, n_weights=0)  # no decay of AdamW's
    run(
        network, SquaredError(), state, separable(), penalty=penalty, batch_size=48,
        alpha=STRENGTH * 48, max_epochs=n_steps,
        rate=lambda progress: rate * (1 - progress.steps / n_steps), **options,
    )  # fmt: skip
    return flat_weights(network)


@each("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["l1", "elasticnet", "l2"])
def test_the_fixed_point_is_the_optimum_of_the_objective(optimizer, name):
    penalty, expected = PENALTIES[name][0], solution(PENALTIES[name][0])
    plain = optimizer is OPTIMIZERS["gradient-descent"]
    rate = 0.5 if plain else {Adagrad: 1.0, RMSprop: 0.02}.get(type(optimizer), 0.05)
    w = reach(optimizer, penalty, rate)
    assert_allclose(w, expected, atol=1e-5)
    if penalty.sharp:
        assert_array_equal(w == 0, expected == 0)
        assert 1 < (w == 0).sum() < 5


@pytest.mark.parametrize("name", ["gradient-descent", "momentum", "nesterov"])
def test_hard_thresholds_keep_the_optimum(name):
    """Steps of at most one over the curvature never leave the best choice of zeros."""
    optimizer, expected = OPTIMIZERS[name], solution(L0Penalty())
    rate = (1 - optimizer.momentum) / 3
    w = reach(optimizer, L0Penalty(), rate, start=expected, n_steps=200)
    assert_allclose(w, expected, atol=1e-10)
    assert 1 < (w == 0).sum() < 5


@pytest.mark.parametrize("name", ["gradient-descent", "nesterov", "adam", "adagrad"])
def test_clipping_does_not_move_the_optimum(name):
    """The gradient at the optimum, as long as the bound, is clipped in every step."""
    expected = solution(L1Penalty())
    gradient = CURVATURE * (expected - CENTER)
    assert np.linalg.norm(gradient) > 2 * 0.15
    rate = {"gradient-descent": 0.8, "adagrad": 1.0}.get(name, 0.05)
    w = reach(OPTIMIZERS[name], L1Penalty(), rate, max_norm=0.15)
    assert_allclose(w, expected, atol=1e-8)
    assert_array_equal(w == 0, expected == 0)


@each("optimizer", OPTIMIZERS)
@each("case", SHARP)
def test_a_batch_of_weight_zero_thresholds_nothing(optimizer, case):
    data, results = data_for(n=30), []
    for weighted in (False, True):
        data.rows = None if weighted else np.r_[0:10, 20:30]
        data.weights = np.ones((30, 1)) if weighted else None
        if weighted:
            data.weights[10:20] = 0
        network = network_for()
        state = optimizer.start(network.parameters, network.n_weights)
        losses = run(network, CASE.loss, state, data, penalty=case[0])
        results.append((network.parameters, losses))
    assert_allclose(*[parameters for parameters, _ in results], rtol=1e-10, atol=1e-15)
    assert_allclose(*[losses for _, losses in results], rtol=1e-12)


@pytest.mark.parametrize("penalty", [None, L2Penalty(), ElasticNetPenalty(0)])
def test_a_smooth_penalty_has_nothing_to_threshold(penalty):
    """Also with a state that knows no step sizes: a state of a user's own."""

    class Plain:
        def step(self, parameters, gradient, rate):
            parameters -= rate * gradient

    network, twin, data = network_for(), network_for(), data_for()
    losses = run(network, CASE.loss, Plain(), data, penalty=penalty)
    state = SGD(momentum=0).start(twin.parameters)
    assert run(twin, CASE.loss, state, data) == losses
    assert_array_equal(network.parameters, twin.parameters)
    before = network.parameters.copy()
    for sharp in (L1Penalty(), ElasticNetPenalty(), L0Penalty()):
        with pytest.raises(ValueError, match="Plain has no method step_sizes.*l2"):
            run(network, CASE.loss, Plain(), data, penalty=sharp)
        run(twin, CASE.loss, Plain(), data, penalty=sharp, alpha=0)
    assert_array_equal(network.parameters, before)
    assert not (flat_weights(twin) == 0).any()


@pytest.mark.parametrize("ratio", [-0.1, 1.1, "1", True, np.nan])
def test_a_bad_ratio_is_refused(ratio):
    network = network_for()
    state = SGD().start(network.parameters)
    with pytest.raises(ValueError, match=r"ElasticNetPenalty: l1_ratio must be .*1\]"):
        run(network, CASE.loss, state, data_for(), penalty=ElasticNetPenalty(ratio))
