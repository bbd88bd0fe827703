"""Options, training and tables of the examples on images."""

import argparse
import logging
import sys
import time
import warnings
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from _image_pictures import draw, draw_ablation, print_picture
from _whitening import OnWhitenedCopies
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from skdl import SoftmaxClassifier
from skdl.callbacks import Checkpoint, CSVLogger, EpochLogger
from skdl.ensemble import SeedEnsembleClassifier

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# Seed of the order from which --rows and --hold-out take rows, the same for all nets.
ORDER_SEED = 0


@dataclass(frozen=True)
class Recipe:
    """How to train and to predict.

    Attributes
    ----------
    text : str
        Title, one line.
    net : dict
        Parameters of SoftmaxClassifier.
    steps : dict
        Steps of the recipe, for the ablation: name -> parameters without the step.
    copies : dict
        Parameters of OnWhitenedCopies; if empty, the net learns from pixels.
    members : int
        Number of nets whose probabilities are averaged.
    n_jobs : int or None
        Number of nets that are trained at the same time.
    mirror : bool
        Whether to average the predictions for an image and its mirror image.
    """

    text: str
    net: dict
    steps: dict = field(default_factory=dict)
    copies: dict = field(default_factory=dict)
    members: int = 1
    n_jobs: int | None = None
    mirror: bool = False

    def model(self, image_shape, epochs, seed, callbacks):
        """Return the unfitted net, or ensemble of nets."""
        # A clone copies the objects, so that an ablation does not change the recipe.
        net = clone(SoftmaxClassifier(**{"standardize": False} | self.net)).set_params(
            image_shape=image_shape,
            max_iter=epochs,
            n_iter_no_change=np.inf,  # the schedules need all epochs
            random_state=seed,
        )
        net.set_callbacks(*callbacks)
        model = net
        if self.members > 1:
            model = SeedEnsembleClassifier(
                net, n_members=self.members, n_jobs=self.n_jobs, random_state=seed
            )
        if not self.copies:
            return model
        net.set_params(image_shape=None)  # the net gets components, not images
        copies = OnWhitenedCopies(model, **clone(self.copies, safe=False))
        return copies.set_params(augmenter__image_shape=image_shape)


def make_parser(description, output, recipes):
    """Return a parser of the common options."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", type=Path, help="the file, archive or folder with the images")
    add("--recipe", choices=list(recipes), help="how to train (default: text)")
    add("--epochs", type=int, help="epochs (default: those of the recipe)")
    add("--rows", type=int, help="train on this number of random rows")
    add(
        "--seeds",
        type=int,
        default=1,
        help="number of seeds (default: 1)",
    )
    add("--members", type=int, help="nets that vote (default: as in the recipe)")
    add("--hold-out", type=int, default=0, metavar="N",
        help="training rows to use as validation data, for the curves")  # fmt: skip
    add(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="write the state each epoch",
    )
    add("--resume", action="store_true", help="resume from the checkpoint")
    add(
        "--log",
        type=Path,
        metavar="FILE",
        help="write a CSV line per epoch",
    )
    add("--progress", choices=["auto", "bar", "log", "none"], default="auto",
        help="a bar if rich is installed, or a line per epoch")  # fmt: skip
    add("--output", type=Path, default=Path(output), help="the picture")
    add("--ablation", action="store_true",
        help="leave out each step of the recipe in turn")  # fmt: skip
    return parser


def parse(parser, argv):
    """Return the options, or exit with an error message."""
    options = parser.parse_args(argv)
    for name in ("epochs", "rows", "seeds", "members"):
        if (value := getattr(options, name)) is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    if options.hold_out < 0:
        parser.error(f"--hold-out must be at least 0, got {options.hold_out}")
    folder = options.output.parent
    if not folder.is_dir():
        parser.error(f"--output: the folder {str(folder)!r} does not exist")
    if options.resume and options.checkpoint is None:
        parser.error("--resume needs --checkpoint FILE")
    if options.ablation and options.members is not None:
        parser.error("--ablation trains single nets: leave out --members")
    if options.progress == "bar" and find_spec("rich") is None:
        parser.error("--progress bar needs rich: pip install rich")
    return options


def read(options, file, load, fetch):
    """Return the images of --data, of `file` beside the repository, or of OpenML."""
    path = options.data
    if path is None and (SHARED_DATA / file).exists():
        path = SHARED_DATA / file
    if path is None:
        print("Reading from OpenML, or from the cache: the first time takes minutes")
        data = fetch()
    else:
        data = load(path)
    n = len(data.X_train)
    if (options.rows or 1) + options.hold_out > n:
        raise SystemExit(f"{n} training rows are too few for --rows and --hold-out.")
    return data


def split(data, options):
    """Return training rows, and held-out rows as arguments of ``fit``."""
    X, y = data.X_train, data.y_train
    if options.rows is None and not options.hold_out:
        return X, y, {}
    order = np.random.default_rng(ORDER_SEED).permutation(len(X))
    held_out, rest = np.split(order, [options.hold_out])
    training = rest[: options.rows]
    validation = {"X_val": X[held_out], "y_val": y[held_out]} if len(held_out) else {}
    return X[training], y[training], validation


def make_callbacks(options, n_nets):
    """Return the callbacks that the options ask for."""
    callbacks = []
    kind = options.progress
    if kind == "auto":
        kind = "bar" if find_spec("rich") and sys.stdout.isatty() else "log"
    if kind == "bar":
        callbacks.append(ProgressBar())
    elif kind == "log":
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        callbacks.append(EpochLogger())
    if options.checkpoint is not None:
        path = path_of_each(options.checkpoint, n_nets)
        callbacks.append(Checkpoint(path, resume=options.resume))
    if options.log is not None:
        callbacks.append(CSVLogger(path_of_each(options.log, n_nets)))
    return callbacks


def path_of_each(path, n_nets):
    """Return the path; if each net needs its own file, with a placeholder."""
    if n_nets > 1 and "{fingerprint}" not in path.name:
        return path.with_name(f"{path.stem}-{{fingerprint}}{path.suffix}")
    return path


def fit(model, X, y, validation):
    """Fit a model, and return the seconds."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is intended
        model.fit(X, y, **validation)
    return time.perf_counter() - start


def probabilities(model, X, image_shape, mirror):
    """Return class probabilities, averaged with those of the mirror images."""
    result = model.predict_proba(X)
    if mirror:
        flipped = X.reshape(-1, *image_shape)[:, :, ::-1].reshape(X.shape)
        result = (result + model.predict_proba(flipped)) / 2
    return result


def evaluate(model, data, mirror):
    """Return the probabilities of the test images, and the accuracy."""
    predicted = probabilities(model, data.X_test, data.image_shape, mirror)
    labels = model.classes_[predicted.argmax(axis=1)]
    return predicted, accuracy_score(data.y_test, labels)


def report(path, model, data, predicted, title):
    """Save the picture of a model; an ensemble shows its first net."""
    net = getattr(model, "model_", model)
    net = net.estimators_[0] if hasattr(net, "estimators_") else net
    weights = net.coefs_[0]
    if isinstance(model, OnWhitenedCopies):
        weights = model.weights_on_pixels(net)
    print_picture(path, draw(path, net, weights, data, predicted, title))


def train_seeds(recipe, data, options, title):
    """Train with each seed; report times, accuracies and the first model."""
    X, y, validation = split(data, options)
    callbacks = make_callbacks(options, options.seeds * recipe.members)
    models, seconds, results = [], [], []
    for seed in range(options.seeds):
        model = recipe.model(data.image_shape, options.epochs, seed, callbacks)
        seconds.append(fit(model, X, y, validation))
        models.append(model)
    # The test rows are used only here, after all training.
    for model in models:
        results.append(evaluate(model, data, recipe.mirror))
    print_scores(seconds, [score for _, score in results])
    predicted, score = results[0]
    title += f", test accuracy {score:.4f}"
    report(options.output, models[0], data, predicted, title)


def ablate(recipe, data, options):
    """Return {step: accuracies without it, per seed}; None is the whole recipe."""
    X, y, validation = split(data, options)
    callbacks = make_callbacks(options, n_nets=2)  # 2 stands for several
    table = {}
    for seed in range(options.seeds):
        for step, changes in {None: {}, **recipe.steps}.items():
            model = recipe.model(data.image_shape, options.epochs, seed, callbacks)
            model.set_params(**changes)
            took = fit(model, X, y, validation)
            _, score = evaluate(model, data, recipe.mirror)
            table.setdefault(step, []).append(score)
            name = "the recipe" if step is None else f"without {step}"
            print(f"seed {seed}, {name}: {score:.4f} after {took:.0f} s", flush=True)
            if step is None and recipe.mirror:
                _, score = evaluate(model, data, mirror=False)
                table.setdefault("the mirror image", []).append(score)
    return table


def print_ablation(table):
    """Print the loss of accuracy without each step, in percentage points."""
    print(f"\n{'':<34}{'test accuracy':>14}{'of the step':>13}{'of each seed':>16}")
    whole = np.array(table[None])
    for step, scores in table.items():
        name = "the recipe" if step is None else f"without {step}"
        gains = 100 * (whole - scores)
        line = f"{name:<34}{np.mean(scores):>14.4f}"
        if step is not None:
            line += f"{gains.mean():>+13.2f}    "
            line += " ".join(f"{gain:+.2f}" for gain in gains).rjust(12)
        print(line)


def print_scores(seconds, scores):
    """Print a line per seed, and the mean."""
    print(f"\n{'seed':<6}{'time (s)':>10}{'test accuracy':>16}")
    for seed, (took, score) in enumerate(zip(seconds, scores, strict=True)):
        print(f"{seed:<6}{took:>10.1f}{score:>16.4f}")
    print(f"{'mean':<6}{np.mean(seconds):>10.1f}{np.mean(scores):>16.4f}")


def run(recipe, data, options):
    """Train according to the recipe and the options, and report."""
    if options.ablation:
        recipe = replace(recipe, members=1)  # single nets show the steps
    elif options.members is not None:
        recipe = replace(recipe, members=options.members)
    if options.epochs is None:
        options.epochs = recipe.net["max_iter"]
    title = f"{recipe.text}, {options.epochs} epochs"
    n = options.rows or len(data.X_train) - options.hold_out
    print(f"{title}\n{n} rows to train on, {len(data.X_test)} to test.")
    if options.ablation:
        table = ablate(recipe, data, options)
        print_ablation(table)
        print_picture(options.output, draw_ablation(options.output, table, title))
        return
    train_seeds(recipe, data, options, title)
