"""Why training may have diverged, in words for the user."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["likely_cause"]

# A standardized column hardly ever has an element beyond this.
LARGE = 100.0
# As many rows as tell whether a column is scaled.
ROWS = 10_000
NAMED = 5


def likely_cause(net, X, targets):
    """Return sentences that name columns that are not scaled, or else the rate.

    Parameters
    ----------
    net : estimator
    X : ndarray of shape (n_samples, n_features), or CSR array
    targets : ndarray of shape (n_samples, n_targets)
        Looked at where they are numbers, in a regression.
    """
    rate = f"learning_rate_init={net.learning_rate_init:g}"
    lower = "" if net.solver == "lbfgs" else f", or lower {rate}"
    names = getattr(net, "feature_names_in_", None)
    columns = "" if net.standardize else _large_columns(X, names)
    if columns:
        way_out = "Set standardize=True, or put a Standardizer before the net"
        if issparse(X):
            way_out = "Put a MaxAbsScaler before the net"
        return (
            f"Columns of X that are not scaled are the likely cause: {columns}. "
            f"{way_out}{lower}."
        )
    columns = _large_columns(targets, None) if net._y_numeric else ""
    if columns:
        size = columns.partition(" ")[2].partition(")")[0]
        return (
            f"A y that is not scaled {size}) is the likely cause: put the net into a "
            f"TransformedTargetRegressor with a StandardScaler{lower}."
        )
    if net.solver == "lbfgs":
        return "X and y are of moderate size: are the starting weights, or alpha, not?"
    further = [
        f"set {name}"
        for name, unset in (
            ("max_restarts=3", not net.max_restarts),
            ("max_grad_norm=1", net.max_grad_norm is None),
        )
        if unset
    ]
    size = "standardized" if net.standardize else "of moderate size"
    return (
        f"The columns of X are {size}, so the likely cause is the rate: "
        + " or ".join([f"lower {rate}", *further])
        + "."
    )


def _large_columns(X, names):
    """Return the largest columns and their sizes as a text, or an empty one."""
    rows = X[:: max(1, X.shape[0] // ROWS)]
    largest = abs(rows).max(axis=0)
    largest = np.ravel(largest.toarray() if issparse(X) else largest).astype(float)
    columns = np.flatnonzero(largest > LARGE)
    columns = columns[np.argsort(-largest[columns], kind="stable")]
    said = [
        f"{column if names is None else repr(str(names[column]))} "
        f"(up to {largest[column]:.3g})"
        for column in columns[:NAMED]
    ]
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    return ", ".join(said) + more
