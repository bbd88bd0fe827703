"""The description of a data set, checks of labels, and the result of all loaders."""

from dataclasses import dataclass
from math import prod

import numpy as np
from sklearn.utils import Bunch

DTYPES = ("uint8", "float32", "float64")


@dataclass(frozen=True)
class ImageDataset:
    """The description of a data set of images.

    Parameters
    ----------
    name : str
        Name of the data set in messages.
    openml_name : str
        Name of the data set on OpenML.
    image_shape : tuple of int
        (height, width, channels) of an image.
    target_names : tuple of str
        Names of class 0, class 1, ...
    train_counts : tuple of int
        Number of training images of each class in the whole data set.
    test_counts : tuple of int
        Number of test images of each class in the whole data set.
    channels_first : bool, default=False
        Whether rows on OpenML hold all pixels of the first channel first.
    max_images : int, default=280_000
        Largest number of images that a file may have. EMNIST, which has 280,000 digits,
        comes in files like those of MNIST.
    """

    name: str
    openml_name: str
    image_shape: tuple[int, int, int]
    target_names: tuple[str, ...]
    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    channels_first: bool = False
    max_images: int = 280_000

    @property
    def n_pixels(self):
        """Number of values in a row."""
        return prod(self.image_shape)

    @property
    def max_bytes(self):
        """A bound on the size of all files together, with headers and names."""
        return self.max_images * (self.n_pixels + 1024)

    @property
    def size(self):
        """Height, width and channels as text for messages."""
        return " x ".join(map(str, self.image_shape))

    def interleave(self, planes):
        """Return rows of (channels, height, width) as (height, width, channels)."""
        height, width, channels = self.image_shape
        images = planes.reshape(-1, channels, height, width)
        return images.transpose(0, 2, 3, 1).reshape(len(planes), -1)


def check_dtype(dtype):
    """Return the dtype of images, or raise ValueError."""
    try:
        name = np.dtype(dtype).name
    # NumPy raises any of them, depending on the text.
    except (TypeError, ValueError, SyntaxError):
        name = ""
    # np.dtype(None) is float64.
    if dtype is None or name not in DTYPES:
        raise ValueError(
            f"The 'dtype' of images must be one of {', '.join(DTYPES)}. "
            f"Got {dtype!r} instead."
        )
    return np.dtype(name)


def check_labels(labels, n_images, dataset, source):
    """Return one integer label per image, or raise a ValueError with the source."""
    labels = np.asarray(labels)
    check_label_form(labels.shape, labels.dtype, n_images, source)
    n_classes = len(dataset.target_names)
    wrong = ~np.isin(labels, np.arange(n_classes))
    if wrong.any():
        raise ValueError(
            f"{source} has the label {labels[wrong][0]!s}: the labels of "
            f"{dataset.name} are the integers from 0 to {n_classes - 1}."
        )
    return labels.astype(np.int64)


def check_label_form(shape, dtype, n_images, source):
    """Raise ValueError unless there are images, and one number for each."""
    if n_images == 0:
        raise ValueError(f"{source} has no images.")
    if shape != (n_images,):
        raise ValueError(
            f"{source} has {n_images} images and labels of shape {shape}: "
            "expected one label for each image."
        )
    # np.isin compares numbers with text as text.
    if dtype.kind not in "iuf":
        raise ValueError(f"{source} has labels of dtype {dtype}, not integers.")


def check_count(n_images, dataset, source):
    """Raise ValueError if a header announces no images, or too many."""
    if not 0 < n_images <= dataset.max_images:
        raise ValueError(
            f"{source} has {n_images} rows by its header: {dataset.name} has at least "
            f"1 and at most {dataset.max_images}."
        )


def make_bunch(parts, dataset, dtype):
    """Return the Bunch of the pairs (uint8 images, labels) for training and testing."""
    arrays = {}
    for part, (images, labels) in zip(("train", "test"), parts, strict=True):
        # Arrays made from bytes are read-only; the user gets writable ones.
        rows = np.require(images.reshape(len(images), -1), requirements=["C", "W"])
        if dtype != np.uint8:
            rows = rows.astype(dtype)
            rows /= 255
        arrays[f"X_{part}"], arrays[f"y_{part}"] = rows, labels
    return Bunch(
        **arrays,
        target_names=np.array(dataset.target_names),
        image_shape=dataset.image_shape,
    )
