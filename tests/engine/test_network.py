"""Networks: parameters, evaluation, workspaces, stacks."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import (
    BatchNorm,
    Data,
    Network,
    Relu,
    Tanh,
    Workspace,
    averaging,
    check_gradient,
    raw_scores,
)
from skdl.engine.averaging import average, renew_statistics
from skdl.engine.penalties import start_penalty
from skdl.engine.stacking import stack, unstack
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
from tests.engine.test_architecture import ARCHITECTURES

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
                n_features=128)  # fmt: skip
    optimizer = OPTIMIZERS["adam"]  # test_optimizers.py has the others alone
    workspace = p.workspace()
    parameters = p.network.parameters
    state = optimizer.start(parameters)

    term = start_penalty(None, 1e-3, p.network, workspace.gradient)

    def step():
        p.evaluate(workspace=workspace)
        term.add(1024)
        state.step(parameters, workspace.gradient, 1e-4)

    # NumPy's own buffers take 33 kB for each operand that is broadcast, and no product
    # has more than two; the parameters and each hidden array take far more.
    total = sum(array.nbytes for array in arrays_of(workspace).values())
    assert peak_bytes(step) < min(0.05 * total, 0.8 * parameters.nbytes)


def test_prediction_workspace_holds_outputs_only():
    held = arrays_of(Workspace(mid_size(), 50)).values()
    assert {array.shape for array in held} == {(50, 128), (50, 64), (50, 5)}
    # The zeros that relu compares with, too.
    assert len({array.ctypes.data for array in held}) == 4


def network(n_networks=None, dtype=np.float64):
    result = Network((4, 6, 3), [Relu()], dtype, n_networks)
    result.initialize(np.random.default_rng(0))
    return result


@pytest.mark.parametrize("n_networks", [None, 2])
def test_scores_lie_column_by_column_in_training_only(n_networks):
    for training in (False, True):
        workspace = Workspace(network(n_networks), 5, training)
        scores = workspace.empty_scores(3)
        assert scores.shape == (*workspace.shape, 3)
        columns = np.moveaxis(scores, -1, 0)
        assert columns.flags.c_contiguous == training
        assert scores.flags.c_contiguous != training


@pytest.mark.parametrize("n_networks", [None, 2])
def test_mean_of_rows(n_networks):
    workspace = Workspace(network(n_networks), 5, True)
    workspace.rows[...] = np.random.default_rng(0).normal(size=workspace.rows.shape)
    assert workspace.weigh(None) == 5
    assert workspace.row_shares is None
    assert_allclose(workspace.mean_of_rows(), workspace.rows.mean(axis=(-2, -1)))
    weights = np.array([[1.0], [0], [2], [3], [2]])
    assert workspace.weigh(weights) == 8
    assert_allclose(workspace.shares, weights / 8)
    expected = (workspace.rows * weights / 8).sum(axis=(-2, -1))
    assert_allclose(workspace.mean_of_rows(), expected)
    assert workspace.weigh(None) == 5
    assert_allclose(workspace.mean_of_rows(), workspace.rows.mean(axis=(-2, -1)))


def test_mean_of_rows_is_a_python_number_or_float64():
    alone, stack = (Workspace(network(n, np.float32), 5, True) for n in (None, 2))
    for workspace in (alone, stack):
        workspace.rows[...] = 1
        workspace.weigh(None)
    assert type(alone.mean_of_rows()) is float
    assert stack.mean_of_rows().dtype == np.float64


def test_zeros_are_shared_and_read_only():
    workspace = Workspace(network(), 5, True)
    zeros = workspace.zeros(6)
    assert workspace.zeros(6) is zeros
    with pytest.raises(ValueError, match="read-only"):
        zeros[...] = 1


def networks(options, dtype=np.float64):
    """Return three networks with weights and statistics of their own, and rows."""
    options = {"hidden": (5, 4, 3), "activation": Tanh(), **options}
    made = []
    for seed in range(3):
        p = problem(LOSSES["softmax-3"], dtype=dtype, seed=seed, n=9, **options)
        rng = np.random.default_rng(seed)
        p.network.statistics[:] = rng.uniform(0.5, 2, p.network.statistics.shape)
        made.append(p.network)
    return made, p.X


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@each("options", ARCHITECTURES)
def test_a_stack_scores_as_each_network_does(options, dtype):
    ones, X = networks(options, dtype)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    assert stacked.parameters.shape == (3, ones[0].parameters.size)
    together = raw_scores(stacked, X)
    assert together.dtype == dtype
    for network, scores in zip(ones, together, strict=True):
        assert_allclose(scores, raw_scores(network, X), rtol=1e-5)
    if not options.get("scaling"):
        assert_allclose(raw_scores(stacked, csr_array(X)), together, rtol=1e-5)
    assert len({scores.tobytes() for scores in together}) == 3


@each("options", ARCHITECTURES)
def test_a_member_is_a_view_of_the_stack(options):
    ones, X = networks(options)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    member = unstack(stacked, 1)
    assert member.stack == ()
    assert member.layout == ones[1].layout
    assert np.shares_memory(member.parameters, stacked.parameters)
    assert_array_equal(member.parameters, ones[1].parameters)
    assert_array_equal(member.statistics, ones[1].statistics)
    assert_array_equal(raw_scores(member, X), raw_scores(ones[1], X))
    member.affine[0].weights[...] = 7
    assert (stacked.affine[0].weights[1] == 7).all()
    assert_array_equal(stacked.parameters[0], ones[0].parameters)


def test_a_stack_shares_nothing_with_what_it_is_made_of():
    ones, X = networks(ARCHITECTURES["batch-norm"])
    before = raw_scores(ones[0], X)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    stacked.parameters[:] = 0
    stacked.statistics[:] = 0
    assert_array_equal(raw_scores(ones[0], X), before)


def test_a_pickle_of_a_member_has_its_arrays_alone():
    ones, X = networks(ARCHITECTURES["all"])
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    member = pickle.loads(pickle.dumps(unstack(stacked, 2)))
    assert_array_equal(raw_scores(member, X), raw_scores(ones[2], X))
    size = len(pickle.dumps(unstack(stacked, 2)))
    assert size < len(pickle.dumps(ones[2])) + 100


EPSILON = 0.01


def net(position="before", dtype=np.float64, seed=0, **options):
    network = Network(
        (4, 6, 5, 3),
        [Relu(), Relu()],
        dtype,
        normalization=BatchNorm(epsilon=EPSILON),
        normalization_position=position,
        **options,
    )
    rng = np.random.default_rng(seed)
    network.initialize(rng)
    network.parameters[network.n_weights :] += rng.uniform(-1, 1)
    network.statistics[:] = rng.uniform(1, 2, network.statistics.shape)
    return network


def rows(n=50, dtype=np.float64):
    rng = np.random.default_rng(5)
    X = (rng.normal(size=(n, 4)) * [1, 5, 1, 0.1] + [100, 0, 3, 0]).astype(dtype)
    weights = rng.integers(0, 4, size=(n, 1)).astype(dtype)
    return X, weights


def expected_scores(network, X, weights, position):
    """Normalize by the moments of all rows, layer after layer, in plain NumPy."""
    A, affine = X.astype(float), network.affine
    gammas = [layer for layer in network.layers if hasattr(layer, "gamma")]
    for layer, normal in zip(affine[:-1], gammas, strict=True):
        Z = A @ layer.weights + layer.biases
        if position == "after":
            Z = np.maximum(Z, 0)
        mean = np.average(Z, axis=0, weights=weights)
        variance = np.average((Z - mean) ** 2, axis=0, weights=weights)
        Z = (Z - mean) / np.sqrt(variance + EPSILON) * normal.gamma + normal.beta
        A = Z if position == "after" else np.maximum(Z, 0)
    return A @ affine[-1].weights + affine[-1].biases


def test_average_is_the_mean_of_the_parameters():
    networks = [net(seed=seed, dtype=np.float32) for seed in range(3)]
    snapshots = [network.snapshot() for network in networks]
    mean = np.mean([p.astype(float) for p, _ in snapshots], axis=0)
    last = snapshots[-1][1].copy()
    average(networks[0], snapshots)
    assert networks[0].parameters.dtype == np.float32
    assert_array_equal(networks[0].parameters, mean.astype(np.float32))
    assert_array_equal(networks[0].statistics, last)
    assert_array_equal(networks[1].parameters, snapshots[1][0])


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [7, 4096])
def test_statistics_are_those_of_all_rows(position, weighted, size, monkeypatch):
    """In blocks or at once, whatever the statistics were before."""
    monkeypatch.setattr(averaging, "rows_per_pass", lambda network: size)
    network = net(position)
    X, weights = rows()
    if weighted:
        weights[:14] = 0  # two whole blocks of 7
    data = Data(X, np.zeros((50, 3)), weights=weights if weighted else None)
    renew_statistics(network, data)
    w = weights[:, 0] if weighted else np.ones(50)
    expected = expected_scores(network, X, w, position)
    assert_allclose(raw_scores(network, X), expected, rtol=1e-9)


def test_only_the_rows_in_use_count():
    X, _ = rows()
    some = np.array([3, 40, 7, 8, 30])
    one, other = net(), net()
    renew_statistics(one, Data(X, np.zeros((50, 3)), rows=some))
    renew_statistics(other, Data(X[some], np.zeros((5, 3))))
    assert_allclose(one.statistics, other.statistics, rtol=1e-12)


@pytest.mark.parametrize("kind", ["float32", "uint8", "sparse"])
def test_data_of_other_types(kind):
    X, _ = rows()
    X = np.abs(X.round())
    changed = csr_array(X) if kind == "sparse" else X.astype(kind)
    dtype = np.float64 if kind == "sparse" else np.float32
    one, other = net(dtype=dtype), net()
    renew_statistics(one, Data(changed, np.zeros((50, 3))))
    renew_statistics(other, Data(X, np.zeros((50, 3))))
    assert one.statistics.dtype == dtype
    assert_allclose(one.statistics, other.statistics, rtol=2e-4, atol=1e-6)


def test_dropout_is_off_and_residuals_are_on():
    X, _ = rows()
    data = Data(X, np.zeros((50, 3)))
    plain, dropping = net(), net(dropout=[0.2, 0.5, 0.5])
    dropping.restore(plain.snapshot())
    renew_statistics(plain, data)
    renew_statistics(dropping, data)
    assert_array_equal(plain.statistics, dropping.statistics)
    residual = net(residual=True)
    renew_statistics(residual, data)
    layers = [layer for layer in residual.layers if hasattr(layer, "gamma")]
    first = np.maximum(
        (X @ residual.affine[0].weights + residual.affine[0].biases - layers[0].mean)
        / np.sqrt(layers[0].variance + EPSILON) * layers[0].gamma + layers[0].beta,
        0,
    )  # fmt: skip
    Z = first @ residual.affine[1].weights + residual.affine[1].biases
    assert_allclose(layers[1].mean[0], Z.mean(axis=0), rtol=1e-9)


def test_nothing_happens_without_normalization():
    network = Network((4, 6, 3), [Relu()], np.float64)
    network.initialize(np.random.default_rng(0))
    before = network.snapshot()
    renew_statistics(network, Data(*rows()))
    assert_array_equal(network.parameters, before[0])
    assert network.statistics.size == 0
