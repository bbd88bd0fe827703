"""Scores of plain arrays, without the time of scikit-learn's checks."""

import numpy as np
from sklearn.metrics import r2_score

__all__ = ["are_plain", "r2"]


def are_plain(y, predictions, kinds):
    """Return whether both are arrays of one shape, whose dtypes are of these kinds.

    scikit-learn's checks of such arrays take twice as long as the prediction of a
    thousand rows.
    """
    return (
        type(y) is np.ndarray
        and y.shape == predictions.shape
        and y.dtype.kind in kinds
        and predictions.dtype.kind in kinds
    )


def r2(y, predictions, weights):
    """Return R² as `sklearn.metrics.r2_score` does, in a fifth of its time.

    scikit-learn's checks take longer than an epoch of a small net. It decides itself
    where R² is not a matter of course: for one row, constant y, and what is not finite.
    """
    arrays = [a for a in (y, predictions, weights) if a is not None]
    # As in scikit-learn, integers take the dtype of the others.
    floats = [a for a in arrays if a.dtype.kind == "f"]
    if len(y) > 1 and floats:
        dtype = np.result_type(*floats)
        rows = y.astype(dtype, copy=False).reshape(len(y), -1)
        factor = 1.0 if weights is None else weights.astype(dtype)[:, np.newaxis]
        with np.errstate(over="ignore", invalid="ignore"):  # the next lines decide
            residuals = rows - predictions.astype(dtype, copy=False).reshape(rows.shape)
            deviations = rows - np.average(rows, axis=0, weights=weights)
            unexplained = (factor * residuals**2).sum(axis=0)
            total = (factor * deviations**2).sum(axis=0)
        if unexplained.all() and total.all() and np.isfinite(unexplained).all():
            return float(np.average(1 - unexplained / total))
    return r2_score(y, predictions, sample_weight=weights)
