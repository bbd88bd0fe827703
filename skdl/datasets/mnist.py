"""MNIST, from files or from OpenML."""

from os import PathLike
from typing import Literal

from sklearn.utils import Bunch

from skdl.datasets._bunch import ImageDataset, check_dtype, make_bunch
from skdl.datasets._files import existing
from skdl.datasets._idx import read_idx_folder
from skdl.datasets._npz import read_npz
from skdl.datasets._openml import fetch

__all__ = ["fetch_mnist", "load_mnist"]

MNIST = ImageDataset(
    name="MNIST",
    openml_name="mnist_784",
    image_shape=(28, 28, 1),
    target_names=tuple("0123456789"),
    train_counts=(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    test_counts=(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
)


def load_mnist(
    path: str | PathLike[str],
    *,
    dtype: Literal["uint8", "float32", "float64"] = "uint8",
) -> Bunch:
    """Load MNIST, handwritten digits, from its files.

    Parameters
    ----------
    path : str or path-like
        Where the data are, one of:

        - a folder with the four idx files as distributed, plain or with .gz:
          train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
          t10k-labels-idx1-ubyte (".idx" in place of "-idx" is accepted, too);
        - an .npz file with uint8 arrays X_train and X_test, of shape (n, 784) or
          (n, 28, 28), and labels y_train and y_test (or x_train and x_test).
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Dtype of the pixels. uint8 keeps the values of the files, 0 (background) to 255
        (ink). Floats are these values divided by 255, from 0 to 1.

    Returns
    -------
    mnist : Bunch
        A dictionary whose keys are also attributes:

        X_train, X_test : ndarray of shape (60000, 784) and (10000, 784)
            One image per row: ``row.reshape(28, 28)`` is the image.
        y_train, y_test : int64 ndarray of shape (60000,) and (10000,)
            The digits.
        target_names : ndarray of 10 str
            ``target_names[label]`` is the digit as text.
        image_shape : tuple
            (28, 28, 1): height, width, channels.

        The rows are those of the files, in the same order.

    Raises
    ------
    FileNotFoundError
        If the path does not exist, or the folder lacks one of the four files.
    ValueError
        If a file is truncated, damaged, too large or not MNIST, which the message
        names; or if the dtype is not allowed.
    TypeError
        If the path is not a str and not path-like.

    See Also
    --------
    fetch_mnist : Downloads the same data from OpenML.

    Notes
    -----
    Fashion-MNIST has files of the same names and form, and can be loaded, too. Only
    ``target_names`` are wrong then.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied
       to document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.

    Examples
    --------
    Five random images in place of the real ones:

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from skdl.datasets import load_mnist
    >>> X = np.random.default_rng(0).integers(256, size=(5, 28, 28), dtype=np.uint8)
    >>> y = np.arange(5)
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mnist.npz"
    ...     np.savez(path, X_train=X[:3], y_train=y[:3], X_test=X[3:], y_test=y[3:])
    ...     mnist = load_mnist(path, dtype="float32")
    >>> mnist.X_train.shape, mnist.X_train.dtype, mnist.y_test
    ((3, 784), dtype('float32'), array([3, 4]))
    """
    pixel_dtype = check_dtype(dtype)
    path = existing(path)
    read = read_idx_folder if path.is_dir() else read_npz
    return make_bunch(read(path, MNIST), MNIST, pixel_dtype)


def fetch_mnist(
    *,
    data_home: str | PathLike[str] | None = None,
    dtype: Literal["uint8", "float32", "float64"] = "uint8",
) -> Bunch:
    """Download MNIST from OpenML (``mnist_784``), or read it from the cache.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the cache. None is scikit-learn's folder, ``~/scikit_learn_data``.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Dtype of the pixels, as for `load_mnist`: floats are from 0 to 1.

    Returns
    -------
    mnist : Bunch
        The same as from `load_mnist`: 60,000 training rows and 10,000 test rows, in the
        same order.

    Raises
    ------
    OSError
        If the data are not in the cache and OpenML cannot be reached.
    ValueError
        If OpenML returns other shapes or values, or other numbers of images per class
        in the training or test rows; or if the dtype is not allowed.

    See Also
    --------
    load_mnist : Loads the same data from files.
    sklearn.datasets.fetch_openml : Downloads the table.

    Notes
    -----
    The cache holds a table as text, which every call parses: by pandas if it is
    installed, otherwise much more slowly. ``np.savez_compressed(path, **mnist)`` writes
    a file that `load_mnist` reads in less than a second.

    Examples
    --------
    >>> from skdl.datasets import fetch_mnist
    >>> mnist = fetch_mnist(data_home="data")  # doctest: +SKIP
    >>> mnist.X_train.shape, mnist.X_test.shape  # doctest: +SKIP
    ((60000, 784), (10000, 784))
    """
    return fetch(MNIST, data_home, check_dtype(dtype))
