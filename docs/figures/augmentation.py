"""Draw augmentation.png: what each transform of ImageAugmenter does to two images.

The figure of docs/images.md. ``--output`` says where it goes; by default it takes the
place of the one beside this script. Run it as ``python docs/figures/augmentation.py``,
with skdl and matplotlib installed.
"""

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure  # without pyplot, so that no window opens
from PIL import Image  # a dependency of matplotlib
from sklearn.datasets import load_sample_image

from skdl.preprocessing import ImageAugmenter

SIDE = 32
N_VERSIONS = 4
# What a row shows, and how the augmenter is called for it.
ROWS = {
    "horizontal_flip=0.5": {"horizontal_flip": 0.5},
    "shift=6": {"shift": 6},
    "shift=6,\nfill_mode='reflect'": {"shift": 6, "fill_mode": "reflect"},
    "rotation=30": {"rotation": 30},
    "shear=25": {"shear": 25},
    "scale=(0.7, 1.5)": {"scale": (0.7, 1.5)},
    "elastic_alpha=34,\nelastic_sigma=4": {"elastic_alpha": 34, "elastic_sigma": 4},
    "brightness=0.5": {"brightness": 0.5},
    "contrast=0.7": {"contrast": 0.7},
    "cutout=12": {"cutout": 12},
    "mixup=1": {"mixup": 1.0},
    "flip, shift, rotation,\ncutout together": {
        "horizontal_flip": 0.5,
        "shift": 4,
        "rotation": 15,
        "cutout": 8,
    },
}


def make_images():
    """Return a dahlia and a drawing, of shape (2, SIDE, SIDE, 3), as bytes."""
    photo = Image.fromarray(load_sample_image("flower.jpg"))
    photo = photo.crop((130, 0, 557, 427)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.stack([np.asarray(photo), draw_letter()])


def draw_letter():
    """Return an F on a grid, in which every turn and stretch shows."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    image = np.full((SIDE, SIDE, 3), 245.0)
    image[(rows // 4 + columns // 4) % 2 == 0] = 222
    bars = [(5, 27, 8, 13), (5, 10, 8, 25), (14, 19, 8, 21)]
    for (top, bottom, left, right), color in zip(
        bars, [(31, 78, 121), (46, 117, 182), (200, 80, 40)], strict=True
    ):
        inside = (rows > top) & (rows < bottom) & (columns > left) & (columns < right)
        image[inside] = color
    return image.astype(np.uint8)


def versions(images, options):
    """Return N_VERSIONS changed versions of each image, and the own shares in them.

    The shares are ones, but for mixup, which mixes the images with each other.
    """
    stacked = np.repeat(images, N_VERSIONS, axis=0)
    rng = np.random.default_rng(4)
    state = ImageAugmenter(**options).start(images.shape[1:], len(stacked), "uint8")
    shares = np.ones(len(stacked))
    if state.mixes:
        X = stacked.reshape(len(stacked), -1).astype(np.float64)
        targets = np.repeat(np.eye(len(images)), N_VERSIONS, axis=0)
        state.mix(X, targets, rng)
        stacked = np.rint(X).astype(np.uint8).reshape(stacked.shape)
        shares = targets.max(axis=1)
    else:
        stacked = state.transform(stacked, rng)
    return stacked.reshape(len(images), N_VERSIONS, *images.shape[1:]), shares


def draw(images):
    """Return a figure with a row for each transform."""
    n_columns = len(images) * N_VERSIONS
    figure = Figure(figsize=(8.6, 10.6))
    widths = [1] * N_VERSIONS + [0.25] + [1] * N_VERSIONS
    grid = figure.add_gridspec(
        len(ROWS) + 1, n_columns + 1, width_ratios=widths, left=0.21, right=0.995,
        top=0.995, bottom=0.005, wspace=0.07, hspace=0.07,
    )  # fmt: skip
    for k, image in enumerate(images):
        first = k * (N_VERSIONS + 1)
        show(figure.add_subplot(grid[0, first]), image)
        if k == 0:
            label(figure.axes[-1], "original")
        for row, (name, options) in enumerate(ROWS.items(), start=1):
            found, _ = versions(images, options)
            for column, version in enumerate(found[k]):
                axes = figure.add_subplot(grid[row, first + column])
                show(axes, version)
                if k == 0 and column == 0:
                    label(axes, name)
    return figure


def show(axes, image):
    """Draw the pixels as they are, without axes."""
    axes.imshow(image, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color="0.6", linewidth=0.5)


def label(axes, text):
    """Name a row."""
    axes.set_ylabel(
        text, rotation=0, ha="right", va="center", family="monospace", fontsize=9
    )


def save(figure, path):
    """Save with a palette, which makes the file a third as large."""
    buffer = BytesIO()
    figure.savefig(buffer, dpi=180)
    Image.open(buffer).convert("RGB").quantize(64).save(path, "PNG", optimize=True)


def main(argv=None):
    """Transform and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).with_suffix(".png")
    parser.add_argument("--output", type=Path, default=beside)
    options = parser.parse_args(argv)
    images = make_images()
    save(draw(images), options.output)
    for name, kwargs in ROWS.items():
        found, shares = versions(images, kwargs)
        changed = (found != images[:, np.newaxis]).mean()
        what = f"mean share {shares.mean():.2f}" if kwargs.get("mixup") else ""
        print(
            f"{' '.join(name.split()):<42}{changed:>5.0%} of the bytes change  {what}"
        )


if __name__ == "__main__":
    main()
