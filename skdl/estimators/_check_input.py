"""Checks of data and parameters before any work."""

import math
from numbers import Integral

import numpy as np
from scipy.sparse import issparse

from skdl._data_errors import or_nothing
from skdl._inputs import check_inputs, check_weights
from skdl._warn import warn
from skdl.engine.losses import Loss
from skdl.engine.penalties import PENALTIES, ElasticNetPenalty, L2Penalty, Penalty
from skdl.estimators._resolve import canonical, resolve, setting, uses_lbfgs

# Dtypes that X keeps, and that are converted batch by batch. All others become the
# first of them, as in scikit-learn.
DTYPES = (np.float64, np.float32, np.float16, np.uint8)
# Schedules of scikit-learn that its 'lbfgs' accepts and ignores.
INERT = ("constant", "invscaling", "adaptive")


def check_training_data(estimator, X, y, sample_weight, *, reset, y_numeric):
    """Return X, y and the weights as a column (or None), after checks."""
    _refuse_images(X)
    X, y = check_inputs(
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
        weights = check_weights(sample_weight, X)[:, np.newaxis]
        weights = weights.astype(network_dtype(X), copy=False)
    if reset:
        # Bytes of 0 and 1 are hardly pixels.
        estimator._reads_bytes = X.dtype == np.uint8 and bool(X.max() > 1)
    elif reads_bytes(estimator):
        _warn_of_shares(X)
    return X, y, weights


def check_X(estimator, X):
    """Return X after checks against the data that the estimator was fitted on."""
    _refuse_images(X)
    X = check_inputs(estimator, X, reset=False, accept_sparse="csr", dtype=DTYPES)
    if reads_bytes(estimator):
        _warn_of_shares(X)
    return X


def reads_bytes(estimator):
    """Return whether ``fit`` got bytes above 1, such as pixels from 0 to 255.

    Parameters
    ----------
    estimator : net or ensemble
    """
    return vars(estimator).get("_reads_bytes", False)


def _warn_of_shares(X):
    """Warn of floats up to 1, which are pixels divided by 255 or the like."""
    if X.dtype.kind != "f":
        return
    values = X.data if issparse(X) else X
    # A black image may hold nothing but 0 and 1.
    if not values.size or values.max() > 1 or np.array_equal(values, np.rint(values)):
        return
    warn(
        f"These rows of X are floats up to {values.max():.3g}, which the net takes for "
        "black pixels: fit got bytes from 0 to 255. Pass bytes here, too, or fit the "
        "net to rows that are scaled in the same way.",
        UserWarning,
    )


def _shape(X):
    return np.shape(X) if hasattr(X, "ndim") else ()


def _refuse_images(X):
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return
    shape = or_nothing(_shape, X, nothing=())
    if len(shape) in (3, 4):
        height, width, channels = (*shape[1:], 1)[:3]
        raise ValueError(
            f"Found array with dim {len(shape)}, of shape {shape}: images must be "
            "rows. Pass X.reshape(len(X), -1), and set "
            f"image_shape=({height}, {width}, {channels}) if standardize or augment "
            "needs it."
        )


def check_image_shape(image_shape, n_features):
    """Return (height, width, channels), or None if the rows are not images.

    Parameters
    ----------
    image_shape : sequence of two or three int, or None
        The parameter of the net.
    n_features : int
        Number of columns of X.
    """
    if image_shape is None:
        return None
    # An array without axes has one number, and cannot be iterated.
    shape = tuple(image_shape) if np.ndim(image_shape) else (image_shape,)
    integers = all(
        isinstance(n, Integral) and not isinstance(n, bool) and n > 0 for n in shape
    )
    if not integers or len(shape) not in (2, 3):
        raise ValueError(
            "image_shape must be (height, width, channels), or (height, width) for one "
            f"channel, all of them positive integers, got {image_shape!r}."
        )
    shape = tuple(map(int, (*shape, 1)[:3]))
    if math.prod(shape) != n_features:
        raise ValueError(
            f"image_shape={image_shape!r} needs {math.prod(shape)} columns, "
            f"and X has {n_features} columns."
        )
    if len(image_shape) == 3 and shape[0] in (1, 3) and shape[2] > 4:
        _warn_of_channels(shape)
    return shape


def _warn_of_channels(shape):
    """Warn of a shape that may be (channels, height, width)."""
    n, height, width = shape
    order = ""
    if n > 1:
        order = (
            f", and reorder X: X.reshape(-1, {n}, {height}, {width})"
            ".transpose(0, 2, 3, 1).reshape(len(X), -1)"
        )
    warn(
        f"image_shape={shape} means {width} channels of {n} x {height} pixels: "
        f"channels come last. If you mean {n} channels, write image_shape="
        f"({height}, {width}, {n}){order}.",
        UserWarning,
    )


def network_dtype(X):
    """Return the dtype of the network: float64 for float64, else float32."""
    return np.dtype(np.float64 if X.dtype == np.float64 else np.float32)


def check_lbfgs(net):
    """Refuse what solver='lbfgs' cannot do, before any work."""
    if not uses_lbfgs(net):
        return
    if net.max_grad_norm is not None or setting(net, "learning_rate") not in INERT:
        raise ValueError(
            "solver='lbfgs' chooses its steps itself, without clipping or schedules: "
            "set max_grad_norm=None and learning_rate='constant', or another solver."
        )
    if net.max_restarts:
        raise ValueError(
            f"max_restarts={net.max_restarts} lowers the learning rate after a "
            "divergence, but solver='lbfgs' has no learning rate: set max_restarts=0, "
            "or another solver."
        )
    penalty = setting(net, "penalty")
    if penalty not in (None, "l2") and not isinstance(penalty, L2Penalty):
        raise ValueError(
            f"solver='lbfgs' needs a smooth objective, and penalty={net.penalty!r} is "
            "not smooth at zero. Set penalty='l2' or None, or a stochastic solver "
            "such as 'sgd' or 'adam'."
        )
    if net.augment is not None:
        raise ValueError(
            "solver='lbfgs' needs the same rows at every evaluation, which augment "
            "does not give it: set augment=None, or another solver."
        )
    if net.normalization is not None or (net.dropout and np.any(net.dropout)):
        raise ValueError(
            "solver='lbfgs' needs the same objective at every evaluation, which "
            "normalization and dropout do not give it: set both to None, or set "
            "another solver."
        )


def check_loss(loss):
    """Return a user's loss object after checks.

    Parameters
    ----------
    loss : loss object
        The value of the parameter `loss`, if it is not a name.
    """
    loss = resolve("loss", loss, {}, Loss)
    if loss.multilabel and loss.soft_targets:
        raise ValueError(
            f"loss={loss!r} has both multilabel=True and soft_targets=True, so that a "
            "matrix y could mean either: keep one of the two."
        )
    return loss


def check_penalty(penalty, l1_ratio, alpha):
    """Return the strength of the penalty, and the penalty object.

    Parameters
    ----------
    penalty : str, Penalty or None
        The parameter of the net.
    l1_ratio : float
        The parameter of the net, used with penalty="elasticnet".
    alpha : float
        The parameter of the net.
    """
    if penalty is None:
        return 0, PENALTIES["l2"]()
    if canonical("penalty", penalty) == "elasticnet":
        return alpha, ElasticNetPenalty(l1_ratio)
    return alpha, resolve("penalty", penalty, PENALTIES, Penalty)


def check_batch_size(batch_size, n_rows):
    """Return the number of rows per batch; warn if batch_size is too large."""
    if batch_size != "auto" and batch_size > n_rows:
        warn(
            f"batch_size={batch_size} is larger than the {n_rows} rows to train on "
            f"and is clipped to {n_rows}.",
            UserWarning,
        )
    return rows_per_batch(batch_size, n_rows)


def rows_per_batch(batch_size, n_rows):
    """Return the number of rows per batch, without a warning."""
    return min(200 if batch_size == "auto" else int(batch_size), n_rows)


def spacing(n_rows, at_most):
    """Return the step with which ``X[::step]`` takes a sample of the rows.

    The sample has at most `at_most` rows, and more than half as many.

    Parameters
    ----------
    n_rows, at_most : int
    """
    return max(1, -(-n_rows // at_most))
