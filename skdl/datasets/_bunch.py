"""What all loaders return, whatever they have read."""

from dataclasses import dataclass
from math import prod

import numpy as np
from sklearn.utils import Bunch

__all__ = [
    "ImageDataset",
    "check_count",
    "check_dtype",
    "check_label_form",
    "check_labels",
    "make_bunch",
]

DTYPES = ("uint8", "float32", "float64")


@dataclass(frozen=True)
class ImageDataset:
    """A data set of images.

    Parameters
    ----------
    name, openml_name : str
    image_shape : tuple of int
        (height, width, channels).
    target_names : tuple of str
        Of class 0, class 1 ...
    train_counts, test_counts : tuple of int
        How many images of each class the whole data set has: they tell its split.
    channels_first : bool
        Whether the rows on OpenML are one plane of pixels after the other.
    max_images : int, default=280_000
        More than any file has that can pass for this data set: EMNIST has that many
        digits, in the files of MNIST.
    """

    name: str
    openml_name: str
    image_shape: tuple
    target_names: tuple
    train_counts: tuple
    test_counts: tuple
    channels_first: bool = False
    max_images: int = 280_000

    @property
    def n_pixels(self):
        """Numbers in a row."""
        return prod(self.image_shape)

    @property
    def max_bytes(self):
        """More than all files have together, headers and names included."""
        return self.max_images * (self.n_pixels + 1024)

    @property
    def size(self):
        """Height, width and channels as messages have them."""
        return " x ".join(map(str, self.image_shape))

    def interleave(self, planes):
        """Return rows of planes as rows in (height, width, channels) order."""
        height, width, channels = self.image_shape
        images = planes.reshape(-1, channels, height, width)
        return images.transpose(0, 2, 3, 1).reshape(len(planes), -1)


def check_dtype(dtype):
    """Return a dtype that images can have, or raise ValueError."""
    try:
        name = np.dtype(dtype).name
    # By the text, NumPy raises either, or the SyntaxError of its parser.
    except (TypeError, ValueError, SyntaxError):
        name = ""
    # None would be NumPy's default, float64.
    if dtype is None or name not in DTYPES:
        raise ValueError(
            f"The 'dtype' of images must be one of {', '.join(DTYPES)}. "
            f"Got {dtype!r} instead."
        )
    return np.dtype(name)


def check_labels(labels, n_images, dataset, source):
    """Return one integer label per image, or raise ValueError that names the source."""
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
    """Raise ValueError unless there is one number per image, and an image."""
    if n_images == 0:
        raise ValueError(f"{source} has no images.")
    if shape != (n_images,):
        raise ValueError(
            f"{source} has {n_images} images and labels of shape {shape}: "
            "expected one label for each image."
        )
    # Text would compare with numbers as text.
    if dtype.kind not in "iuf":
        raise ValueError(f"{source} has labels of dtype {dtype}, not integers.")


def check_count(n_images, dataset, source):
    """Raise ValueError if a header has no images, or more than there can be."""
    if not 0 < n_images <= dataset.max_images:
        raise ValueError(
            f"{source} has {n_images} rows by its header: {dataset.name} has at least "
            f"1 and at most {dataset.max_images}."
        )


def make_bunch(train, test, dataset, dtype):
    """Return the Bunch of two pairs (uint8 images, labels)."""
    arrays = {}
    for part, (images, labels) in (("train", train), ("test", test)):
        # Rows read from bytes would be read-only.
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
