"""Networks of more than affine maps: every option, alone and together."""

import gc
import pickle
from weakref import ref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import (
    SGD,
    Adam,
    BatchNorm,
    Data,
    Maxout,
    Network,
    Progress,
    Tanh,
    Workspace,
    check_gradient,
    raw_scores,
    train,
)
from skdl.engine.layers import build_layers
from tests.engine.cases import LOSSES, arrays_of, each, peak_bytes, problem
from tests.pairwise import parametrize_pairwise

ARCHITECTURES = {
    "dropout": {"dropout": [0.0, 0.3, 0.0, 0.5]},
    "input-dropout": {"dropout": [0.2, 0.0, 0.0, 0.0]},
    "batch-norm": {"normalization": BatchNorm()},
    "batch-norm-after": {
        "normalization": BatchNorm(0.5, 0.01),
        "normalization_position": "after",
    },
    "scaling": {"scaling": True},
    "residual": {"residual": True, "hidden": (4, 4, 4)},
    "projection": {"residual": True},
    "all": {
        "dropout": [0.1, 0.2, 0.2, 0.2],
        "normalization": BatchNorm(),
        "residual": True,
        "scaling": True,
    },
    "all-maxout": {
        "activation": Maxout(),
        "dropout": [0.1, 0.2, 0.2, 0.2],
        "normalization": BatchNorm(),
        "residual": True,
    },
    "all-after": {
        "activation": Maxout(3),
        "dropout": [0.1, 0.2, 0.2, 0.2],
        "normalization": BatchNorm(),
        "normalization_position": "after",
        "residual": True,
    },
}


def make(options, dtype=np.float64, n_networks=None, **others):
    options = {"activation": Tanh(), "hidden": (5, 4, 4), **options, **others}
    return problem(LOSSES["softmax-3"], dtype=dtype, n_networks=n_networks, **options)


@parametrize_pairwise(
    options=ARCHITECTURES, weighted=[False, True], n_networks=[None, 2]
)
def test_gradient(options, weighted, n_networks):
    p = make(options, n_networks=n_networks, weighted=weighted, seed=1)
    p.network.parameters += 0.1  # γ and β are not at their start
    check_gradient(p.objective(0.3), p.network.parameters, rtol=1e-6)


@each("options", {k: o for k, o in ARCHITECTURES.items() if "scaling" not in o})
def test_gradient_of_sparse_rows(options):
    p = make(options)
    p.X = csr_array(p.X * (p.X > -0.3))
    check_gradient(p.objective(), p.network.parameters, rtol=1e-6)


@each("options", ARCHITECTURES)
@pytest.mark.parametrize("n_networks", [None, 2])
def test_float32_without_promotion(options, n_networks):
    p = make(options, np.float32, n_networks, weighted=True)
    double = make(options, np.float64, n_networks, weighted=True)
    double.network.parameters[...] = p.network.parameters
    double.X, double.weights = p.X.astype(float), p.weights.astype(float)
    workspace = p.workspace()
    value, gradient = p.evaluate(0.2, workspace)
    for name, array in arrays_of(workspace).items():
        assert array.dtype == np.float32, name
    assert p.network.statistics.dtype == raw_scores(p.network, p.X).dtype == np.float32
    expected_value, expected = double.evaluate(0.2)
    assert_allclose(value, expected_value, rtol=1e-4)
    assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)


@each("options", {k: o for k, o in ARCHITECTURES.items() if "dropout" not in o})
def test_a_stack_gives_what_each_network_gives(options):
    p = make(options, n_networks=3, weighted=True)
    values, gradients = p.evaluate(0.2)
    scores = raw_scores(p.network, p.X)
    for i in range(3):
        q = make(options, weighted=True)
        q.X, q.weights = p.X, p.weights
        q.network.parameters[...] = p.network.parameters[i]
        value, gradient = q.evaluate(0.2)
        assert_allclose(values[i], value, rtol=1e-12)
        assert_allclose(gradients[i], gradient, rtol=1e-9, atol=1e-13)
        assert_allclose(p.network.statistics[i], q.network.statistics, rtol=1e-12)
        assert_allclose(scores[i], raw_scores(q.network, p.X), rtol=1e-10)


@each("options", {k: o for k, o in ARCHITECTURES.items() if "dropout" in o})
def test_networks_of_a_stack_drop_other_units(options):
    p = make(options, n_networks=2)
    p.network.parameters[1] = p.network.parameters[0]
    values, _ = p.evaluate()
    assert values[0] != values[1]


@each("options", ARCHITECTURES)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_allocation_in_a_step(options, weighted):
    p = make(options, n=2000, hidden=(64, 64, 64), weighted=weighted)
    workspace, state = p.workspace(), SGD().start(p.network.parameters)

    def step():
        p.evaluate(0.1, workspace)
        state.step(p.network.parameters, workspace.gradient, 0.01)

    # NumPy's own buffers have a fixed size; an array of a layer has 1 MB.
    assert peak_bytes(step) < 2000 * 64 * 8 / 4


@each("options", ARCHITECTURES)
def test_a_pickle_predicts_the_same_and_holds_no_layers(options):
    p = make(options)
    p.evaluate()
    copy = pickle.loads(pickle.dumps(p.network))
    assert_array_equal(raw_scores(copy, p.X), raw_scores(p.network, p.X))
    assert all(np.shares_memory(a.weights, copy.parameters) for a in copy.affine)
    assert len(pickle.dumps(p.network)) < p.network.parameters.nbytes + 3000


@each("options", ARCHITECTURES)
def test_trains_a_small_problem(options):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    labels = (X[:, 0] * X[:, 1] > 0).astype(int)
    hidden = options.get("hidden", (16, 12, 12))
    network = Network(
        (2, *hidden, 2),
        [options.get("activation", Tanh())] * 3,
        np.float64,
        **{k: v for k, v in options.items() if k not in ("hidden", "activation")},
    )
    network.initialize(rng)
    losses = []
    train(
        network, LOSSES["softmax-2"].loss, Adam().start(network.parameters),
        Data(X, labels, np.eye(2)), rng, alpha=0, batch_size=32,
        rate=lambda progress: 0.01, progress=Progress(), max_epochs=60,
        on_epoch=lambda epoch: losses.append(epoch.loss), dropout_rng=rng,
    )  # fmt: skip
    predicted = raw_scores(network, X).argmax(axis=1)
    assert np.mean(predicted == labels) > 0.9
    assert losses[-1] < 0.75 * losses[0]


def test_plain_layers_and_no_others():
    plain = [type(layer).__name__ for layer in build_layers((3, 5, 2), [Tanh()])]
    assert plain == ["Affine", "ActivationLayer", "Affine"]


def test_the_order_of_the_layers():
    layers = build_layers(
        (3, 5, 5, 2), [Tanh()] * 2, dropout=[0.1, 0, 0.2], normalization=BatchNorm(),
        residual=True, scaling=True,
    )  # fmt: skip
    assert [type(layer).__name__ for layer in layers] == [
        "Scaling", "Dropout", "Affine", "BatchNormLayer", "ActivationLayer", "Fork",
        "Affine", "BatchNormLayer", "ActivationLayer", "Dropout", "Join", "Affine",
    ]  # fmt: skip


def test_snapshots_hold_the_statistics():
    p = make(ARCHITECTURES["batch-norm"])
    before, scores = p.network.snapshot(), raw_scores(p.network, p.X)
    p.evaluate()
    assert not np.allclose(raw_scores(p.network, p.X), scores)
    p.network.restore(before)
    assert_array_equal(raw_scores(p.network, p.X), scores)


def test_dropout_without_a_generator_is_refused():
    network = Network((3, 4, 2), [Tanh()], np.float64, dropout=[0, 0.5])
    with pytest.raises(ValueError, match="rng"):
        Workspace(network, 5, training=True)


@each("options", ARCHITECTURES)
@pytest.mark.parametrize("training", [False, True])
def test_memory_is_free_without_the_garbage_collector(options, training):
    p = make(options)
    gc.disable()
    try:
        if training:
            workspace = p.workspace()
            p.evaluate(0.2, workspace)
        else:
            workspace = Workspace(p.network, len(p.X))
            p.network.scores(p.X, workspace)
        watched = ref(workspace)
        del workspace
        assert watched() is None
    finally:
        gc.enable()
