"""``summary()`` says what a net consists of, before and after ``fit``."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, SVMClassifier
from skdl.engine import Adam, Maxout, Relu
from skdl.engine.network import Network
from tests.estimators.common import fit, make

RICH = {
    "hidden_layer_sizes": (6, 6, 4),
    "residual": True,
    "dropout": [0.1, 0.2, 0, 0.5],
    "normalization": "batch",
    "activation": [Maxout(3), "relu", "tanh"],
}


def n_parameters(net):
    """Count the parameters by another way than the summary does."""
    arrays = [*net.coefs_, *net.intercepts_, *net.projections_]
    return sum(array.size for array in arrays if array is not None)


def test_a_fitted_net(Net, X, y):
    net = fit(make(Net, hidden_layer_sizes=(7, 3)), X, y)
    summary = net.summary()
    assert summary.is_fitted
    assert summary.n_parameters == n_parameters(net)
    assert summary.n_weights == sum(W.size for W in net.coefs_)
    assert summary.parameter_bytes == 8 * n_parameters(net)
    assert summary.training_bytes > 4 * summary.parameter_bytes
    assert [step.layer for step in summary.layers] == [
        "hidden 1", "hidden 1", "hidden 2", "hidden 2", "output",
    ]  # fmt: skip
    assert [step.width for step in summary.layers] == [7, 7, 3, 3, net.n_outputs_]
    counts = [step.n_parameters for step in summary.layers]
    assert sum(counts) == n_parameters(net)


def test_all_kinds_of_layers():
    X, y = load_iris(return_X_y=True)
    net = make(SoftmaxClassifier, **RICH, standardize=True, max_iter=2)
    summary = fit(net, X.astype(np.float32), y).summary()
    steps = [(step.layer, step.operation) for step in summary.layers]
    assert steps == [
        ("input", "standardize"),
        ("input", "dropout 0.1"),
        ("hidden 1", "affine"),
        ("hidden 1", "batch normalization"),
        ("hidden 1", "Maxout(pieces=3)"),
        ("hidden 1", "dropout 0.2"),
        ("hidden 2", "affine"),
        ("hidden 2", "batch normalization"),
        ("hidden 2", "Relu"),
        ("hidden 2", "skip connection"),
        ("hidden 3", "affine"),
        ("hidden 3", "batch normalization"),
        ("hidden 3", "Tanh"),
        ("hidden 3", "dropout 0.5"),
        ("hidden 3", "skip connection"),
        ("output", "affine"),
    ]
    # Weights and biases, scale and shift of each unit, and the last bypass.
    expected = (5 * 18 + 2 * 18) + (7 * 6 + 2 * 6) + (7 * 4 + 2 * 4) + 6 * 4 + 5 * 3
    assert summary.n_parameters == expected
    assert summary.parameter_bytes == 4 * expected
    lines = str(summary).splitlines()
    assert lines[0] == "SoftmaxClassifier, fitted"
    assert lines[4].split() == ["dropout", "0.1", "4"]
    assert lines[5].split() == ["hidden", "1", "affine", "4", "→", "18", "90"]
    assert (
        lines[-2] == f"{expected} parameters, 168 of them weights: 1.02 kB in float32"
    )


def test_an_unfitted_net_with_both_numbers_is_as_after_fit(Net, X, y):
    net = make(Net, hidden_layer_sizes=(5,))
    trained = fit(net, X, y).summary()
    known = {"n_features": X.shape[1], "n_outputs": net.n_outputs_}
    summary = make(Net, hidden_layer_sizes=(5,)).summary(**known)
    assert not summary.is_fitted
    assert summary.layers == trained.layers
    assert summary.n_parameters == trained.n_parameters
    assert summary.training_bytes == trained.training_bytes
    assert net.summary(**known) == trained


@pytest.mark.parametrize(
    ("known", "shapes", "counts"),
    [
        ({}, ["? → 5", "5", "5 → ?"], [None, 0, None]),
        ({"n_features": 3}, ["3 → 5", "5", "5 → ?"], [20, 0, None]),
        ({"n_outputs": 2}, ["? → 5", "5", "5 → 2"], [None, 0, 12]),
    ],
)
def test_an_unfitted_net_says_what_it_does_not_know(known, shapes, counts):
    summary = MLPClassifier((5,)).summary(**known)
    assert [step.n_parameters for step in summary.layers] == counts
    assert summary.n_parameters is None
    assert summary.training_bytes is None
    text = str(summary)
    for line, shape in zip(text.splitlines()[3:6], shapes, strict=True):
        assert f" {shape}" in line
    assert "Unknown before fit" in text
    assert "summary(n_features=..., n_outputs=...)" in text


def test_a_linear_net():
    (step,) = SVMClassifier(()).summary(4, 3).layers
    assert (step.layer, step.fan_in, step.width) == ("output", 4, 3)
    (step,) = SVMClassifier(()).summary().layers
    assert (step.fan_in, step.width, step.n_parameters) == (None, None, None)


def test_lbfgs_has_no_batches():
    summary = MLPRegressor(solver="lbfgs").summary(3, 1)
    assert (summary.batch_size, summary.training_bytes) == (None, None)
    assert "batches" not in str(summary)


def test_the_memory_follows_batch_and_optimizer():
    def memory(**options):
        return MLPRegressor(**options).summary(3, 1).training_bytes

    usual = memory()
    assert memory(solver=Adam()) == usual
    assert memory(solver="sgd", momentum=0) < usual
    assert memory(batch_size=400) > usual
    assert "400 rows" in str(MLPRegressor(batch_size=400).summary(3, 1))


def test_a_net_beyond_the_memory_is_described(monkeypatch):
    def too_large(self, *args, **options):
        raise MemoryError

    monkeypatch.setattr(Network, "__init__", too_large)
    summary = MLPClassifier((200_000, 200_000)).summary(1, 1)
    assert summary.n_parameters == 40_000_800_001
    assert summary.training_bytes is None
    assert "320 GB in float64\nThis machine has too little memory" in str(summary)


def test_html():
    class Odd(Relu):
        def __repr__(self):
            return "<odd>"

    html = MLPClassifier((5,), activation=Odd()).summary(3, 2)._repr_html_()
    assert html.count("<tr>") == 4
    assert "&lt;odd&gt;" in html
    assert "<b>MLPClassifier, not fitted</b>" in html
    assert "32 parameters" in html


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"n_features": 0}, "n_features must be an int of at least 1, got 0"),
        ({"n_outputs": 2.5}, "n_outputs must be an int of at least 1, got 2.5"),
        ({"n_outputs": True}, "n_outputs must be an int of at least 1, got True"),
    ],
)
def test_wrong_numbers_are_refused(numbers, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier().summary(**numbers)


def test_invalid_parameters_and_other_numbers_are_refused(X, y):
    with pytest.raises(ValueError, match="activation"):
        MLPClassifier(activation="no").summary()
    net = fit(make(MLPClassifier), X, y)
    with pytest.raises(ValueError, match=r"n_features=9, but .* is fitted and has 4"):
        net.summary(n_features=9)
