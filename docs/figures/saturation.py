"""A saturated unit under squared error and under cross-entropy.

A sigmoid unit with one input starts far on the wrong side: the input is 1, the target 0
and the output almost 1. Plain gradient descent trains it twice, with half the squared
error and with the cross-entropy. The slope of the first vanishes with that of the
sigmoid, so that the unit stays wrong for long; the slope of the second is the error
itself. docs/losses.md tells the story.

Run it with ``python saturation.py``; ``--output`` says where the picture goes (which
takes matplotlib: ``pip install skdl[plot]``).
"""

import argparse
from pathlib import Path

import numpy as np

from skdl.engine import (
    SGD,
    Data,
    LogisticLoss,
    Network,
    Progress,
    SigmoidSquaredError,
    raw_scores,
    train,
)

LOSSES = {
    "squared error": SigmoidSquaredError(),
    "cross-entropy": LogisticLoss(),
}
COLORS = {"squared error": "C3", "cross-entropy": "C0"}
START = 2.0  # of weight and bias: the output starts at σ(4) = 0.982
RATE = 0.5
EPOCHS = 150


def learn(loss, epochs=EPOCHS):
    """Return (outputs, losses): before each epoch, and after the last one."""
    unit = Network([1, 1], [], np.float64)
    unit.parameters[...] = START
    X = np.ones((1, 1))
    data = Data(X, np.zeros((1, 1)))
    outputs, losses = [], []

    def record():
        scores = raw_scores(unit, X)
        outputs.append(loss.probabilities(scores, exclusive=False).item())
        losses.append(evaluate(loss, scores)[0].item())

    record()
    train(
        unit,
        loss,
        SGD(momentum=0).start(unit.parameters),
        data,
        None,
        alpha=0,
        batch_size=1,
        rate=lambda progress: RATE,
        progress=Progress(),
        max_epochs=epochs,
        on_epoch=lambda mean_loss: record(),
    )
    return outputs, losses


def evaluate(loss, scores):
    """Return (losses, derivatives) of scores (n, 1) whose target is 0."""
    rows, gradient = np.empty_like(scores), np.empty_like(scores)
    loss.rows_and_gradient(scores.copy(), np.zeros_like(scores), rows, gradient)
    return rows[:, 0], gradient[:, 0]


def draw(path):
    """Save the picture; return whether it was possible."""
    try:
        from matplotlib.figure import Figure  # without pyplot, so that no window opens
    except ImportError:
        return False
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    output, value, slope = figure.subplots(1, 3)
    scores = np.linspace(-8, 8, 161)[:, np.newaxis]
    for name, loss in LOSSES.items():
        style = {"label": name, "color": COLORS[name]}
        outputs, losses = learn(loss)
        output.plot(outputs, **style)
        value.plot(losses, **style)
        slope.plot(scores, evaluate(loss, scores)[1], **style)
    output.set(title="Output (the target is 0)", xlabel="epoch", ylim=(-0.03, 1.03))
    value.set(title="Loss", xlabel="epoch", yscale="log")
    slope.set(title="Derivative of the loss", xlabel="score")
    slope.axvline(2 * START, color="gray", linestyle=":", linewidth=1)
    slope.annotate("start", (2 * START - 0.3, 0.45), ha="right", color="gray")
    for axes in (output, value, slope):
        axes.grid(alpha=0.3)
    slope.legend(frameon=False, loc="upper left", fontsize="small")
    figure.savefig(path, dpi=180)
    return True


def main(argv=None):
    """Train the unit twice, print how far it came, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("saturation.png"))
    options = parser.parse_args(argv)
    print(f"{'epoch':<15}{'0':>8}{'10':>8}{'50':>8}{EPOCHS:>8}")
    for name, loss in LOSSES.items():
        outputs, _ = learn(loss)
        shown = "".join(f"{outputs[epoch]:>8.4f}" for epoch in (0, 10, 50, EPOCHS))
        print(f"{name:<15}{shown}")
    if draw(options.output):
        print(f"Picture: {options.output.resolve()}")
    else:
        print("No picture, as matplotlib is missing: pip install skdl[plot]")


if __name__ == "__main__":
    main()
