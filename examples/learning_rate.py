"""The learning rate: found by a range test, and used as the peak of one cycle.

`find_learning_rate` trains for a few hundred steps while the rate grows, and suggests
one. The table compares nets that train for the same number of epochs: at
scikit-learn's default rate, at the suggested one, at a tenth of that and at ten times
as much. The last two rows take the suggestion as the start of a cosine wave, and as the
peak of `OneCycle`.

Run it with ``python learning_rate.py``. Accuracies are means over ``--seeds`` seeds.
``--output rates.png`` saves a picture, and needs matplotlib.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import SoftmaxClassifier
from skdl.engine import Cosine, OneCycle
from skdl.inspection import find_learning_rate

N_EPOCHS = 10
NET = SoftmaxClassifier(
    (100,), standardize=True, batch_size=50, max_iter=N_EPOCHS, random_state=0
)


def load(seed):
    """Return (X, X_test, y, y_test): half of the images train."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def settings(suggestion):
    """Return {name: parameters} of the nets to compare."""
    found = {"learning_rate_init": suggestion}
    return {
        "default": {},
        "a tenth": {"learning_rate_init": suggestion / 10},
        "suggested": found,
        "ten times": {"learning_rate_init": 10 * suggestion},
        "suggested, cosine": found | {"learning_rate": Cosine()},
        "suggested, one cycle": found | {"learning_rate": OneCycle()},
    }


def measure(seed):
    """Return the result of the range test, and the test accuracy of each net."""
    X, X_test, y, y_test = load(seed)
    net = clone(NET).set_params(random_state=seed)
    found = find_learning_rate(net, X, y)
    scores = {}
    for name, parameters in settings(found.suggestion).items():
        scores[name] = (
            clone(net).set_params(**parameters).fit(X, y).score(X_test, y_test)
        )
    return found, scores


def draw(path, found, scores):
    """Save the range test, and the accuracies."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    found.plot(ax=left)
    right.barh(list(scores), list(scores.values()), alpha=0.8)
    right.set(xlim=(0.9, 1), xlabel="test accuracy", title=f"After {N_EPOCHS} epochs")
    right.invert_yaxis()
    right.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def main(argv=None):
    """Search the rate, train, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    options = parser.parse_args(argv)
    # max_iter is where training should end.
    warnings.simplefilter("ignore", ConvergenceWarning)

    results = [measure(seed) for seed in range(options.seeds)]
    print(f"{results[0][0]}\n")
    suggestion = np.mean([found.suggestion for found, _ in results])
    print(f"{'learning rate':<22}{'peak':>8}{f'after {N_EPOCHS} epochs':>17}")
    print("-" * 47)
    means = {}
    for name, parameters in settings(suggestion).items():
        rate = parameters.get("learning_rate_init", NET.learning_rate_init)
        means[name] = np.mean([scores[name] for _, scores in results])
        print(f"{name:<22}{rate:>8.3g}{means[name]:>17.4f}")
    if options.output:
        draw(options.output, results[0][0], means)
        print(f"\nPicture: {options.output.resolve()}")


if __name__ == "__main__":
    main()
