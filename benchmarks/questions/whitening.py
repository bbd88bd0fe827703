"""`PCAWhitener` beside scikit-learn's PCA: time, and errors in float32.

Times are of the processor, with one thread. Both fit the same rows in turn. A time is
the median of all rounds, and a ratio the median of the ratios.
"""

import math
import time

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from benchmarks.table import goal, number, table
from skdl import PCAWhitener

__all__ = ["measure"]

# Kind of the rows, rows and columns -> rounds.
SHAPES = {
    ("numbers", 50, 2000): 25,
    ("numbers", 2000, 50): 101,
    ("numbers", 60_000, 784): 11,
    ("drawings", 60_000, 784): 21,
    ("photographs", 60_000, 784): 11,
}
QUICK = {("numbers", 50, 200): 1, ("drawings", 1200, 784): 1}
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
    for (kind, n_rows, n_columns), n_rounds in shapes.items():
        X = KINDS[kind](np.random.default_rng(0), n_rows, n_columns)
        for dtype in DTYPES:
            # Pixels are divided in the dtype, as users do it.
            same = X.astype(dtype) / dtype(1 if kind == "numbers" else 255)
            seconds = seconds_of_fit(same, n_rounds)
            name = f"{n_rows:,} × {n_columns} {kind}, {np.dtype(dtype)}"
            ratio = np.median(seconds[:, 0] / seconds[:, 1])
            times = [number(1e3 * time) for time in np.median(seconds, axis=0)]
            rows.append([name, *times, goal(ratio, 1, at_least=False)])
    header = ["`fit`", "skdl, ms", "PCA(whiten=True), ms", "skdl / PCA"]
    return table(header, rows)


def numbers(rng, n_rows, n_columns):
    """Return normal numbers."""
    return rng.standard_normal((n_rows, n_columns)) * np.linspace(0.5, 2, n_columns)


def photographs(rng, n_rows, n_columns):
    """Return pixels of 8 bits that all vary, as in photographs; neighbors are alike."""
    X = rng.standard_normal((n_rows, n_columns), np.float32)
    X[:, 1:] += X[:, :-1].copy()
    return np.clip(128 + 45 * X, 0, 255).astype(np.uint8)


def drawings(rng, n_rows, n_columns):
    """Return square images of 8 bits: a line through four points, on a 0 background."""
    side = math.isqrt(n_columns)
    places = np.arange(side) - (side - 1) / 2
    points = rng.normal(scale=0.16, size=(4, n_rows, 2, 1)).clip(-0.38, 0.38)
    X = np.zeros((n_rows, side, side), np.float32)
    for place in np.linspace(0, 2.99, 18):
        first, part = int(place), place % 1
        point = side * ((1 - part) * points[first] + part * points[first + 1])
        near = np.exp(-((places - point) ** 2) / 4).astype(np.float32)
        np.maximum(X, near[:, 0, :, np.newaxis] * near[:, 1, np.newaxis], out=X)
    X[X < 0.2] = 0
    return np.minimum(320 * X, 255).astype(np.uint8).reshape(n_rows, -1)


KINDS = {"numbers": numbers, "photographs": photographs, "drawings": drawings}


def seconds_of_fit(X, n_rounds):
    """Return the times of both in each round, in seconds of the processor."""
    models = PCAWhitener(), PCA(whiten=True)
    for model in models:
        seconds_of(model, X)
    return np.array([[seconds_of(m, X) for m in models] for _ in range(n_rounds)])


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
