"""From the parameter `augment` to the `Augmentation` of a training run."""

import inspect

from scipy.sparse import issparse

from skdl.engine.augmentation import Augmentation
from skdl.engine.checks import check_object
from skdl.engine.specification import Specification, complete
from skdl.estimators._check_input import rows_per_batch

__all__ = ["check_augment", "start_augmentation"]


def check_augment(net, X):
    """Refuse, before any work, data or an augmenter that cannot be used.

    Parameters
    ----------
    net : estimator
    X : ndarray of shape (n_samples, n_features), or CSR array
    """
    augment = net.augment
    if augment is None:
        return
    check_object("augment", augment)
    if issparse(X):
        raise ValueError(
            f"augment={augment!r} gets rows as dense arrays, and X is sparse: pass "
            "X.toarray(), or set augment=None."
        )
    if callable(augment) and not hasattr(augment, "start"):
        _check_signature(augment)
    complete(augment, Specification).check()


def _check_signature(function):
    """Refuse a function that cannot be called with images and a random generator."""
    try:
        inspect.signature(function).bind("images", "rng")
    except ValueError:  # a built-in function has no signature
        return
    except TypeError as error:
        raise TypeError(
            f"augment must be a function of (images, rng), and {function!r} cannot be "
            f"called with these two: {error}."
        ) from None


def start_augmentation(net, data, image_shape, streams):
    """Return an `Augmentation` for one run, or None for a net without it.

    Parameters
    ----------
    net : estimator
        Which knows its loss by now.
    data : Data
        With the rows to train on.
    image_shape : tuple of int, or None
    streams : dict of numpy.random.Generator

    Raises
    ------
    ValueError
        If the augmenter refuses these rows, or mixes targets of a loss that has no
        meaning for it.
    """
    if net.augment is None:
        return None
    X = data.X
    augmentation = Augmentation(
        net.augment,
        X.shape[1],
        image_shape,
        rows_per_batch(net.batch_size, data.n_rows),
        X.dtype,
        streams["augmentation"],
    )
    if augmentation.mixes and not net._loss().mixes:
        raise ValueError(
            f"augment={net.augment!r} mixes the targets of rows, and a mixed target "
            f"has no meaning for loss={net.loss!r} of this {type(net).__name__}. "
            "Switch mixup off, or take a cross-entropy, a squared error or another "
            "loss of numbers."
        )
    return augmentation
