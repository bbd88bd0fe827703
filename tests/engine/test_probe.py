"""Layer records against passes written out, and gradients against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import BatchNorm, Network, Tanh, check_gradient, raw_scores
from skdl.engine.layers import ActivationLayer, Affine, Fork, Layer
from skdl.engine.probe import input_gradient, probe
from tests.engine.cases import ACTIVATIONS, LOSSES, each, problem
from tests.engine.test_architecture import ARCHITECTURES, make
from tests.pairwise import parametrize_pairwise

CASES = {
    **ARCHITECTURES,
    **{name: {"activation": function} for name, function in ACTIVATIONS.items()},
    "linear": {"hidden": (), "activation": Tanh()},
    "linear-dropout": {"hidden": (), "dropout": [0.5]},
}


def deterministic(options):
    """Return the options without dropout: the same network in training."""
    return {name: value for name, value in options.items() if name != "dropout"}


def moved(p):
    """Return p with γ, β and running means away from their start."""
    rng = np.random.default_rng(3)
    p.network.parameters += 0.1
    statistics = p.network.statistics
    statistics[...] = rng.uniform(0.5, 2, statistics.shape)
    return p


@parametrize_pairwise(
    options=CASES, weighted=[False, True], n_networks=[None, 2], sparse=[False, True]
)
def test_gradients_are_those_of_training(options, weighted, n_networks, sparse):
    sparse = sparse and "scaling" not in options
    p = moved(make(options, n_networks=n_networks, weighted=weighted))
    plain = moved(make(deterministic(options), n_networks=n_networks))
    p.X = p.X * (p.X > -0.3)
    if sparse:
        p.X = csr_array(p.X)
    before = p.network.snapshot()
    records = probe(p.network, p.X, p.targets, p.weights, p.loss, alpha=0.3)
    assert_array_equal(p.network.parameters, before[0])
    assert_array_equal(p.network.statistics, before[1])

    plain.X, plain.weights = p.X, p.weights
    plain.network.restore(before)
    _, gradient = plain.evaluate(0.3)
    parts = zip(plain.network.layers, plain.network.views(gradient), strict=True)
    expected = [part for layer, part in parts if isinstance(layer, Affine)]
    for record, (dW, db), layer in zip(
        records, expected, p.network.affine, strict=True
    ):
        assert np.shares_memory(record.weights, p.network.parameters)
        assert_array_equal(record.weights, layer.weights)
        assert_array_equal(record.biases, layer.biases)
        assert_allclose(record.weight_gradient, dW, rtol=1e-12, atol=1e-15)
        assert_allclose(record.bias_gradient, db, rtol=1e-12, atol=1e-15)


@each("options", CASES)
@pytest.mark.parametrize("n_networks", [None, 2])
def test_each_layer_leads_to_the_next(options, n_networks):
    p = moved(make(options, n_networks=n_networks))
    records = probe(p.network, p.X, p.targets, p.weights, p.loss)
    names = [f"hidden {i + 1}" for i in range(len(records) - 1)]
    assert [record.name for record in records] == [*names, "output"]
    functions = [
        layer.function for layer in p.network.layers if type(layer) is ActivationLayer
    ]
    A = p.X
    is_plain = set(options) <= {"activation", "hidden", "dropout"}
    for i, record in enumerate(records):
        Z = A @ record.weights + record.biases
        if i == len(functions) or is_plain:
            assert_allclose(record.preactivations, Z, rtol=1e-12, atol=1e-14)
        if i < len(functions):
            expected = np.empty_like(record.activations)
            in_place = getattr(functions[i], "in_place", False)
            Z = record.preactivations.copy()
            functions[i].forward(Z, Z if in_place else expected)
            expected = Z if in_place else expected
            if is_plain or options == ARCHITECTURES["batch-norm"]:
                assert_allclose(record.activations, expected, rtol=1e-12)
        # dW = Aᵀ dZ ties a layer's input to the gradients that come back.
        if i == len(functions):
            dZ = record.activation_gradient
            assert_allclose(
                record.weight_gradient, A.swapaxes(-1, -2) @ dZ, rtol=1e-9, atol=1e-13
            )
        A = record.activations
    assert_array_equal(records[-1].activations, records[-1].preactivations)


@each("options", {k: o for k, o in CASES.items() if "normalization" not in o})
def test_scores_are_the_predicted_ones(options):
    p = moved(make(options))
    scores = probe(p.network, p.X)[-1].activations
    assert_allclose(scores, raw_scores(p.network, p.X), rtol=1e-12)


@each("options", CASES)
def test_activation_gradients_against_differences(options):
    p = moved(make(options))
    records = probe(p.network, p.X, p.targets, p.weights, p.loss)
    for i, record in enumerate(records[:-1]):
        error = check_gradient(
            _shifted(p, i, record.activation_gradient),
            np.zeros_like(record.activations), rtol=1e-5, max_elements=12,
        )  # fmt: skip
        assert error <= 1e-5


def _shifted(p, i, claimed):
    """Return a function of what is added to the activations of hidden layer i."""
    network = Network.__new__(Network)
    options = {**p.network.options, "dropout": None}
    network.__setstate__(p.network.__getstate__() | {"options": options})
    layers = network.layers
    j = layers.index(network.affine[i + 1])
    j -= isinstance(layers[j - 1], Fork)

    def function(shift):
        network.statistics = p.network.statistics.copy()
        network.attach()
        twin = type(p)(network, p.X, p.targets, p.weights, p.loss)
        workspace = twin.workspace()
        forward = workspace.forward_passes[j]
        workspace.forward_passes[j] = lambda X: forward(X + shift)
        return twin.evaluate(0.0, workspace)[0], claimed

    return function


def test_batch_normalization_takes_the_batch():
    p = moved(make({"normalization": BatchNorm()}, n=50))
    p.network.layers[1].gamma[...] = 1
    p.network.layers[1].beta[...] = 0
    Z = probe(p.network, p.X)[0].preactivations
    assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(Z.std(axis=0), 1, rtol=1e-3)


def test_records_are_kept_safely():
    p = make({})
    first = probe(p.network, p.X, p.targets, p.weights, p.loss)
    kept = [array.copy() for record in first for array in record[3:]]
    p.network.parameters += 1
    probe(p.network, p.X, p.targets, p.weights, p.loss)
    for array, expected in zip(
        [array for record in first for array in record[3:]], kept, strict=True
    ):
        assert_array_equal(array, expected)


def test_without_targets_there_are_no_gradients():
    p = make(ARCHITECTURES["all"])
    for record in probe(p.network, p.X):
        assert record[5:] == (None, None, None)


def test_float32_stays_float32():
    p = make(ARCHITECTURES["all"], np.float32, weighted=True)
    X, targets = p.X.astype(float), p.targets.astype(float)
    for record in probe(p.network, X, targets, p.weights, p.loss, alpha=0.1):
        assert {array.dtype for array in record[1:]} == {np.dtype(np.float32)}
    gradient = input_gradient(p.network, X, np.ones((len(X), 3)))
    assert gradient.dtype == np.float32


def test_a_diverged_network_does_not_warn():
    p = make({"activation": ACTIVATIONS["relu"]})
    p.network.parameters[...] = 1e300
    records = probe(p.network, p.X * 1e10, p.targets, None, p.loss)
    assert not np.isfinite(records[-1].activations).all()
    input_gradient(p.network, p.X * 1e10, p.targets)


def test_targets_and_loss_go_together():
    p = make({})
    with pytest.raises(ValueError, match="go together"):
        probe(p.network, p.X, p.targets)
    with pytest.raises(ValueError, match="go together"):
        probe(p.network, p.X, loss=p.loss)


@each("options", CASES)
@pytest.mark.parametrize("n_networks", [None, 2])
def test_input_gradient(options, n_networks):
    p = moved(make(options, n_networks=n_networks, seed=1))
    before = p.network.snapshot()
    rng = np.random.default_rng(0)
    flow = rng.normal(size=raw_scores(p.network, p.X).shape)

    def function(X):
        gradient = input_gradient(p.network, X, flow)
        if n_networks:
            gradient = gradient.sum(axis=0)
        return np.sum(flow * raw_scores(p.network, X)), gradient

    check_gradient(function, p.X, rtol=1e-6)
    assert_array_equal(p.network.parameters, before[0])
    assert_array_equal(p.network.statistics, before[1])
    if "scaling" in options:
        return
    sparse = input_gradient(p.network, csr_array(p.X), flow)
    assert_allclose(sparse, input_gradient(p.network, p.X, flow), rtol=1e-9)


@each("options", ARCHITECTURES)
def test_input_gradient_of_many_rows(options):
    p = moved(make(options))
    rng = np.random.default_rng(0)
    X, flow = rng.normal(size=(4100, 3)), rng.normal(size=(4100, 3))
    gradient = input_gradient(p.network, X, flow)
    for rows in slice(0, 5), slice(2046, 2050), slice(4095, 4100):
        some = input_gradient(p.network, X[rows], flow[rows])
        assert_allclose(gradient[rows], some, rtol=1e-9, atol=1e-14)


def test_input_gradient_of_a_binary_loss():
    p = problem(LOSSES["logistic-2"], Tanh(), hidden=(4,))
    gradient = input_gradient(p.network, p.X, np.ones((len(p.X), 1)))
    (W1, b1), (W2, _) = ((one.weights, one.biases) for one in p.network.affine)
    A = np.tanh(p.X @ W1 + b1)
    assert_allclose(gradient, ((1 - A**2) * W2[:, 0]) @ W1.T, rtol=1e-12)


class Halved(Layer):
    """A layer before the first affine map, with a backward pass of its own."""

    before_weights = True

    def buffers(self, workspace):
        return None

    def bind(self, buffers):
        return (lambda X: X / 2), (lambda dA: dA / 2)


def test_layers_before_the_weights_are_passed_backward():
    p = make({})
    expected = input_gradient(p.network, p.X / 2, p.targets) / 2
    p.network.layers.insert(0, Halved())
    places = p.network._places
    p.network._places = places._replace(parameters=[[], *places.parameters])
    assert_allclose(input_gradient(p.network, p.X, p.targets), expected, rtol=1e-12)
