"""CIFAR-10 without convolution: small photographs of ten kinds of things.

Images stay bytes; the net standardizes and augments them batch by batch. Recipes:

``text``   hidden layers of 100, 50 and 25 units, softmax, L2, Adam, batches of 200
           rows, 10 epochs
``best``   hidden layers of 1024 and 512, batch normalization, dropout, flips and shifts
           of the training images, smoothed labels, a cosine of 60 epochs, and the mean
           of what it says of a test image and of its mirror image

Run it with ``python cifar10_mlp.py --data PATH``, where PATH is what
``skdl.datasets.load_cifar10`` reads: the archive as distributed, the folder in it, or
an .npz file. Without --data it is the archive in ../shared/data beside the
repository, if there is one, or comes from OpenML, which takes minutes.

    python cifar10_mlp.py --recipe best --checkpoint cifar.npz --resume
    python cifar10_mlp.py --rows 5000 --epochs 3            # a short form
    python cifar10_mlp.py --recipe best --ablation --seeds 2 --epochs 20

The first is begun anew by the same line after a power cut, and goes on where it was.
It leaves a picture (learning curves, filters, mistakes) and a table; --help lists all
options.
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
            "alpha": 5e-4 * 200,  # λ = 5e-4 on the mean loss, as batches have 200 rows
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
