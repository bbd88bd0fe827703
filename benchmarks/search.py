"""CoarseToFineSearchCV and GridSearchCV on the same ranges: best score, epochs, time.

The grid has the final resolution of the search, a factor of √10, over ranges that the
search may not leave. Both evaluate the same net on the same folds, and the best scores
are means over the folds at the full `max_iter`. Epochs are the numbers that the nets
really ran (`n_iter_`, as some stop before `max_iter`), summed over all fits.

Run it with ``python benchmarks/search.py``; a data set and seed take 1 to 2 minutes.
``--only`` selects data: digits and breast cancer from scikit-learn, or tables
(``NAME.csv.gz``, column ``target``) in the folder of ``--data``. Scores are accuracies.
For tables whose name begins with ``reg_`` they are R², and targets are standardized.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, Standardizer
from skdl.model_selection import CoarseToFineSearchCV, Log

RANGES = {"alpha": (1e-4, 1e1), "learning_rate_init": (1e-4, 1e-1)}
MAX_ITER = 90


def scores_and_epochs(model, X, y):
    """Return the score of a fitted pipeline, and the epochs of its net."""
    return {"score": model.score(X, y), "epochs": model[-1].n_iter_}


def load(name, folder):
    """Return (X, y), or None if the table is missing."""
    if name == "digits":
        return load_digits(return_X_y=True)
    if name == "breast cancer":
        return load_breast_cancer(return_X_y=True)
    path = folder / f"{name}.csv.gz"
    if not path.exists():
        return None
    table = pd.read_csv(path)
    X, y = table.drop(columns="target").to_numpy(float), table["target"].to_numpy()
    return X, (y - y.mean()) / y.std() if name.startswith("reg_") else y


def searches(name, seed, n_jobs):
    """Yield (name, search); all other settings are equal."""
    is_regression = name.startswith("reg_")
    kind = MLPRegressor if is_regression else MLPClassifier
    folds = KFold if is_regression else StratifiedKFold
    net = kind(
        hidden_layer_sizes=(30,), batch_size=128, max_iter=MAX_ITER, random_state=seed
    )
    model = make_pipeline(Standardizer(), net)
    step = model.steps[-1][0]
    shared = {
        "cv": folds(5, shuffle=True, random_state=seed),
        "scoring": scores_and_epochs,
        "refit": "score",
        "n_jobs": n_jobs,
    }
    grid = {
        f"{step}__{name}": np.geomspace(*ends, 2 * Log(*ends).size() - 1)
        for name, ends in RANGES.items()
    }
    yield "grid", GridSearchCV(clone(model), grid, **shared)
    space = {
        f"{step}__{name}": Log(*ends, limits=ends) for name, ends in RANGES.items()
    }
    yield (
        "coarse to fine",
        CoarseToFineSearchCV(
            clone(model),
            space,
            resource=f"{step}__max_iter",
            random_state=seed,
            **shared,
        ),
    )


def measure(search, X, y):
    """Return the best score, its scores per fold, all epochs, and the seconds."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    seconds = time.perf_counter() - start
    results = search.cv_results_
    folds = range(search.n_splits_)
    epochs = sum(results[f"split{i}_test_epochs"].sum() for i in folds)
    best = [results[f"split{i}_test_score"][search.best_index_] for i in folds]
    return {
        "score": search.best_score_,
        "folds": np.array(best),
        "candidates": len(results["params"]),
        "epochs": int(epochs),
        "seconds": seconds,
    }


def main(argv=None):
    """Print a line per data set and seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tabular"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--n-jobs", type=int, default=1)
    names = [
        "digits", "vehicle", "breast cancer", "phoneme", "segment", "reg_concrete",
        "reg_cars",
    ]  # fmt: skip
    parser.add_argument("--only", nargs="+", default=names)
    options = parser.parse_args(argv)
    head = f"{'data':<14}{'seed':>4}  {'grid':>7}{'ours':>8}{'difference':>20}"
    print(head + f"{'candidates':>13}{'epochs':>16}{'share':>7}{'seconds':>14}")
    for name in options.only:
        data = load(name, options.data)
        if data is None:
            print(f"{name:<14}  no {name}.csv.gz in {options.data}")
            continue
        for seed in range(options.seeds):
            grid, ours = (
                measure(search, *data)
                for _, search in searches(name, seed, options.n_jobs)
            )
            gain = ours["folds"] - grid["folds"]
            error = gain.std(ddof=1) / len(gain) ** 0.5
            print(
                f"{name:<14}{seed:>4}  {grid['score']:>7.4f}{ours['score']:>8.4f}"
                f"{gain.mean():>+10.4f} ± {error:.4f}  "
                f"{grid['candidates']:>6}{ours['candidates']:>5}"
                f"{grid['epochs']:>9}{ours['epochs']:>7}"
                f"{ours['epochs'] / grid['epochs']:>7.2f}"
                f"{grid['seconds']:>7.1f}{ours['seconds']:>7.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
