"""From a CSV file to a saved model: an honest estimate, importances, intervals.

The script writes a CSV file of flats and their rents, with numbers, words and gaps.
Then it does what you would do with a file of your own: read, train, look at the
estimate from held-out rows, ask which columns matter, draw the intervals of new flats,
save the model, and load it as a server would.

    python tabular_from_csv.py

prints what it finds and saves a picture. The file and the model are in a folder for
temporary files, or in the folder that ``--output`` names. ``--csv`` and ``--target``
name a file of your own and its column of numbers to predict. It needs pandas and
Matplotlib (``pip install pandas matplotlib``).
"""

import argparse
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.model_selection import train_test_split

from skdl import TabularRegressor

try:
    import pandas as pd
    from matplotlib.figure import Figure
except ImportError:
    sys.exit("This example needs pandas and Matplotlib: pip install pandas matplotlib")

N_ROWS, COVERAGE = 1500, 0.9


def write_table(path, n_rows, seed=0):
    """Write a CSV file of flats; the column "rent" is to be predicted."""
    rng = np.random.default_rng(seed)
    towns = {"Aachen": 11.0, "Bonn": 13.5, "Cologne": 15.5, "Trier": 9.5}
    town = rng.choice(list(towns), n_rows)
    area = rng.gamma(8, 9, n_rows) + 15
    built = rng.integers(1890, 2024, n_rows).astype(float)
    balcony = rng.choice(["yes", "no"], n_rows)
    price = pd.Series(town).map(towns) * np.exp((built - 2024) / 400)
    rent = area * price + np.where(balcony == "yes", 40, 0)
    rent += rng.normal(0, 60, n_rows)
    built[rng.random(n_rows) < 0.15] = np.nan
    flats = pd.DataFrame({"town": town, "area": area.round(1), "built": built})
    flats["balcony"], flats["door"] = balcony, rng.integers(1, 30, n_rows)
    flats["rent"] = rent.round()
    flats.to_csv(path, index=False)


def draw(path, net, X, y):
    """Draw the intervals of new rows, from the lowest prediction to the highest."""
    predicted, (low, high) = net.predict(X), net.predict_interval(X, COVERAGE)
    order = np.argsort(predicted)[:: max(1, len(X) // 60)]
    place = np.arange(len(order))
    inside = ((low <= y) & (y <= high))[order]
    figure = Figure(figsize=(7, 4), layout="constrained")
    ax = figure.subplots()
    ax.vlines(place, low[order], high[order], color="0.8", label=f"{COVERAGE:.0%}")
    ax.plot(place, predicted[order], color="#0072B2", label="predicted")
    for mask, color, label in ((inside, "k", "true"), (~inside, "#D55E00", "outside")):
        ax.plot(place[mask], y[order][mask], ".", color=color, label=label)
    ax.set(xlabel="new rows, by prediction", ylabel=y_name(y))
    ax.legend()
    figure.savefig(path, dpi=100)


def y_name(y):
    """Return the name of the column that is predicted."""
    return getattr(y, "name", None) or "target"


def main(argv=None):
    """Read, train, judge, explain, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--target", default="rent")
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(argv)
    folder = options.output or Path(tempfile.mkdtemp())
    picture = Path("tabular_from_csv.png").resolve()
    csv = options.csv or folder / "flats.csv"
    if options.csv is None:
        write_table(csv, options.rows)

    table = pd.read_csv(csv)
    print(f"{table.head(3).to_string(index=False)}\n")
    y = table.pop(options.target)
    # Only to show that the estimate is honest: the net holds rows out by itself.
    X, X_new, y, y_new = train_test_split(table, y, random_state=0)

    net = TabularRegressor(random_state=0).fit(X, y)
    print(f"R² on held-out rows of fit: {net.oof_score_:.3f}")
    print(f"R² on new rows:             {net.score(X_new, y_new):.3f}\n")

    importances = pd.Series(net.feature_importances_, X.columns)
    print("importance of each column")
    print(importances.sort_values(ascending=False).round(3).to_string())

    low, high = net.predict_interval(X_new, COVERAGE)
    covered = np.mean((low <= y_new) & (y_new <= high))
    print(f"\n{COVERAGE:.0%} intervals contain {covered:.1%} of the new rows")
    draw(picture, net, X_new, y_new.reset_index(drop=True))

    model = folder / "model.joblib"
    joblib.dump(net, model)
    served = joblib.load(model)
    row = X_new.iloc[[0]]
    print(f"a loaded model predicts {served.predict(row)[0]:.0f} for the first new row")
    print(f"\nPicture: {picture}\nModel: {model}")


if __name__ == "__main__":
    main()
