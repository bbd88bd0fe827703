"""MNIST: handwritten digits, from the raw files to a picture of the trained net.

Images stay bytes; the net standardizes and augments them batch by batch. Recipes:

- ``text``: 784-256-100-10, He initialization, Adam, L2 with λ = 5e-5, and 9,600 steps
  of 100 rows (16 epochs of 600 steps, the whole epochs in 10,000 steps);
- ``best``: hidden layers of 1024 and 512 units, batch normalization, dropout, and
  digits that are rotated, scaled, shifted and warped.

``--semi-supervised`` uses the labels of 1,000 images only. A net that learned from them
predicts the class probabilities of the other images. Student nets then learn from all
images, with these probabilities as soft targets.

Run it with ``python mnist_mlp.py --data PATH``. PATH is anything that
``skdl.datasets.load_mnist`` reads: the folder with the four files as distributed, or an
.npz file. Without --data, the script reads the file in ../shared/data beside the
repository if it exists, otherwise from OpenML.

    python mnist_mlp.py
    python mnist_mlp.py --recipe best --checkpoint mnist.npz --resume
    python mnist_mlp.py --rows 5000 --epochs 8              # a short form
    python mnist_mlp.py --recipe best --ablation --seeds 2 --epochs 10
    python mnist_mlp.py --semi-supervised

After a power cut, the second line resumes where it was. All print a table and save a
picture (learning curves, filters, mistakes); --help lists all options.
"""

import numpy as np
from _image_nets import (
    Recipe,
    evaluate,
    fit,
    make_callbacks,
    make_parser,
    parse,
    read,
    report,
    run,
    split,
)

from skdl.datasets import fetch_mnist, load_mnist
from skdl.engine import Cosine
from skdl.preprocessing import ImageAugmenter

RECIPES = {
    "text": Recipe(
        "MNIST, 784-256-100-10",
        net={
            "hidden_layer_sizes": (256, 100),
            "weight_init": "he_normal",
            "alpha": 5e-5 * 100,  # λ = 5e-5 per mean loss: batches have 100 rows
            "batch_size": 100,
            "max_iter": 16,
            "learning_rate_init": 1e-3,
            "learning_rate": Cosine(),
            "standardize": "channel",
        },
        steps={
            "standardization": {"standardize": False},
            "He's weights": {"weight_init": "glorot_uniform"},
            "cosine": {"learning_rate": "constant"},
            "L2": {"alpha": 0.0},
        },
    ),
    "best": Recipe(
        "MNIST, 784-1024-512-10, augmented",
        net={
            "hidden_layer_sizes": (1024, 512),
            "alpha": 0.0,
            "batch_size": 250,
            "max_iter": 30,
            "learning_rate_init": 2e-3,
            "learning_rate": Cosine(),
            "standardize": "channel",
            "normalization": "batch",
            "dropout": 0.1,
            "augment": ImageAugmenter(
                rotation=8,
                shear=5,
                scale=(0.9, 1.1),
                shift=1.5,
                elastic_alpha=20,
                elastic_sigma=4,
            ),
        },
        steps={
            "the width": {"hidden_layer_sizes": (256, 100)},
            "batch normalization": {"normalization": None},
            "dropout": {"dropout": None},
            "elastic deformation": {"augment__elastic_alpha": 0.0},
            "rotation, shear and scale": {
                "augment__rotation": 0.0,
                "augment__shear": 0.0,
                "augment__scale": (1.0, 1.0),
            },
            "shifts": {"augment__shift": 0},
            "augmentation": {"augment": None},
            "cosine": {"learning_rate": "constant"},
        },
    ),
}

# An epoch passes over all images; the first net, which has few, makes about as many
# steps. Images are shifted by one pixel only: with the stronger augmentation of "best",
# the other images added nothing.
SEMI_SUPERVISED = Recipe(
    "MNIST with few labels, 784-512-256-10",
    net={
        "hidden_layer_sizes": (512, 256),
        "alpha": 1e-5 * 200,
        "batch_size": 200,
        "max_iter": 8,
        "learning_rate_init": 2e-3,
        "learning_rate": Cosine(),
        "standardize": "channel",
        "normalization": "batch",
        "dropout": 0.2,
        "augment": ImageAugmenter(shift=1),
    },
)
ROUNDS = 3  # the student of a round is the teacher of the next


def learn_from_few(data, options):
    """Train with few labels, then also with the other images; report the gain."""
    X, y, validation = split(data, options)  # in random order
    n_labels, n_classes = options.semi_supervised, len(data.target_names)
    if n_labels >= len(X):
        raise SystemExit(f"{len(X)} training rows are too few for {n_labels} labels.")
    y = y[:n_labels]  # the other labels are not used
    epochs = options.epochs or SEMI_SUPERVISED.net["max_iter"]
    callbacks = make_callbacks(options, n_nets=2)
    print(f"{SEMI_SUPERVISED.text}\n{n_labels} labels, {len(X) - n_labels} without.")
    table = []
    for seed in range(options.seeds):
        make = SEMI_SUPERVISED.model
        net = make(data.image_shape, epochs * len(X) // n_labels, seed, callbacks)
        net.set_params(batch_size=min(n_labels, net.batch_size))
        seconds = fit(net, X[:n_labels], y, validation)
        if set(net.classes_) != set(range(n_classes)):
            raise SystemExit("Some digit has no label: use more labels.")
        predicted, score = evaluate(net, data, mirror=False)
        table.append([(seconds, score)])
        for i in range(ROUNDS):
            targets = net.predict_proba(X)
            targets[:n_labels] = np.eye(n_classes)[y]
            net = make(data.image_shape, epochs, seed + 1000 * (i + 1), callbacks)
            seconds = fit(net, X, targets, soft(validation, n_classes))
            predicted, score = evaluate(net, data, mirror=False)
            table[-1].append((seconds, score))
    title = f"{SEMI_SUPERVISED.text}, test accuracy {score:.4f}"
    print_gain(np.array(table))
    report(options.output, net, data, predicted, title)


def soft(validation, n_classes):
    """Return the validation data with labels as soft targets."""
    if not validation:
        return {}
    targets = np.eye(n_classes)[validation["y_val"]]
    return {"X_val": validation["X_val"], "y_val": targets}


def print_gain(table):
    """Print time and accuracy of each net, from an array (seeds, nets, 2)."""
    seconds, scores = table.mean(axis=0).T
    names = [
        "labelled images only",
        *(f"students, round {i + 1}" for i in range(ROUNDS)),
    ]
    print(f"\n{'':<24}{'time (s)':>10}{'test accuracy':>16}{'gain':>9}{'of seeds':>12}")
    for i, name in enumerate(names):
        line = f"{name:<24}{seconds[i]:>10.1f}{scores[i]:>16.4f}"
        if i:
            gains = table[:, i, 1] - table[:, 0, 1]
            line += f"{gains.mean():>+9.4f}    "
            line += " ".join(f"{gain:+.4f}" for gain in gains)
        print(line)


def main(argv=None):
    """Train and report."""
    parser = make_parser(__doc__.splitlines()[0], "mnist_mlp.png", RECIPES)
    parser.add_argument(
        "--semi-supervised", type=int, nargs="?", const=1000, metavar="LABELS",
        help="learn from few labels (default: 1000), and from the other images",
    )  # fmt: skip
    options = parse(parser, argv)
    few = options.semi_supervised
    if few is not None:
        if options.recipe or options.ablation or options.members:
            parser.error(
                "--semi-supervised has its own recipe: leave out --recipe, --members "
                "and --ablation"
            )
        if few < 10 or few >= (options.rows or np.inf):
            parser.error(f"--semi-supervised must be in [10, --rows), got {few}")
    data = read(options, "mnist.npz", load_mnist, fetch_mnist)
    if few is None:
        run(RECIPES[options.recipe or "text"], data, options)
    else:
        options.rows = options.rows or len(data.X_train) - options.hold_out
        learn_from_few(data, options)


if __name__ == "__main__":
    main()
