"""find_learning_rate and a grid of rates: how close it comes to the best rate.

For each table, net and seed, nets are trained for a few epochs with several rates: the
suggested rate, the rate at which the same curve falls most steeply, and each rate of a
grid from 1e-4 to 1 by half decades. Scores are accuracies or R² on held-out rows. The
best rate of the grid is chosen by these scores, averaged over the seeds, which favors
the grid. "lost" is the best score of the grid minus the score.

Run it with ``python benchmarks/learning_rate.py``; it takes three minutes. ``--only``
selects tables (``NAME.csv.gz``, column ``target``), ``--data`` names their folder.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, Standardizer
from skdl.inspection import find_learning_rate

RATES = 10.0 ** np.arange(-4, 0.1, 0.5)
# The rule of the suggestion was chosen on four tables, and checked on the others.
CHOSEN_ON = ["segment", "phoneme", "vehicle", "reg_concrete"]
CHECKED_ON = [
    "spambase", "satellite", "credit", "letter", "magic", "telco_churn", "hpc",
    "attrition", "reg_cars", "reg_ames", "reg_diamonds",
]  # fmt: skip
RULES = ("suggested", "steepest")
MAX_ROWS = 4000
EPOCHS = 10
NETS = {
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd"},
    "deep": {
        "hidden_layer_sizes": (64, 64),
        "activation": "tanh",
        "normalization": "batch",
    },
}


def load(name, folder):
    """Return (X, y) of a table, at most `MAX_ROWS` rows; None if it is missing."""
    path = Path(folder) / f"{name}.csv.gz"
    if not path.exists():
        return None
    table = pd.read_csv(path)
    if len(table) > MAX_ROWS:
        table = table.sample(MAX_ROWS, random_state=0)
    y = table.pop("target").to_numpy()
    if name.startswith("reg_"):
        y = (y - y.mean()) / y.std()
    X = pd.get_dummies(table).to_numpy(float)
    return np.where(np.isnan(X), np.nanmedian(X, axis=0), X), y


def compare(net, X, y, *, rates=RATES, epochs=EPOCHS, n_seeds=3):
    """Return {name: (rates, scores)}, with a row for each seed.

    The names are "suggested", "steepest" and "grid".
    """
    is_labels = y.dtype.kind != "f"
    parts = train_test_split(
        X, y, test_size=0.3, random_state=0, stratify=y if is_labels else None
    )
    X, X_test, y, y_test = parts
    model = make_pipeline(Standardizer(), net)
    step = model.steps[-1][0]

    def score(seed, rate):
        params = {"learning_rate_init": rate, "max_iter": epochs, "random_state": seed}
        params = {f"{step}__{name}": value for name, value in params.items()}
        fresh = clone(model).set_params(**params)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return fresh.fit(X, y).score(X_test, y_test)
        except ValueError:  # diverged
            return 0.0

    found = [find_learning_rate(model, X, y, random_state=i) for i in range(n_seeds)]
    tried = {
        "grid": np.tile(rates, (n_seeds, 1)),
        "suggested": np.array([[result.suggestion] for result in found]),
        "steepest": np.array([[steepest(result)] for result in found]),
    }
    return {
        name: (
            rates,
            np.array([[score(i, rate) for rate in row] for i, row in enumerate(rates)]),
        )
        for name, rates in tried.items()
    }


def steepest(found):
    """Return the rate at which the smoothed loss falls most, before its minimum."""
    k = found.smoothed_losses.argmin() + 1
    slopes = np.gradient(found.smoothed_losses, np.log(found.rates))
    return found.rates[slopes[:k].argmin()]


def standard_error(values):
    """Return the standard error of the mean; NaN for a single value."""
    return values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan


def main(argv=None):
    """Print a line per table and net, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tabular"))
    parser.add_argument("--only", nargs="+", default=CHOSEN_ON + CHECKED_ON)
    parser.add_argument("--nets", nargs="+", default=list(NETS), choices=NETS)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(argv)
    print(f"{'data':<14}{'net':<6}{'best of grid':>20}", end="")
    print("".join(f"{name:>20}{'lost':>17}" for name in RULES))
    lost = []
    for name in options.only:
        data = load(name, options.data)
        if data is None:
            print(f"{name:<14}  no {name}.csv.gz in {options.data}")
            continue
        Net = MLPRegressor if name.startswith("reg_") else MLPClassifier
        for kind in options.nets:
            settings = {"batch_size": 64, "hidden_layer_sizes": (50,), **NETS[kind]}
            net = Net(**settings, n_iter_no_change=100)
            result = compare(net, *data, n_seeds=options.seeds)
            _, grid = result["grid"]
            best = grid.mean(axis=0).argmax()
            line = f"{name:<14}{kind:<6}"
            line += f"{RATES[best]:>11.2g}{grid[:, best].mean():>9.4f}"
            for rule in RULES:
                rates, scores = (array[:, 0] for array in result[rule])
                loss = grid[:, best] - scores
                lost.append((rule, name in CHOSEN_ON, loss.mean()))
                line += f"{np.median(rates):>11.2g}{scores.mean():>9.4f}"
                line += f"{loss.mean():>+9.4f} ± {standard_error(loss):.3f}"
            print(line, flush=True)
    for rule in RULES:
        for chosen, what in (True, "chosen on"), (False, "others"):
            these = np.array([x for *key, x in lost if key == [rule, chosen]])
            if len(these):
                print(
                    f"{rule}, {what}: {len(these)} cases, median {np.median(these):.4f}"
                    f", at most 0.01 in {np.sum(these <= 0.01)}, 0.02 in "
                    f"{np.sum(these <= 0.02)}, worst {these.max():.4f}"
                )


if __name__ == "__main__":
    main()
