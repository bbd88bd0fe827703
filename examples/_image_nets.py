"""What the examples on images share: options, training and tables."""

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
ORDER_SEED = 0  # of the order that --rows and --hold-out cut from: the same for all


@dataclass(frozen=True)
class Recipe:
    """How to train, and what to predict with."""

    text: str  # one line
    net: dict  # parameters of SoftmaxClassifier
    steps: dict = field(default_factory=dict)  # name: the parameters that undo it
    copies: dict = field(default_factory=dict)  # of OnWhitenedCopies, if it is that
    members: int = 1  # nets whose probabilities are averaged
    n_jobs: int | None = None  # of them at a time
    mirror: bool = False  # whether to average over each image and its mirror image

    def model(self, image_shape, epochs, seed, callbacks):
        """Return the net, or the ensemble of nets, unfitted."""
        # A clone has objects of its own: a step that is left out stays in the recipe.
        net = clone(SoftmaxClassifier(**self.net)).set_params(
            image_shape=image_shape,
            max_iter=epochs,
            n_iter_no_change=np.inf,  # the schedules need all of their epochs
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
        net.set_params(image_shape=None)  # components are no images
        copies = OnWhitenedCopies(model, **clone(self.copies, safe=False))
        return copies.set_params(augmenter__image_shape=image_shape)


def make_parser(description, output, recipes):
    """Return a parser of what all scripts understand."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", type=Path, help="the file, archive or folder with the images")
    add("--recipe", choices=list(recipes), help="how to train (default: text)")
    add("--epochs", type=int, help="instead of the recipe's")
    add("--rows", type=int, help="train on so many rows, drawn at random")
    add("--seeds", type=int, default=1, help="train so often (default: 1)")
    add("--members", type=int, help="nets that vote, instead of the recipe's")
    add("--hold-out", type=int, default=0, metavar="N",
        help="training rows to validate on instead, for the curves")  # fmt: skip
    add("--checkpoint", type=Path, metavar="FILE", help="write the state, each epoch")
    add("--resume", action="store_true", help="go on from the checkpoint")
    add("--log", type=Path, metavar="FILE", help="write the epochs, a CSV file")
    add("--progress", choices=["auto", "bar", "log", "none"], default="auto",
        help="a bar, where rich is installed; or a line for each epoch")  # fmt: skip
    add("--output", type=Path, default=Path(output), help="the picture")
    add("--ablation", action="store_true",
        help="leave out each step of the recipe, one at a time")  # fmt: skip
    return parser


def parse(parser, argv):
    """Return the options, or end with what is wrong about them."""
    options = parser.parse_args(argv)
    for name in ("epochs", "rows", "seeds", "members"):
        if (value := getattr(options, name)) is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    if options.hold_out < 0:
        parser.error(f"--hold-out must be at least 0, got {options.hold_out}")
    folder = options.output.parent
    if not folder.is_dir():
        parser.error(f"--output: there is no folder {str(folder)!r}")
    if options.resume and options.checkpoint is None:
        parser.error("--resume needs a --checkpoint to go on from")
    if options.ablation and options.members is not None:
        parser.error("--ablation trains nets, no ensembles: leave out --members")
    if options.progress == "bar" and find_spec("rich") is None:
        parser.error("--progress bar needs rich: pip install rich")
    return options


def read(options, file, load, fetch):
    """Return the images of --data, of `file` beside the repository, or of OpenML."""
    path = options.data
    if path is None and (SHARED_DATA / file).exists():
        path = SHARED_DATA / file
    if path is None:
        print("Reading from OpenML, or what is left of that: the first time takes long")
        data = fetch()
    else:
        data = load(path)
    n = len(data.X_train)
    if (options.rows or 1) + options.hold_out > n:
        raise SystemExit(f"{n} training rows are too few for --rows and --hold-out.")
    return data


def split(data, options):
    """Return rows to train on, and those held out as arguments of ``fit``."""
    X, y = data.X_train, data.y_train
    if options.rows is None and not options.hold_out:
        return X, y, {}
    order = np.random.default_rng(ORDER_SEED).permutation(len(X))
    held, rows = np.split(order, [options.hold_out])
    rows = rows[: options.rows]
    validation = {"X_val": X[held], "y_val": y[held]} if len(held) else {}
    return X[rows], y[rows], validation


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
    """Return the path, with a mark in it if several nets need a file each."""
    if n_nets > 1 and "{fingerprint}" not in path.name:
        return path.with_name(f"{path.stem}-{{fingerprint}}{path.suffix}")
    return path


def fit(model, X, y, validation):
    """Fit, and return the seconds that it took."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is meant so
        model.fit(X, y, **validation)
    return time.perf_counter() - start


def probabilities(model, X, image_shape, mirror):
    """Return the probabilities of the images, with `mirror` of both their sides."""
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
    """Save the picture of a model, of an ensemble that of its first net."""
    net = getattr(model, "model_", model)
    net = net.estimators_[0] if hasattr(net, "estimators_") else net
    weights = net.coefs_[0]
    if isinstance(model, OnWhitenedCopies):
        weights = model.weights_on_pixels(net)
    print_picture(path, draw(path, net, weights, data, predicted, title))


def train_seeds(recipe, data, options, title):
    """Train with each seed; report the seconds, the accuracies, and the first model."""
    X, y, validation = split(data, options)
    callbacks = make_callbacks(options, options.seeds * recipe.members)
    models, seconds, results = [], [], []
    for seed in range(options.seeds):
        model = recipe.model(data.image_shape, options.epochs, seed, callbacks)
        seconds.append(fit(model, X, y, validation))
        models.append(model)
    # Only now: nothing above has seen a test row.
    for model in models:
        results.append(evaluate(model, data, recipe.mirror))
    print_scores(seconds, [score for _, score in results])
    predicted, score = results[0]
    title += f", test accuracy {score:.4f}"
    report(options.output, models[0], data, predicted, title)


def ablate(recipe, data, options):
    """Return {step: accuracies without it, of each seed}, None for the whole recipe."""
    X, y, validation = split(data, options)
    callbacks = make_callbacks(options, n_nets=2)  # at least
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
    """Print what is lost without each step, in points of a percent."""
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
    """Print a line for each seed, and the mean of all."""
    print(f"\n{'seed':<6}{'time (s)':>10}{'test accuracy':>16}")
    for seed, (took, score) in enumerate(zip(seconds, scores, strict=True)):
        print(f"{seed:<6}{took:>10.1f}{score:>16.4f}")
    print(f"{'mean':<6}{np.mean(seconds):>10.1f}{np.mean(scores):>16.4f}")


def run(recipe, data, options):
    """Train as the recipe and the options say; report."""
    if options.ablation:
        recipe = replace(recipe, members=1)  # nets by themselves show each step
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
