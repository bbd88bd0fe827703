"""The network: memory layout, objective, gradients, stacks, dtypes, copies."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import Network, Relu, Tanh, Workspace, check_gradient, raw_scores
from skdl.engine.penalties import start_penalty
from tests.engine.cases import (
    LOSSES,
    OPTIMIZERS,
    Problem,
    arrays_of,
    each,
    each_loss_and_activation,
    float32_only,
    peak_bytes,
    problem,
)

COPIES = {
    "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    "deepcopy": deepcopy,
}


def mid_size(n_networks=None, dtype=np.float64):
    network = Network((200, 128, 64, 5), [Relu(), Tanh()], dtype, n_networks)
    network.initialize(np.random.default_rng(0))
    return network


@each_loss_and_activation(weighted=[False, True], alpha=[0.0, 0.3])
def test_gradient(case, activation, weighted, alpha):
    p = problem(case, activation, weighted=weighted)
    check_gradient(p.objective(alpha), p.network.parameters, rtol=1e-6)


@each("case", LOSSES)
@pytest.mark.parametrize("hidden", [(), (4,)])
def test_gradient_of_a_stack_and_without_hidden_layers(case, hidden):
    p = problem(case, Tanh(), weighted=True, hidden=hidden, n_networks=2)
    check_gradient(p.objective(0.3), p.network.parameters, rtol=1e-6)


@each_loss_and_activation(weighted=[False, True], sparse=[False, True])
def test_a_stack_gives_what_each_network_gives(case, activation, weighted, sparse):
    p = problem(case, activation, weighted=weighted, n_networks=3)
    if sparse:
        p.X = csr_array(p.X * (p.X > -0.3))
    widths, start = p.network.widths, p.network.parameters.copy()
    scores = raw_scores(p.network, p.X)
    values, gradients = p.evaluate(alpha=0.2)
    gradients = gradients.copy()
    OPTIMIZERS["adam"].start(p.network.parameters).step(
        p.network.parameters, gradients.copy(), 0.01
    )
    assert values.shape == (3,)
    assert len(set(values)) == 3
    for i in range(3):
        alone = Network(widths, p.network.activations, np.float64)
        alone.parameters[...] = start[i]
        assert_allclose(scores[i], raw_scores(alone, p.X), rtol=1e-12, atol=1e-14)
        q = Problem(alone, p.X, p.targets, p.weights, p.loss)
        value, gradient = q.evaluate(alpha=0.2)
        assert_allclose(values[i], value, rtol=1e-12)
        assert_allclose(gradients[i], gradient, rtol=1e-10, atol=1e-14)
        state = OPTIMIZERS["adam"].start(alone.parameters)
        state.step(alone.parameters, gradients[i].copy(), 0.01)
        assert_array_equal(p.network.parameters[i], alone.parameters)


@each_loss_and_activation(n_networks=[None, 2])
def test_float32_without_promotion(case, activation, n_networks):
    p = problem(case, activation, np.float32, weighted=True, n_networks=n_networks)
    double = problem(case, activation, weighted=True, n_networks=n_networks)
    double.network.parameters[...] = p.network.parameters
    workspace = p.workspace()
    for name in ("score_gradient", "rows", "_own_shares"):
        setattr(workspace, name, getattr(workspace, name).view(type(float32_only(0))))
    plain = p.X, p.targets, p.weights
    p.X, p.targets, p.weights = map(float32_only, plain)
    p.evaluate(0.0, workspace)
    p.X, p.targets, p.weights = plain
    for alpha in (0.0, 0.3):
        value, gradient = p.evaluate(alpha, workspace)
        for name, array in {**arrays_of(workspace), "w": p.network.parameters}.items():
            assert array.dtype == np.float32, name
        expected_value, expected = double.evaluate(alpha)
        assert_allclose(np.asarray(value), expected_value, rtol=1e-4)
        assert_allclose(np.asarray(gradient), expected, rtol=1e-3, atol=1e-4)
        workspace = p.workspace()
    assert raw_scores(p.network, p.X).dtype == np.float32


@pytest.mark.parametrize("n_networks", [None, 2])
def test_parameters_are_one_array_of_weights_then_biases(n_networks):
    network = Network((3, 4, 2), [Relu()], np.float64, n_networks)
    parameters = network.parameters
    assert parameters.flags.c_contiguous
    assert parameters.shape[-1] == 3 * 4 + 4 * 2 + 4 + 2
    assert network.n_weights == 3 * 4 + 4 * 2
    parameters[...] = np.arange(parameters.shape[-1])
    first, second = network.affine
    for layer in network.affine:
        assert np.shares_memory(layer.weights, parameters)
        assert np.shares_memory(layer.biases, parameters)
    one = (0,) * len(network.stack)
    assert_array_equal(first.weights[one], np.arange(12).reshape(3, 4))
    assert_array_equal(second.weights[one], np.arange(12, 20).reshape(4, 2))
    assert_array_equal(first.biases[one], [[20, 21, 22, 23]])
    assert_array_equal(second.biases[one], [[24, 25]])


@each("copied", COPIES)
@pytest.mark.parametrize("n_networks", [None, 2])
def test_copies_stand_on_their_own(copied, n_networks):
    network = mid_size(n_networks)
    X = np.random.default_rng(1).normal(size=(9, 200))
    before = raw_scores(network, X)
    copy = copied(network)
    assert_array_equal(raw_scores(copy, X), before)
    assert all(np.shares_memory(a.weights, copy.parameters) for a in copy.affine)
    assert not np.shares_memory(copy.parameters, network.parameters)
    copy.parameters *= 2
    assert (raw_scores(copy, X) != before).all()
    assert_array_equal(raw_scores(network, X), before)


@pytest.mark.parametrize(
    "forged",
    [
        {"widths": (3, 50, 2)},
        {"parameters": np.zeros(1)},
        {"parameters": np.zeros((1, 23))},
        {"parameters": np.zeros(23, int)},
        {"statistics": np.zeros(1)},
        {"statistics": np.zeros(0, np.float32)},
        {"stack": (2,)},
    ],
)
def test_a_state_whose_arrays_do_not_fit_is_refused(forged):
    network = Network([3, 3, 2], [Tanh()], np.float64)
    state = {**network.__getstate__(), "parameters": np.zeros(20)}
    Network.__new__(Network).__setstate__(state)
    with pytest.raises(ValueError, match=r"network of widths \(3, .* to load has"):
        Network.__new__(Network).__setstate__(state | forged)
    with pytest.raises(ValueError, match="is float64 of shape"):
        network.restore((np.zeros(1), np.zeros(0)))


def test_a_state_in_another_order_is_taken():
    stack = Network([3, 3, 2], [Tanh()], np.float64, n_networks=2)
    parameters = np.asfortranarray(np.arange(40.0).reshape(2, 20))
    stack.__setstate__({**stack.__getstate__(), "parameters": parameters})
    stack.layers[0].weights[...] = 7
    assert (stack.parameters[:, :9] == 7).all()


def test_pickle_is_as_large_as_the_parameters():
    network = mid_size()
    raw_scores(network, np.ones((500, 200)))
    assert 0 < len(pickle.dumps(network)) - network.parameters.nbytes < 2000


@each("case", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_rows_equal_dense_rows(case, dtype):
    p = problem(case, Tanh(), dtype, weighted=True, n=12)
    p.X[p.X < 0.2] = 0
    dense_scores = raw_scores(p.network, p.X)
    value, gradient = p.evaluate(0.1)
    p.X = csr_array(p.X)
    scores = raw_scores(p.network, p.X)
    tolerance = {"rtol": 1e-4, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-10}
    assert scores.dtype == dtype
    assert_allclose(scores, dense_scores, **tolerance)
    sparse_value, sparse_gradient = p.evaluate(0.1)
    assert_allclose(sparse_value, value, **tolerance)
    assert_allclose(sparse_gradient, gradient, **tolerance)


@pytest.mark.parametrize("n_networks", [None, 2])
def test_threads_share_a_network(n_networks):
    network = mid_size(n_networks, np.float32)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(300 + 7 * i, 200)) for i in range(8)]
    alone = [raw_scores(network, X) for X in inputs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            together = pool.map(lambda X: raw_scores(network, X), inputs)
            for a, b in zip(alone, together, strict=True):
                assert_array_equal(a, b)


@pytest.mark.parametrize("sparse", [False, True])
@each("case", LOSSES)
def test_data_are_only_read(case, sparse):
    p = problem(case, Relu(), weighted=True, hidden=())
    p.X = csr_array(p.X) if sparse else p.X
    for array in (p.X.data if sparse else p.X, p.targets, p.weights):
        array.flags.writeable = False
    assert np.isfinite(p.evaluate(0.1)[0]).all()
    assert np.isfinite(raw_scores(p.network, p.X)).all()


@pytest.mark.parametrize("n_networks", [None, 2])
def test_no_buffer_for_the_gradient_of_the_data(n_networks):
    p = problem(LOSSES["softmax-3"], Relu(), n_features=37, n_networks=n_networks)
    workspace = p.workspace()
    p.evaluate(0.1, workspace)
    own = [array for array in arrays_of(workspace).values() if array is not p.X]
    widths = {array.shape[-1] for array in own if array.shape[-2:-1] == (7,)}
    assert widths == {5, 4, 3, 1}
    assert not [array for array in own if array.shape[-1:] == (37,)]


@each("case", LOSSES)
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_weight_two_equals_a_row_twice(case, alpha):
    p = problem(case, Tanh())
    p.weights = np.array([1.0, 2, 1, 1, 2, 0, 1])[:, None]
    value, gradient = p.evaluate(alpha)
    rows = [0, 1, 1, 2, 3, 4, 4, 6]
    twice = Problem(p.network, p.X[rows], p.targets[rows], None, p.loss)
    assert_allclose(value, twice.evaluate(alpha)[0], rtol=1e-13)
    expected = twice.evaluate(alpha)[1]
    assert_allclose(gradient, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("n_networks", [None, 2])
def test_scale_of_the_weights_changes_only_the_share_of_the_penalty(n_networks):
    p = problem(LOSSES["softmax-3"], Tanh(), weighted=True, n_networks=n_networks)
    W = p.network.parameters[..., : p.network.n_weights]
    plain, gradient = p.evaluate(0.0)
    share = 0.7 / (3 * p.weights.sum())
    p.weights = 3 * p.weights
    scaled, scaled_gradient = p.evaluate(0.7)
    assert_allclose(scaled - plain, share / 2 * (W**2).sum(axis=-1), rtol=1e-12)
    difference = scaled_gradient - gradient
    expected = np.zeros_like(difference)
    expected[..., : p.network.n_weights] = share * W
    assert_allclose(difference, expected, rtol=1e-9, atol=1e-14)


@each("case", LOSSES)
def test_a_training_step_allocates_next_to_nothing(case):
    p = problem(case, Relu(), np.float32, weighted=True, n=1024, hidden=(128, 64),
                n_features=100)  # fmt: skip
    optimizer = OPTIMIZERS["adam"]  # test_optimizers.py has the others alone
    workspace = p.workspace()
    parameters = p.network.parameters
    state = optimizer.start(parameters)

    term = start_penalty(None, 1e-3, p.network, workspace.gradient)

    def step():
        p.evaluate(workspace=workspace)
        term.add(1024)
        state.step(parameters, workspace.gradient, 1e-4)

    # NumPy's own buffers take 33 kB; the parameters and each hidden array far more.
    total = sum(array.nbytes for array in arrays_of(workspace).values())
    assert peak_bytes(step) < min(0.05 * total, 0.75 * parameters.nbytes)


def test_prediction_workspace_holds_outputs_only():
    held = arrays_of(Workspace(mid_size(), 50)).values()
    assert {array.shape for array in held} == {(50, 128), (50, 64), (50, 5)}
    # The zeros that relu compares with, too.
    assert len({array.ctypes.data for array in held}) == 4
