"""What the examples on images share: options, training, tables and the picture."""

import argparse
import logging
import sys
import time
import warnings
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from skdl import SoftmaxClassifier
from skdl.callbacks import Checkpoint, CSVLogger, EpochLogger
from skdl.ensemble import SeedEnsembleClassifier
from skdl.inspection import MistakesDisplay, TrainingCurveDisplay, WeightImageDisplay

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ORDER_SEED = 0  # of the order that --rows and --hold-out cut from: the same for all


@dataclass(frozen=True)
class Recipe:
    """How to train, and what to predict with."""

    text: str  # one line
    net: dict  # parameters of SoftmaxClassifier
    steps: dict = field(default_factory=dict)  # name: the parameters that undo it
    members: int = 1  # nets whose probabilities are averaged
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
        if self.members == 1:
            return net
        return SeedEnsembleClassifier(net, n_members=self.members, random_state=seed)


def make_parser(description, output):
    """Return a parser of what all scripts understand."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", type=Path, help="the file, archive or folder with the images")
    add("--recipe", help="how to train (see the docstring)")
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


def parse(parser, recipes, argv):
    """Return the options, or end with what is wrong about them."""
    options = parser.parse_args(argv)
    if options.recipe is not None and options.recipe not in recipes:
        parser.error(f"--recipe must be one of {', '.join(recipes)}")
    for name in ("epochs", "rows", "seeds", "members"):
        if (value := getattr(options, name)) is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    if options.hold_out < 0:
        parser.error(f"--hold-out must be at least 0, got {options.hold_out}")
    if options.resume and options.checkpoint is None:
        parser.error("--resume needs a --checkpoint to go on from")
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
        raise SystemExit(
            f"{path} has {n} training rows: too few for --rows and --hold-out."
        )
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


def accuracy(model, data, mirror):
    """Return the share of the test images that the model gets right."""
    predicted = probabilities(model, data.X_test, data.image_shape, mirror)
    return accuracy_score(data.y_test, model.classes_[predicted.argmax(axis=1)])


def train_seeds(recipe, data, options):
    """Train with each seed; return the models, their seconds and test accuracies."""
    X, y, validation = split(data, options)
    callbacks = make_callbacks(options, options.seeds * recipe.members)
    models, seconds, scores = [], [], []
    for seed in range(options.seeds):
        model = recipe.model(data.image_shape, options.epochs, seed, callbacks)
        seconds.append(fit(model, X, y, validation))
        models.append(model)
    # Only now: nothing above has seen a test row.
    for model in models:
        scores.append(accuracy(model, data, recipe.mirror))
    return models, seconds, scores


def ablate(recipe, data, options):
    """Return {step: accuracies without it, of each seed}, None for the whole recipe."""
    X, y, validation = split(data, options)
    single = replace(recipe, members=1)
    callbacks = make_callbacks(options, n_nets=2)  # at least
    table = {}
    for seed in range(options.seeds):
        for step, changes in {None: {}, **recipe.steps}.items():
            model = single.model(data.image_shape, options.epochs, seed, callbacks)
            model.set_params(**changes)
            took = fit(model, X, y, validation)
            score = accuracy(model, data, recipe.mirror)
            table.setdefault(step, []).append(score)
            name = "the recipe" if step is None else f"without {step}"
            print(f"seed {seed}, {name}: {score:.4f} after {took:.0f} s", flush=True)
            if step is None and recipe.mirror:
                score = accuracy(model, data, mirror=False)
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


def draw(path, model, data, mirror, title):
    """Save curves, filters and mistakes; return whether it was possible."""
    try:
        from matplotlib.figure import Figure  # without pyplot, so that no window opens
    except ImportError:
        return False
    net = model.estimators_[0] if hasattr(model, "estimators_") else model
    figure = Figure(figsize=(12, 9), layout="constrained")
    figure.suptitle(title)
    above, below = figure.subfigures(2, 1, height_ratios=[1.35, 1])
    left, right = above.add_gridspec(1, 2, width_ratios=[1.15, 1])
    TrainingCurveDisplay.from_estimator(
        net, ax=above.add_subplot(left), name="Training"
    )
    filters = WeightImageDisplay.from_estimator(
        net, image_shape=data.image_shape, ax=above.add_subplot(right), max_units=49
    )
    n_units = net.coefs_[0].shape[1]
    filters.ax_.set_title(f"First layer, {len(filters.units)} of {n_units} units")
    names = np.asarray(data.target_names)
    mistakes = MistakesDisplay.from_predictions(
        names[data.y_test],
        probabilities(model, data.X_test, data.image_shape, mirror),
        X=data.X_test,
        classes=names[model.classes_],
        probabilities=True,
        image_shape=data.image_shape,
        n_mistakes=16,
        n_columns=8,
        ax=below.subplots(),
    )
    mistakes.ax_.set_title("The worst mistakes on test images")
    figure.savefig(path, dpi=110)
    return True


def draw_ablation(path, table, title):
    """Save a bar for each step, a dot for each seed; return whether it was possible."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    steps = [step for step in table if step is not None]
    gains = 100 * np.array([np.subtract(table[None], table[step]) for step in steps])
    figure = Figure(figsize=(8, 1.6 + 0.4 * len(steps)), layout="constrained")
    ax = figure.subplots()
    ax.barh(steps, gains.mean(axis=1), color="#0072B2", alpha=0.6)
    ax.plot(gains, steps, "k.", markersize=5)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(title=title, xlabel="points of test accuracy lost without it (dots: seeds)")
    figure.savefig(path, dpi=110)
    return True


def print_picture(path, drawn):
    """Print where the picture is."""
    if drawn:
        print(f"\nPicture: {path.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


def run(recipe, data, options):
    """Train as the recipe and the options say; report."""
    if options.members is not None:
        recipe = replace(recipe, members=options.members)
    if options.epochs is None:
        options.epochs = recipe.net["max_iter"]
    title = f"{recipe.text}, {options.epochs} epochs"
    n = options.rows or len(data.X_train) - options.hold_out
    print(f"{title}\n{n} rows to train on, {len(data.X_test)} to test.")
    if options.ablation:
        table = ablate(recipe, data, options)
        print_picture(options.output, draw_ablation(options.output, table, title))
        print_ablation(table)
        return
    models, seconds, scores = train_seeds(recipe, data, options)
    title += f", test accuracy {scores[0]:.4f}"
    drawn = draw(options.output, models[0], data, recipe.mirror, title)
    print_picture(options.output, drawn)
    print_scores(seconds, scores)
