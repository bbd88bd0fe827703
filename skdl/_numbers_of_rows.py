"""Arrays with different numbers of rows: the error says which, and what to do."""

from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skdl._data_errors import or_nothing

__all__ = ["check_numbers_of_rows", "numbers_of_rows_named"]

# What an array has for each row of another one.
ENTRIES = {
    "y": "a target",
    "y_val": "a target",
    "y_pred": "a prediction",
    "sample_weight": "a weight",
    "sample_weight_val": "a weight",
}


@contextmanager
def numbers_of_rows_named(**arrays: Any):
    """Name the array whose number of rows scikit-learn refuses in the body.

    Parameters
    ----------
    **arrays : array-like or None
        By their names in the error, the rows first, as in ``X=X, y=y``. None is left
        out.
    """
    try:
        yield
    except ValueError as error:
        text = ""
        if "inconsistent numbers of samples" in str(error):
            text = or_nothing(_explanation, arrays)
        if not text:
            raise
        raise ValueError(f"{text} ({error})") from None


def check_numbers_of_rows(**arrays: Any) -> None:
    """Refuse arrays with different numbers of rows.

    Parameters
    ----------
    **arrays : array-like or None
        As for `numbers_of_rows_named`.

    Raises
    ------
    ValueError
        With the names of two arrays and their numbers of rows.
    """
    with numbers_of_rows_named(**arrays):
        check_consistent_length(*arrays.values())


def _explanation(arrays):
    """Return what is wrong with the first array that does not fit, or ""."""
    shapes = {
        name: _shape(array) for name, array in arrays.items() if array is not None
    }
    (name, shape), *others = shapes.items()
    for other, (n_rows, *_) in others:
        if n_rows != shape[0]:
            cure = "Select the same rows of both."
            if shape[1:] == (n_rows,):
                cure = f"Pass {name}.T if the second axis of {name} has the samples."
            return (
                f"{other} has {n_rows} rows, but {name} has {shape[0]} rows: there "
                f"must be {ENTRIES.get(other, 'one')} for each row of {name}. {cure}"
            )
    return ""


def _shape(array):
    return array.shape if hasattr(array, "shape") else np.shape(array)
