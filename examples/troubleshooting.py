"""A net with several faults, cured one finding at a time.

The data are scikit-learn's breast cancer table, with one column in another unit. The
net has nine sigmoid layers and a learning rate that is far too high. It is hardly
better than always predicting the more frequent class. ``diagnose`` names the finding to
cure first; after each cure the net is diagnosed again, until there are no findings:

    python examples/troubleshooting.py

prints the findings and the changes, and saves a picture with all training curves.
"""

import argparse
import warnings
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdl import MLPClassifier
from skdl.inspection import TrainingCurveDisplay, diagnose

MAX_ROUNDS = 9


def load(seed):
    """Return training and test rows, one column of them in another unit."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X["mean area"] *= 1e4  # as if measured in another unit
    return train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)


def broken_net(seed):
    """Return a net with several faults."""
    return MLPClassifier(
        (30,) * 9,
        activation="logistic",
        learning_rate_init=0.3,
        max_iter=60,
        random_state=seed,
    )


def cure(net, finding):
    """Change the parameters that a finding names, and return them as text."""
    if not finding.changes:
        raise SystemExit(f"There is no parameter to change:\n{finding}")
    net.set_params(**finding.changes)
    return ", ".join(f"{name}={value!r}" for name, value in finding.changes.items())


def train(net, data):
    """Fit the net, and return its test score and its history."""
    X_train, X_test, y_train, y_test = data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is intended
        net.fit(X_train, y_train)
    return net.score(X_test, y_test), net.history_


def walk(seed):
    """Yield (score, history, report, cure) until there are no findings."""
    data = load(seed)
    X_train, _, y_train, _ = data
    net = broken_net(seed)
    for _ in range(MAX_ROUNDS):
        score, history = train(net, data)
        report = diagnose(net, X_train, y_train)
        if not report.findings:
            yield score, history, report, None
            return
        done = cure(net, report.first_to_cure)
        yield score, history, report, done


def draw(path, runs):
    """Save the curves of all rounds; return whether matplotlib is installed."""
    try:
        from matplotlib.figure import Figure  # unlike pyplot, opens no window
    except ImportError:
        return False
    figure = Figure(figsize=(2.4 * len(runs), 3), layout="constrained")
    axes = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
    for i, (ax, run) in enumerate(zip(axes, runs, strict=True)):
        score, history, report, _ = run
        found = report.first_to_cure.kind if report.findings else "nothing found"
        name = f"{i + 1}: {found}\ntest accuracy {score:.3f}"
        TrainingCurveDisplay(history, name=name).plot(ax=ax, yscale="log")
        ax.set_title(name, fontsize="medium")
        ax.get_legend().remove()  # each has one line
        ax.set_ylabel("" if i else "training loss")
    figure.savefig(path, dpi=160)
    return True


def main(argv=None):
    """Diagnose and cure until there are no findings, and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("troubleshooting.png"))
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args(argv)

    runs = []
    for i, run in enumerate(walk(options.seed)):
        score, _, report, done = run
        runs.append(run)
        print(f"Round {i + 1}: test accuracy {score:.3f}, {len(report.findings)} found")
        first = report.first_to_cure
        if first is not None:
            print(first)
        others = [finding.kind for finding in report.findings if finding is not first]
        if others:
            print(f"  also:    {', '.join(others)}")
        print(f"  cured:   {done}\n" if done else f"  {report.facts['trial']}\n")
    print(f"test accuracy before  {runs[0][0]:.3f}")
    print(f"test accuracy after   {runs[-1][0]:.3f}")
    if draw(options.output, runs):
        print(f"\nPicture: {options.output.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
