"""Ensembles against their mean member, on three tables and five seeds each.

Half of the rows are for training and half for testing, with another split for each
seed. All nets differ only in their seeds. "member" is the mean test accuracy of the
members of the ensemble. "gain" is the accuracy of the ensemble minus that of its
members, in percentage points, with its standard error over the seeds. "wins" counts the
seeds with a gain. Averaged weights are compared with the members that they average.
"epochs" counts all training. The last lines are single nets: one with the constant
learning rate of "best epochs" and "last epochs", and one whose rate falls in a single
cycle, as in "seeds".

Run it with ``python benchmarks/ensembles.py``; it takes four minutes on one core.
``--tables`` names a folder with letter.csv.gz and satellite.csv.gz, column ``target``
(they are also on OpenML); ``--data`` selects data sets.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import SoftmaxClassifier, Standardizer
from skdl.engine import Cosine
from skdl.ensemble import CheckpointEnsembleClassifier, SeedEnsembleClassifier

TABLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "tabular"
DATA = ("digits", "letter", "satellite")
EPOCHS = 60
# A high learning rate and dropout make members that differ.
NET = SoftmaxClassifier(
    100,
    dropout=0.3,
    standardize=False,  # a Standardizer comes before
    learning_rate_init=0.03,
    batch_size=50,
    max_iter=EPOCHS,
    n_iter_no_change=np.inf,
)
COSINE = clone(NET).set_params(learning_rate=Cosine())
SINGLES = {"constant rate": NET, "cosine rate": COSINE}
VOTES = {
    "soft": {},
    "hard": {"voting": "hard"},
    "margin": {"voting": "margin"},
    "confidence": {"voting": "hard", "weights": "confidence"},
}
# Each with the number of its training runs. All votes use the same members.
ENSEMBLES = {
    "cyclic": (CheckpointEnsembleClassifier(NET, snapshots="cyclic"), 1),
    "best epochs": (CheckpointEnsembleClassifier(NET, snapshots="best"), 1),
    "last epochs": (CheckpointEnsembleClassifier(NET, snapshots="last"), 1),
    "seeds": (SeedEnsembleClassifier(COSINE, n_members=5), 5),
    "best seeds": (SeedEnsembleClassifier(COSINE, n_members=8, n_best=5), 8),
}
AVERAGED = ("best epochs", "last epochs")


def load(name, folder):
    """Return (X, y), or None if the table is missing."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X.astype(np.float32), y
    path = Path(folder) / f"{name}.csv.gz"
    if not path.exists():
        print(f"{name}: skipped, as {path} is missing")
        return None
    table = pd.read_csv(path)
    X = table.drop(columns="target").to_numpy(np.float32)
    return X, table["target"].to_numpy()


def accuracies(ensemble, X, y, X_test, y_test):
    """Return the mean accuracy of the members, and {vote: accuracy}."""
    members = ensemble.fit(X, y).estimators_
    mean = np.mean([member.score(X_test, y_test) for member in members])
    scores = {}
    for vote, params in VOTES.items():
        ensemble.set_params(voting="soft", weights=None).set_params(**params)
        scores[vote] = ensemble.score(X_test, y_test)
    return mean, scores


def run(X, y, seed):
    """Return {(kind, vote): (mean accuracy of members, accuracy)} for a seed."""
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=seed
    )
    scaler = Standardizer().fit(X)
    rows = scaler.transform(X), y, scaler.transform(X_test), y_test
    found = {}
    for name, (ensemble, _) in ENSEMBLES.items():
        ensemble = clone(ensemble).set_params(random_state=seed)
        mean, scores = accuracies(ensemble, *rows)
        found |= {(name, vote): (mean, score) for vote, score in scores.items()}
        if name in AVERAGED:
            ensemble = clone(ensemble).set_params(
                average_weights=True, voting="soft", weights=None
            )
            score = ensemble.fit(rows[0], y).score(rows[2], y_test)
            found[name, "averaged weights"] = (mean, score)
    for name, net in SINGLES.items():
        score = clone(net).set_params(random_state=seed).fit(*rows[:2]).score(*rows[2:])
        found["one net", name] = (np.nan, score)
    return found


def report(name, seeds):
    """Print the table of a data set; return the number of ensembles without gain."""
    print(
        f"\n{name:<12}{'vote':<18}{'epochs':>6}{'member':>9}{'ensemble':>10}"
        f"{'gain':>7}{'s.e.':>6}{'wins':>6}"
    )
    without = 0
    for kind, vote in seeds[0]:
        each = 100 * np.array([found[kind, vote] for found in seeds])
        (member, ensemble), gains = each.mean(axis=0), each[:, 1] - each[:, 0]
        error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
        if kind not in ENSEMBLES:
            print(f"{kind:<12}{vote:<18}{EPOCHS:>6}{'':>9}{ensemble:>10.2f}")
            continue
        epochs = EPOCHS * ENSEMBLES[kind][1]
        wins = f"{(gains > 0).sum()}/{len(gains)}"
        print(
            f"{kind:<12}{vote:<18}{epochs:>6}{member:>9.2f}{ensemble:>10.2f}"
            f"{gains.mean():>7.2f}{error:>6.2f}{wins:>6}"
        )
        without += gains.mean() <= 0
    return without


def main(argv=None):
    """Run the comparison and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", default=TABLES)
    options = parser.parse_args(argv)
    # Training stops at max_iter on purpose.
    warnings.simplefilter("ignore", ConvergenceWarning)
    without = 0
    for name in options.data:
        rows = load(name, options.tables)
        if rows is not None:
            seeds = [run(*rows, seed) for seed in range(options.seeds)]
            without += report(name, seeds)
    print(f"\nEnsembles without a gain over their mean member: {without}")


if __name__ == "__main__":
    main()
