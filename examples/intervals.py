"""Prediction intervals that cover what they promise: quantiles, then calibration.

A net with the pinball loss predicts three quantiles: 5 %, 50 % and 95 %. The outer two
are an interval that should cover 90 % of new rows. A net that fits its training rows
closely makes these intervals too narrow. Split-conformal calibration measures, on rows
that the net has not seen, by how much, and widens all intervals by that margin.

    python examples/intervals.py

prints the coverage before and after calibration on points along a line and on
scikit-learn's diabetes data, as means over splits, and saves a picture. MAPIE, where it
is installed (``pip install mapie``), calibrates the same nets once more. ``--tables``
names a folder with reg_ames.csv.gz, reg_concrete.csv.gz and reg_diamonds.csv.gz (column
``target``; they are also on OpenML), which are measured, too. That takes pandas.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdl import MLPRegressor
from skdl.engine import Quantile

COVERAGE = 0.9
N_SPLITS = 5
TABLES = ("concrete", "ames", "diamonds")


def make_net(seed):
    """Return a net that predicts the ends of the interval and the median."""
    outside = (1 - COVERAGE) / 2
    return MLPRegressor(
        Quantile([outside, 0.5, 1 - outside]),
        standardize=True,
        standardize_target=True,
        learning_rate_init=0.01,
        batch_size=50,
        early_stopping=True,
        max_iter=1000,  # an upper bound: early stopping ends the training
        n_iter_no_change=20,
        random_state=seed,
    )


def margin(y, low, high, coverage=COVERAGE):
    """Return by how much to widen intervals so that they cover new rows."""
    outside = np.maximum(low - y, y - high)  # negative inside of the interval
    rank = int(np.ceil(coverage * (len(y) + 1)))  # the + 1 is for the new row
    return np.sort(outside)[rank - 1] if rank <= len(y) else np.inf


class Level(RegressorMixin, BaseEstimator):
    """One quantile of a fitted net, as a regressor of its own."""

    def __init__(self, net, column):
        self.net = net
        self.column = column

    def fit(self, X=None, y=None):
        """Mark the regressor as fitted; the net is."""
        self.fitted_ = True
        return self

    def predict(self, X):
        """Return the quantile for each row."""
        return self.net.predict(X)[:, self.column]


def by_mapie(net, X_calibration, y_calibration, X):
    """Return the ends of MAPIE's intervals, or None where it is not installed."""
    if find_spec("mapie") is None:
        return None
    from mapie.regression import ConformalizedQuantileRegressor

    levels = [Level(net, column).fit() for column in (0, 2, 1)]  # low, high, median
    model = ConformalizedQuantileRegressor(levels, COVERAGE, prefit=True)
    model.conformalize(X_calibration, y_calibration)
    _, ends = model.predict_interval(X, symmetric_correction=True)
    return ends[:, 0, 0], ends[:, 1, 0]


def split(X, y, seed):
    """Return rows to train on, to calibrate with, and to test: 50, 25 and 25 %."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=seed)
    X, X_rest, y, y_rest = train_test_split(X, y, test_size=1 / 3, random_state=seed)
    return (X, y), (X_rest, y_rest), (X_test, y_test)


def intervals(model, X, y, seed):
    """Return X, y, the median and {name: (low, high)}, all of the test rows."""
    training, calibration, (X_test, y_test) = split(X, y, seed)
    model.fit(*training)
    low, _, high = model.predict(calibration[0]).T
    wider = margin(calibration[1], low, high)
    low, median, high = model.predict(X_test).T
    found = {"before": (low, high), "after": (low - wider, high + wider)}
    mapie = by_mapie(model, *calibration, X_test)
    if mapie is not None:
        found["MAPIE"] = mapie
    return X_test, y_test, median, found


def measure(tested):
    """Return {name: (share of y in the interval, width in deviations of y)}."""
    _, y, _, found = tested
    return {
        name: (np.mean((low <= y) & (y <= high)), np.mean(high - low) / np.std(y))
        for name, (low, high) in found.items()
    }


def make_line(n, seed):
    """Return points along a curve, whose noise grows from left to right."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 4, n))
    return x[:, np.newaxis], np.sin(2 * x) + x * rng.normal(0, 0.2, n)


def encoder():
    """Return what turns a table with words and gaps into numbers."""
    words = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=10, sparse_output=False
    )
    return make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )


def data_sets(folder):
    """Yield (name, pipeline without the net, X, y)."""
    yield "line", [], *make_line(240, 0)
    yield "diabetes", [], *load_diabetes(return_X_y=True)
    for name in TABLES if folder else ():
        path = folder / f"reg_{name}.csv.gz"
        if not path.exists():
            print(f"{name}: skipped, as {path} is missing")
            continue
        import pandas as pd

        table = pd.read_csv(path)
        X, y = table.drop(columns="target"), table["target"].to_numpy()
        yield name, [encoder()], X, y


def print_table(rows):
    """Print coverage and width of each data set, as means over the splits."""
    names = list(next(iter(rows.values()))[0])
    head = "".join(f"{name:>9}" for name in names)
    title = f"coverage of {COVERAGE:.0%} intervals"
    width = 9 * len(names)
    print(f"{'':<10}{'':>7}   {title:<{width}}  width / deviation of y")
    print(f"{'data':<10}{'rows':>7}  {head}  {head}")
    print("-" * (21 + 2 * width))
    for name, (*splits, n_rows) in rows.items():
        coverage, widths = (
            [np.mean([found[key][i] for found in splits]) for key in names]
            for i in range(2)
        )
        print(
            f"{name:<10}{n_rows:>7}  "
            + "".join(f"{value:>9.1%}" for value in coverage)
            + "  "
            + "".join(f"{value:>9.2f}" for value in widths)
        )


def draw(path, line, rows):
    """Save the picture; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_line(left, *line)
    draw_coverage(right, rows)
    figure.savefig(path, dpi=150)
    return True


def draw_line(ax, X, y, median, found):
    """Draw the intervals of points along the line."""
    order = np.argsort(X[:, 0])
    x, y, median = X[order, 0], y[order], median[order]
    before, after = (np.array(found[name])[:, order] for name in ("before", "after"))
    inside = (after[0] <= y) & (y <= after[1])
    ax.fill_between(x, *after, color="C0", alpha=0.2, linewidth=0, label="calibrated")
    ax.plot(x, before[0], "--", color="C0", linewidth=1, label="before")
    ax.plot(x, before[1], "--", color="C0", linewidth=1)
    ax.plot(x, median, color="C0", label="median")
    ax.plot(x[inside], y[inside], ".", color="0.35", label="inside")
    ax.plot(x[~inside], y[~inside], "x", color="C3", label="outside")
    ax.set(title=f"{COVERAGE:.0%} intervals of test points", xlabel="x", ylabel="y")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small", loc="upper left")


def draw_coverage(ax, rows):
    """Draw the coverage of each split, before and after calibration."""
    for i, (*splits, _) in enumerate(rows.values()):
        for name, color, shift in (("before", "0.5", -0.15), ("after", "C0", 0.15)):
            shares = np.array([found[name][0] for found in splits])
            places = np.full(len(shares), i + shift)
            ax.plot(places, shares, "o", color=color, alpha=0.4, markersize=5)
            ax.plot(i + shift, shares.mean(), "_", color=color, markersize=22, mew=3)
    ax.lines[1].set_label("before, and the mean")
    ax.lines[3].set_label("calibrated, and the mean")
    ax.axhline(COVERAGE, color="black", linestyle=":", linewidth=1)
    ax.set_xticks(range(len(rows)), rows)
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_yticks(np.arange(0.5, 1.01, 0.1))
    ax.set_ylim(min(0.65, ax.get_ylim()[0]), 1.06)  # room for the legend
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set_title("Coverage of each split")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small", loc="upper right", ncols=2)


def main(argv=None):
    """Fit, calibrate, measure and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("intervals.png"))
    parser.add_argument("--splits", type=int, default=N_SPLITS)
    parser.add_argument("--tables", type=Path, help="a folder with more data")
    options = parser.parse_args(argv)

    rows, line = {}, None
    for name, steps, X, y in data_sets(options.tables):
        splits = []
        for seed in range(options.splits):
            model = make_pipeline(*steps, make_net(seed))
            tested = intervals(model, X, y, seed)
            splits.append(measure(tested))
            line = line or tested
        rows[name] = [*splits, len(y)]
    print_table(rows)
    if draw(options.output, line, rows):
        print(f"\nPicture: {options.output.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
