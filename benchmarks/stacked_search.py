"""Searches and ensembles that train in stacks, beside the same ones net by net.

Each search has 48 candidates (6 penalties × 8 learning rates) and 5 folds, in float32,
with batches of 32 rows and 40 epochs: `GridSearchCV` around scikit-learn's MLP and
around ours, and `StackedGridSearchCV`, all with ``n_jobs=2``. A wide net, which a stack
does not make faster, gets a smaller grid. The ensembles train 10 nets, in a stack and
one after the other.

The contenders take turns, round by round. The table has medians over the rounds of
ratios within a round: of the elapsed times, and in parentheses of the processor times,
which a busy machine disturbs less (on Linux, with those of the processes).

Run it with ``OPENBLAS_NUM_THREADS=1 python -m benchmarks.stacked_search``. ``--only``
selects cases, ``--rounds`` their number of rounds. A round of all cases takes about
five minutes on two cores, most of them for scikit-learn's digits.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
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
    "digits, 64-1000-10": ("digits", (1000,), 10, SMALL_GRID, False),
    "digits, 64-500-500-10": ("digits", (500, 500), 10, SMALL_GRID, False),
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
    "10 seeds, 30-64-1": ensemble_contenders,
}


def processor_seconds():
    """Return the processor time of this process and of its living children."""
    seconds = time.process_time()
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def rounds_of(contenders, n_rounds):
    """Return {name: (elapsed, processor) seconds of each round}, and the scores."""
    times, scores = {name: [] for name in contenders}, {}
    names = list(contenders)
    for i in range(n_rounds):
        for name in names if i % 2 == 0 else names[::-1]:
            start = np.array([time.perf_counter(), processor_seconds()])
            scores[name] = contenders[name]()
            end = np.array([time.perf_counter(), processor_seconds()])
            times[name].append(end - start)
    return {name: np.array(values) for name, values in times.items()}, scores


def report(name, n_rounds):
    """Print the line of a case."""
    times, scores = rounds_of(CASES[name](), n_rounds)
    elapsed, processor = np.median(times["stacked"], axis=0)
    cells = [f"{elapsed:.1f} s ({processor:.1f} s)"]
    for other in ("ours", "scikit-learn"):
        if other in times:
            ratios = np.median(times[other] / times["stacked"], axis=0)
            cells.append(f"{ratios[0]:.2f} × ({ratios[1]:.2f} ×)")
        else:
            cells.append("–")
    best = ", ".join(f"{score:.4f}" for score in scores.values())
    line = f"{name:<26}" + "".join(f"{cell:>20}" for cell in cells)
    print(f"{line}   {best}", flush=True)


def main(argv=None):
    """Print a line per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=list(CASES), choices=list(CASES))
    options = parser.parse_args(argv)
    head = ["stacked", "net by net", "scikit-learn"]
    print(f"{'case':<26}" + "".join(f"{cell:>20}" for cell in head) + "   best scores")
    # The processes start before the first round.
    Parallel(n_jobs=N_JOBS)(delayed(load)("digits") for _ in range(2 * N_JOBS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in options.only:
            report(name, options.rounds)
    if hasattr(os, "getloadavg"):
        print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
