"""What comes from the user, checked before any work."""

from numbers import Real

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import validate_data

from skdl._sklearn import check_sample_weight
from skdl._warn import warn
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.initializers import INITIALIZERS, Gaussian
from skdl.estimators._targets import is_matrix, soft_rows

__all__ = [
    "check_X",
    "check_activations",
    "check_batch_size",
    "check_hidden_layers",
    "check_loss",
    "check_training_data",
    "check_weight_init",
    "network_dtype",
    "split_rows",
]

# Types that are kept as they are and converted batch by batch; all others become the
# first of them, as in scikit-learn.
DTYPES = (np.float64, np.float32, np.float16, np.uint8)


def check_training_data(estimator, X, y, sample_weight, *, reset, y_numeric):
    """Return X, y and the weights as a column (or None), all of them checked."""
    if getattr(estimator, "_soft_targets_allowed", False) and is_matrix(y):
        y = soft_rows(y)
    X, y = validate_data(
        estimator,
        X,
        y,
        reset=reset,
        accept_sparse="csr",
        dtype=DTYPES,
        multi_output=True,
        y_numeric=y_numeric,
    )
    weights = None
    if sample_weight is not None:
        weights = check_sample_weight(
            sample_weight, X, dtype=network_dtype(X), ensure_non_negative=True
        )[:, np.newaxis]
    return X, y, weights


def check_X(estimator, X):
    """Return X checked against what the estimator was fitted on."""
    return validate_data(estimator, X, reset=False, accept_sparse="csr", dtype=DTYPES)


def network_dtype(X):
    """Return the dtype to compute in: float64 for float64, else float32."""
    return np.dtype(np.float64 if X.dtype == np.float64 else np.float32)


def check_hidden_layers(hidden_layer_sizes):
    """Return the widths of the hidden layers as a list of positive integers."""
    if isinstance(hidden_layer_sizes, str):
        raise ValueError(
            f"hidden_layer_sizes must be integers, got {hidden_layer_sizes!r}."
        )
    sizes = np.atleast_1d(np.asarray(hidden_layer_sizes, dtype=object)).tolist()
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise ValueError(f"hidden_layer_sizes must be integers, got {sizes}.")
        if size <= 0:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def check_activations(activation, n_layers):
    """Return an activation object for each hidden layer."""
    several = isinstance(activation, list | tuple)
    given = list(activation) if several else [activation] * n_layers
    if len(given) != n_layers:
        raise ValueError(
            f"activation must be one, or one for each of the {n_layers} hidden layers, "
            f"got {len(given)}: {activation!r}."
        )
    objects = []
    for one in given:
        if isinstance(one, str) and one in ACTIVATIONS:
            one = ACTIVATIONS[one]()
        elif not (hasattr(one, "forward") and hasattr(one, "backward")):
            raise ValueError(
                f"activation must be among {sorted(ACTIVATIONS)} or an object with "
                f"forward and backward, got {one!r}."
            )
        if hasattr(one, "check"):
            one.check()
        objects.append(one)
    return objects


def check_loss(loss):
    """Return a loss object whose settings are valid."""
    if isinstance(loss, type):
        raise ValueError(
            f"loss must be an object and not a class: write {loss.__name__}(), not "
            f"{loss.__name__}."
        )
    if getattr(loss, "multilabel", False) and getattr(loss, "soft_targets", False):
        raise ValueError(
            f"loss={loss!r} says both multilabel and soft_targets, so that a matrix y "
            "could mean either: keep one of the two."
        )
    if hasattr(loss, "check"):
        loss.check()
    return loss


def check_weight_init(weight_init):
    """Return an initializer, or None for scikit-learn's way."""
    if isinstance(weight_init, Real):
        if weight_init == 0:
            raise ValueError(
                "weight_init=0 would leave the units of a layer identical for good, as "
                "all get the same gradient. Take a number above 0, a name among "
                f"{sorted(INITIALIZERS)}, or None."
            )
        return Gaussian(weight_init)
    initializer = weight_init
    if isinstance(weight_init, str):
        initializer = INITIALIZERS[weight_init]()
    if hasattr(initializer, "check"):
        initializer.check()
    return initializer


def check_batch_size(batch_size, n_rows):
    """Return the number of rows of a batch: at most all of them."""
    if batch_size == "auto":
        return min(200, n_rows)
    if batch_size > n_rows:
        warn(
            f"batch_size={batch_size} is larger than the {n_rows} rows to train on "
            f"and is clipped to {n_rows}.",
            UserWarning,
        )
    return min(batch_size, n_rows)


def split_rows(n_rows, fraction, labels, rng):
    """Split row numbers into (training, validation).

    Parameters
    ----------
    n_rows : int
    fraction : float
        Of the rows that validate.
    labels : ndarray of shape (n_rows,) or None
        If given, both parts get each label's share, where the rows suffice for that.
    rng : numpy.random.Generator
    """
    n_validation = int(np.ceil(fraction * n_rows))
    counts = np.ones(1) if labels is None else np.unique(labels, return_counts=True)[1]
    if n_validation < 2 and (labels is None or counts.min() > 1):
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the "
            f"size of your dataset: {fraction} of {n_rows} rows is less than 2."
        )
    # Two classes that cannot be shared out are an error, as in scikit-learn; more,
    # which it does not try to share out, are split at random then.
    smaller = min(n_validation, n_rows - n_validation)
    if len(counts) > 2 and (counts.min() < 2 or smaller < len(counts)):
        labels = None
    return train_test_split(
        np.arange(n_rows),
        test_size=fraction,
        stratify=labels,
        random_state=int(rng.integers(2**31)),
    )
