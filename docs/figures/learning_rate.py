"""The rate range test on the digits, and what each rate comes to.

To the left is the picture that `find_learning_rate` draws: the loss of a training run
whose rate grows from step to step. To the right, nets are trained at constant rates,
and the suggestion stands among them. docs/inspection.md tells the story.

Run it with ``python learning_rate.py``; ``--output`` says where the picture goes (which
takes matplotlib: ``pip install skdl[plot]``).
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdl import SoftmaxClassifier, Standardizer
from skdl.inspection import find_learning_rate

RATES = np.geomspace(1e-5, 1, 21)
EPOCHS = 10


def learn(rates=RATES, epochs=EPOCHS):
    """Return what the test found, and the accuracy on held-out rows at each rate."""
    X, X_test, y, y_test = train_test_split(
        *load_digits(return_X_y=True), random_state=0
    )
    net = SoftmaxClassifier(50, standardize=False, max_iter=epochs, random_state=0)
    model = make_pipeline(Standardizer(), net)
    scores = []
    for rate in rates:
        one = clone(model).set_params(softmaxclassifier__learning_rate_init=rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores.append(one.fit(X, y).score(X_test, y_test))
    return find_learning_rate(model, X, y), np.array(scores)


def draw(found, scores, path):
    """Draw both; return whether that was possible."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    test, trained = figure.subplots(1, 2, sharex=True)
    found.plot(ax=test)
    test.set_title("Rate range test")
    _, smoothed, mark = found.lines_
    trained.plot(RATES, scores, "o-", color=smoothed.get_color(), markersize=3)
    trained.axvline(found.suggestion, color=mark.get_color(), linestyle="--")
    trained.set(title=f"Accuracy after {EPOCHS} epochs", xlabel="learning rate")
    trained.spines[["top", "right"]].set_visible(False)
    trained.grid(alpha=0.25)
    figure.savefig(path, dpi=180)
    return True


def main(argv=None):
    """Run the test and the trainings, print what came out, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("learning_rate.png"))
    options = parser.parse_args(argv)
    found, scores = learn()
    print(found)
    best = scores.argmax()
    print(f"Best of {len(RATES)} rates: {scores[best]:.4f} at {RATES[best]:.2g}")
    if draw(found, scores, options.output):
        print(f"Picture: {options.output.resolve()}")
    else:
        print("No picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
