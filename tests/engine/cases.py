"""The tables of cases that drive the engine's property tests, and their helpers."""

import gc
import tracemalloc
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pytest

from skdl.engine import (
    SGD,
    AbsoluteError,
    Adagrad,
    Adam,
    AdamW,
    Adaptive,
    BatchNorm,
    Constant,
    Cosine,
    CosineRestarts,
    ElasticNetPenalty,
    Elu,
    Exponential,
    Gaussian,
    Gelu,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HiddenLayers,
    Hinge,
    Huber,
    Identity,
    InverseScaling,
    KLDivergence,
    L0Penalty,
    L1Penalty,
    L2Penalty,
    LeakyRelu,
    LeCunNormal,
    Logistic,
    LogisticLoss,
    Maxout,
    MultiOutput,
    Network,
    OneCycle,
    Poisson,
    Quantile,
    ReduceOnPlateau,
    Relu,
    RMSprop,
    Selu,
    SigmoidSquaredError,
    Silu,
    SoftmaxCrossEntropy,
    Softplus,
    SquaredError,
    SquaredHinge,
    StepDecay,
    Tanh,
    TruncatedNormal,
    Warmup,
    Workspace,
)
from skdl.engine.layers import Layer
from skdl.engine.penalties import start_penalty
from tests.pairwise import pairwise


@dataclass(frozen=True)
class LossCase:
    """A loss, and the kind and number of its targets."""

    loss: object
    kind: str
    size: int | tuple

    def y(self, n, seed=0):
        rng = np.random.default_rng(seed)
        if self.kind == "classes":
            return rng.permutation(np.arange(n) % self.size)
        if self.kind == "columns":
            columns = [rng.permutation(np.arange(n) % k) for k in self.size]
            return np.column_stack(columns)
        if self.kind == "labels":
            return rng.integers(0, 2, (n, self.size))
        if self.kind == "soft":
            # The first rows are certain of a class, and so hold zeros.
            return np.vstack([np.eye(self.size), rng.dirichlet(np.ones(self.size), n)])[
                :n
            ]
        if self.kind == "counts":
            return rng.poisson(1.0, (n, self.size)).astype(float)
        return rng.normal(size=(n, self.size))

    def encode(self, y, dtype):
        """Return (targets, table)."""
        if self.kind in ("values", "counts"):
            return self.loss.encode(y, dtype)
        return self.loss.encode(y, self.size, dtype)

    def targets(self, n, dtype, seed=0):
        """Return one row of numbers per sample."""
        targets, table = self.encode(self.y(n, seed), np.dtype(dtype))
        return targets if table is None else table[targets]

    @property
    def n_scores(self):
        if self.kind in ("classes", "soft", "columns"):
            return self.loss.n_scores(self.size)
        return self.targets(1, np.float64).shape[1]


LOSSES = {
    "softmax-2": LossCase(SoftmaxCrossEntropy(), "classes", 2),
    "softmax-3": LossCase(SoftmaxCrossEntropy(), "classes", 3),
    "softmax-soft": LossCase(SoftmaxCrossEntropy(), "soft", 3),
    "kl_divergence-2": LossCase(KLDivergence(), "classes", 2),
    "kl_divergence-3": LossCase(KLDivergence(), "classes", 3),
    "kl_divergence-soft": LossCase(KLDivergence(), "soft", 3),
    "logistic-2": LossCase(LogisticLoss(), "classes", 2),
    "logistic-3": LossCase(LogisticLoss(), "classes", 3),
    "logistic-labels": LossCase(LogisticLoss(), "labels", 4),
    "sigmoid_squared_error-2": LossCase(SigmoidSquaredError(), "classes", 2),
    "sigmoid_squared_error-3": LossCase(SigmoidSquaredError(), "classes", 3),
    "sigmoid_squared_error-labels": LossCase(SigmoidSquaredError(), "labels", 4),
    "hinge-2": LossCase(Hinge(), "classes", 2),
    "hinge-4": LossCase(Hinge(), "classes", 4),
    "squared_hinge-2": LossCase(SquaredHinge(), "classes", 2),
    "squared_hinge-4": LossCase(SquaredHinge(), "classes", 4),
    "multi_output-softmax-logistic": LossCase(
        MultiOutput([SoftmaxCrossEntropy(), LogisticLoss()], [3, 1]), "columns", (3, 2)
    ),
    "multi_output-all": LossCase(
        MultiOutput(
            [Hinge(), SigmoidSquaredError(), KLDivergence(), SquaredHinge()],
            [3, 4, 2, 3],
        ),
        "columns",
        (3, 4, 2, 3),
    ),
    "squared_error-1": LossCase(SquaredError(), "values", 1),
    "squared_error-3": LossCase(SquaredError(), "values", 3),
    "absolute_error-1": LossCase(AbsoluteError(), "values", 1),
    "absolute_error-3": LossCase(AbsoluteError(), "values", 3),
    "huber-1": LossCase(Huber(), "values", 1),
    "huber-3": LossCase(Huber(0.3), "values", 3),
    "quantile-1": LossCase(Quantile(), "values", 1),
    "quantile-levels": LossCase(Quantile((0.1, 0.5, 0.8)), "values", 1),
    "quantile-outputs": LossCase(Quantile([0.3, 0.9]), "values", 2),
    "poisson-1": LossCase(Poisson(), "counts", 1),
    "poisson-2": LossCase(Poisson(), "counts", 2),
}
ACTIVATIONS = {
    "identity": Identity(),
    "relu": Relu(),
    "tanh": Tanh(),
    "logistic": Logistic(),
    "leaky_relu": LeakyRelu(0.1),
    "elu": Elu(),
    "elu-2": Elu(2.0),
    "selu": Selu(),
    "softplus": Softplus(),
    "silu": Silu(),
    "gelu": Gelu(),
    "maxout": Maxout(),
    "maxout-3": Maxout(3),
}
OPTIMIZERS = {
    "gradient-descent": SGD(momentum=0),
    "momentum": SGD(momentum=0.9, nesterov=False),
    "nesterov": SGD(),
    "adam": Adam(),
    "adam-large-epsilon": Adam(beta_1=0.8, beta_2=0.95, epsilon=0.1),
    "adamw": AdamW(weight_decay=0.1),
    "adagrad": Adagrad(),
    "rmsprop": RMSprop(),
    "rmsprop-slow": RMSprop(decay=0.99, epsilon=0.01),
}
PENALTIES = {  # penalty, R of an array of weights
    "l2": (L2Penalty(), lambda W: 0.5 * np.sum(W**2)),
    "l1": (L1Penalty(), lambda W: np.abs(W).sum()),
    "elasticnet": (
        ElasticNetPenalty(0.3),
        lambda W: 0.3 * np.abs(W).sum() + 0.7 * 0.5 * np.sum(W**2),
    ),
    "elasticnet-0": (ElasticNetPenalty(0), lambda W: 0.5 * np.sum(W**2)),
    "elasticnet-1": (ElasticNetPenalty(1.0), lambda W: np.abs(W).sum()),
    "l0": (L0Penalty(), lambda W: float(np.sum(W != 0))),
}
SCHEDULES = {  # schedule, progress, factor
    "constant": (Constant(), {"rows": 7, "plateaus": 3, "epochs": 5}, 1.0),
    "invscaling-start": (InverseScaling(), {}, 1.0),
    "invscaling": (InverseScaling(), {"rows": 99, "steps": 3, "epochs": 2}, 0.1),
    "invscaling-power": (InverseScaling(power=0.25), {"rows": 15}, 0.5),
    "adaptive-start": (Adaptive(), {"rows": 9, "epochs": 3}, 1.0),
    "adaptive": (Adaptive(), {"plateaus": 2}, 0.04),
    "adaptive-decay": (Adaptive(decay=0.5), {"plateaus": 3}, 0.125),
    "plateau": (ReduceOnPlateau(), {"plateaus": 2}, 0.01),
    "plateau-minimum": (ReduceOnPlateau(minimum=0.05), {"plateaus": 2}, 0.05),
    "step-before": (StepDecay(every=10), {"epochs": 9}, 1.0),
    "step": (StepDecay(every=10), {"epochs": 20}, 0.25),
    # The text's example: from iteration 10,000 on, every 20,000, by 0.95.
    "step-start": (
        StepDecay(0.95, 20_000, "iterations", 10_000),
        {"steps": 29_999},
        1.0,
    ),
    "step-iterations": (
        StepDecay(0.95, 20_000, "iterations", 10_000),
        {"steps": 50_000},
        0.9025,
    ),
    "step-tenth": (StepDecay(), {"epochs": 39, "max_epochs": 200}, 0.5),
    "step-tenth-iterations": (
        StepDecay(unit="iterations"),
        {"steps": 400, "max_epochs": 200, "batches": 10},
        0.25,
    ),
    "step-of-few-epochs": (StepDecay(), {"epochs": 2, "max_epochs": 5}, 0.25),
    "exponential-last": (Exponential(), {"epochs": 200, "max_epochs": 200}, 0.01),
    "exponential-half": (
        Exponential(unit="iterations"),
        {"steps": 20, "max_epochs": 4, "batches": 10},
        0.1,
    ),
    "exponential": (Exponential(0.5), {"epochs": 3, "steps": 99}, 0.125),
    "exponential-iterations": (Exponential(0.5, "iterations"), {"steps": 2}, 0.25),
    "cosine-half": (Cosine(), {"steps": 20, "batches": 4, "max_epochs": 10}, 0.5),
    "cosine-end": (Cosine(0.1), {"steps": 80, "batches": 4, "max_epochs": 10}, 0.1),
    "cosine-horizon": (Cosine(0.2, 4), {"steps": 8, "batches": 4}, 0.6),
    "restarts-start": (CosineRestarts(), {"batches": 10}, 1.0),
    "restarts-half": (CosineRestarts(4), {"steps": 20, "batches": 10}, 0.5),
    "restarts-again": (CosineRestarts(4), {"steps": 80, "batches": 10}, 1.0),
    "restarts-growth": (  # cycles of 2 and 6 epochs, and 9 of 18 epochs
        CosineRestarts(2, 3, 0.2),
        {"steps": 68, "batches": 4},
        0.6,
    ),
    "one-cycle-start": (OneCycle(), {"batches": 10}, 0.04),
    "one-cycle-peak": (OneCycle(), {"steps": 3, "batches": 10}, 1.0),
    "one-cycle-end": (OneCycle(final=0.01), {"steps": 10, "batches": 10}, 0.01),
    "warm-up": (Warmup(length=10), {"steps": 4}, 0.5),
    "warm-up-over": (Warmup(length=10), {"steps": 400}, 1.0),
    "warm-up-by-name": (
        Warmup("cosine", 4),
        {"steps": 5, "max_epochs": 10},
        0.5,
    ),
    "warm-up-then": (Warmup(StepDecay(every=1), 4, "epochs"), {"epochs": 2}, 0.1875),
}
INITIALIZERS = {  # initializer, standard deviation for (fan_in, fan_out) = (1000, 200)
    "gaussian": (Gaussian(0.3), 0.3),
    "glorot-uniform": (GlorotUniform(), (2 / 1200) ** 0.5),
    "glorot-normal": (GlorotNormal(), (2 / 1200) ** 0.5),
    "he": (HeNormal(), (2 / 1000) ** 0.5),
    "lecun": (LeCunNormal(), 1000**-0.5),
    # A normal cut at two standard deviations keeps 0.8796 of its own.
    "truncated": (TruncatedNormal(), 0.8796 * (2 / 1000) ** 0.5),
    "truncated-scale": (TruncatedNormal(0.1), 0.08796),
}
SPECIFICATIONS = {
    "batch-norm": BatchNorm(),
    "hidden-layers": HiddenLayers(),
    **{name: initializer for name, (initializer, _) in INITIALIZERS.items()},
    **ACTIVATIONS,
    **{name: case.loss for name, case in LOSSES.items()},
    **OPTIMIZERS,
    **{name: penalty for name, (penalty, _) in PENALTIES.items()},
    **{name: schedule for name, (schedule, _, _) in SCHEDULES.items()},
}


def each(name, table):
    """Parametrize a test over a table."""
    return pytest.mark.parametrize(name, table.values(), ids=table.keys())


def each_loss_and_activation(**others):
    """Parametrize over both tables: they meet in the network, which knows neither.

    So each loss meets an activation whose derivative is read off the output, or one
    with a mask, in turn; and each activation meets one loss.

    Parameters
    ----------
    others : dict of sequence
        Further arguments: each of their values meets each of these pairs, and each
        value of the others.
    """
    names = [*zip(LOSSES, cycle(["tanh", "relu"]), strict=False)]
    names += [("softmax-3", activation) for activation in ACTIVATIONS]
    pairs = {
        f"{activation}-{loss}": (LOSSES[loss], ACTIVATIONS[activation])
        for loss, activation in names
    }
    rows = {}
    for name, *values in pairwise(list(pairs), *others.values()):
        rows["-".join([name, *map(str, values)])] = (*pairs[name], *values)
    arguments = ("case", "activation", *others)
    return pytest.mark.parametrize(arguments, rows.values(), ids=rows.keys())


def penalized(network, X, targets, weights, loss, alpha, workspace):
    """Return mean loss plus L2 penalty; the gradient of both fills the workspace's."""
    value = network.loss_and_gradient(X, targets, weights, loss, workspace)
    term = start_penalty(None, alpha, network, workspace.gradient)
    if term is None:
        return value
    return value + term.add(X.shape[0] if weights is None else float(weights.sum()))


@dataclass
class Problem:
    """A small network with data for a loss."""

    network: Network
    X: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None
    loss: object

    def workspace(self):
        rng = np.random.default_rng(0)
        return Workspace(self.network, self.X.shape[0], training=True, rng=rng)

    def evaluate(self, alpha=0.0, workspace=None):
        """Return the objective and its gradient at the network's parameters."""
        workspace = self.workspace() if workspace is None else workspace
        batch = self.X, self.targets, self.weights
        value = penalized(self.network, *batch, self.loss, alpha, workspace)
        return value, workspace.gradient

    def objective(self, alpha=0.0):
        """Return a function of the parameters, for check_gradient."""
        workspace = self.workspace()

        drawn = workspace.rng.bit_generator.state

        def function(parameters):
            self.network.parameters[...] = parameters
            # Dropout has to be the same function each time.
            workspace.rng.bit_generator.state = drawn
            value, gradient = self.evaluate(alpha, workspace)
            return np.sum(value), gradient

        return function


def problem(
    case, activation, dtype=np.float64, *, weighted=False, n=7, hidden=(5, 4),
    n_networks=None, n_features=3, seed=0, **options,
):  # fmt: skip
    rng = np.random.default_rng(seed)
    widths = (n_features, *hidden, case.n_scores)
    network = Network(widths, [activation] * len(hidden), dtype, n_networks, **options)
    network.initialize(rng)
    X = rng.normal(size=(n, n_features)).astype(dtype)
    weights = rng.uniform(0.5, 2, (n, 1)).astype(dtype) if weighted else None
    if weighted:
        weights[2] = 0
    return Problem(network, X, case.targets(n, dtype, seed), weights, case.loss)


def loss_of(loss, scores, targets):
    """Return (rows, gradient) and leave the scores as they are."""
    rows = np.empty((*scores.shape[:-1], 1), scores.dtype)
    gradient = np.empty_like(scores)
    loss.rows_and_gradient(scores.copy(), targets, rows, gradient)
    return rows, gradient


def arrays_of(workspace):
    """Return every array that a workspace holds, by its place; layers left out."""
    found, seen = {}, set()

    def walk(thing, place):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            found[place] = thing
        elif isinstance(thing, list | tuple | dict):
            items = thing.values() if isinstance(thing, dict) else thing
            for i, item in enumerate(items):
                walk(item, f"{place}.{i}")
        elif type(thing).__module__.startswith("skdl.engine") and not isinstance(
            thing, Layer
        ):
            names = getattr(thing, "__slots__", None) or vars(thing)
            for name in names:
                walk(getattr(thing, name, None), f"{place}.{name}")

    walk(workspace, "")
    return found


def peak_bytes(function):
    """Return how much memory a call takes at its worst, after a warm-up.

    The garbage of other tests is collected before, not while the memory is counted.
    """
    function()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        function()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        gc.enable()


class Float32Only(np.ndarray):
    """An array that refuses any operation together with a float64 array or scalar.

    Writing into a float32 buffer hides that an operation ran in float64; this does not.
    """

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
        for array in (*inputs, *out):
            if isinstance(array, np.ndarray | np.generic) and array.dtype == np.float64:
                raise AssertionError(f"{ufunc.__name__} in float64")
        plain = [
            a.view(np.ndarray) if isinstance(a, Float32Only) else a for a in inputs
        ]
        if out:
            kwargs["out"] = tuple(np.asarray(array) for array in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if out:
            return out[0]
        return result.view(Float32Only) if isinstance(result, np.ndarray) else result


def float32_only(array):
    return np.array(array, dtype=np.float32).view(Float32Only)
