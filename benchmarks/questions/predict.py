"""The time of ``predict`` on one row and on a million, and its memory."""

from benchmarks.problem import make_problem
from benchmarks.table import goal, number, table

__all__ = ["measure"]

N_CALLS = 200


def measure(session):
    """Time both, with nets that were trained equally."""
    n_rows = session.sized(1_000_000, 20_000)
    problem = make_problem((30, 100, 1), n_rows // 100, n_rows, 1)
    names = ("skdl fit", "scikit-learn")
    runners = session.prepare({name: (name, problem) for name in names})
    for runner in runners.values():
        runner.call("run")
    row = session.turns(runners, "predict", 1, N_CALLS)
    everything = session.turns(runners, "predict", n_rows, 1, n_rounds=5)
    memory = {name: runners[name].memory("predict", n_rows, 1) for name in names}
    ours, theirs = names
    rows = [
        [
            "1 row, time",
            f"{number(1e6 * row[ours] / N_CALLS)} µs",
            f"{number(1e6 * row[theirs] / N_CALLS)} µs",
            goal(row[ours] / row[theirs], 0.5, at_least=False),
        ],
        [
            f"{n_rows:,} × 30, time",
            f"{number(1e3 * everything[ours])} ms",
            f"{number(1e3 * everything[theirs])} ms",
            goal(everything[ours] / everything[theirs], 0.5, at_least=False),
        ],
        [
            f"{n_rows:,} × 30, peak memory",
            f"{memory[ours] / 1e6:.0f} MB",
            f"{memory[theirs] / 1e6:.0f} MB",
            number(memory[ours] / memory[theirs]),
        ],
    ]
    header = ["`predict` of 30-100-1", "skdl", "scikit-learn", "skdl / scikit-learn"]
    return table(header, rows)
