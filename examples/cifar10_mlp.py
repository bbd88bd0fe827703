"""CIFAR-10 without convolutions: small photographs of ten kinds of things.

Images stay bytes until a net or a whitener reads them batch by batch. Recipes:

- ``text``: hidden layers of 100, 50 and 25 units, softmax, L2, Adam, batches of 200
  rows, 10 epochs;
- ``best``: 256 whitened principal components of 20 flipped and shifted copies of each
  image; two nets with hidden layers of 1024 and 1024 units, batch normalization,
  dropout, label smoothing and a cosine schedule of 10 epochs; predictions averaged over
  both nets, the image and its mirror image;
- ``pixels``: one net with hidden layers of 1024 and 512 units on pixels, which flips
  and shifts its batches itself; slower.

Run it with ``python cifar10_mlp.py --data PATH``. PATH is anything that
``skdl.datasets.load_cifar10`` reads: the archive as distributed, the folder in it, or
an .npz file. Without --data, the script reads the archive in ../shared/data beside the
repository if it exists, otherwise from OpenML, which takes minutes.

    python cifar10_mlp.py --recipe best --checkpoint cifar.npz --resume
    python cifar10_mlp.py --rows 5000 --epochs 3            # a short form
    python cifar10_mlp.py --recipe best --ablation --seeds 2 --epochs 1

After a power cut, the first line resumes where it was. The script prints a table and
saves a picture (learning curves, filters, mistakes); --help lists all options.
"""

from _image_nets import Recipe, make_parser, parse, read, run

from skdl.datasets import fetch_cifar10, load_cifar10
from skdl.engine import Cosine
from skdl.preprocessing import ImageAugmenter

RECIPES = {
    "text": Recipe(
        "CIFAR-10, 3072-100-50-25-10",
        net={
            "hidden_layer_sizes": (100, 50, 25),
            "alpha": 5e-4 * 200,  # λ = 5e-4 per mean loss: batches have 200 rows
            "batch_size": 200,
            "max_iter": 10,
            "learning_rate_init": 2e-3,
            "learning_rate": Cosine(),
            "standardize": True,
        },
        steps={
            "standardization": {"standardize": False},
            "cosine": {"learning_rate": "constant"},
            "L2": {"alpha": 0.0},
        },
    ),
    "best": Recipe(
        "CIFAR-10, 256 components, nets 256-1024-1024-10",
        net={
            "hidden_layer_sizes": (1024, 1024),
            "alpha": 0.0,
            "batch_size": 500,
            "max_iter": 10,
            "learning_rate_init": 1e-3,
            "learning_rate": Cosine(),
            "normalization": "batch",
            "dropout": 0.2,
            "label_smoothing": 0.1,
        },
        copies={
            "augmenter": ImageAugmenter(
                horizontal_flip=0.5, shift=4, fill_mode="reflect"
            ),
            "n_copies": 20,
            "n_components": 0.9637,  # of the variance: 256 components
        },
        steps={
            "the width": {"model__hidden_layer_sizes": (100, 50, 25)},
            "batch normalization": {"model__normalization": None},
            "dropout": {"model__dropout": None},
            "flips": {"augmenter__horizontal_flip": 0.0},
            "shifts": {"augmenter__shift": 0},
            "label smoothing": {"model__label_smoothing": 0.0},
            "cosine": {"model__learning_rate": "constant"},
        },
        members=2,
        n_jobs=2,
        mirror=True,
    ),
    "pixels": Recipe(
        "CIFAR-10, 3072-1024-512-10, augmented",
        net={
            "hidden_layer_sizes": (1024, 512),
            "alpha": 1e-4 * 200,
            "batch_size": 200,
            "max_iter": 60,
            "learning_rate_init": 1e-3,
            "learning_rate": Cosine(),
            "standardize": "channel",
            "normalization": "batch",
            "dropout": 0.1,
            "augment": ImageAugmenter(
                horizontal_flip=0.5, shift=4, fill_mode="reflect"
            ),
            "label_smoothing": 0.1,
        },
        steps={
            "the width": {"hidden_layer_sizes": (100, 50, 25)},
            "batch normalization": {"normalization": None},
            "dropout": {"dropout": None},
            "flips": {"augment__horizontal_flip": 0.0},
            "shifts": {"augment__shift": 0},
            "augmentation": {"augment": None},
            "label smoothing": {"label_smoothing": 0.0},
            "cosine": {"learning_rate": "constant"},
            "L2": {"alpha": 0.0},
        },
        mirror=True,
    ),
}


def main(argv=None):
    """Train and report."""
    parser = make_parser(__doc__.splitlines()[0], "cifar10_mlp.png", RECIPES)
    options = parse(parser, argv)
    data = read(options, "cifar10_jpg.tar.xz", load_cifar10, fetch_cifar10)
    run(RECIPES[options.recipe or "text"], data, options)


if __name__ == "__main__":
    main()
