"""An epoch on sparse rows, such as word counts, beside scikit-learn's."""

from benchmarks.problem import make_problem
from benchmarks.table import goal, number, table

__all__ = ["measure"]


def measure(session):
    """Time an epoch of both."""
    shape = session.sized((10_000, 30_000), (1_000, 3_000))
    n_rows, n_features = shape
    problem = make_problem((n_features, 100, 20), 200, n_rows, 2, density=0.003)
    seconds, deviation = session.race(
        {name: (name, problem) for name in ("skdl fit", "scikit-learn")},
        n_rounds=min(session.n_rounds, 5),
    )
    ratio = seconds["scikit-learn"] / seconds["skdl fit"]
    row = [f"{n_rows:,} × {n_features:,}, 0.3 % filled; 100 units, 20 classes"]
    row += [number(1e3 * seconds["skdl fit"] / problem.n_epochs), goal(ratio, 2)]
    header = ["CSR rows", "`fit`, ms per epoch", "scikit-learn / `fit`", "losses"]
    return table(header, [[*row, f"{100 * deviation:.2f} %"]])
