"""What ``fit`` does besides its epochs, and ``partial_fit`` on few rows."""

from benchmarks.problem import make_problem
from benchmarks.table import goal, number, table

__all__ = ["measure"]

# Rows and columns -> the goal in milliseconds.
SHAPES = {(20_000, 30): 3, (5_000, 8): 2}
N_ROWS, N_CALLS = 200, 20
# Class of both libraries -> the method of the contenders that calls ``partial_fit``.
METHODS = {
    "MLPClassifier": "partial_fit", "MLPRegressor": "partial_fit_regressor",
}  # fmt: skip


def measure(session):
    """Time one epoch of small nets, and ``partial_fit`` beside scikit-learn."""
    return f"{of_fit(session)}\n\n{of_partial_fit(session)}"


def of_fit(session):
    """Return the table of ``fit``: the part that does not grow with the epochs."""
    rows = []
    for (n_rows, n_columns), bound in SHAPES.items():
        n_rows = session.sized(n_rows, 500)
        problem = make_problem((n_columns, 32, 1), 200, n_rows, 1)
        runners = session.prepare({"skdl fit": ("skdl fit", problem)})
        n_rounds = 3 * session.n_rounds
        whole = session.turns(runners, n_rounds=n_rounds)["skdl fit"]
        runner = runners["skdl fit"]
        besides = min(runner.call("besides_epochs") for _ in range(n_rounds))
        rows.append(
            [
                f"{n_rows:,} × {n_columns}, one epoch",
                number(1e3 * whole),
                goal(1e3 * besides, bound, at_least=False),
                f"{100 * besides / whole:.0f} %",
            ]
        )
    header = ["`MLPClassifier.fit`, 32 units", "ms in all", "ms outside of the epoch"]
    return table([*header, "share"], rows)


def of_partial_fit(session):
    """Return the table of ``partial_fit``."""
    rows = []
    for n_columns, n_units in ((8, 8), (30, 100)):
        problem = make_problem((n_columns, n_units, 1), N_ROWS, N_ROWS, 1)
        names = ("skdl fit", "scikit-learn")
        runners = session.prepare({name: (name, problem) for name in names})
        for runner in runners.values():
            runner.call("run")
        for kind, method in METHODS.items():
            seconds = session.turns(runners, method, N_CALLS)
            ours, theirs = (seconds[name] / N_CALLS for name in names)
            rows.append(
                [
                    f"`{kind}`, {n_columns}-{n_units}-1",
                    number(1e3 * ours),
                    number(1e3 * theirs),
                    goal(ours / theirs, 0.5, at_least=False),
                ]
            )
    header = [f"`partial_fit` on {N_ROWS} rows", "skdl, ms", "scikit-learn, ms"]
    return table([*header, "skdl / scikit-learn"], rows)
