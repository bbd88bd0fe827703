"""A net with several faults, cured one finding at a time.

The data are scikit-learn's breast cancer, with one column in another unit; the net is
nine sigmoid layers deep, and its rate is far too high. It predicts hardly better than
by the more frequent class. ``diagnose`` says what to look at first; after each cure it
is asked again, until nothing is found:

    python examples/troubleshooting.py

prints what was found and changed, and saves a picture with the curve of each training.
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
    X["mean area"] *= 1e4  # as if in other units than the rest
    return train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)


def broken_net(seed):
    """Return a net with more than one thing wrong."""
    return MLPClassifier(
        (30,) * 9,
        activation="logistic",
        learning_rate_init=0.3,
        max_iter=60,
        random_state=seed,
    )


def cure(net, finding):
    """Set what a finding asks for, and return it as text."""
    if not finding.changes:
        raise SystemExit(f"There is no parameter to change:\n{finding}")
    net.set_params(**finding.changes)
    return ", ".join(f"{name}={value!r}" for name, value in finding.changes.items())


def train(net, data):
    """Fit the net, and return its test score and its history."""
    X_train, X_test, y_train, y_test = data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is meant so
        net.fit(X_train, y_train)
    return net.score(X_test, y_test), net.history_


def walk(seed):
    """Yield (score, history, report, what was done about it) until all is well."""
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
    """Save the training curves of all rounds; return whether it was possible."""
    try:
        from matplotlib.figure import Figure  # without pyplot, so that no window opens
    except ImportError:
        return False
    figure = Figure(figsize=(2.4 * len(runs), 3), layout="constrained")
    places = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
    for i, (place, run) in enumerate(zip(places, runs, strict=True)):
        score, history, report, _ = run
        found = report.first_to_cure.kind if report.findings else "nothing found"
        name = f"{i + 1}: {found}\ntest accuracy {score:.3f}"
        TrainingCurveDisplay(history, name=name).plot(ax=place, yscale="log")
        place.set_title(name, fontsize="medium")
        place.get_legend().remove()  # one line in each
        place.set_ylabel("" if i else "training loss (nats)")
    figure.savefig(path, dpi=80)
    return True


def main(argv=None):
    """Diagnose, cure, repeat, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("troubleshooting.png"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)

    runs = []
    for i, run in enumerate(walk(options.seed)):
        score, _, report, done = run
        runs.append(run)
        print(f"Round {i + 1}: test accuracy {score:.3f}, {len(report.findings)} found")
        first = report.first_to_cure
        if first is not None:
            print(first)
        others = ", ".join(one.kind for one in report.findings if one is not first)
        if others:
            print(f"  also:    {others}")
        print(f"  cured:   {done}\n" if done else f"  {report.facts['trial']}\n")
    print(f"test accuracy before  {runs[0][0]:.3f}")
    print(f"test accuracy after   {runs[-1][0]:.3f}")
    if draw(options.output, runs):
        print(f"\nPicture: {options.output.resolve()}")
    else:
        print("\nNo picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
