"""Images in an .npz file, as np.savez writes one."""

from zipfile import is_zipfile

import numpy as np

from skdl.datasets._bunch import check_labels
from skdl.datasets._files import naming_damage

__all__ = ["read_npz"]


def read_npz(path, dataset):
    """Return two pairs (images, labels) from X_train, y_train, X_test and y_test.

    Parameters
    ----------
    path : Path
    dataset : ImageDataset

    Raises
    ------
    ValueError
        If the file is damaged, lacks one of the arrays (a small x will do, too), or has
        one of another shape or dtype. Arrays of Python objects are not read.
    """
    with naming_damage(path, "an .npz file of arrays"), path.open("rb") as file:
        if not is_zipfile(file):
            raise ValueError("it is no zip file, or its end is missing")
        file.seek(0)
        content = np.load(file, allow_pickle=False)
        arrays = {name.lower(): content[name] for name in content.files}
    expected = [f"{axis}_{part}" for part in ("train", "test") for axis in "xy"]
    if not set(expected) <= arrays.keys():
        raise ValueError(
            f"{path} should have the arrays X_train, y_train, X_test and y_test. It "
            f"has {', '.join(content.files) or 'none'}."
        )
    return [_checked(arrays[f"x_{part}"], arrays[f"y_{part}"], dataset,
                     f"{path} ({part})") for part in ("train", "test")]  # fmt: skip


def _checked(images, labels, dataset, source):
    *shape, channels = dataset.image_shape
    allowed = [(*shape, channels), (dataset.n_pixels,)]
    allowed += [tuple(shape)] if channels == 1 else []
    if images.dtype != np.uint8 or images.shape[1:] not in allowed:
        raise ValueError(
            f"{source} has images of dtype {images.dtype} and shape {images.shape}: "
            f"expected uint8 and (n, {dataset.n_pixels}), or n images of "
            f"{dataset.size}."
        )
    return images, check_labels(labels, len(images), dataset, source)
