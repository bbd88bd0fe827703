"""MNIST, from files or from OpenML."""

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


def load_mnist(path, *, dtype="uint8"):
    """Load MNIST, handwritten digits, from its files.

    Parameters
    ----------
    path : str or path-like
        One of

        - a folder with the four idx files as distributed, plain or with .gz:
          train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
          t10k-labels-idx1-ubyte (".idx" instead of "-idx" will do, too);
        - an .npz file with uint8 arrays X_train and X_test, of shape (n, 784) or
          (n, 28, 28), and labels y_train and y_test; a small x will do, too.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Of the pixels. uint8 has the values of the files, 0 (background) to 255 (ink);
        floats are these values divided by 255, from 0 to 1.

    Returns
    -------
    mnist : Bunch
        A dict whose keys are attributes, too:

        X_train, X_test : ndarray of shape (60000, 784) and (10000, 784)
            One image per row, line by line: ``row.reshape(28, 28)`` is the image.
        y_train, y_test : int64 ndarray of shape (60000,) and (10000,)
            The digits.
        target_names : ndarray of 10 str
            ``target_names[label]`` is the digit as text.
        image_shape : tuple
            (28, 28, 1): height, width, channels.

        Rows are in the order of the files. There are as many as the files have.

    Raises
    ------
    FileNotFoundError
        If there is no such path, or the folder lacks one of the four files.
    ValueError
        If a file is truncated, damaged, too large or not MNIST, or the dtype not
        allowed. It names the file.
    TypeError
        If the path is neither a str nor path-like.

    See Also
    --------
    fetch_mnist : The same from OpenML.

    Notes
    -----
    Fashion-MNIST comes in files of the same form and names, and loads as well; only its
    ``target_names`` are not digits.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied
       to document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.

    Examples
    --------
    Five random images stand in for the real ones:

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
    dtype = check_dtype(dtype)
    path = existing(path)
    read = read_idx_folder if path.is_dir() else read_npz
    return make_bunch(*read(path, MNIST), MNIST, dtype)


def fetch_mnist(*, data_home=None, dtype="uint8"):
    """Download MNIST from OpenML (``mnist_784``), or read it from the cache.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache; None is scikit-learn's, ``~/scikit_learn_data``.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        As for `load_mnist`: floats are from 0 to 1.

    Returns
    -------
    mnist : Bunch
        As `load_mnist` returns it: the same rows in the same order, 60,000 to train on
        and 10,000 to test.

    Raises
    ------
    OSError
        If it is not in the cache and OpenML cannot be reached.
    ValueError
        If OpenML gives something else: other shapes or values, or an order that is not
        that of the original files (the classes of the test rows are counted). Or if the
        dtype is not allowed.

    See Also
    --------
    load_mnist : The same from files.
    sklearn.datasets.fetch_openml : Which downloads.

    Notes
    -----
    The cache holds the text of a table, which is parsed in each call: by pandas, where
    it is installed, otherwise much more slowly. ``np.savez_compressed(path, **mnist)``
    writes a file that `load_mnist` reads in less than a second.

    Examples
    --------
    >>> from skdl.datasets import fetch_mnist
    >>> mnist = fetch_mnist(data_home="data")  # doctest: +SKIP
    >>> mnist.X_train.shape, mnist.X_test.shape  # doctest: +SKIP
    ((60000, 784), (10000, 784))
    """
    return fetch(MNIST, data_home, check_dtype(dtype))
