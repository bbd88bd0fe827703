"""Every function with every kind of net and data, and with wrong arguments."""

import warnings
from functools import cache, partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier
from skdl import inspection as module
from skdl.callbacks import Monitor
from skdl.engine import StepDecay
from skdl.preprocessing import ImageAugmenter

X = np.random.default_rng(0).normal(size=(60, 16))
Y = X[:, :3].argmax(axis=1)
WORDS = np.array(["a", "b", "c"])[Y]
FRAME = pd.DataFrame(X, columns=[f"f{i}" for i in range(16)])
POLARS = pl.DataFrame(X, schema=list(FRAME.columns))
BYTES = (40 * np.clip(X + 3, 0, 6)).astype(np.uint8)
SOFT = 0.1 + 0.7 * np.eye(3)[Y]
NUMBERS = X[:, :2] @ [[1.0, 2.0], [3.0, -1.0]]
HOLES = np.where(np.arange(16) == 3, np.nan, X)
SHAPE = {"image_shape": (4, 4)}


def soft(*sizes, **options):
    return SoftmaxClassifier(sizes, max_iter=4, random_state=0, **options)


def regressor():
    return MLPRegressor(hidden_layer_sizes=(5,), max_iter=4, random_state=0)


CASES = {
    "words": (soft(6, 5), X, WORDS),
    "frame": (soft(5), FRAME, pd.Series(WORDS, index=range(60, 120))),
    "polars": (
        make_pipeline(
            make_column_transformer(
                (StandardScaler(), list(FRAME.columns[:8])), remainder="passthrough"
            ), soft(5),
        ), POLARS, pl.Series(WORDS),
    ),
    "labels": (LogisticClassifier((5,), max_iter=4), X, (X[:, :3] > 0).astype(int)),
    "columns": (soft(5), X, np.column_stack([Y, Y > 0])),
    "soft": (soft(5), X, SOFT),
    "sparse": (soft(5), csr_array(np.where(X > 0.5, X, 0)), Y),
    "bytes": (soft(5, standardize="channel", **SHAPE), BYTES, Y),
    "augmented": (soft(5, augment=ImageAugmenter(shift=1), **SHAPE), X, Y),
    "layers": (soft(5, 5, dropout=0.2, residual=True, normalization="batch"), X, Y),
    "l1": (soft(5, penalty="l1", alpha=1e-3), X, Y),
    "schedule": (soft(5, learning_rate=StepDecay(0.5, 2), max_grad_norm=1.0), X, Y),
    "penalty": (soft(5, penalty="elasticnet", solver="sgd"), X, Y),
    "lbfgs": (soft(5, solver="lbfgs"), X, Y),
    "linear": (soft(), X, Y),
    "numbers": (regressor(), X, NUMBERS[:, 0]),
    "two numbers": (regressor(), X, NUMBERS),
    "one class": (soft(5), X, np.zeros(60, int)),
    "one number": (regressor(), X, np.ones(60)),
    "pipeline": (make_pipeline(StandardScaler(), soft(5)), FRAME, Y),
    "search": (
        GridSearchCV(make_pipeline(StandardScaler(), soft(5)), {}, cv=2), FRAME, Y,
    ),
    "targets": (
        TransformedTargetRegressor(
            make_pipeline(StandardScaler(), regressor()), transformer=StandardScaler()
        ), FRAME, NUMBERS[:, 0],
    ),
}  # fmt: skip
# Calls that are refused for a case, with their errors.
REFUSED = {
    **dict.fromkeys(
        [("hidden_activations", "linear"), ("NeuralFeatures", "linear"),
         ("TopActivationDisplay", "linear")],
        "layer=.* asks for a hidden layer",
    ),
    **dict.fromkeys(
        [("input_gradients", case) for case in ("labels", "columns", "two numbers")],
        "set output to a number from",
    ),
    **dict.fromkeys(
        [("MistakesDisplay", case) for case in ("labels", "columns", "two numbers")],
        "MistakesDisplay shows one output",
    ),
    **dict.fromkeys(
        [(name, "search")
         for name in ("find_learning_rate", "diagnose-new")],
        "GridSearchCV without best_estimator_: fit it first",
    ),
    ("find_learning_rate", "lbfgs"): "no learning rate to find",
}  # fmt: skip


def rate_test(new, X, y):
    return module.find_learning_rate(new, X, y, n_steps=20, random_state=0).plot()


def features(new, X, y):
    return module.NeuralFeatures(new).fit(X, y).transform(X)


def display(name, fitted, *given):
    return getattr(module, name).from_estimator(fitted, *given)


def mistakes(fitted, X, y):
    return module.MistakesDisplay.from_estimator(fitted, X, y, n_mistakes=3)


# Calls with the fitted estimator, an unfitted one, and the data.
CALLS = {
    "hidden_activations": lambda f, new, X, y: module.hidden_activations(f, X),
    "input_gradients": lambda f, new, X, y: module.input_gradients(f, X),
    "input_gradients-loss": lambda f, new, X, y: module.input_gradients(f, X, y),
    "NeuralFeatures": lambda f, new, X, y: features(new, X, y),
    "find_learning_rate": lambda f, new, X, y: rate_test(new, X, y),
    "diagnose-new": lambda f, new, X, y: module.diagnose(new, X, y, max_steps=20),
    "diagnose": lambda f, new, X, y: module.diagnose(f, X, y, max_steps=20),
    "TrainingCurveDisplay": lambda f, new, X, y: display("TrainingCurveDisplay", f),
    "UpdateRatioDisplay": lambda f, new, X, y: display("UpdateRatioDisplay", f),
    "LayerHistogramDisplay": lambda f, new, X, y: display("LayerHistogramDisplay", f),
    "GradientFlowDisplay": lambda f, new, X, y: display("GradientFlowDisplay", f, X, y),
    "WeightImageDisplay": lambda f, new, X, y: display("WeightImageDisplay", f),
    "TopActivationDisplay": lambda f, new, X, y: display("TopActivationDisplay", f, X),
    "MistakesDisplay": lambda f, new, X, y: mistakes(f, X, y),
}


@cache
def fitted_case(case):
    """Return the fitted estimator of a case, with the records of a Monitor."""
    estimator = clone(CASES[case][0])
    net = estimator
    while not hasattr(net, "hidden_layer_sizes"):
        inner = getattr(net, "estimator", None) or getattr(net, "regressor", None)
        net = net[-1] if isinstance(net, Pipeline) else inner
    net.set_callbacks(Monitor(every=2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(*CASES[case][1:])


# Displays that use neither X nor y treat most cases alike.
ALIKE = set(CASES) - {
    "words",
    "bytes",
    "layers",
    "lbfgs",
    "linear",
    "search",
    "targets",
}
BLIND = ["TrainingCurve", "UpdateRatio", "LayerHistogram", "WeightImage", "diagnose"]
# Cases whose figures differ by more than numbers: in layers, images and records.
DRAWN = {"words", "bytes", "layers", "lbfgs", "linear"}
# The other calls get every fourth of these cases.
PAIRS = [
    (case, call)
    for i, case in enumerate(CASES)
    for j, call in enumerate(CALLS)
    if case not in ALIKE
    or (call.removesuffix("Display") not in BLIND and (i + j) % 4 == 0)
]


@pytest.mark.parametrize(("case", "call"), PAIRS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_kind_of_net_and_data(case, call):
    estimator, X, y = CASES[case]
    work = partial(CALLS[call], fitted_case(case), clone(estimator), X, y)
    if (call, case) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[call, case]):
            work()
        return
    found = work()
    if isinstance(found, np.ndarray):
        assert len(found) == 60
        assert np.isfinite(found).all()
    elif call.startswith("diagnose"):
        assert str(found)
    elif case in DRAWN:
        found.figure_.draw_without_rendering()


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("call", ["diagnose-new", "NeuralFeatures", *list(CALLS)[:3]])
@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X[0], Y[:16], "Expected 2D array, got 1D"),
        (HOLES, Y, "Input X contains NaN"),
        (X[:0], Y[:0], r"0 sample\(s\)"),
        (None, Y, "Expected 2D array|inconsistent|X is missing"),
        (X.reshape(60, 4, 4), Y, "Found array with dim 3"),
        (FRAME.assign(f3="a"), Y, "These columns contain no numbers: 'f3'"),
    ],
    ids=["vector", "holes", "empty", "none", "images", "words"],
)
def test_wrong_rows(X, y, message, call):
    with pytest.raises(ValueError, match=message):
        CALLS[call](fitted_case("frame"), soft(5), X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:5], "inconsistent numbers of samples"),
        (np.where(Y, Y, np.nan), "y contains NaN"),
        (np.where(Y, Y.astype(object), None), "y contains None"),
        (2 * SOFT, "Each row of y must sum to 1"),
        (NUMBERS[:, 0], "Unknown label type"),
        (None, "y is missing|requires y"),
    ],
    ids=["short", "holes", "nothing", "no distribution", "numbers", "none"],
)
@pytest.mark.parametrize(
    "call", ["diagnose-new", "NeuralFeatures", "find_learning_rate"]
)
def test_wrong_labels(y, message, call):
    with pytest.raises(ValueError, match=message):
        CALLS[call](None, soft(5), X, y)


# Display, its arguments beside the net, and the expected error.
WRONG = [
    ("TopActivationDisplay", "X", {"layer": "output"}, "layer must be a number from"),
    ("TopActivationDisplay", "X", {"units": [6]}, "units must be a seq.* -6 to 5, got"),
    ("TopActivationDisplay", "X", {"n_units": 0}, "n_units must be an int of at least"),
    ("TopActivationDisplay", "X", {"n_top": -1}, "n_top must be an int of at least 1"),
    ("TopActivationDisplay", "X", {"image_shape": 4}, "image_shape must be .* got 4"),
    ("WeightImageDisplay", "", {"image_shape": (-4, -4)}, "image_shape must be"),
    ("WeightImageDisplay", "", {"units": "all"}, "units must be .* got 'all'"),
    ("WeightImageDisplay", "", {"max_units": 1.5}, "max_units must be an int"),
    ("WeightImageDisplay", "", {"limit": 0}, "limit must be a finite number above 0"),
    ("WeightImageDisplay", "", {"n_columns": 0}, "n_columns must be an int"),
    ("LayerHistogramDisplay", "", {"layers": ["hidden 1"]}, "layers must be a seq"),
    ("LayerHistogramDisplay", "", {"kind": "bias"}, "kind must be one of"),
    ("GradientFlowDisplay", "", {"step": "last"}, "step must be an int"),
    ("GradientFlowDisplay", "", {"y": Y}, "X is missing"),
    ("GradientFlowDisplay", "X", {}, "y is missing"),
    ("UpdateRatioDisplay", "", {"band": (1,)}, "band must be two numbers"),
    ("UpdateRatioDisplay", "", {"band": (1, 0.1)}, r"band\[1\] must be .* above 1"),
    ("MistakesDisplay", "Xy", {"n_mistakes": 0}, "n_mistakes must be an int"),
    ("MistakesDisplay", "Xy", {"image_shape": ()}, r"image_shape must .* got \(\)"),
    ("MistakesDisplay", "Xy", {"n_columns": 0, **SHAPE}, "n_columns must be an int"),
    ("TrainingCurveDisplay", "", {"ax": "left"}, "ax must be matplotlib axes"),
]


@pytest.mark.parametrize(("name", "given", "options", "message"), WRONG)
def test_wrong_arguments_of_displays(name, given, options, message):
    given = [{"X": X, "y": WORDS}[one] for one in given]
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(module, name).from_estimator(fitted_case("words"), *given, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_time": np.inf}, "max_time must be a finite number above 0, got inf"),
        ({"max_steps": 1.5}, "max_steps must be an int of at least 1, got 1.5"),
        ({"max_rows": 5}, "max_rows must be an int of at least 10, got 5"),
        ({"random_state": "one"}, "'one' cannot be used to seed"),
        ({"random_state": -1}, "random_state must be an int of at least 0, got -1"),
    ],
)
def test_wrong_arguments_of_diagnose(options, message):
    with pytest.raises(ValueError, match=message):
        module.diagnose(soft(5), X, Y, **options)


def test_data_of_another_net():
    for rows, labels, message in (
        (X[:, :5], WORDS, "X has 5 features, .* expecting 16"),
        (X, Y, "`y` has classes not in `self.classes_`"),
    ):
        message = f"do not fit the data that the net was fitted to: {message}"
        with pytest.raises(ValueError, match=message):
            module.diagnose(fitted_case("words"), rows, labels)
