"""Errors and seconds of nets for tables, beside scikit-learn's models.

Each model gets the same rows of 15 public tables. scikit-learn's MLP needs a pipeline:
medians for missing numbers, standardized numbers, one-hot categories, and for a
regression standardized targets. RealMLP takes part where pytabkit, which needs torch,
is installed. Seconds are of the processor, with one thread. Five splits take half an
hour; ``--rounds`` asks for fewer.
"""

import time
import warnings
from importlib.util import find_spec
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
N_SPLITS, QUICK = 5, ("vehicle", "reg_concrete")
OURS, MLP, TREES, REALMLP = "skdl", "MLP", "HistGradientBoosting", "RealMLP"
PRESETS = {OURS: "default", "skdl, fast": "fast", "skdl, best": "best"}


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
        ours, trees = TabularRegressor, HistGradientBoostingRegressor
    else:
        net = MLPClassifier(random_state=seed)
        ours, trees = TabularClassifier, HistGradientBoostingClassifier
    found = {
        name: ours(preset=preset, random_state=seed) for name, preset in PRESETS.items()
    }
    found[MLP] = make_pipeline(columns, net)
    found[TREES] = with_dtypes(trees(random_state=seed))
    if find_spec("pytabkit") is not None:
        import pytabkit

        kind = "Regressor" if is_regression else "Classifier"
        peer = getattr(pytabkit, f"RealMLP_TD_S_{kind}")
        found[REALMLP] = peer(random_state=seed, device="cpu", n_threads=1)
    return found


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
    names = session.sized(None, QUICK)
    paths = [
        path
        for path in sorted(DATA.glob("*.csv.gz"))
        if names is None or name_of(path) in names
    ]
    n_splits = min(N_SPLITS, session.n_rounds)
    with threadpool_limits(1):
        found = {name_of(path): means_of(path, n_splits) for path in paths}
    return f"{table_of_models(found)}\n\n{table_of_ratios(found)}"


def name_of(path):
    """Return the name of a table."""
    return path.name.removesuffix(".csv.gz")


def means_of(path, n_splits):
    """Return the mean error, log loss and seconds over the splits, by model."""
    results: dict = {}
    for seed in range(n_splits):
        is_regression, parts = split(path, seed)
        for kind, model in models(is_regression, seed).items():
            results.setdefault(kind, []).append(judged(model, parts, is_regression))
    means = {kind: np.mean(result, axis=0) for kind, result in results.items()}
    print(name_of(path), means, flush=True)
    return means


def mean_ratios(found):
    """Return the geometric means of the ratios to the MLP over the tables, by model."""
    logs = [{kind: np.log(one[kind] / one[MLP]) for kind in one} for one in found]
    return {
        kind: np.exp(np.nanmean([one[kind] for one in logs], 0)) for kind in logs[0]
    }


def table_of_models(found):
    """Return a row for each table, and how often each model has the lowest error.

    Parameters
    ----------
    found : dict
        By table, the result of `means_of`.
    """
    first = next(iter(found.values()))
    kinds = [kind for kind in first if kind not in PRESETS or kind == OURS]
    rows = [[name, *cells(means, kinds)] for name, means in found.items()]
    winners = [min(kinds, key=lambda kind: means[kind][0]) for means in found.values()]
    wins = [str(winners.count(kind)) for kind in kinds]
    rows.append(["tables won", *wins, *["–"] * 2 * len(kinds)])
    measures = "error", "log loss", "s"
    return table(
        ["table", *(f"{what}: {kind}" for what in measures for kind in kinds)], rows
    )


def table_of_ratios(found):
    """Return the mean ratios of all models, the presets among them.

    Parameters
    ----------
    found : dict
        By table, the result of `means_of`.
    """
    ratios = mean_ratios(list(found.values()))
    rows = [[kind, *cells({kind: ratios[kind]}, [kind])] for kind in ratios]
    return table(["mean ratios", "error", "log loss", "s"], rows)


def cells(means, kinds):
    """Return the numbers of a row, with "–" for NaN."""
    values = [means[kind][i] for i in range(3) for kind in kinds]
    return [number(None if np.isnan(value) else value) for value in values]
