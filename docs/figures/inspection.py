"""What a net learns on the digits, drawn by the displays of skdl.inspection.

docs/displays.md shows these pictures. Two nets are trained: one of eight layers of
sigmoids and one of two layers of rectifiers, each with a `Monitor`.

Run it with ``python inspection.py``; ``--output`` says where the pictures go, and how
their names begin (which takes matplotlib: ``pip install skdl[plot]``).
"""

import argparse
import warnings
from pathlib import Path

from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import SoftmaxClassifier
from skdl.callbacks import LambdaCallback, Monitor
from skdl.engine import StepDecay


def fit(X, y, *sizes, callbacks=(), **options):
    """Return a fitted net with its records."""
    net = SoftmaxClassifier(sizes, standardize=False, random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return net.set_callbacks(Monitor(every=10), *callbacks).fit(X, y)


def digits():
    """Return (X_train, X_test, y_train, y_test), from 0 to 1."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, random_state=0)


def rectifiers(X, y):
    """Return a net that learns well, and its scores on these rows, epoch by epoch."""
    scores = []
    ask = LambdaCallback(lambda net: scores.append(net.score(X, y)))
    net = fit(
        X, y, 64, 32, learning_rate_init=0.003, learning_rate=StepDecay(0.5, 12),
        batch_size=50, alpha=0.05, early_stopping=True, max_iter=50,
        n_iter_no_change=50, callbacks=[ask],
    )  # fmt: skip
    return net, scores


def sigmoids(X, y):
    """Return a net so deep that gradients vanish."""
    return fit(X, y, *[32] * 7, activation="logistic", batch_size=50, max_iter=30)


def draw(path):
    """Save the pictures beside a path; return where, nowhere without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    from skdl.inspection import (
        GradientFlowDisplay,
        LayerHistogramDisplay,
        MistakesDisplay,
        TopActivationDisplay,
        TrainingCurveDisplay,
        UpdateRatioDisplay,
        WeightImageDisplay,
    )

    X, X_test, y, y_test = digits()
    (net, scores), deep = rectifiers(X, y), sigmoids(X, y)
    linear = fit(X, y, max_iter=60)
    X_iris, y_iris = load_iris(return_X_y=True, as_frame=True)
    flowers = fit(X_iris, y_iris, 8, max_iter=60, learning_rate_init=0.02)
    image = {"image_shape": (8, 8)}
    pictures = {
        "training": (5.5, 5.0, TrainingCurveDisplay, (net,),
                     {"training_score": scores}),
        "updates": (6.0, 3.2, UpdateRatioDisplay, (net,), {}),
        "gradients": (6.0, 3.0, GradientFlowDisplay, (deep,), {}),
        "outputs": (8.0, 2.8, LayerHistogramDisplay, (net,), {"kind": "activation"}),
        "weights": (5.0, 4.2, WeightImageDisplay, (net,), {"max_units": 30, **image}),
        "classes": (6.0, 3.0, WeightImageDisplay, (linear,), image),
        "units": (6.6, 4.6, TopActivationDisplay, (net, X, y), image),
        "mistakes": (7.0, 4.4, MistakesDisplay, (net, X_test, y_test),
                     {"n_mistakes": 10, **image}),
        "table": (6.0, 2.6, MistakesDisplay, (flowers, X_iris, y_iris), {}),
    }  # fmt: skip
    paths = []
    for name, (width, height, display, given, options) in pictures.items():
        # Without pyplot, so that no window opens.
        figure = Figure(figsize=(width, height), layout="constrained")
        display.from_estimator(*given, ax=figure.subplots(), **options)
        paths.append(path.with_name(f"{path.stem}_{name}.png"))
        figure.savefig(paths[-1], dpi=150, bbox_inches="tight")
    print(f"test accuracy {net.score(X_test, y_test):.3f}")
    return paths


def main(argv=None):
    """Train the nets and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("inspection.png"))
    options = parser.parse_args(argv)
    paths = draw(options.output)
    for path in paths:
        print(f"Picture: {path.resolve()}")
    if not paths:
        print("No pictures, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
