"""What all loaders return, whatever they have read."""

from dataclasses import dataclass
from math import prod

import numpy as np
from sklearn.utils import Bunch

__all__ = ["ImageDataset", "check_dtype", "check_labels", "make_bunch"]

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
    """

    name: str
    openml_name: str
    image_shape: tuple
    target_names: tuple
    train_counts: tuple
    test_counts: tuple
    channels_first: bool = False

    @property
    def n_pixels(self):
        """Numbers in a row."""
        return prod(self.image_shape)

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
    except TypeError:
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
    n_classes = len(dataset.target_names)
    if labels.shape != (n_images,):
        raise ValueError(
            f"{source} has {n_images} images and labels of shape {labels.shape}: "
            "expected one label for each image."
        )
    # Text would compare with numbers as text.
    if labels.dtype.kind not in "iuf":
        raise ValueError(f"{source} has labels of dtype {labels.dtype}, not integers.")
    wrong = ~np.isin(labels, np.arange(n_classes))
    if wrong.any():
        raise ValueError(
            f"{source} has the label {labels[wrong][0]!s}: the labels of "
            f"{dataset.name} are the integers from 0 to {n_classes - 1}."
        )
    return labels.astype(np.int64)


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
