"""Warnings of validation data in other units or with other names than training data."""

import warnings
from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse

from skdl._data_errors import or_nothing
from skdl._sklearn import ONE_HAS_NAMES, feature_names
from skdl._warn import warn
from skdl.estimators._check_input import spacing

# With fewer rows the range of a column says too little to warn.
ENOUGH = 20
# The largest number of elements of X and of X_val that are compared.
ELEMENTS = 2**17
OF_PIPELINES = (
    "If the net is in a Pipeline, the steps before it transform X, but not X_val. "
    "Write Pipeline(..., transform_input=['X_val']), call "
    "net.set_fit_request(X_val=True, y_val=True), and switch on "
    "sklearn.set_config(enable_metadata_routing=True)."
)


@contextmanager
def one_warning_of_names(net, X_val):
    """Warn if only one of X and X_val has column names, in place of scikit-learn."""
    is_named = or_nothing(feature_names, X_val, nothing=None) is not None
    if is_named == hasattr(net, "feature_names_in_"):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ONE_HAS_NAMES)
        yield
    if is_named:
        which = "X_val has column names and X has none"
        advice = f"Pass both as data frames, or both as arrays. {OF_PIPELINES}"
    else:
        which = "X has column names and X_val has none"
        advice = "Pass X_val as a data frame with the columns of X."
    warn(f"{which}: they are compared by position only. {advice}", UserWarning)


def warn_if_far(y_val, y):
    """Warn of validation targets in other units than those that are trained on.

    Parameters
    ----------
    y_val, y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    """
    y_val, y = (values.reshape(len(values), -1) for values in (y_val, y))
    far = _far_column(y_val, y)
    if far is not None:
        i, of_y, of_y_val = far
        column = f" in column {i}" if y.shape[1] > 1 else ""
        warn(
            f"y_val lies far outside y{column}: y goes {of_y}, and half of y_val "
            f"{of_y_val}, so that validation loss and score say nothing. "
            "TransformedTargetRegressor transforms y and not y_val: pass "
            "y_val=transformer.transform(y_val), of a transformer fitted to y, or let "
            "the net scale both: standardize_target=True.",
            UserWarning,
        )


def warn_of_other_rows(X_val, X, names):
    """Warn of validation rows that a pipeline has not transformed as X."""
    if issparse(X) or issparse(X_val):
        return
    # At least half of these rows are compared.
    most = max(2 * ENOUGH, ELEMENTS // X.shape[1])
    far = _far_column(*(some[:: spacing(len(some), most)] for some in (X_val, X)))
    if far is not None:
        i, of_X, of_X_val = far
        column = i if names is None else repr(str(names[i]))
        warn(
            f"X_val lies far outside X in column {column}: X goes {of_X}, and half of "
            f"X_val {of_X_val}, so that validation loss and score say nothing. "
            f"{OF_PIPELINES}",
            UserWarning,
        )


def _far_column(given, trained):
    """Return a column of other units than in training, and texts about both; or None.

    The median lies farther outside the range of `trained` than three times that range,
    or the quartiles are as far apart as that: random rows, heavy tails and trends do
    not come to it.
    """
    if len(trained) < ENOUGH:
        return None
    low, high = (end(axis=0).astype(float) for end in (trained.min, trained.max))
    width = high - low
    first, median, third = np.quantile(given, [0.25, 0.5, 0.75], axis=0)
    outside = np.maximum(low - median, median - high)
    wide = (third - first > 3 * width) & (len(given) >= ENOUGH)
    far = np.flatnonzero(((outside > 3 * width) | wide) & (width > 0))
    if not len(far):
        return None
    i = far[0]
    ends = (low[i], high[i]), (first[i], third[i])
    return i, *(f"from {one:.3g} to {other:.3g}" for one, other in ends)


def about_pipelines(error):
    """Return what to do if the rows of X_val have not been transformed as X has."""
    text = str(error)
    if not any(word in text for word in ("feature", "convert string", "columns")):
        return ""
    return f"\n{OF_PIPELINES}"
