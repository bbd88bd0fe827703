"""Errors and seconds of nets for tables, beside scikit-learn's models.

Each model gets the same rows of 15 public tables. scikit-learn's MLP needs a pipeline:
medians for missing numbers, standardized numbers, one-hot categories, and for a
regression standardized targets. Seconds are of the processor, with one thread.
"""

import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.table import number, table
from skdl import TabularClassifier, TabularRegressor

__all__ = ["measure"]

DATA = Path(__file__).parents[3] / "shared" / "data" / "tabular"
N_SEEDS, QUICK = 5, ("vehicle", "reg_concrete")
OURS, MLP, TREES = "skdl", "MLP", "HistGradientBoosting"


def split(path, seed):
    """Return whether the target is a number, and rows and targets of both parts."""
    import pandas as pd

    X = pd.read_csv(path)
    y = X.pop("target")
    is_regression = path.name.startswith("reg_")
    strata = None if is_regression else y
    parts = train_test_split(X, y, random_state=seed, stratify=strata)
    return is_regression, parts


def models(is_regression, seed):
    """Return the models by name, not fitted yet."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    if is_regression:
        net = TransformedTargetRegressor(
            MLPRegressor(random_state=seed), transformer=StandardScaler()
        )
        kinds = TabularRegressor, HistGradientBoostingRegressor
    else:
        net = MLPClassifier(random_state=seed)
        kinds = TabularClassifier, HistGradientBoostingClassifier
    ours, trees = (kind(random_state=seed) for kind in kinds)
    return {OURS: ours, MLP: make_pipeline(columns, net), TREES: with_dtypes(trees)}


def with_dtypes(trees):
    """Return a pipeline that gives trees their categories."""
    from sklearn.preprocessing import FunctionTransformer

    def as_categories(X):
        text = X.select_dtypes(exclude="number").columns
        return X.astype(dict.fromkeys(text, "category"))

    return make_pipeline(FunctionTransformer(as_categories), trees)


def judged(model, parts, is_regression):
    """Return error, log loss (NaN for a regression) and seconds of a model."""
    X, X_test, y, y_test = parts
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    seconds = time.process_time() - start
    error, loss = 1 - model.score(X_test, y_test), np.nan
    if not is_regression:
        loss = log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)
    return error, loss, seconds


def measure(session):
    """Compare the models on all tables; ratios are to scikit-learn's MLP."""
    if not DATA.exists():
        raise AssertionError(f"{DATA} does not exist")
    paths = sorted(DATA.glob("*.csv.gz"))
    n_seeds = session.sized(N_SEEDS, 1)
    names = session.sized(None, QUICK)
    rows, ratios = [], []
    with threadpool_limits(1):
        for path in paths:
            name = path.name.removesuffix(".csv.gz")
            if names is None or name in names:
                found = means_of(path, n_seeds)
                rows.append([name, *(number(one) for one in cells(found))])
                ratios.append(
                    {kind: found[kind] / found[MLP] for kind in (OURS, TREES)}
                )
                print(" ".join(rows[-1]), flush=True)
    means = {
        kind: np.exp(np.nanmean(np.log([one[kind] for one in ratios]), axis=0))
        for kind in (OURS, TREES)
    }
    means[MLP] = np.ones(3)
    rows.append(["**mean ratio**", *(number(one) for one in cells(means))])
    kinds = (OURS, MLP, TREES)
    header = [
        f"{what}: {kind}" for what in ("error", "log loss", "s") for kind in kinds
    ]
    return table(["table", *header], rows)


def means_of(path, n_seeds):
    """Return the mean error, log loss and seconds over the splits, by model."""
    results: dict = {}
    for seed in range(n_seeds):
        is_regression, parts = split(path, seed)
        for kind, model in models(is_regression, seed).items():
            results.setdefault(kind, []).append(judged(model, parts, is_regression))
    return {kind: np.mean(result, axis=0) for kind, result in results.items()}


def cells(found):
    """Return the numbers of a row, None for NaN."""
    values = [found[kind][i] for i in range(3) for kind in (OURS, MLP, TREES)]
    return [None if np.isnan(value) else value for value in values]
