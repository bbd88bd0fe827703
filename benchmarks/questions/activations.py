"""An epoch with each activation and each loss, beside relu, softmax and PyTorch."""

from dataclasses import replace

from benchmarks.problem import make_problem, starting
from benchmarks.session import compare
from benchmarks.table import goal, number, table

__all__ = ["measure"]

# Activation -> the goal of its epoch, in epochs with relu.
ACTIVATIONS = {
    "relu": None,
    "leaky_relu": 1.1,
    "logistic": 1.6,
    "tanh": 1.6,
    "silu": 1.8,
    "elu": 1.8,
    "selu": 1.8,
    "gelu": 2.2,
    "softplus": 2.2,
    "maxout": 2.2,
}
LOSSES = (
    "softmax", "logistic", "hinge", "squared_hinge", "kl_divergence", "squared_error",
)  # fmt: skip
WIDTHS, BATCH_SIZE = (64, 256, 256, 5), 256


def measure(session):
    """Time all activations and losses of classifiers on one shape."""
    n_rows = session.sized(20 * BATCH_SIZE, 4 * BATCH_SIZE)
    problem = make_problem(WIDTHS, BATCH_SIZE, n_rows, session.sized(4, 1))
    return f"{activations(session, problem)}\n\n{losses(session, problem)}"


def activations(session, problem):
    """Return the table of activations."""
    contenders = {}
    for name in ACTIVATIONS:
        here = problem.with_options(activation=name)
        if name == "logistic":
            here = replace(here, start=starting(WIDTHS, problem.seed, gain=2))
        contenders["skdl fit", name] = "skdl fit", here
        if name != "maxout":  # PyTorch has no layer for it.
            contenders["PyTorch", name] = "PyTorch", here
    runners = session.prepare(contenders)
    seconds = session.turns(runners)
    rows = []
    for name, bound in ACTIVATIONS.items():
        keys = [key for key in seconds if key[1] == name]
        deviation = compare({key: runners[key].loss() for key in keys}, 0.02)
        ours, theirs = seconds["skdl fit", name], seconds.get(("PyTorch", name))
        over = ours / seconds["skdl fit", "relu"]
        rows.append(
            [
                name,
                number(1e3 * ours / problem.n_epochs),
                "–" if bound is None else goal(over, bound, at_least=False),
                goal(None if theirs is None else theirs / ours, 1.0),
                f"{100 * deviation:.1f} %",
            ]
        )
    header = ["activation", "`fit`, ms per epoch", "over relu", "PyTorch / `fit`"]
    return table([*header, "losses"], rows)


def losses(session, problem):
    """Return the table of losses."""
    contenders = {
        name: ("skdl fit", problem.with_options(loss=name)) for name in LOSSES
    }
    seconds = session.turns(session.prepare(contenders))
    rows = [
        [
            name,
            number(1e3 * seconds[name] / problem.n_epochs),
            goal(seconds[name] / seconds["softmax"], 1.05, at_least=False),
        ]
        for name in LOSSES
    ]
    return table(["loss", "`fit`, ms per epoch", "over softmax"], rows)
