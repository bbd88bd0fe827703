"""Ensembles by skdl.ensemble: what a vote gains, and where nets disagree.

The first table compares votes with their own members, on the digits: nets with
different seeds, and checkpoints of one training run. "members" is the mean test
accuracy of the nets that vote. The second table asks an ensemble of regressors how much
its members disagree (``return_std=True``): little where there were training rows, much
where there were none.

Run it with ``python ensembles.py``. The accuracies are means over ``--seeds`` splits.
``--output waves.png`` saves a picture of the second table, and needs matplotlib.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.engine import Cosine
from skdl.ensemble import (
    CheckpointEnsembleClassifier,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)

N_MEMBERS = 5
N_EPOCHS = 30
VOTES = {
    "soft": {},
    "hard": {"voting": "hard"},
    "confidence": {"weights": "confidence"},
}


def make_ensembles(seed):
    """Return the ensembles of the first table, by name."""
    # Dropout and a high learning rate make members that differ.
    net = SoftmaxClassifier(
        (100,),
        standardize=True,
        dropout=0.3,
        learning_rate_init=0.03,
        batch_size=50,
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,  # the schedule runs its course
    )
    falling = clone(net).set_params(learning_rate=Cosine())
    options = {"n_members": N_MEMBERS, "random_state": seed}
    return {
        "seeds": SeedEnsembleClassifier(estimator=falling, **options),
        # One training run, whose learning rate falls and rises several times.
        "checkpoints": CheckpointEnsembleClassifier(estimator=net, **options),
    }


def compare_votes(seed):
    """Return {(ensemble, vote): (mean accuracy of the members, accuracy)}."""
    found = {}
    X, X_test, y, y_test = train_test_split(
        *load_digits(return_X_y=True), test_size=0.5, random_state=seed
    )
    for name, ensemble in make_ensembles(seed).items():
        members = ensemble.fit(X, y).estimators_
        mean = np.mean([member.score(X_test, y_test) for member in members])
        for vote, options in VOTES.items():
            # The vote may change without another fit.
            ensemble.set_params(**{"voting": "soft", "weights": None} | options)
            found[name, vote] = mean, ensemble.score(X_test, y_test)
    return found


def make_gap(seed):
    """Return points along a sine wave, none of them between 2 and 4."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.uniform(0, 2, 100), rng.uniform(4, 6, 100)])
    return x[:, np.newaxis], np.sin(2 * x) + rng.normal(0, 0.1, len(x))


def learn_wave(seed):
    """Return an ensemble that has learned the points along the wave."""
    net = MLPRegressor(
        hidden_layer_sizes=(50, 50),
        standardize=True,
        activation="tanh",
        solver="lbfgs",
        alpha=0.01,
        max_iter=2000,
    )
    ensemble = SeedEnsembleRegressor(
        estimator=net, n_members=N_MEMBERS, random_state=seed
    )
    return ensemble.fit(*make_gap(seed))


def disagree(ensemble):
    """Yield (place, mean, standard deviation of the members, true value)."""
    places = np.arange(0.5, 6, 0.5)[:, np.newaxis]
    mean, deviation = ensemble.predict(places, return_std=True)
    yield from zip(places[:, 0], mean, deviation, np.sin(2 * places[:, 0]), strict=True)


def draw(path, ensemble, seed):
    """Save the mean of the members, and how much they disagree."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    X, y = make_gap(seed)
    grid = np.linspace(-0.3, 6.3, 200)
    mean, deviation = ensemble.predict(grid[:, np.newaxis], return_std=True)
    band = mean - 2 * deviation, mean + 2 * deviation
    ax.fill_between(grid, *band, alpha=0.25, label="± 2 standard deviations")
    ax.plot(grid, np.sin(2 * grid), "k:", label="the true wave")
    ax.plot(grid, mean, "C0", label=f"mean of {N_MEMBERS} nets")
    ax.plot(X[:, 0], y, ".", color="0.6", markersize=4, label="training rows")
    ax.set(xlabel="x", ylim=(-1.8, 2.9), title="Nets disagree where no rows are")
    ax.legend(frameon=False, ncols=2, loc="upper center")
    figure.savefig(path, dpi=100)


def main(argv=None):
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    options = parser.parse_args(argv)
    # max_iter is where training should end.
    warnings.simplefilter("ignore", ConvergenceWarning)

    print(f"{'members':<14}{'vote':<12}{'members':>9}{'ensemble':>10}{'gain':>9}")
    print("-" * 54)
    seeds = [compare_votes(seed) for seed in range(options.seeds)]
    for name, vote in seeds[0]:
        members, score = np.mean([found[name, vote] for found in seeds], axis=0)
        gain = score - members
        print(f"{name:<14}{vote:<12}{members:>9.4f}{score:>10.4f}{gain:>+9.4f}")

    wave = learn_wave(seed=0)
    print(f"\n{'x':>5}{'true':>8}{'mean':>8}{'std':>8}")
    print("-" * 29)
    for place, mean, deviation, true in disagree(wave):
        note = "   no training rows near" if 2 < place < 4 else ""
        print(f"{place:>5.1f}{true:>8.2f}{mean:>8.2f}{deviation:>8.3f}{note}")
    if options.output:
        draw(options.output, wave, seed=0)
        print(f"\nPicture: {options.output.resolve()}")


if __name__ == "__main__":
    main()
