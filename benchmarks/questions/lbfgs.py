"""L-BFGS on scikit-learn's digits."""

from sklearn.datasets import load_digits

from benchmarks.problem import make_problem
from benchmarks.session import compare
from benchmarks.table import number, table

__all__ = ["measure"]


def measure(session):
    """Time both, with equal starting parameters and numbers of iterations."""
    X, y = load_digits(return_X_y=True)
    n_iter = session.sized(50, 10)
    options = {"solver": "lbfgs", "alpha": 1e-4, "max_iter": n_iter}
    problem = make_problem((64, 100, 10), len(X), len(X), 1, **options)
    problem = problem.with_data(X / 16, y)
    names = ("skdl fit", "scikit-learn")
    runners = session.prepare({name: (name, problem) for name in names})
    seconds = session.turns(runners)
    losses = {name: runner.call("final_loss") for name, runner in runners.items()}
    compare(losses, 0.01)
    ours, theirs = names
    header = [f"L-BFGS, {n_iter} iterations, 64-100-10", *names]
    header.append("scikit-learn / `fit`")
    times = [f"{number(1e3 * seconds[name])} ms" for name in names]
    rows = [
        ["time", *times, number(seconds[theirs] / seconds[ours])],
        ["objective", *(f"{losses[name]:.4g}" for name in names), ""],
    ]
    return table(header, rows)
