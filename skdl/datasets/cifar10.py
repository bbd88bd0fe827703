"""CIFAR-10, from files or from OpenML."""

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
# The folders that the archives of batches unpack to, and the folder itself.
FOLDERS = ("", "cifar-10-batches-py", "cifar-10-batches-bin")


def load_cifar10(path, *, dtype="uint8"):
    """Load CIFAR-10, small pictures of animals and vehicles, from its files.

    Parameters
    ----------
    path : str or path-like
        A folder, or a tar archive of one (compressed or not, as distributed), that has
        one of

        - the batches of the "python version": data_batch_1 to data_batch_5 and
          test_batch, or the folder cifar-10-batches-py with them;
        - the batches of the "binary version": the same names with .bin, or the folder
          cifar-10-batches-bin with them;
        - images of 32 x 32 pixels, .jpg or .png, in folders train/CLASS and test/CLASS,
          where CLASS is one of the names below. They need Pillow, the extra "images".

        Or an .npz file with uint8 arrays X_train and X_test, of shape (n, 3072) or
        (n, 32, 32, 3), and labels y_train and y_test.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        Of the pixels. uint8 has the values of the files, 0 to 255; floats are these
        values divided by 255, from 0 to 1.

    Returns
    -------
    cifar : Bunch
        A dict whose keys are attributes, too:

        X_train, X_test : ndarray of shape (50000, 3072) and (10000, 3072)
            One image per row, red, green and blue of a pixel side by side:
            ``row.reshape(32, 32, 3)`` is the image. (Batches have one plane of pixels
            after the other; they are turned into this order.)
        y_train, y_test : int64 ndarray of shape (50000,) and (10000,)
            The class, in all formats as in the original: 0 for airplane, 1 automobile,
            2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.
        target_names : ndarray of 10 str
            ``target_names[label]`` is the name.
        image_shape : tuple
            (32, 32, 3): height, width, channels.

        Rows of batches are in their order, the same in both versions. Folders of images
        have none: their rows are sorted by class, then by the name of the file. There
        are as many as the files have.

    Raises
    ------
    FileNotFoundError
        If there is no such path, or it lacks all of the above, one of the batches, or
        images of a class.
    ImportError
        If the files are images and Pillow is not installed.
    ValueError
        If a file is truncated, damaged, too large or not CIFAR-10, or the dtype not
        allowed. It names the file.
    TypeError
        If the path is neither a str nor path-like.

    See Also
    --------
    fetch_cifar10 : The same from OpenML.

    Notes
    -----
    The python version consists of pickles, which can run any code when they are loaded.
    Here they cannot: no name in them is looked up, and a file that holds anything but
    arrays of bytes, lists, dicts, text and numbers is refused. Files that claim to be
    larger than any such data set are refused before their content is read.

    To decode 60,000 images takes some seconds. ``np.savez(path, **cifar)`` writes a
    file that is read at once.

    References
    ----------
    .. [1] A. Krizhevsky, "Learning multiple layers of features from tiny images",
       technical report, University of Toronto, 2009.

    Examples
    --------
    Batches of two random images each stand in for the real ones:

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
    dtype = check_dtype(dtype)
    path = existing(path)
    if path.is_file() and path.suffix.lower() == ".npz":
        return make_bunch(*read_npz(path, CIFAR10), CIFAR10, dtype)
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
    return make_bunch(*parts, CIFAR10, dtype)


def fetch_cifar10(*, data_home=None, dtype="uint8"):
    """Download CIFAR-10 from OpenML (``CIFAR_10``), or read it from the cache.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache; None is scikit-learn's, ``~/scikit_learn_data``.
    dtype : {"uint8", "float32", "float64"}, default="uint8"
        As for `load_cifar10`: floats are from 0 to 1.

    Returns
    -------
    cifar : Bunch
        As `load_cifar10` returns it: 50,000 rows to train on and 10,000 to test, in the
        order of OpenML.

    Raises
    ------
    OSError
        If it is not in the cache and OpenML cannot be reached.
    ValueError
        If OpenML gives something else: other shapes or values, or an order in which the
        last 10,000 rows do not have 1000 of each class, as the original test batch has.
        Or if the dtype is not allowed.

    See Also
    --------
    load_cifar10 : The same from files.
    sklearn.datasets.fetch_openml : Which downloads.

    Notes
    -----
    The cache holds the text of a table of 184 million numbers, which is parsed in each
    call, and takes minutes: by pandas, where it is installed, otherwise much more
    slowly. ``np.savez(path, **cifar)`` writes a file that `load_cifar10` reads at once.

    Examples
    --------
    >>> from skdl.datasets import fetch_cifar10
    >>> cifar = fetch_cifar10(data_home="data")  # doctest: +SKIP
    >>> cifar.X_train.shape, cifar.X_test.shape  # doctest: +SKIP
    ((50000, 3072), (10000, 3072))
    """
    return fetch(CIFAR10, data_home, check_dtype(dtype))


def _name_of(parts):
    """Return the name of a batch, "train/cat/0001.jpg" of an image, or None."""
    *_, name = parts
    if name in PYTHON_BATCHES or name in BINARY_BATCHES:
        return name
    is_image = name.lower().endswith(ENDINGS) and not name.startswith(".")
    if is_image and len(parts) >= 3 and parts[-3] in PARTS:
        return "/".join(parts[-3:])
    return None
