"""CIFAR-10, from files or from OpenML."""

from os import PathLike
from typing import Literal

from sklearn.utils import Bunch

from skdl.datasets._bunch import ImageDataset, check_dtype, make_bunch
from skdl.datasets._cifar_batches import BINARY_BATCHES, PYTHON_BATCHES, read_batches
from skdl.datasets._files import Files, existing
from skdl.datasets._image_folders import ENDINGS, read_image_folders
from skdl.datasets._npz import read_npz
from skdl.datasets._openml import fetch

__all__ = ["fetch_cifar10", "load_cifar10"]

CIFAR10 = ImageDataset(
    name="CIFAR-10",
    openml_name="CIFAR_10",
    image_shape=(32, 32, 3),
    target_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                  "horse", "ship", "truck"),
    train_counts=(5000,) * 10,
    test_counts=(1000,) * 10,
    channels_first=True,
    max_images=120_000,
)  # fmt: skip
PARTS = ("train", "test")
# The folder itself, and the folders that the archives of batches unpack to.
FOLDERS = ("", "cifar-10-batches-py", "cifar-10-batches-bin")


def load_cifar10(
    path: str | PathLike[str],
    *,
    dtype: Literal["uint8", "float32", "float64"] = "uint8",
) -> Bunch:
    """Load CIFAR-10, small images of animals and vehicles, from its files.

    Parameters
    ----------
    path : str or path-like
        A folder, or its tar archive (as distributed, compressed or not), with one of:

        - the batches of the "python version": data_batch_1 to data_batch_5 and
          test_batch, or the folder cifar-10-batches-py with them;
        - the batches of the "binary version": the same names with .bin, or the folder
          cifar-10-batches-bin with them;
        - images of 32 x 32 pixels, .jpg or .png, in folders train/CLASS and test/CLASS,
          where CLASS is one of the names below; they need Pillow, the extra "images".

        Or an .npz file with uint8 arrays X_train and X_test, of shape (n, 3072) or
        (n, 32, 32, 3), and labels y_train and y_test.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Dtype of the pixels. uint8 keeps the values of the files, 0 to 255.
        Floats are these values divided by 255, from 0 to 1.

    Returns
    -------
    cifar : Bunch
        A dictionary whose keys are also attributes:

        X_train, X_test : ndarray of shape (50000, 3072) and (10000, 3072)
            One image per row, with red, green and blue of a pixel side by side:
            ``row.reshape(32, 32, 3)`` is the image. Batches store all red pixels first;
            they are converted to this order.
        y_train, y_test : int64 ndarray of shape (50000,) and (10000,)
            The class, numbered as in the original for every format: 0 airplane,
            1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship,
            9 truck.
        target_names : ndarray of 10 str
            ``target_names[label]`` is the name of the class.
        image_shape : tuple
            (32, 32, 3): height, width, channels.

        The rows are those of the files. Rows of batches keep their order, which is the
        same in both versions. Images from folders are sorted by class, then by file
        name.

    Raises
    ------
    FileNotFoundError
        If the path does not exist, or contains none of the above, or lacks a batch or
        the images of a class.
    ImportError
        If the files are images and Pillow is not installed.
    ValueError
        If a file is truncated, damaged, too large or not CIFAR-10, which the message
        names; or if the dtype is not allowed.
    TypeError
        If the path is not a str and not path-like.

    See Also
    --------
    fetch_cifar10 : Downloads the same data from OpenML.

    Notes
    -----
    The python version consists of pickles. A pickle can run any code when it is loaded
    by Python. Here it cannot: names in it are not looked up, and a file with anything
    but arrays of bytes, lists, dicts, text and numbers is refused. Files whose headers
    announce more than any such data set are refused before their content is read.

    Decoding 60,000 images takes some seconds. ``np.savez(path, **cifar)`` writes a file
    that is read at once.

    References
    ----------
    .. [1] A. Krizhevsky, "Learning multiple layers of features from tiny images",
       technical report, University of Toronto, 2009.

    Examples
    --------
    Batches of two random images in place of the real ones:

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from skdl.datasets import load_cifar10
    >>> names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    >>> records = np.random.default_rng(0).integers(256, size=(2, 3073), dtype=np.uint8)
    >>> records[:, 0] = 3, 8  # the labels
    >>> with TemporaryDirectory() as folder:
    ...     for name in names:
    ...         size = (Path(folder) / name).write_bytes(records.tobytes())
    ...     cifar = load_cifar10(folder)
    >>> cifar.X_train.shape, cifar.target_names[cifar.y_test].tolist()
    ((10, 3072), ['cat', 'ship'])
    """
    pixel_dtype = check_dtype(dtype)
    path = existing(path)
    if path.is_file() and path.suffix.lower() == ".npz":
        return make_bunch(read_npz(path, CIFAR10), CIFAR10, pixel_dtype)
    folders = list(FOLDERS)
    if path.is_dir():
        folders += [folder.relative_to(path) for part in PARTS
                    for folder in path.glob(f"{part}/*/")]  # fmt: skip
    files = Files(path, folders, _name_of, CIFAR10)
    for names in (PYTHON_BATCHES, BINARY_BATCHES):
        if any(name in files for name in names):
            parts = read_batches(files, names, CIFAR10)
            break
    else:
        if not list(files):
            raise FileNotFoundError(
                f"{str(path)!r} has none of the files of CIFAR-10: looked for "
                f"{PYTHON_BATCHES[0]} ... {PYTHON_BATCHES[-1]}, the same with .bin, "
                f"and train/CLASS/*{ENDINGS[0]} or {ENDINGS[-1]}."
            )
        parts = read_image_folders(files, CIFAR10)
    return make_bunch(parts, CIFAR10, pixel_dtype)


def fetch_cifar10(
    *,
    data_home: str | PathLike[str] | None = None,
    dtype: Literal["uint8", "float32", "float64"] = "uint8",
) -> Bunch:
    """Download CIFAR-10 from OpenML (``CIFAR_10``), or read it from the cache.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the cache. None is scikit-learn's folder, ``~/scikit_learn_data``.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Dtype of the pixels, as for `load_cifar10`: floats are from 0 to 1.

    Returns
    -------
    cifar : Bunch
        The same as from `load_cifar10`: 50,000 training rows and 10,000 test rows, in
        the order of OpenML.

    Raises
    ------
    OSError
        If the data are not in the cache and OpenML cannot be reached.
    ValueError
        If OpenML returns other shapes or values, or if the last 10,000 rows do not have
        1000 images of each class, as the original test batch has; or if the dtype is
        not allowed.

    See Also
    --------
    load_cifar10 : Loads the same data from files.
    sklearn.datasets.fetch_openml : Downloads the table.

    Notes
    -----
    The cache holds a table of 184 million numbers as text, which every call parses.
    This takes minutes with pandas, and much longer without. ``np.savez(path, **cifar)``
    writes a file that `load_cifar10` reads at once.

    Examples
    --------
    >>> from skdl.datasets import fetch_cifar10
    >>> cifar = fetch_cifar10(data_home="data")  # doctest: +SKIP
    >>> cifar.X_train.shape, cifar.X_test.shape  # doctest: +SKIP
    ((50000, 3072), (10000, 3072))
    """
    return fetch(CIFAR10, data_home, check_dtype(dtype))


def _name_of(parts):
    """Return the name of a batch or image ("train/cat/0001.jpg"), or None."""
    *_, name = parts
    if name in PYTHON_BATCHES or name in BINARY_BATCHES:
        return name
    is_image = name.lower().endswith(ENDINGS) and not name.startswith(".")
    if is_image and len(parts) >= 3 and parts[-3] in PARTS:
        return "/".join(parts[-3:])
    return None
