"""The same call on scikit-learn's MLPs and on ours: attributes, errors, warnings."""

import contextlib
import io
import warnings
from numbers import Integral

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csr_array
from sklearn import neural_network

import skdl

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3
VALUES = X @ [1.0, 2.0, 3.0]
FRAME = pd.DataFrame(X, columns=list("abc"))
KINDS = ["MLPClassifier", "MLPRegressor"]
TARGETS = {
    "two classes": ("MLPClassifier", np.array(["no", "yes"])[Y % 2]),
    "three classes": ("MLPClassifier", Y),
    "labels": ("MLPClassifier", np.column_stack([Y > 0, Y > 1, Y < 1]).astype(int)),
    "value": ("MLPRegressor", VALUES),
    "several values": ("MLPRegressor", np.column_stack([VALUES, VALUES**2])),
}


def both(kind):
    return getattr(skdl, kind), getattr(neural_network, kind)


def fitted_attributes(net):
    names = (n for n in dir(net) if n.endswith("_") and not n.startswith("_"))
    return {name: getattr(net, name) for name in names if hasattr(net, name)}


def kind_of(value):
    """Return a description that is equal for values of one type and shape."""
    if isinstance(value, np.ndarray):
        return (value.dtype, value.shape)
    if isinstance(value, list):
        return [kind_of(element) for element in value]
    return next(
        kind for kind in (type(None), Integral, float, str) if isinstance(value, kind)
    )


EXACT = ["n_features_in_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_"]
EXACT += ["classes_", "feature_names_in_", "t_"]
FITS = {
    "fit": lambda net, y: net.fit(FRAME, y),
    "fit twice": lambda net, y: net.fit(FRAME, y).fit(FRAME, y),
    "warm start": lambda net, y: (
        net.set_params(warm_start=True).fit(FRAME, y).fit(FRAME, y)
    ),
    "partial_fit": lambda net, y: partial(partial(net, y), y),
    "fit and partial_fit": lambda net, y: partial(net.fit(FRAME, y), y),
}
INCREMENTAL = ["partial_fit", "fit and partial_fit"]
WAYS = [
    (way, solver, early_stopping)
    for way in FITS
    for solver in ("adam", "sgd", "lbfgs")
    for early_stopping in (False, True)
    if way not in INCREMENTAL or not (early_stopping or solver == "lbfgs")
]


def partial(net, y):
    classes = {}
    if isinstance(net, (skdl.MLPClassifier, neural_network.MLPClassifier)):
        classes["classes"] = np.arange(3) if y.ndim == 2 else np.unique(y)
    return net.partial_fit(FRAME, y, **classes)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("kind", "y"), TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize(("way", "solver", "early_stopping"), WAYS)
def test_fitted_attributes(kind, y, way, solver, early_stopping):
    params = {"hidden_layer_sizes": (4,), "solver": solver, "max_iter": 3, "tol": 1e-9}
    params |= {"early_stopping": early_stopping, "random_state": 0, "shuffle": False}
    params |= {"validation_fraction": 0.3, "n_iter_no_change": np.inf}
    nets = [FITS[way](Net(**params), y) for Net in both(kind)]
    ours, theirs = map(fitted_attributes, nets)
    assert set(ours) >= set(theirs)
    for name, value in theirs.items():
        assert kind_of(ours[name]) == kind_of(value), name
        if name in EXACT:
            assert_array_equal(ours[name], value, err_msg=name)
    if solver != "lbfgs":
        assert ours["loss_"] == ours["loss_curve_"][-1]
    if early_stopping and solver != "lbfgs":
        # The rows that are held out are others.
        assert ours["best_validation_score_"] == max(ours["validation_scores_"])
    elif way in ("fit", "fit twice", "partial_fit") or solver == "lbfgs":
        # After a fit, theirs keep the optimizer's moments in a partial_fit, ours in a
        # warm start.
        for a, b in zip(ours["coefs_"], theirs["coefs_"], strict=True):
            assert_allclose(a, b, rtol=1e-6, atol=1e-9)
        if nets[0].n_outputs_ == 1 or kind == "MLPClassifier":
            for name in {"loss_", "best_loss_", "loss_curve_"} & set(theirs):
                assert_allclose(ours[name], theirs[name], rtol=1e-7, err_msg=name)


def test_kinds_are_told_apart():
    ones = [None, 1, 1.0, "1", [1], [1, 1], [1.0], np.ones(1), np.ones((1, 1))]
    ones += [np.ones(1, int), np.ones(2)]
    assert all(kind_of(a) != kind_of(b) for a in ones for b in ones if a is not b)
    assert kind_of(np.float64(1)) == kind_of(1.0)
    assert kind_of(np.int64(1)) == kind_of(True) == kind_of(1)


def quick(Net, **params):
    usual = {"hidden_layer_sizes": (4,), "max_iter": 60, "tol": 10.0}
    return Net(**{**usual, "n_iter_no_change": 2, "random_state": 0, **params})


def fit(X, y, *weights, **params):
    return lambda Net: quick(Net, **params).fit(X, y, *weights)


def after_fit(method, *args, **params):
    return lambda Net: getattr(quick(Net, **params).fit(X, Y), method)(*args)


def frame(*columns):
    return pd.DataFrame(X, columns=columns)


def holed(array, value):
    array = array.astype(float)
    array[3] = value
    return array


CALLS = {
    "nothing wrong": fit(X, Y),
    "NaN in X": fit(holed(X, np.nan), Y),
    "infinity in X": fit(holed(X, np.inf), Y),
    "NaN in y": fit(X, holed(Y, np.nan)),
    "infinity in y": fit(X, holed(Y, np.inf)),
    "X of one dimension": fit(X[:, 0], Y),
    "X of three": fit(X[None], Y),
    "no rows": fit(X[:0], Y[:0]),
    "no columns": fit(X[:, :0], Y),
    "y too short": fit(X, Y[:-1]),
    "y is None": fit(X, None),
    "y is missing": lambda Net: quick(Net).fit(X),
    "y is a column": fit(X, Y[:, None]),
    "y of three dimensions": fit(X, Y[:, None, None]),
    "y of numbers": fit(X, VALUES),
    "y of one class": fit(X, np.zeros(30)),
    "sparse y": fit(X, csr_array(np.eye(3)[Y])),
    "words in X": fit(np.full((30, 3), "a"), Y),
    "numbers as words in X": fit(X.astype(str), Y),
    "complex X": fit(X + 1j, Y),
    "objects in X": fit(X.astype(object), Y),
    "X in COO": fit(coo_array(X), Y),
    "names of two types": fit(frame("a", 1, "c"), Y),
    "too few weights": fit(X, Y, np.ones(3)),
    "NaN weights": fit(X, Y, np.full(30, np.nan)),
    "weights of two dimensions": fit(X, Y, np.ones((30, 2))),
    "zero weights": fit(X, Y, np.zeros(30)),
    "weights in words": fit(X, Y, "many"),
    "unknown parameter": lambda Net: Net(units=3),
    "unknown parameter set": lambda Net: Net().set_params(units=3),
    "solver by position": lambda Net: Net("relu", (4,), "relu", "adam"),
    "predict before fit": lambda Net: quick(Net).predict(X),
    "score before fit": lambda Net: quick(Net).score(X, Y),
    "probabilities before fit": lambda Net: quick(Net).predict_proba(X),
    "predict more columns": after_fit("predict", np.column_stack([X, X])),
    "predict one row": after_fit("predict", X[0]),
    "predict NaN": after_fit("predict", holed(X, np.nan)),
    "predict no rows": after_fit("predict", X[:0]),
    "predict names": after_fit("predict", FRAME),
    "predict without names": lambda Net: quick(Net).fit(FRAME, Y).predict(X),
    "predict other names": lambda Net: (
        quick(Net).fit(FRAME, Y).predict(frame("a", "b", "d"))
    ),
    "score of fewer": after_fit("score", X, Y[:3]),
    "partial_fit without classes": lambda Net: quick(Net).partial_fit(X, Y),
    "partial_fit and early stopping": after_fit(
        "partial_fit", X, Y, early_stopping=True
    ),
    "partial_fit of fewer columns": after_fit("partial_fit", X[:, :2], Y),
    "partial_fit of an unknown class": after_fit("partial_fit", X, Y + 1),
    "partial_fit of other classes": after_fit("partial_fit", X, Y, None, [0, 1]),
    "warm start of other classes": after_fit("fit", X, Y + 1, warm_start=True),
    "warm start of fewer columns": after_fit("fit", X[:, :2], Y, warm_start=True),
    "too few epochs": fit(X, Y, max_iter=1),
    "too few iterations": fit(X, Y, solver="lbfgs", tol=1e-9, max_iter=1),
    "too few evaluations": fit(X, Y, solver="lbfgs", tol=1e-9, max_fun=1),
    "batch too large": fit(X, Y, batch_size=31),
    "batch too large, lbfgs": fit(X, Y, batch_size=31, solver="lbfgs"),
    "too few rows to validate": fit(X[:9], Y[:9], early_stopping=True),
    "lonely class": fit(X, np.r_[1, np.zeros(29, int)], early_stopping=True),
    "nothing to validate": fit(X, Y, early_stopping=True, validation_fraction=0.0),
    "all to validate": fit(X, Y, early_stopping=True, validation_fraction=0.99),
}
VALUES_OF = {
    "hidden_layer_sizes": [0, -1, (4, 0), (4, -2), "a", 4.0, None, ()],
    "activation": ["cubic", None, 3],
    "solver": ["newton", None],
    "alpha": [-1, "a", None, np.inf, True],
    "batch_size": [0, -1, "all", 1.5],
    "learning_rate": ["fast"],
    "learning_rate_init": [0, -1.0, None],
    "power_t": [-1, "a"],
    "max_iter": [0, -1, 1.5, None],
    "shuffle": ["yes", None, 1],
    "random_state": ["a", -1, 1.5],
    "tol": [-1, None, 0],
    "verbose": ["yes", -1],
    "warm_start": ["yes", 0],
    "momentum": [-0.1, 1.1],
    "nesterovs_momentum": ["yes"],
    "early_stopping": ["yes", None],
    "validation_fraction": [-0.1, 1.0, 2],
    "beta_1": [-0.1, 1.0],
    "beta_2": [1.0, -1],
    "epsilon": [0, -1],
    "n_iter_no_change": [0, -1, 2.5, None],
    "max_fun": [0, 1.5],
}
CALLS |= {
    f"{name}={value!r}": fit(X, Y, **{name: value})
    for name, values in VALUES_OF.items()
    for value in values
}


def outcome(call, Net):
    """Return the class of the error, if any, and those of the warnings."""
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                call(Net)
            except Exception as raised:
                error = type(raised)
    return error, {warning.category for warning in caught}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_errors_and_warnings_are_of_one_class(kind, call):
    Ours, Theirs = both(kind)
    assert outcome(call, Ours) == outcome(call, Theirs)


def test_every_parameter_of_scikit_learn_is_misused():
    for Net in (neural_network.MLPClassifier, neural_network.MLPRegressor):
        assert set(Net().get_params()) - set(VALUES_OF) <= {"loss"}


def test_the_table_has_errors_and_warnings_of_many_classes():
    outcomes = [
        outcome(call, getattr(skdl, kind)) for call in CALLS.values() for kind in KINDS
    ]
    errors = {error.__name__ for error, _ in outcomes if error}
    assert errors >= {
        "AttributeError", "InvalidParameterError", "NotFittedError", "TypeError",
        "ValueError",
    }  # fmt: skip
    categories = {category.__name__ for _, found in outcomes for category in found}
    assert categories >= {"ConvergenceWarning", "DataConversionWarning", "UserWarning"}


# Where ours differ on purpose: (kinds, call, their error, ours).
OWN = {
    "y of two columns": (
        KINDS[:1],
        fit(X, np.column_stack([Y, Y + 1])),
        ValueError,
        None,
    ),
    "negative weights": (KINDS, fit(X, Y, -np.ones(30)), None, ValueError),
    "other layers in a warm start": (
        KINDS,
        lambda Net: (
            quick(Net, warm_start=True)
            .fit(X, Y)
            .set_params(hidden_layer_sizes=(7,))
            .fit(X, Y)
        ),
        None,
        ValueError,
    ),
    "fractions of a unit": (
        KINDS,
        fit(X, Y, hidden_layer_sizes=(4.5,)),
        TypeError,
        ValueError,
    ),
    "units in a table": (
        KINDS,
        fit(X, Y, hidden_layer_sizes=[[3]]),
        TypeError,
        ValueError,
    ),
    "units are a bool": (
        KINDS,
        fit(X, Y, hidden_layer_sizes=True),
        TypeError,
        ValueError,
    ),
    "classes of several types": (
        KINDS[:1],
        fit(X, np.array([1, "a", None] * 10, dtype=object)),
        TypeError,
        ValueError,
    ),
    "partial_fit of lbfgs": (
        KINDS[1:],
        lambda Net: quick(Net, solver="lbfgs").partial_fit(X, Y),
        None,
        AttributeError,
    ),
    "negative counts": (KINDS[1:], fit(X, VALUES, loss="poisson"), None, ValueError),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("kinds", "call", "their_error", "our_error"), OWN.values(), ids=OWN
)
def test_errors_of_our_own(kinds, call, their_error, our_error):
    for kind in kinds:
        Ours, Theirs = both(kind)
        assert outcome(call, Ours)[0] is our_error
        assert outcome(call, Theirs)[0] is their_error


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("tol", [0, 1e-9])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("Net", both("MLPRegressor"))
def test_what_stays_as_it_is_is_no_worse_at_tol_0(Net, tol, early_stopping):
    """Steps of 1e-300 move no weight: equal values stall where tol is above 0."""
    net = Net(
        solver="sgd", learning_rate_init=1e-300, tol=tol, shuffle=False,
        n_iter_no_change=2, max_iter=9, random_state=0, early_stopping=early_stopping,
    )  # fmt: skip
    net.fit(X, VALUES)
    assert len(set(net.loss_curve_)) == 1
    assert net.n_iter_ == (4 if tol else 9)
