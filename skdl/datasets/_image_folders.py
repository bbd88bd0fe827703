"""Images as files: train/CLASS/NAME and test/CLASS/NAME, JPEG or PNG."""

import io
import warnings

import numpy as np

ENDINGS = (".jpg", ".jpeg", ".png")


def read_image_folders(files, dataset):
    """Return two pairs (images, labels), sorted by class and name.

    Parameters
    ----------
    files : Files
        The files, by names such as "train/cat/0001.jpg".
    dataset : ImageDataset
        The data set that the files should hold.

    Raises
    ------
    FileNotFoundError
        If a class has no image in train or in test.
    ImportError
        If Pillow is not installed, which decodes the images.
    ValueError
        If a folder is not a class, or a file is not an image of the right size.
    """
    names = {(part, label): [] for part in ("train", "test")
             for label in dataset.target_names}  # fmt: skip
    for name in files:
        part, label, _ = name.split("/")
        if (part, label) not in names:
            raise ValueError(
                f"{files.source(name)} is in a folder {label!r}: the classes of "
                f"{dataset.name} are {', '.join(dataset.target_names)}."
            )
        names[part, label].append(name)
    empty = [f"{part}/{label}" for (part, label), found in names.items() if not found]
    if empty:
        raise FileNotFoundError(
            f"{str(files.path)!r} has images of {dataset.name}, but no "
            f"{' or '.join(ENDINGS)} in {', '.join(empty)}."
        )
    decode = _decoder(dataset)
    result = []
    with warnings.catch_warnings():
        # Pillow's warning of a decompression bomb does not name the file; the error of
        # `decode` does.
        warnings.filterwarnings("error", "Image size .* decompression bomb")
        for part in ("train", "test"):
            found = [(label, name) for label, target in enumerate(dataset.target_names)
                     for name in sorted(names[part, target])]  # fmt: skip
            rows = np.empty((len(found), dataset.n_pixels), np.uint8)
            for row, (_, name) in zip(rows, found, strict=True):
                row[:] = decode(files.read(name), files.source(name))
            result.append((rows, np.array([label for label, _ in found])))
    return result


def _decoder(dataset):
    """Return a function that maps the bytes of a file, and its name, to a row."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            'Image files need Pillow: pip install "skdl[images]", or pillow.'
        ) from error
    size = list(dataset.image_shape[:2])

    def decode(data, source):
        try:
            image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            # The size is known before anything is decoded.
            right_size = [image.height, image.width] == size
            pixels = image.convert("RGB").tobytes() if right_size else None
        # Decoders raise a dozen different errors for damaged files.
        except Exception as error:
            raise ValueError(
                f"{source} is truncated, damaged or not a JPEG or PNG image: {error}"
            ) from error
        if pixels is None:
            raise ValueError(
                f"{source} has {image.height} x {image.width} pixels: images of "
                f"{dataset.name} have {size[0]} x {size[1]}."
            )
        return np.frombuffer(pixels, np.uint8)

    return decode
