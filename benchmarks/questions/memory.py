"""The memory that ``fit`` needs in addition to the data."""

from benchmarks.problem import make_problem
from benchmarks.table import table

__all__ = ["measure"]

BOUND = 100


def measure(session):
    """Train for an epoch in a new process, and read its peak memory."""
    n_rows = session.sized(1_000_000, 100_000)
    problem = make_problem((100, 100, 10), 200, n_rows, 1)
    names = ("skdl fit", "scikit-learn")
    session.close()
    used = {}
    for name, runner in session.prepare({n: (n, problem) for n in names}).items():
        used[name] = runner.memory("run") / 1e6
    session.close()
    header = [f"peak of `fit` beside X ({problem.X.nbytes / 1e6:.0f} MB)", "MB"]
    ours, theirs = names
    sign = "≤" if used[ours] <= BOUND else ">"
    return table(
        header,
        [["skdl", f"{used[ours]:.0f} {sign} {BOUND}"], [theirs, f"{used[theirs]:.0f}"]],
    )
