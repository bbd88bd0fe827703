"""Batches of rows and weights that the transformers learn from."""

import numpy as np
from scipy.sparse import issparse

from skdl._inputs import check_inputs, check_weights


def checked_batch(estimator, X, sample_weight, *, reset, **options):
    """Return the rows of positive weight, checked, and their weights.

    Parameters
    ----------
    estimator : estimator
        The transformer. `reset` sets its `n_features_in_` and `feature_names_in_`;
        otherwise X must agree with them.
    X : array-like of shape (n_samples, n_features)
        Rows of numbers. float32 is kept, every other dtype becomes float64.
    sample_weight : array-like of shape (n_samples,), float or None
        Non-negative weights, at least one of them positive; None stands for ones.
    reset : bool
        Whether this is the first batch.
    **options
        Options of `check_inputs`, which by default allows dense and finite data only.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features), or CSR or CSC array or matrix
        The rows of positive weight.
    weights : ndarray of shape (n_rows,), or (n_rows, n_features) for a dense X with NaN
        The weights of these rows in float64; 0 where X is NaN.

    Raises
    ------
    ValueError
        If X or the weights are not as described.
    """
    X = check_inputs(
        estimator, X, dtype=[np.float64, np.float32], reset=reset, **options
    )
    weights = check_weights(sample_weight, X, 1e-100, 1e100)
    counted = weights > 0
    if not counted.all():
        X, weights = X[counted], weights[counted]
    if not issparse(X) and options.get("ensure_all_finite") == "allow-nan":
        missing = np.isnan(X)
        if missing.any():
            weights = weights[:, np.newaxis] * ~missing
    return X, weights


def known_counts(X, weights):
    """Count the values that are not NaN, and sum their weights.

    Parameters
    ----------
    X : ndarray, or CSR or CSC array or matrix
        Rows, from `checked_batch`.
    weights : ndarray
        Their weights, from `checked_batch`.

    Returns
    -------
    n_known : int, or ndarray of shape (n_features,)
        The number of values; one number per column if there are NaN.
    weight : float, or ndarray of shape (n_features,)
        The sum of their weights.
    """
    if weights.ndim == 2:
        return np.count_nonzero(weights, axis=0), weights.sum(axis=0)
    n_rows, weight = X.shape[0], float(weights.sum())
    if not issparse(X) or not np.isnan(X.data).any():
        return n_rows, weight
    entries = X.tocoo()
    unknown = np.isnan(entries.data)
    rows, columns = entries.row[unknown], entries.col[unknown]
    n_known = n_rows - np.bincount(columns, minlength=X.shape[1])
    missing = np.bincount(columns, weights[rows], X.shape[1])
    return n_known, np.where(n_known > 0, weight - missing, 0.0)
