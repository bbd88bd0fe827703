"""TabularEncoder against the usual encoding of tables, in front of several nets.

The usual encoding is StandardScaler for numbers, with the median for missing values,
and OneHotEncoder for categories, with one column for the rare ones. The nets have their
defaults, except that `SoftmaxClassifier` leaves columns as they are where the table is
encoded already. Tables are split three to one, once for each seed.

The errors are 1 - accuracy, or 1 - R². The last lines are geometric means of the ratios
to the usual encoding, so less than 1 is better. "CPU" is the time of fit with the
encoding, on one thread.

Run it with ``OPENBLAS_NUM_THREADS=1 python -m benchmarks.tabular_encoder``; it takes
about ten minutes. ``--only`` selects tables (``NAME.csv.gz``, column ``target``; a
regression if NAME begins with ``reg_``), ``--data`` names their folder, and ``--seeds``
is the number of splits.
"""

import argparse
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.preprocessing import TabularEncoder

TABLES = [
    "phoneme", "segment", "vehicle", "attrition", "credit", "satellite",
    "reg_concrete", "reg_ames",
]  # fmt: skip
CLASSIFIERS = {
    "SoftmaxClassifier": SoftmaxClassifier(standardize=False),
    "MLPClassifier": MLPClassifier(),
    "with early stopping": MLPClassifier(early_stopping=True),
    "scikit-learn's": TheirClassifier(),
}
REGRESSORS = {
    "MLPRegressor": MLPRegressor(standardize_target=True),
    "early stopping, regression": MLPRegressor(
        standardize_target=True, early_stopping=True
    ),
    "scikit-learn's regressor": TheirRegressor(),
}
COLUMNS = ("table", "net", "error usual", "ours", "log loss usual", "ours", "CPU")


def usual():
    """Return the usual encoding of a table."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(
        min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )


def load(name, folder):
    """Return (X, y) of a table; None if it is missing."""
    path = Path(folder) / f"{name}.csv.gz"
    if not path.exists():
        return None
    X = pd.read_csv(path)
    y = X.pop("target").to_numpy()
    if name.startswith("reg_"):
        y = (y - y.mean()) / y.std()
    return X, y


def measure(encoder, net, split, seed):
    """Return (error, log loss, CPU seconds of fit) of an encoder and a net."""
    X, X_test, y, y_test = split
    model = make_pipeline(encoder, net).set_params(
        **{f"{_name(net)}__random_state": seed}
    )
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    seconds = time.process_time() - start
    loss = np.nan
    if not is_regressor(net):
        loss = log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)
    return 1 - model.score(X_test, y_test), loss, seconds


def _name(net):
    return type(net).__name__.lower()


def show(*cells):
    """Print a line of the table; numbers that do not exist are left out."""
    texts = [
        cell if isinstance(cell, str) else "" if np.isnan(cell) else f"{cell:.3f}"
        for cell in cells
    ]
    name, net, *others = texts
    print(f"{name:13} {net:27}", *(f"{text:>14}" for text in others), flush=True)


def compare(name, X, y, n_seeds):
    """Print a line for each net; yield (net, ratios of error, log loss and CPU)."""
    is_regression = name.startswith("reg_")
    results = defaultdict(list)
    for seed in range(n_seeds):
        split = train_test_split(
            X, y, random_state=seed, stratify=None if is_regression else y
        )
        nets = REGRESSORS if is_regression else CLASSIFIERS
        for net_name, net in nets.items():
            pair = [
                measure(one, net, split, seed) for one in (usual(), TabularEncoder())
            ]
            results[net_name].append(pair)
    for net_name, pairs in results.items():
        (error, loss, seconds), (ours, our_loss, our_seconds) = np.mean(pairs, axis=0)
        ratio = our_seconds / seconds
        show(name, net_name, error, ours, loss, our_loss, ratio)
        yield net_name, (ours / error, our_loss / loss, ratio)


def main(argv=None):
    """Print the table and the means."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--only", nargs="+", default=TABLES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tabular"))
    options = parser.parse_args(argv)
    if not options.data.is_dir():
        print(f"Skipped: there is no folder {options.data}. Name one with --data.")
        return
    show(*COLUMNS)
    ratios = defaultdict(list)
    for name in options.only:
        table = load(name, options.data)
        if table is None:
            print(f"{name}: not in {options.data}")
            continue
        for net_name, ratio in compare(name, *table, options.seeds):
            ratios[net_name].append(ratio)
    print()
    for net_name, values in ratios.items():
        error, loss, seconds = np.exp(np.mean(np.log(values), axis=0))
        show("mean ratio", net_name, np.nan, error, np.nan, loss, seconds)


if __name__ == "__main__":
    main()
