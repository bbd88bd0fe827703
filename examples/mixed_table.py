"""A table with numbers, words and gaps, and what each kind of column brings.

The table is made in this script: the rents of flats. The rent of a square meter depends
on the district and on the state of the flat, so columns act together. Some years of
renovation are missing, mostly because the flat was never renovated: the gap says
something. A ``ColumnTransformer`` turns the frame into numbers, and the net scales
them, and the rents, itself (``standardize``, ``standardize_target``).

    python mixed_table.py

prints the R² on test rows of the same net with more and more of the columns, and of two
models of scikit-learn with all of them. It needs pandas (``pip install pandas``).
``--output bars.png`` saves a picture, and needs matplotlib.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdl import MLPRegressor

try:
    import pandas as pd
except ImportError:
    sys.exit("This example needs pandas: pip install pandas")

N_ROWS = 3000
NUMBERS = ["area", "floor", "built", "renovated"]
WORDS = ["district", "heating"]


def make_table(n_rows, seed):
    """Return a frame of flats, and their rents."""
    rng = np.random.default_rng(seed)
    prices = rng.uniform(8, 18, 12)  # of a square meter, by district
    district = rng.integers(12, size=n_rows)
    area = rng.gamma(8, 9, n_rows) + 15
    floor = rng.integers(0, 8, n_rows).astype(float)
    built = rng.integers(1880, 2021, n_rows)
    renovated = rng.integers(1990, 2025, n_rows).astype(float)
    renovated[(rng.random(n_rows) < 0.5) | (renovated < built + 20)] = np.nan
    age = 2025 - np.fmax(built, renovated)
    state = np.exp(-age / 200) * np.where(np.isnan(renovated), 0.9, 1)
    heating = rng.choice(["gas", "district heating", "heat pump", None], n_rows)
    extra = np.where(heating == "heat pump", 40, 0) + np.where(floor > 5, 50, 0)
    rent = area * prices[district] * state + extra
    rent *= np.exp(rng.normal(0, 0.08, n_rows))
    floor[rng.random(n_rows) < 0.1] = np.nan  # gaps that say nothing
    table = pd.DataFrame(
        {
            "area": area.round(1),
            "floor": floor,
            "built": built,
            "renovated": renovated,
            "district": [f"district {number}" for number in district],
            "heating": heating,
        }
    )
    return table, rent


def encoder(words, mark_gaps):
    """Return what turns the frame into numbers."""
    return ColumnTransformer(
        [
            ("numbers", SimpleImputer(add_indicator=mark_gaps), NUMBERS),
            # A gap is one more category; rare and new ones share a column.
            (
                "words",
                OneHotEncoder(
                    handle_unknown="infrequent_if_exist",
                    min_frequency=10,
                    sparse_output=False,
                ),
                words,
            ),
        ]
    )


def make_net():
    """Return the net."""
    return MLPRegressor(
        hidden_layer_sizes=(64, 64),
        standardize=True,
        standardize_target=True,
        learning_rate_init=0.003,
        early_stopping=True,
        max_iter=500,
        random_state=0,
    )


def models():
    """Return the models of the table."""
    return {
        "net, numbers": make_pipeline(encoder([], False), make_net()),
        "  and marked gaps": make_pipeline(encoder([], True), make_net()),
        "  and words": make_pipeline(encoder(WORDS, True), make_net()),
        "ridge regression": make_pipeline(
            encoder(WORDS, True), StandardScaler(), RidgeCV(np.logspace(-2, 3, 11))
        ),
        "boosted trees": HistGradientBoostingRegressor(
            categorical_features="from_dtype", random_state=0
        ),
    }


def draw(path, scores):
    """Save a bar for each model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    colors = ["C0" if name.startswith(("net", " ")) else "0.6" for name in scores]
    bars = ax.barh([name.strip() for name in scores], scores.values(), color=colors)
    ax.bar_label(bars, fmt="%.2f", padding=3)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.1), xlabel="R² on test rows", title="What each column brings")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def main(argv=None):
    """Train all models and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    options = parser.parse_args(argv)

    table, rent = make_table(options.rows, options.seed)
    print(f"{table.head(3).to_string(index=False)}\n")
    X, X_test, y, y_test = train_test_split(table, rent, random_state=options.seed)
    print(f"{'model':<22}{'columns':>8}{'R²':>8}{'mean error':>12}")
    print("-" * 50)
    scores = {}
    for name, model in models().items():
        if name == "boosted trees":
            X, X_test = (
                part.astype(dict.fromkeys(WORDS, "category")) for part in (X, X_test)
            )
        predicted = model.fit(X, y).predict(X_test)
        n_columns = getattr(model, "n_features_in_", X.shape[1])
        if hasattr(model, "steps"):
            n_columns = model[:1].transform(X[:1]).shape[1]
        scores[name] = r2_score(y_test, predicted)
        print(
            f"{name:<22}{n_columns:>8}{scores[name]:>8.3f}"
            f"{mean_absolute_error(y_test, predicted):>12.1f}"
        )
    if options.output:
        draw(options.output, scores)
        print(f"\nPicture: {options.output.resolve()}")


if __name__ == "__main__":
    main()
