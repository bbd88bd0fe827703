"""The pickled batches of CIFAR-10, read without the power of a pickle.

A pickle may name any function to be called with any arguments. A batch needs three
names, those by which Python 2 rebuilt a NumPy array. They get stand-ins that keep what
they are given, and a file that names anything else is refused.
"""

import io
import pickle
from operator import index

import numpy as np

__all__ = ["read_batch_pickle"]


def read_batch_pickle(data, source):
    """Return the images and labels of a batch.

    Parameters
    ----------
    data : bytes
        A pickle by Python 2 of a dict with "data", an array of uint8 rows, and
        "labels", a list.
    source : str
        The name of the file, for messages.

    Returns
    -------
    rows : uint8 ndarray of shape (n_images, n_pixels)
    labels : list of int
    """
    try:
        batch = _BatchUnpickler(io.BytesIO(data), encoding="bytes").load()
        rows, labels = (
            batch[b"data"].array,
            [index(label) for label in batch[b"labels"]],
        )
    # Damaged bytes are instructions, too: they raise whatever those happen to raise.
    except Exception as error:
        raise ValueError(
            f"{source} is truncated, damaged or no pickled batch of images, which is a "
            f"dict with 'data' and 'labels': {type(error).__name__}: {error}"
        ) from error
    return rows, labels


class _BatchUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return lambda *arguments: _Array()
        if (module, name) == ("numpy", "ndarray"):
            return None
        if (module, name) == ("numpy", "dtype"):
            return lambda code, *arguments: _Dtype(code)
        raise pickle.UnpicklingError(f"a batch has no use for {module}.{name}")


class _Dtype:
    def __init__(self, code):
        self.code = code

    def __setstate__(self, state):
        pass


class _Array:
    def __setstate__(self, state):
        _, shape, dtype, is_fortran, data = state
        if dtype.code != b"u1":
            raise ValueError(f"an array of dtype {dtype.code!r} and not of bytes")
        order = "F" if is_fortran else "C"
        self.array = np.frombuffer(data, np.uint8).reshape(shape, order=order)
