"""The cost of options, relative to plain ``fit`` and to PyTorch with that option."""

from benchmarks.problem import make_problem
from benchmarks.questions.steps import SHAPES
from benchmarks.session import compare
from benchmarks.table import goal, number, table

__all__ = ["measure"]

# Parameters of our estimators, and the tolerance of losses. Dropout draws other numbers
# in PyTorch. Its running variances divide by n - 1, and it has only the subgradient of
# an L1 penalty.
OPTIONS = {
    "plain": ({}, 0.01),
    "L2": ({"alpha": 1e-2}, 0.01),
    "L1": ({"penalty": "l1", "alpha": 1e-2}, 0.03),
    "momentum": ({"solver": "sgd", "momentum": 0.9}, 0.01),
    "dropout": ({"dropout": 0.5}, 0.1),
    "batch norm": ({"normalization": "batch"}, 0.03),
}


def measure(session):
    """Time all options on the first shape."""
    shape = SHAPES[0]
    n_rows = session.sized(shape.n_rows, 2000)
    problem = make_problem(shape.widths, shape.batch_size, n_rows, shape.n_epochs)
    contenders = {}
    for name, (options, _) in OPTIONS.items():
        problem_here = problem.with_options(**options)
        for kind in ("skdl fit", "PyTorch"):
            contenders[kind, name] = kind, problem_here
    runners = session.prepare(contenders)
    seconds = session.turns(runners)
    rows = []
    for name, (_, tolerance) in OPTIONS.items():
        ours, theirs = ("skdl fit", name), ("PyTorch", name)
        losses = {key: runners[key].loss() for key in (ours, theirs) if key in runners}
        deviation = compare(losses, tolerance)
        cost = seconds[ours] / seconds["skdl fit", "plain"]
        beside = seconds[theirs] / seconds[ours] if theirs in seconds else None
        is_plain = name == "plain"
        rows.append(
            [
                name,
                number(1e3 * seconds[ours] / problem.n_epochs),
                "–" if is_plain else goal(cost, 1.25, at_least=False),
                number(beside),
                f"{100 * deviation:.1f} %",
            ]
        )
    header = ["option", "`fit`, ms per epoch", "over plain", "PyTorch / `fit`"]
    return table([*header, "losses"], rows)
