"""How much memory rows of data take."""

from scipy.sparse import issparse

__all__ = ["bytes_per_row"]


def bytes_per_row(X):
    """Return about how many bytes a row of X takes.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix
        A value of unknown type counts 8 bytes.
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if issparse(X):
        return X.nnz * (X.dtype.itemsize + X.indices.itemsize) / n_rows
    if hasattr(X, "nbytes"):
        return X.nbytes / n_rows
    n_columns = X.shape[1] if hasattr(X, "shape") else len(X[0])
    return 8 * n_columns
