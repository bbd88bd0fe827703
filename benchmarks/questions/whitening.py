"""`PCAWhitener` beside scikit-learn's PCA: time, and errors in float32.

Times are of the processor, with one thread. Both fit the same rows in turn.
"""

import time

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from benchmarks.table import goal, number, table
from skdl import PCAWhitener

__all__ = ["measure"]

# Rows and columns -> rounds, the best of which counts.
SHAPES = {(50, 2000): 15, (2000, 50): 50, (60_000, 784): 7}
QUICK = {(50, 200): 1, (2000, 50): 1}
DTYPES = (np.float64, np.float32)
# Mean of the columns, and smallest standard deviation of a direction; the largest is 1.
CASES = ((0, 1e-1), (10, 1e-1), (0, 1e-3), (10, 1e-3))
N_ROWS, N_COLUMNS = 20_000, 50


def measure(session):
    """Compare times of ``fit``, and the errors of variances of float32 rows."""
    with threadpool_limits(1):
        return f"{of_times(session.sized(SHAPES, QUICK))}\n\n{of_errors()}"


def of_times(shapes):
    """Return the table of times."""
    rows = []
    for (n_rows, n_columns), n_rounds in shapes.items():
        X = np.random.default_rng(0).standard_normal((n_rows, n_columns))
        X *= np.linspace(0.5, 2, n_columns)
        for dtype in DTYPES:
            ours, theirs = seconds_of_fit(X.astype(dtype), n_rounds)
            name = f"{n_rows:,} × {n_columns}, {np.dtype(dtype)}"
            times = [number(1e3 * ours), number(1e3 * theirs)]
            rows.append([name, *times, goal(ours / theirs, 1, at_least=False)])
    header = ["`fit`", "skdl, ms", "PCA(whiten=True), ms", "skdl / PCA"]
    return table(header, rows)


def seconds_of_fit(X, n_rounds):
    """Return the best time of each, in seconds of the processor."""
    models = PCAWhitener(), PCA(whiten=True)
    seconds = [[seconds_of(model, X) for model in models] for _ in range(n_rounds)]
    return np.min(seconds, axis=0)


def seconds_of(model, X):
    """Return the time of one ``fit``."""
    start = time.process_time()
    model.fit(X)
    return time.process_time() - start


def of_errors():
    """Return the table of the largest relative errors of the variances."""
    rng, rows = np.random.default_rng(0), []
    rotation = np.linalg.qr(rng.standard_normal((N_COLUMNS, N_COLUMNS)))[0]
    for mean, smallest in CASES:
        Z = rng.standard_normal((N_ROWS, N_COLUMNS))
        Z *= np.geomspace(1, smallest, N_COLUMNS)
        X = (Z @ rotation + mean).astype(np.float32)
        exact = np.linalg.eigvalsh(np.cov(X.T, ddof=0, dtype=np.float64))[::-1]
        found = (
            PCAWhitener(eps=0).fit(X).explained_variance_,
            PCA().fit(X).explained_variance_ * (1 - 1 / N_ROWS),
        )
        errors = [f"{np.abs(variances / exact - 1).max():.0e}" for variances in found]
        rows.append([f"mean {mean}, standard deviations 1 to {smallest}", *errors])
    return table(["float32 rows: error of the variances", "skdl", "PCA"], rows)
