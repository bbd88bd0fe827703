"""How many calls of NumPy a step takes: what a small network's time goes to.

Seconds differ from machine to machine, calls do not. A number that falls is good news;
lower it here, so that it does not rise again.
"""

import importlib

import numpy as np
import pytest

from skdl.engine import SGD, Adam, Data, Network, Progress, Relu, Softmax, train

MODULES = (
    "activations",
    "batching",
    "blocks",
    "layers.activation",
    "layers.affine",
    "losses.base",
    "penalties",
    "losses.classification",
)
MODULES += ("network", "optimizers", "training", "workspace")


class Counting:
    """NumPy, or a function of it, that counts what is called."""

    def __init__(self, thing, counter):
        self._thing, self._counter = thing, counter

    def __getattr__(self, name):
        found = getattr(self._thing, name)
        # Classes, such as ndarray and float64, stand for themselves.
        plain = isinstance(found, type) or not callable(found)
        return found if plain else Counting(found, self._counter)

    def __call__(self, *args, **kwargs):
        self._counter.append(self._thing)
        return self._thing(*args, **kwargs)


def calls_per_step(monkeypatch, widths, optimizer, alpha, extra=0):
    """Return how many calls one more batch costs."""
    counter, rng = [], np.random.default_rng(0)
    for name in MODULES:
        module = importlib.import_module(f"skdl.engine.{name}")
        if hasattr(module, "np"):
            monkeypatch.setattr(module, "np", Counting(np, counter))
    counts = []
    for n_batches in (3, 4):
        network = Network(widths, [Relu() for _ in widths[1:-1]], np.dtype("f4"))
        network.initialize(np.random.default_rng(0))
        X = rng.normal(size=(8 * n_batches, widths[0])).astype("f4")
        loss = Softmax()
        y = rng.integers(0, widths[-1], len(X))
        data = Data(X, *loss.encode(y, widths[-1], network.dtype))
        state = optimizer.start(network.parameters, network.n_weights)
        counter.clear()
        train(
            network, loss, state, data, None,
            alpha=alpha, batch_size=8, rate=lambda progress: 0.1, progress=Progress(),
            max_epochs=1, on_epoch=lambda epoch: True,
        )  # fmt: skip
        counts.append(len(counter))
    return counts[1] - counts[0]


@pytest.mark.parametrize(
    ("widths", "optimizer", "alpha", "expected"),
    [
        # Products and biases forward 4, rectifier 1, loss 12, back 5 and 2, Adam 10.
        ((5, 4, 2), Adam(), 0.0, 34),
        ((5, 4, 2), Adam(), 0.1, 37),
        ((5, 4, 2), SGD(momentum=0), 0.0, 26),
        ((5, 4, 4, 2), Adam(), 0.1, 45),
        ((5, 2), Adam(), 0.1, 29),
    ],
)
def test_calls_of_a_step(monkeypatch, widths, optimizer, alpha, expected):
    assert calls_per_step(monkeypatch, widths, optimizer, alpha) == expected


def test_one_call_more_is_noticed(monkeypatch):
    plain = Softmax.rows_and_gradient

    def slower(self, scores, targets, rows, gradient):
        plain(self, scores, targets, rows, gradient)
        importlib.import_module("skdl.engine.losses.base").np.add(rows, 0, out=rows)

    monkeypatch.setattr(Softmax, "rows_and_gradient", slower)
    assert calls_per_step(monkeypatch, (5, 4, 2), Adam(), 0.1) == 38
