"""Why training may have diverged, in words for the user."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["likely_cause"]

# A standardized column hardly ever has an element beyond this.
LARGE = 100.0
# As many rows as tell whether a column is scaled.
ROWS = 10_000
NAMED = 5


def likely_cause(net, X):
    """Return a sentence that names columns that are not scaled, or else the rate.

    Parameters
    ----------
    net : estimator
    X : ndarray of shape (n_samples, n_features), or CSR array
    """
    step = max(1, X.shape[0] // ROWS)
    rows = X[::step]
    rows = (
        abs(rows).max(axis=0).toarray() if issparse(rows) else np.abs(rows).max(axis=0)
    )
    largest = np.ravel(rows).astype(float)
    columns = np.flatnonzero(largest > LARGE)
    if not len(columns):
        return (
            f"The columns of X are of moderate size, so the likely cause is the rate: "
            f"lower learning_rate_init={net.learning_rate_init:g}, or set "
            "max_restarts=3 or max_grad_norm=1."
        )
    columns = columns[np.argsort(-largest[columns], kind="stable")]
    names = getattr(net, "feature_names_in_", None)
    said = [
        f"{column if names is None else repr(str(names[column]))} "
        f"(up to {largest[column]:.3g})"
        for column in columns[:NAMED]
    ]
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    return (
        f"Columns of X that are not scaled are the likely cause: {', '.join(said)}"
        f"{more}. Put a Standardizer before the net, or lower "
        f"learning_rate_init={net.learning_rate_init:g}."
    )
