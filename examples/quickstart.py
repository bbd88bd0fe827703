"""Digits, from a net that fails to an ensemble, with skdl in scikit-learn's tools.

The steps, in the order of `main`:

1. a net with faults, which only guesses; `diagnose` names what to change, one parameter
   at a time, until it finds nothing more;
2. a pipeline ``Standardizer -> PCAWhitener -> net`` for each of three losses: softmax,
   multi-class hinge and one sigmoid per class. ``GridSearchCV`` and
   ``RandomizedSearchCV`` set parameters by names like ``net__learning_rate_init``;
3. an ensemble for each loss: nets with the best parameters and different seeds vote;
4. a test set that is used once. Cross-validation on the training half chooses the
   parameters and the loss; the test half only measures.

Run it with ``python quickstart.py``; it downloads nothing and takes less than a minute
on two cores. The picture, which needs matplotlib (``pip install skdl[plot]``), is saved
in a temporary folder, or to the path of ``--output``. ``--seed`` draws another split
and other nets.
"""

import argparse
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.ensemble import SeedEnsembleClassifier
from skdl.inspection import TrainingCurveDisplay, diagnose

N_JOBS = 2  # processes; joblib limits the BLAS threads of each
N_MEMBERS = 7  # nets that vote
N_EPOCHS = 40  # of the net that is diagnosed
MAX_CURES = 4


@contextmanager
def stage(title):
    """Print a title, and the seconds of the body."""
    print(f"{title:<60}", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:6.1f} s", flush=True)


def load(seed):
    """Return (X, X_test, y, y_test): half of the images train."""
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32) / 16  # skdl keeps float32, which is faster than float64
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def faulty_net(seed):
    """Return a net with two faults: its units, and its learning rate."""
    return MLPClassifier(
        hidden_layer_sizes=(64,) * 6,
        activation="logistic",
        learning_rate_init=1.0,
        early_stopping=True,
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,  # train for all epochs, and keep the best one
        random_state=seed,
    )


def walk(net, X, y):
    """Yield (net, what was changed before it), from the faulty net to the cured one."""
    changes = None
    for _ in range(MAX_CURES + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is intended
            yield clone(net).fit(X, y), changes
        finding = diagnose(net, X, y).first_to_cure
        if finding is None or not finding.changes:
            return
        net.set_params(**finding.changes)
        values = ", ".join(f"{name}={new!r}" for name, new in finding.changes.items())
        changes = finding.kind, values


def make_pipeline(net_class, seed):
    """Return a pipeline, with the parameters that are not searched."""
    net = net_class(
        hidden_layer_sizes=(100,),
        standardize=False,  # the pipeline does
        dropout=0.3,  # and a high learning rate: nets that differ
        learning_rate_init=0.01,
        batch_size=64,
        max_iter=500,  # an upper bound: training ends when the loss stalls by `tol`
        tol=1e-3,
        random_state=seed,
    )
    return Pipeline(
        [("standardizer", Standardizer()), ("whitener", PCAWhitener()), ("net", net)]
    )


def make_searches(seed):
    """Return a search per loss: a grid for softmax, random draws for the others."""
    # eps limits the magnification of directions that contain only noise.
    grid = {"whitener__eps": [0.3, 1.0], "net__alpha": [0.01, 0.1]}
    distributions = {
        "whitener__eps": [0.3, 1.0],
        "net__learning_rate_init": loguniform(5e-3, 2e-2),
        "net__alpha": loguniform(1e-2, 0.5),
    }
    options = {"cv": 3, "n_jobs": N_JOBS}
    searches = {
        "softmax": GridSearchCV(make_pipeline(SoftmaxClassifier, seed), grid, **options)
    }
    for name, net_class in [("svm", SVMClassifier), ("logistic", LogisticClassifier)]:
        searches[name] = RandomizedSearchCV(
            make_pipeline(net_class, seed),
            distributions,
            n_iter=4,
            random_state=seed,
            **options,
        )
    return searches


def make_ensemble(search, seed):
    """Return the best pipeline of a search, with several nets in place of one."""
    model = clone(search.best_estimator_)
    ensemble = SeedEnsembleClassifier(
        estimator=model["net"],
        n_members=N_MEMBERS,
        # The hinge loss has no probabilities; its nets vote by their scores.
        voting="margin" if isinstance(model["net"], SVMClassifier) else "soft",
        n_jobs=N_JOBS,
        random_state=seed,
    )
    return model.set_params(net=ensemble)


def member_scores(model, X, y):
    """Return the accuracy of each net in a pipeline that ends in an ensemble."""
    X = model[:-1].transform(X)
    return [member.score(X, y) for member in model["net"].estimators_]


def best_parameters(search):
    """Return what a search found, as text."""
    return "  ".join(
        f"{key.split('__')[1].removesuffix('_init')}="
        + (f"{value:.2g}" if isinstance(value, float) else f"{value}")
        for key, value in sorted(search.best_params_.items())
    )


def print_cures(rounds, X_test, y_test):
    """Print the test accuracy before and after each cure."""
    print(f"\n{'diagnose':<22}{'test':>8}   change")
    print("-" * 78)
    for net, changes in rounds:
        kind, values = changes or ("the net with faults", "")
        print(f"{kind:<22}{net.score(X_test, y_test):>8.4f}   {values}".rstrip())


def print_table(searches, members, scores):
    """Print the losses, best score in cross-validation first."""
    print(f"\n{'loss':<10}{'cv':>8}{'one net':>9}{'ensemble':>10}   best parameters")
    print("-" * 78)
    for name, search in by_cross_validation(searches):
        print(
            f"{name:<10}{search.best_score_:>8.4f}{np.mean(members[name]):>9.4f}"
            f"{scores[name]:>10.4f}   {best_parameters(search)}"
        )
    print()


def by_cross_validation(searches):
    """Return (name, search) pairs, the best first."""
    return sorted(searches.items(), key=lambda pair: -pair[1].best_score_)


def draw(path, rounds, members, scores, X_test, y_test):
    """Save the picture; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(10.5, 4), layout="constrained")
    left, middle, right = figure.add_gridspec(1, 3)
    losses, cures = left.subgridspec(2, 1, height_ratios=(3, 2)).subplots()
    curves, votes = figure.add_subplot(middle), figure.add_subplot(right)
    draw_cures(losses, cures, rounds, X_test, y_test)
    TrainingCurveDisplay.from_estimator(
        rounds[-1][0], ax=curves, name="The cured net and its best epoch"
    )
    draw_votes(votes, members, scores)
    figure.savefig(path, dpi=150)
    return True


def draw_cures(losses, cures, rounds, X_test, y_test):
    """Draw losses and accuracy of each round, from the net with faults to the cured."""
    last = len(rounds) - 1
    for i, (net, changes) in enumerate(rounds):
        color = "C0" if i == last else f"{0.2 + 0.4 * i / last:.2f}"  # gray, or blue
        losses.plot(range(1, len(net.loss_curve_) + 1), net.loss_curve_, color)
        accuracy = net.score(X_test, y_test)
        cures.barh(i, accuracy, color=color)
        text = changes[0].replace("_", " ") if changes else "with all faults"
        is_long = accuracy > 0.6
        cures.text(
            0.02 if is_long else accuracy + 0.02, i, f"{accuracy:.2f}  {text}",
            color="white" if is_long else "black", va="center", fontsize="small",
        )  # fmt: skip
    losses.set_title("diagnose, cure by cure", fontsize="medium")
    losses.set(xlabel="epoch", ylabel="training loss", yscale="log")
    losses.grid(alpha=0.25)
    cures.set(xlabel="test accuracy after each cure", xlim=(0, 1), yticks=[])
    cures.invert_yaxis()
    for ax in (losses, cures):
        ax.spines[["top", "right"]].set_visible(False)


def draw_votes(ax, members, scores):
    """Draw the accuracies of single nets, and of their vote."""
    for i, (name, of_nets) in enumerate(members.items()):
        values = sorted(of_nets)
        # Nets with the same accuracy are drawn one above the other.
        heights = [i - 0.08 * values[:k].count(value) for k, value in enumerate(values)]
        ax.plot(values, heights, "o", color="C0", alpha=0.5)
        ax.plot(scores[name], i, "D", color="C3", markersize=9)
    ax.lines[0].set_label("one net")
    ax.lines[1].set_label(f"vote of {N_MEMBERS} nets")
    ax.set_yticks(range(len(members)), members)
    ax.set_ylim(len(members) - 0.5, -0.9)
    ax.locator_params(axis="x", nbins=4)
    ax.set_title("Ensembles and their members", fontsize="medium")
    ax.set(xlabel="test accuracy")
    ax.grid(alpha=0.25, axis="x")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left", ncols=2, columnspacing=1)


def main(argv=None):
    """Diagnose, search, vote and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="where to save the picture")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)

    X, X_test, y, y_test = load(options.seed)
    print(f"Digits: {len(y)} images to train on, {len(y_test)} to test, 10 classes.\n")
    with stage("diagnose and cure"):
        rounds = list(walk(faulty_net(options.seed), X, y))
    searches, members, scores = make_searches(options.seed), {}, {}
    for name, search in searches.items():
        with stage(f"{type(search).__name__}, then {N_MEMBERS} nets: {name}"):
            search.fit(X, y)
            model = make_ensemble(search, options.seed).fit(X, y)
        members[name] = member_scores(model, X_test, y_test)
        scores[name] = model.score(X_test, y_test)
    print_cures(rounds, X_test, y_test)
    print_table(searches, members, scores)

    path = options.output or Path(tempfile.mkdtemp(prefix="skdl-")) / "quickstart.png"
    if draw(path, rounds, members, scores, X_test, y_test):
        print(f"Picture: {path.resolve()}")
    else:
        print("No picture, as matplotlib is missing: pip install skdl[plot]")
    best, _ = by_cross_validation(searches)[0]
    print(f"\nTest accuracy of the ensemble, loss {best}: {scores[best]:.4f}")


if __name__ == "__main__":
    main()
