"""Optimizers: steps, states, blocks, clipping, dtypes."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import SGD, Adagrad, Adam, AdamW, RMSprop, clip_gradient
from skdl.engine import blocks as module
from skdl.engine.blocks import blocks_of, scalar_array
from skdl.engine.optimizers import OPTIMIZERS as REGISTRY
from tests.engine.cases import OPTIMIZERS, each, float32_only, peak_bytes

CURVATURE, OPTIMUM = [1.0, 4.0, 0.5], [1.0, -2.0, 3.0]
START, RATE = [0.0, 1.0, -1.5], 0.1


def quadratic_gradient(w):
    """Of ½ Σ a (w - c)²."""
    return [a * (x - c) for a, x, c in zip(CURVATURE, w, OPTIMUM, strict=True)]


def scalar_sgd(g, w, memory, t, optimizer):
    """One coordinate's step in the form with the old velocity."""
    mu = optimizer.momentum
    v_prev = memory.get("v", 0.0)
    v = memory["v"] = mu * v_prev - RATE * g
    if not optimizer.nesterov:
        return w + v
    return w - mu * v_prev + (1 + mu) * v


def scalar_adam(g, w, memory, t, optimizer):
    b1, b2 = optimizer.beta_1, optimizer.beta_2
    m = memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * g
    v = memory["v"] = b2 * memory.get("v", 0.0) + (1 - b2) * g**2
    rate = RATE * (1 - b2**t) ** 0.5 / (1 - b1**t)
    return w - rate * m / (v**0.5 + optimizer.epsilon)


def scalar_adamw(g, w, memory, t, optimizer):
    return scalar_adam(g, w - RATE * optimizer.weight_decay * w, memory, t, optimizer)


def scalar_adagrad(g, w, memory, t, optimizer):
    c = memory["c"] = memory.get("c", 0.0) + g**2
    return w - RATE * g / (c**0.5 + optimizer.epsilon)


def scalar_rmsprop(g, w, memory, t, optimizer):
    rho = optimizer.decay
    c = memory["c"] = rho * memory.get("c", 0.0) + (1 - rho) * g**2
    return w - RATE * g / (c**0.5 + optimizer.epsilon)


SCALAR = {
    SGD: scalar_sgd,
    Adam: scalar_adam,
    AdamW: scalar_adamw,
    Adagrad: scalar_adagrad,
    RMSprop: scalar_rmsprop,
}


def gradients(shape, n_steps, dtype=np.float64):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(dtype) for _ in range(n_steps)]


def run(state, parameters, steps):
    for gradient in steps:
        state.step(parameters, gradient.copy(), RATE)
    return parameters


def test_table_is_complete():
    assert {type(case) for case in OPTIMIZERS.values()} == set(REGISTRY.values())


@each("optimizer", OPTIMIZERS)
def test_first_five_steps(optimizer):
    w, expected = np.array(START), list(START)
    state, memories = optimizer.start(w), [{}, {}, {}]
    for t in range(1, 6):
        state.step(w, np.array(quadratic_gradient(w)), RATE)
        expected = [
            SCALAR[type(optimizer)](g, x, memory, t, optimizer)
            for g, x, memory in zip(
                quadratic_gradient(expected), expected, memories, strict=True
            )
        ]
        assert_allclose(w, expected, rtol=1e-13)


def test_known_first_steps():
    """Worked by hand for w = 0, g = 1, η = 0.1."""
    for optimizer, first, second in (
        (SGD(momentum=0), -0.1, -0.2),
        (SGD(momentum=0.5, nesterov=False), -0.1, -0.25),
        (SGD(momentum=0.5, nesterov=True), -0.15, -0.325),
        (Adam(epsilon=1e-300), -0.1, -0.2),
    ):
        w = np.zeros(1)
        state = optimizer.start(w)
        assert_allclose(run(state, w, [np.ones(1)]), [first], rtol=1e-12)
        assert_allclose(run(state, w, [np.ones(1)]), [second], rtol=1e-12)


@each("optimizer", OPTIMIZERS)
def test_converges(optimizer):
    w = np.array(START)
    state = optimizer.start(w, n_weights=0)  # decay would move the optimum
    for t in range(2000):
        # RMSprop's steps do not shrink by themselves.
        rate = RATE * 0.99**t if isinstance(optimizer, RMSprop) else RATE
        rate = 1.0 if isinstance(optimizer, Adagrad) else rate
        state.step(w, np.array(quadratic_gradient(w)), rate)
    assert_allclose(w, OPTIMUM, rtol=1e-6)


def test_decoupled_decay_spares_biases():
    w = np.ones(5)
    AdamW(weight_decay=0.5).start(w, n_weights=3).step(w, np.zeros(5), RATE)
    assert_allclose(w, [0.95, 0.95, 0.95, 1, 1])


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (SGD(momentum=1.5), r"SGD: momentum must be a number in \[0, 1\], got 1.5"),
        (Adam(beta_1=1), r"Adam: beta_1 must be a number in \[0, 1\), got 1"),
        (Adam(beta_2=-0.1), "beta_2 must be"),
        (Adam(epsilon="0"), "epsilon must be a number"),
        (AdamW(weight_decay=-1), r"weight_decay must be a number in \[0, inf\)"),
        (Adagrad(epsilon=0), r"Adagrad: epsilon must be a number in \(0, inf\)"),
        (RMSprop(decay=True), r"decay must be a number in \[0, 1\), got True"),
    ],
)
def test_bad_settings_are_refused(optimizer, message):
    with pytest.raises(ValueError, match=message):
        optimizer.start(np.ones(3))


@each("optimizer", OPTIMIZERS)
def test_a_loaded_state_continues_to_the_bit(optimizer):
    steps = gradients(50, 10)
    whole = np.ones(50)
    run(optimizer.start(whole), whole, steps)

    w = np.ones(50)
    first = optimizer.start(w)
    run(first, w, steps[:5])
    saved, checkpoint = first.state_dict(), w.copy()
    run(first, w, steps[5:])  # the saved state must not change with it
    for _ in range(2):  # nor with a state that loaded it
        second = optimizer.start(checkpoint)
        second.load(saved)
        resumed = run(second, checkpoint.copy(), steps[5:])
        assert_array_equal(resumed, whole)
    if optimizer.get_params().get("momentum") != 0:
        fresh = run(optimizer.start(checkpoint), checkpoint.copy(), steps[5:])
        assert (fresh != whole).any()


@each("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("shape", [(2 * 16384 + 37,), (3, 12000), (16384,)])
def test_many_parameters_equal_the_unblocked_formula(optimizer, shape):
    w = np.ones(shape)
    state, memory = optimizer.start(w), {}
    expected = np.ones(shape)
    for t, gradient in enumerate(gradients(shape, 3), 1):
        state.step(w, gradient.copy(), RATE)
        expected = SCALAR[type(optimizer)](gradient, expected, memory, t, optimizer)
    assert_allclose(w, expected, rtol=1e-11, atol=1e-13)


@each("optimizer", OPTIMIZERS)
def test_a_stack_steps_as_each_alone(optimizer):
    steps, w = gradients((3, 40), 4), np.ones((3, 40))
    run(optimizer.start(w), w, steps)
    for i in range(3):
        alone = np.ones(40)
        run(optimizer.start(alone), alone, [gradient[i] for gradient in steps])
        assert_array_equal(w[i], alone)


@each("optimizer", OPTIMIZERS)
def test_float32_without_promotion(optimizer):
    w = float32_only(np.ones(60))
    state = optimizer.start(w)
    for name, value in vars(state).items():
        if isinstance(value, np.ndarray):
            setattr(state, name, float32_only(value))
    for gradient in gradients(60, 4):
        state.step(w, float32_only(gradient), RATE)
    arrays = [a for a in vars(state).values() if isinstance(a, np.ndarray)]
    arrays += [a for a in state.state_dict().values() if isinstance(a, np.ndarray)]
    assert {a.dtype for a in [w, *arrays]} == {np.dtype(np.float32)}
    double = np.ones(60)
    run(optimizer.start(double), double, gradients(60, 4))
    assert_allclose(np.asarray(w), double, rtol=1e-4, atol=1e-5)


@each("optimizer", OPTIMIZERS)
def test_a_run_leaves_the_specification_alone(optimizer):
    before = dict(vars(optimizer))
    w = np.ones(5)
    state = optimizer.start(w)
    run(state, w, gradients(5, 3))
    state.load(state.state_dict())
    assert vars(optimizer) == before
    a, b = np.ones(5), np.ones(5)
    run(optimizer.start(a), a, gradients(5, 3))
    run(optimizer.start(b), b, gradients(5, 3))
    assert_array_equal(a, b)


@each("optimizer", OPTIMIZERS)
def test_a_step_allocates_nothing(optimizer):
    w = np.ones(100_000)
    state, gradient = optimizer.start(w), np.ones(100_000)
    assert peak_bytes(lambda: state.step(w, gradient, RATE)) < 0.05 * w.nbytes


@each("optimizer", OPTIMIZERS)
def test_step_sizes_are_what_a_constant_gradient_moves_by(optimizer):
    """At every step, the first ones and those after a change of rate included."""
    w, g = np.zeros(5), np.array([0.1, -2.0, 30.0, 1e-4, 1.0])
    state, out = optimizer.start(w, n_weights=0), np.empty(5)
    for t in range(12):
        rate, before = RATE / (1 + t // 4), w.copy()
        state.step(w, g.copy(), rate)
        steps = state.step_sizes(rate, slice(0, 5), out)
        assert steps is out or type(steps) is float
        assert_allclose(before - w, steps * g, rtol=1e-10)


def test_momentum_multiplies_the_step_in_the_long_run():
    for nesterov in (False, True):
        state = SGD(0.9, nesterov).start(np.zeros(1))
        run(state, np.zeros(1), np.ones((400, 1)))
        steps = state.step_sizes(RATE, slice(0, 1), np.empty(1))
        assert steps == pytest.approx(RATE / (1 - 0.9))


@each("optimizer", OPTIMIZERS)
def test_step_sizes_of_a_block_are_a_part_of_all(optimizer):
    shape = (3, 40)
    state, w = optimizer.start(np.ones(shape)), np.ones(shape)
    # What it has to compute first, and what it then has from each step.
    for n_steps in (3, 2):
        run(state, w, gradients(shape, n_steps))
        whole = state.step_sizes(RATE, slice(0, 120), np.empty(120))
    part = state.step_sizes(RATE, slice(50, 77), np.empty(27))
    if type(whole) is float:
        assert part == whole
    else:
        assert_array_equal(part, whole[50:77])
    resumed = optimizer.start(np.ones(shape))
    resumed.load(state.state_dict())
    assert_array_equal(resumed.step_sizes(RATE, slice(50, 77), np.empty(27)), part)


@each("optimizer", OPTIMIZERS)
def test_step_sizes_stay_float32_and_allocate_nothing(optimizer):
    w = float32_only(np.ones(60))
    state = optimizer.start(w)
    state.step(w, float32_only(np.ones(60)), RATE)
    out = float32_only(np.empty(60))
    for name, value in vars(state).items():
        if isinstance(value, np.ndarray):
            setattr(state, name, float32_only(value))
    state.step_sizes(np.float64(RATE), slice(0, 60), out)

    w = np.ones(100_000)
    state, out = optimizer.start(w), np.empty(100_000)
    state.step(w, np.ones(100_000), RATE)
    block = slice(0, 100_000)
    assert peak_bytes(lambda: state.step_sizes(RATE, block, out)) < 0.05 * w.nbytes


def test_plain_gradient_descent_keeps_no_velocity():
    assert SGD(momentum=0).start(np.ones(3)).state_dict() == {}


def steps(optimizer, gradients, rate=0.1):
    w = np.zeros(2)
    state, moves = optimizer.start(w, n_weights=2), []
    for gradient in gradients:
        before = w.copy()
        state.step(w, np.array(gradient, dtype=float), rate)
        moves.append(w - before)
    return np.array(moves)


@pytest.mark.parametrize("optimizer", [Adam(epsilon=1e-300), Adagrad(1e-300)])
def test_the_first_step_has_the_rate_in_every_coordinate(optimizer):
    assert_allclose(steps(optimizer, [[1e-3, -1e3]])[0], [-0.1, 0.1])


def test_adagrad_slows_down_and_rmsprop_forgets():
    gradients = [[100.0, 1.0]] + [[1.0, 1.0]] * 200
    adagrad, rmsprop = steps(Adagrad(), gradients), steps(RMSprop(), gradients)
    # One large gradient slows the first coordinate permanently under Adagrad only.
    assert abs(adagrad[-1, 0]) < 0.2 * abs(adagrad[-1, 1])
    assert_allclose(rmsprop[-1, 0], rmsprop[-1, 1], rtol=1e-3)


def test_decay_is_decoupled_from_the_gradient():
    """The same shrinkage whether gradients are large or small."""
    for scale in (1.0, 1e6):
        moves = []
        for optimizer in (
            Adam(epsilon=1e-300),
            AdamW(epsilon=1e-300, weight_decay=0.5),
        ):
            w = np.ones(1)
            optimizer.start(w, n_weights=1).step(w, np.array([scale]), 0.1)
            moves.append(w[0])
        assert moves[0] - moves[1] == pytest.approx(0.05)


@pytest.mark.parametrize("size", [0, 1, 4, 5, 8, 9, 23])
def test_blocks_cover_each_array_once(monkeypatch, size):
    monkeypatch.setattr(module, "BLOCK", 4)
    x, y = np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32)
    blocks = blocks_of(x, y)
    for i, array in enumerate((x, y)):
        parts = [block[i] for block in blocks]
        assert all(np.shares_memory(part, array) for part in parts)
        assert_array_equal(np.concatenate([*parts, array[:0]]), array)
    for part, _, scratch in blocks:
        assert scratch.shape == part.shape
        assert scratch.size <= 4
        assert scratch.dtype == np.float32
    assert len({scratch.ctypes.data for *_, scratch in blocks}) == min(1, size)


def test_scratch_that_stays_is_cut_like_the_arrays(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 4)
    x, kept = np.zeros(10), np.zeros(10)
    for part, scratch in blocks_of(x, scratch=kept):
        assert part.shape == scratch.shape
        scratch += np.arange(10)[part.ctypes.data // 8 - x.ctypes.data // 8 :][:4]
    assert_array_equal(kept, np.arange(10))


def test_blocks_of_a_stack_are_those_of_one_vector():
    stack = np.zeros((3, 5))
    ((flat, _),) = blocks_of(stack)
    flat[...] = 1
    assert_array_equal(stack, 1)


def test_numbers_have_the_parameters_type():
    one = scalar_array(np.zeros(2, np.float32), 0.5)
    assert one.shape == ()
    assert (np.ones(2, np.float32) * one).dtype == np.float32


@each("optimizer", OPTIMIZERS)
def test_blocks_change_no_bit_of_a_step(monkeypatch, optimizer):
    results = []
    for size in (10_000, 7):
        monkeypatch.setattr(module, "BLOCK", size)
        rng = np.random.default_rng(0)
        w = rng.normal(size=50)
        state = optimizer.start(w, 30)
        for _ in range(3):
            state.step(w, rng.normal(size=50), 0.1)
        results.append(w)
    assert_array_equal(*results)


@each("optimizer", OPTIMIZERS)
def test_a_state_follows_other_vectors_and_copies(optimizer):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=5), rng.normal(size=(4, 5))

    def steps(swap):
        w = start.copy()
        state = optimizer.start(w, 3)
        for i, g in enumerate(gradients):
            if swap and i == 2:
                w, state = w.copy(), pickle.loads(pickle.dumps(state))
            # A new array for each gradient, as a test or a user may hand them.
            state.step(w, g.copy(), 0.1)
        return w

    assert_array_equal(steps(True), steps(False))


def test_a_pickled_state_holds_no_blocks():
    w = np.zeros(10_000)
    state = OPTIMIZERS["adam"].start(w)
    state.step(w, np.ones(10_000), 0.1)
    assert len(pickle.dumps(state)) < 2.2 * w.nbytes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_longer_gradients_get_the_length_and_keep_the_direction(dtype):
    gradient = np.array([3.0, 0.0, -4.0], dtype)
    assert clip_gradient(gradient, 2.5) == [0.5]
    assert gradient.dtype == dtype
    assert_allclose(gradient, [1.5, 0, -2], rtol=1e-6)


@pytest.mark.parametrize("bound", [5.0, 5.1])
def test_shorter_gradients_stay_to_the_bit(bound):
    gradient = np.array([3.0, 4.0])
    assert clip_gradient(gradient, bound) == [1.0]
    assert_array_equal(gradient, [3, 4])


def test_each_network_of_a_stack_has_its_own_norm():
    gradient = np.array([[3.0, 4.0], [0.3, 0.4]])
    assert clip_gradient(gradient, 1.0) == [pytest.approx(0.2), 1.0]
    assert_allclose(gradient, [[0.6, 0.8], [0.3, 0.4]])
