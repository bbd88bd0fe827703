"""Searches and ensembles that train in stacks, beside the same ones net by net.

Each search has 48 candidates (6 penalties × 8 learning rates) and 5 folds, in float32,
with batches of 32 rows and 40 epochs: `GridSearchCV` around scikit-learn's MLP and
around ours, and `StackedGridSearchCV`, all with ``n_jobs=2``. A wide net, which a stack
does not make faster, gets a smaller grid. The ensembles train 10 nets, in a stack and
one after the other.

The contenders take turns, round by round. The table has the median over the rounds of
the ratios of times within a round, because absolute times vary on shared machines.

Run it with ``OPENBLAS_NUM_THREADS=1 python benchmarks/stacked_search.py``. ``--only``
selects cases, ``--rounds`` their number of rounds. A round of all cases takes about
five minutes on two cores, most of them for scikit-learn's digits.
"""

import argparse
import os
import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.preprocessing import StandardScaler

from skdl import MLPClassifier
from skdl.ensemble import SeedEnsembleClassifier
from skdl.model_selection import StackedGridSearchCV

N_JOBS = 2
GRID = {
    "alpha": np.geomspace(1e-5, 1, 6).tolist(),
    "learning_rate_init": np.geomspace(1e-4, 3e-2, 8).tolist(),
}
SMALL_GRID = {"alpha": [1e-4, 1e-2], "learning_rate_init": [1e-3, 1e-2]}
DATA = {"breast cancer": load_breast_cancer, "digits": load_digits}
# data, hidden layers, epochs, grid, whether scikit-learn's MLP takes part
SEARCHES = {
    "breast cancer, 30-32-32-2": ("breast cancer", (32, 32), 40, GRID, True),
    "digits, 64-100-10": ("digits", (100,), 40, GRID, True),
    "digits, 64-1000-10": ("digits", (1000,), 4, SMALL_GRID, False),
    "digits, 64-500-500-10": ("digits", (500, 500), 4, SMALL_GRID, False),
}


def load(name):
    """Return standardized float32 rows, and labels."""
    X, y = DATA[name](return_X_y=True)
    return StandardScaler().fit_transform(X).astype(np.float32), y


def net(kind, hidden, epochs):
    """Return a net that trains for exactly these epochs."""
    return kind(
        hidden_layer_sizes=hidden,
        batch_size=32,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=0,
    )


def search_contenders(data, hidden, epochs, grid, with_sklearn):
    """Return {name: function that runs a search once and returns its best score}."""
    X, y = load(data)
    kinds = {
        "stacked": (StackedGridSearchCV, MLPClassifier),
        "ours": (GridSearchCV, MLPClassifier),
    }
    if with_sklearn:
        kinds["scikit-learn"] = (GridSearchCV, SklearnMLP)

    def run(Search, kind):
        model = net(kind, hidden, epochs)
        search = Search(model, grid, cv=5, n_jobs=N_JOBS, refit=False)
        return search.fit(X, y).cv_results_["mean_test_score"].max()

    return {
        name: lambda Search=Search, kind=kind: run(Search, kind)
        for name, (Search, kind) in kinds.items()
    }


def ensemble_contenders():
    """Return the two ways to train ten nets with different seeds."""
    X, y = load("breast cancer")
    model = net(MLPClassifier, (64,), 40)

    def stacked():
        return SeedEnsembleClassifier(model, random_state=0).fit(X, y).score(X, y)

    def one_by_one():
        seeds = SeedEnsembleClassifier(model, random_state=0).n_members
        nets = [clone(model).set_params(random_state=i) for i in range(seeds)]
        return np.mean([one.fit(X, y).score(X, y) for one in nets])

    return {"stacked": stacked, "ours": one_by_one}


CASES = {
    **{
        name: lambda case=case: search_contenders(*case)
        for name, case in SEARCHES.items()
    },
    "10 seeds, 30-64-2": ensemble_contenders,
}


def rounds_of(contenders, n_rounds):
    """Return {name: array of seconds}, one for each round, and the best scores."""
    times, scores = {name: [] for name in contenders}, {}
    names = list(contenders)
    for i in range(n_rounds):
        for name in names if i % 2 == 0 else names[::-1]:
            start = time.perf_counter()
            scores[name] = contenders[name]()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(values) for name, values in times.items()}, scores


def report(name, n_rounds):
    """Print the line of a case."""
    times, scores = rounds_of(CASES[name](), n_rounds)
    ratios = {
        other: np.median(times[other] / times["stacked"])
        for other in times
        if other != "stacked"
    }
    cells = [f"{times['stacked'].min():8.2f} s"]
    for other in ("ours", "scikit-learn"):
        cells.append(f"{ratios[other]:8.2f} ×" if other in ratios else f"{'–':>10}")
    best = ", ".join(f"{score:.4f}" for score in scores.values())
    print(f"{name:<28}" + "".join(f"{cell:>16}" for cell in cells) + f"   {best}")


def main(argv=None):
    """Print a line per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=list(CASES), choices=list(CASES))
    options = parser.parse_args(argv)
    head = ["stacked", "net by net", "scikit-learn"]
    print(f"{'case':<28}" + "".join(f"{cell:>16}" for cell in head) + "   best scores")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in options.only:
            report(name, options.rounds)
    if hasattr(os, "getloadavg"):
        print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
