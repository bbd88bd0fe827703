"""Digits, from pixels to an ensemble, with skdl in scikit-learn's own tools.

The steps, in the order of `main`:

1. a pipeline ``Standardizer -> PCAWhitener -> net`` for each of three nets that differ
   only in their loss: softmax, multi-class hinge and one sigmoid per class;
2. hyper-parameter search with ``GridSearchCV`` and ``RandomizedSearchCV``, which set
   parameters of the whitener and the net by names like ``net__learning_rate_init``;
3. a soft vote of the three best models, each with three seeds; for the SVM, which has
   no probabilities, ``CalibratedClassifierCV`` provides them;
4. a test set that is used once: cross-validation on the training part chooses
   hyper-parameters, the validation part compares models, and the test part gives the
   last line.

Run it with ``python quickstart.py``; it downloads nothing and takes less than a minute
on two cores. The picture, which needs matplotlib (``pip install skdl[plot]``), is saved
in a temporary folder, or to the path of ``--output``. ``--seed`` draws another split
and other nets.
"""

import argparse
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from skdl import (
    LogisticClassifier,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)

N_JOBS = 2  # processes; joblib limits the BLAS threads of each
N_SEEDS = 3  # nets of each kind that vote
N_HELD_OUT = 180  # a tenth of the images, once for validation and once for the test


@contextmanager
def stage(title):
    """Print a title, and the seconds of the body."""
    print(f"{title:<50}", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:6.1f} s", flush=True)


def load(seed):
    """Return (X, y) for training, validation and test: 80, 10 and 10 %."""
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)  # skdl keeps float32, which is faster than float64
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=N_HELD_OUT, stratify=y, random_state=seed
    )
    X, X_valid, y, y_valid = train_test_split(
        X, y, test_size=N_HELD_OUT, stratify=y, random_state=seed
    )
    return (X, y), (X_valid, y_valid), (X_test, y_test)


def make_pipeline(net_class, seed):
    """Return a pipeline, with the parameters that are not searched."""
    net = net_class(
        hidden_layer_sizes=(200,),
        learning_rate_init=0.003,
        batch_size=64,
        max_iter=500,  # an upper bound: training ends when the loss stalls by `tol`
        tol=1e-3,
        random_state=seed,
    )
    return Pipeline(
        [("standardizer", Standardizer()), ("whitener", PCAWhitener()), ("net", net)]
    )


def make_searches(seed):
    """Return a search per model: a grid for softmax, random draws for the others."""
    # eps limits the magnification of directions that contain only noise.
    grid = {"whitener__eps": [0.15, 0.4], "net__alpha": [0.01, 0.1]}
    distributions = {
        "whitener__eps": [0.15, 0.4],
        "net__learning_rate_init": loguniform(2e-3, 1e-2),
        "net__alpha": loguniform(1e-2, 0.5),
    }
    searches = {
        "softmax": GridSearchCV(
            make_pipeline(SoftmaxClassifier, seed), grid, cv=3, n_jobs=N_JOBS
        )
    }
    for name, net_class in [("svm", SVMClassifier), ("logistic", LogisticClassifier)]:
        searches[name] = RandomizedSearchCV(
            make_pipeline(net_class, seed),
            distributions,
            n_iter=5,
            cv=3,
            n_jobs=N_JOBS,
            random_state=seed,
        )
    return searches


def make_ensemble(searches, seed):
    """Return a soft vote of the best pipelines, each with several seeds."""
    models = []
    for name, search in searches.items():
        for i in range(N_SEEDS):
            model = clone(search.best_estimator_)
            model.set_params(net__random_state=seed + i)
            if name == "svm":
                # One parameter, a temperature, turns margins into probabilities. It
                # does not change the predictions of the SVM.
                model = CalibratedClassifierCV(
                    model, method="temperature", cv=3, ensemble=False
                )
            models.append((f"{name}-{i}", model))
    return VotingClassifier(models, voting="soft", n_jobs=N_JOBS)


def print_table(searches, scores):
    """Print the models, best validation accuracy first."""
    print(f"\n{'model':<10}{'cv':>8}{'validation':>12}   best hyper-parameters")
    print("-" * 78)
    for name in sorted(scores, key=scores.get, reverse=True):
        cv, found = "", "mean of the probabilities of 3 x 3 nets"
        if name in searches:
            cv = f"{searches[name].best_score_:.4f}"
            found = "  ".join(
                f"{key.split('__')[1].removesuffix('_init')}="
                + (f"{value:.2g}" if isinstance(value, float) else f"{value}")
                for key, value in sorted(searches[name].best_params_.items())
            )
        print(f"{name:<10}{cv:>8}{scores[name]:>12.4f}   {found}")
    print()


def draw(path, searches, y_true, y_predicted):
    """Save curves and confusion matrix; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, search in searches.items():
        curve = search.best_estimator_["net"].loss_curve_
        left.plot(range(1, len(curve) + 1), curve, label=name)
    left.set_title("Training of the best net of each kind")
    left.set(xlabel="epoch", ylabel="objective (mean loss + penalty)", yscale="log")
    left.grid(alpha=0.3)
    left.legend(title="loss", frameon=False)

    ConfusionMatrixDisplay.from_predictions(
        y_true, y_predicted, ax=right, cmap="Blues", colorbar=False
    )
    accuracy = accuracy_score(y_true, y_predicted)
    right.set_title(f"Ensemble on {len(y_true)} test images: accuracy {accuracy:.3f}")
    right.set(xlabel="predicted digit", ylabel="true digit")
    figure.savefig(path, dpi=150)
    return True


def main(argv=None):
    """Search, vote and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="where to save the picture")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)

    train, valid, test = load(options.seed)
    print(f"Digits: {len(train[1])} images to train on, {N_HELD_OUT} to validate,")
    print(f"{N_HELD_OUT} to test; 64 pixels each, 10 classes.\n")

    searches, scores = make_searches(options.seed), {}
    for name, search in searches.items():
        with stage(f"{type(search).__name__} of {name}"):
            search.fit(*train)
        scores[name] = search.score(*valid)
    ensemble = make_ensemble(searches, options.seed)
    with stage("VotingClassifier"):
        ensemble.fit(*train)
    scores["ensemble"] = ensemble.score(*valid)
    print_table(searches, scores)

    with stage("Ensemble again, on training and validation images"):
        ensemble.fit(*map(np.concatenate, zip(train, valid, strict=True)))
    X_test, y_test = test
    y_predicted = ensemble.predict(X_test)
    path = options.output or Path(tempfile.mkdtemp(prefix="skdl-")) / "quickstart.png"
    if draw(path, searches, y_test, y_predicted):
        print(f"Picture: {path.resolve()}")
    else:
        print("No picture, as matplotlib is missing: pip install skdl[plot]")
    print(f"\nTest accuracy of the ensemble: {accuracy_score(y_test, y_predicted):.4f}")


if __name__ == "__main__":
    main()
