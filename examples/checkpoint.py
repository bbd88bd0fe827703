"""Training that survives a crash: the same call resumes it, with the same weights.

A net learns the digits three times: first without interruption; then in a process that
dies in the middle, as in a power cut; and then by the same call again. That call finds
the checkpoint, resumes training, and ends with the weights of the first net, bit for
bit. The file contains Adam's moments, the learning rate, the random generators and the
best epoch of early stopping. It also loads as a net that predicts: after the crash, the
best one so far, and at the end the fitted net.

Run it with ``python checkpoint.py``; it takes a few seconds. ``--crash-after`` sets the
number of epochs after which the process dies. ``--output curves.png`` saves a picture,
and needs matplotlib.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from skdl import MLPClassifier
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.engine import StepDecay


def fit(*callbacks):
    """Train a net with early stopping on the digits, and return it."""
    X, y = load_digits(return_X_y=True)
    net = MLPClassifier(
        (64,),
        learning_rate=StepDecay(every=20),
        early_stopping=True,
        dropout=0.2,
        random_state=0,
    )
    return net.set_callbacks(*callbacks).fit(X / 16, y)


def fit_and_die(path, n_epochs):
    """Train, and kill the process after `n_epochs` epochs."""

    def die(net):
        if net.n_iter_ == n_epochs:
            os._exit(1)

    fit(Checkpoint(path, resume=True), LambdaCallback(die))


def draw(path, whole, resumed, crash):
    """Save the losses with and without the crash."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    epochs = range(1, len(resumed.loss_curve_) + 1)
    ax.plot(epochs, whole.loss_curve_, "0.75", lw=6, label="without the crash")
    ax.plot(epochs[:crash], resumed.loss_curve_[:crash], "C1", label="before the crash")
    ax.plot(epochs[crash:], resumed.loss_curve_[crash:], "C0", label="resumed")
    ax.axvline(crash + 0.5, color="C3", linestyle=":", label="the process dies")
    ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
    ax.set_title("The same call resumes training")
    ax.legend(frameon=False)
    figure.savefig(path, dpi=100)


def main():
    """Crash in another process, resume in this one, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--crash-after", type=int, default=20, metavar="EPOCHS")
    parser.add_argument("--output", type=Path, help="where to save a picture")
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.path is not None:
        fit_and_die(arguments.path, arguments.crash_after)
        return

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.npz"
        options = ["--path", str(path), "--crash-after", str(arguments.crash_after)]
        died = subprocess.run([sys.executable, sys.argv[0], *options]).returncode != 0
        size = path.stat().st_size / 1000
        rescued = Checkpoint.load(path)

        n_trained = []
        watch = LambdaCallback(lambda net: n_trained.append(net.n_iter_))
        resumed = fit(Checkpoint(path, resume=True), watch)
        loaded = Checkpoint.load(path)

    whole = fit()
    pairs = zip(whole.coefs_, resumed.coefs_, strict=True)
    equal = all(np.array_equal(*pair) for pair in pairs)
    X, y = load_digits(return_X_y=True)
    same = np.array_equal(loaded.predict_proba(X / 16), resumed.predict_proba(X / 16))

    print(f"the process died         {'yes' if died else 'no'}")
    print(f"size of the checkpoint   {size:.0f} kB")
    print(f"the file as a net        accuracy {rescued.score(X / 16, y):.4f}")
    print(f"epochs after the crash   {n_trained[0]} to {n_trained[-1]}")
    print(f"best validation score    {resumed.best_validation_score_:.4f}")
    print(f"  without the crash      {whole.best_validation_score_:.4f}")
    print(f"equal weights            {'yes' if equal else 'no'}")
    print(f"loaded net predicts so   {'yes' if same else 'no'}")
    if arguments.output:
        draw(arguments.output, whole, resumed, arguments.crash_after)
        print(f"\nPicture: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
