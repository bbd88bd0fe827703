"""Rare cases: class weights, calibration, and the threshold that costs least.

One row in twenty is a case. Overlooking a case costs ten times a false alarm. The
script compares six models, and prints for each:

- Brier: the mean squared error of the probabilities (lower is better);
- AP: average precision, which depends on the order of the probabilities alone;
- the threshold above which a probability counts as a case, with recall and F1 there;
- the cost of 1,000 rows.

``class_weight="balanced"`` finds more cases, because all probabilities rise: they no
longer mean what they say, which the Brier score shows. Calibration repairs them, and
removes the gain in recall. The threshold is the place to say what mistakes cost. With
probabilities that hold, it follows from the costs alone; it may be tuned, too.

Run it with ``python imbalance.py``; the data are drawn by scikit-learn. The numbers are
means over ``--splits`` splits. ``--output bars.png`` saves a picture, and needs
matplotlib.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    make_scorer,
    recall_score,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
    train_test_split,
)

from skdl import SoftmaxClassifier

N_ROWS = 6000
COST_OVERLOOKED, COST_FALSE_ALARM = 10, 1
NET = SoftmaxClassifier(
    (50,),
    standardize=True,
    dropout=0.2,
    learning_rate_init=0.003,
    early_stopping=True,
    scoring="average_precision",  # accuracy would be 0.95 without finding any case
    max_iter=300,
    random_state=0,
)


def cost(y, predicted):
    """Return what the mistakes cost, for 1,000 rows."""
    (_, false_alarms), (overlooked, _) = confusion_matrix(y, predicted, labels=[0, 1])
    total = COST_OVERLOOKED * overlooked + COST_FALSE_ALARM * false_alarms
    return 1000 * total / len(y)


def models():
    """Return the models of the table, by what was done to the net."""
    weighted = clone(NET).set_params(class_weight="balanced")
    calibration = {"method": "isotonic", "cv": 3, "ensemble": False}
    cheapest = {
        "scoring": make_scorer(cost, greater_is_better=False),
        "cv": 3,
        "random_state": 0,
    }
    # Here the expected costs of both mistakes are equal.
    indifferent = COST_FALSE_ALARM / (COST_FALSE_ALARM + COST_OVERLOOKED)
    return {
        "the net": NET,
        "class weights": weighted,
        "weights, calibrated": CalibratedClassifierCV(weighted, **calibration),
        "threshold by costs": FixedThresholdClassifier(NET, threshold=indifferent),
        "threshold, tuned": TunedThresholdClassifierCV(NET, **cheapest),
        "all three": TunedThresholdClassifierCV(
            CalibratedClassifierCV(weighted, **calibration), **cheapest
        ),
    }


def measure(model, X, y):
    """Return the columns of the table for a fitted model."""
    probabilities = model.predict_proba(X)[:, 1]
    predicted = model.predict(X)
    return (
        brier_score_loss(y, probabilities),
        average_precision_score(y, probabilities),
        getattr(model, "best_threshold_", getattr(model, "threshold", 0.5)),
        recall_score(y, predicted),
        f1_score(y, predicted),
        cost(y, predicted),
    )


def run(seed):
    """Return {name: columns} for one split."""
    X, y = make_classification(
        N_ROWS, 20, n_informative=5, weights=[0.95], class_sep=0.7, random_state=seed
    )
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=seed
    )
    return {
        name: measure(clone(model).fit(X, y), X_test, y_test)
        for name, model in models().items()
    }


def draw(path, means):
    """Save how far the probabilities are off, and what the decisions cost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    titles = "Brier score", "cost of 1,000 rows"
    for ax, title, column in zip(axes, titles, (0, -1), strict=True):
        values = [columns[column] for columns in means.values()]
        colors = ["C0" if value < 1.2 * min(values) else "C1" for value in values]
        ax.barh(list(means), values, color=colors, alpha=0.8)
        ax.set(title=title)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.savefig(path, dpi=100)


def main(argv=None):
    """Measure all models and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    options = parser.parse_args(argv)

    splits = [run(seed) for seed in range(options.splits)]
    print(
        f"{'model':<22}{'Brier':>8}{'AP':>8}{'threshold':>11}{'recall':>8}{'F1':>7}"
        f"{'cost':>7}"
    )
    print("-" * 71)
    means = {
        name: np.mean([found[name] for found in splits], axis=0) for name in splits[0]
    }
    for name, (brier, precision, threshold, recall, f1, total) in means.items():
        print(
            f"{name:<22}{brier:>8.4f}{precision:>8.3f}{threshold:>11.3f}"
            f"{recall:>8.2f}{f1:>7.2f}{total:>7.0f}"
        )
    if options.output:
        draw(options.output, means)
        print(f"\nPicture: {options.output.resolve()}")


if __name__ == "__main__":
    main()
