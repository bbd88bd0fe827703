"""Bad input: refused before any work, with a message that says what is allowed."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier

from skdl import (
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    _inputs,  # for the fast path, which no result shows
)
from tests.estimators.common import fit, flat, make


def with_value(array, value):
    array = array.astype(float)
    array.flat[7] = value
    return array


BAD_DATA = {
    "NaN in X": (lambda X, y: (with_value(X, np.nan), y), "Input X contains NaN"),
    "inf in X": (lambda X, y: (with_value(X, np.inf), y), "Input X contains infinity"),
    "NaN in y": (lambda X, y: (X, with_value(y, np.nan)), "Input y contains NaN"),
    "inf in y": (lambda X, y: (X, with_value(y, np.inf)), "Input y contains infinity"),
    "1-D X": (lambda X, y: (X[:, 0], y), "Expected 2D array, got 1D array"),
    "3-D X": (lambda X, y: (X[None], y), "Found array with dim 3"),
    "no rows": (lambda X, y: (X[:0], y[:0]), "Found array with 0 sample"),
    "no columns": (lambda X, y: (X[:, :0], y), "Found array with 0 feature"),
    "short y": (lambda X, y: (X, y[:-1]), r"inconsistent numbers of samples: \[60, 59"),
    "strings": (lambda X, y: (X.astype(str) + "x", y), "could not convert string"),
    "complex": (lambda X, y: (X + 1j, y), "Complex data not supported"),
    "3-D y": (lambda X, y: (X, y[:, None, None]), "dim 3"),
}


@pytest.mark.parametrize(("change", "message"), BAD_DATA.values(), ids=BAD_DATA)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_data(Net, method, change, message, X, y, no_work):
    X, y = change(X, y)
    net = make(Net)
    classes = {"classes": [0, 1, 2]} if method != "fit" and is_classifier(net) else {}
    with pytest.raises(ValueError, match=message):
        getattr(net, method)(X, y, **classes)
    assert vars(net) == vars(make(Net))


def test_no_y(Net, X, no_work):
    with pytest.raises(ValueError, match="requires y to be passed"):
        make(Net).fit(X, None)


BAD_WEIGHTS = {
    "negative": (np.r_[np.ones(59), -1], "sample_weight holds -1.0 in row 59"),
    "NaN": (np.r_[np.ones(59), np.nan], "sample_weight holds NaN in row 59"),
    "inf": (np.r_[np.ones(59), np.inf], "sample_weight holds inf in row 59"),
    "too few": (np.ones(59), "has 59 numbers, but X has 60 rows"),
    "2-D": (np.ones((60, 1)), "must have one dimension"),
    "all zero": (np.zeros(60), "sample_weight|[Ss]ample weights"),
    "strings": (["heavy"] * 60, "sample_weight holds text, 'heavy' in row 0"),
}


@pytest.mark.parametrize(("weights", "message"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_bad_weights(Net, solver, weights, message, X, y, no_work):
    net = make(Net, solver=solver)
    with pytest.raises(ValueError, match=message):
        net.fit(X, y, weights)
    assert vars(net) == vars(make(Net, solver=solver))


def test_weight_of_64_bits_that_is_zero_in_32(Net, X, y, no_work):
    """Or all batches would be skipped."""
    with pytest.raises(ValueError, match="sample_weight|weights"):
        make(Net).fit(X.astype(np.float32), y, np.full(60, 1e-60))


NAMES = r"parameter of {} must be a str among .*{}"
OPTIONS = [
    ("activation", "relux", ["identity", "logistic", "relu", "tanh"]),
    ("solver", "adamm", ["adam", "lbfgs", "sgd"]),
    ("learning_rate", "falling", ["adaptive", "constant", "invscaling"]),
]


@pytest.mark.parametrize(("name", "value", "valid"), OPTIONS)
@pytest.mark.parametrize("bad", ["misspelt", None, 3])
def test_unknown_option_lists_the_valid_ones(
    Net, name, value, valid, bad, X, y, no_work
):
    bad = value if bad == "misspelt" else bad
    with pytest.raises(ValueError, match=f"'{name}' parameter of {Net.__name__}") as e:
        make(Net, **{name: bad}).fit(X, y)
    assert all(repr(option) in str(e.value) for option in valid)
    assert repr(bad) in str(e.value)


LOSSES = {
    "MLPClassifier": ["log_loss", "softmax", "kl_divergence", "squared_error"],
    "SVMClassifier": ["hinge", "squared_hinge"],
    "MLPRegressor": ["squared_error", "quantile", "poisson"],
}


def test_unknown_loss_lists_the_valid_ones(Net, X, y, no_work):
    if Net.__name__ not in LOSSES:
        with pytest.raises(TypeError, match="loss"):
            Net(loss="softmax")
        return
    with pytest.raises(ValueError, match="'loss' parameter") as error:
        make(Net, loss="best").fit(X, y)
    assert all(repr(loss) in str(error.value) for loss in LOSSES[Net.__name__])


RANGES = [
    ("alpha", -1),
    ("alpha", np.nan),
    ("alpha", "1"),
    ("batch_size", 0),
    ("batch_size", 2.5),
    ("batch_size", "all"),
    ("learning_rate_init", 0),
    ("learning_rate_init", -1),
    ("power_t", -1),
    ("max_iter", 0),
    ("max_iter", 1.5),
    ("max_fun", 0),
    ("shuffle", "yes"),
    ("random_state", "seed"),
    ("tol", -1),
    ("verbose", -1),
    ("warm_start", None),
    ("momentum", 2),
    ("momentum", -0.1),
    ("nesterovs_momentum", "no"),
    ("early_stopping", "no"),
    ("validation_fraction", 1),
    ("validation_fraction", -0.1),
    ("beta_1", 1),
    ("beta_2", -0.1),
    ("epsilon", 0),
    ("n_iter_no_change", 0),
    ("n_iter_no_change", 1.5),
    ("hidden_layer_sizes", None),
    ("hidden_layer_sizes", 0),
    ("hidden_layer_sizes", -3),
    ("hidden_layer_sizes", 2.5),
]


@pytest.mark.parametrize(("name", "value"), RANGES)
def test_value_out_of_range_names_the_parameter(Net, name, value, X, y, no_work):
    with pytest.raises(ValueError, match=f"'{name}' parameter of {Net.__name__} must"):
        make(Net, **{name: value}).fit(X, y)


@pytest.mark.parametrize(
    "sizes",
    [(5, 0), (5, -1), (5.0,), [2.5], "ab", ("5",), True, (True,), ((5, 5), (5, 5))],
    ids=repr,
)
def test_bad_hidden_layer_sizes(Net, sizes, X, y, no_work):
    net = make(Net, hidden_layer_sizes=sizes)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        net.fit(X, y)
    assert not hasattr(net, "coefs_")


def test_continuous_targets_are_refused_as_classes(Classifier, X, no_work):
    with pytest.raises(ValueError, match="Unknown label type: 'continuous'"):
        make(Classifier).fit(X, X[:, 0])


def test_columns_of_numbers_are_refused_as_classes(Classifier, X, y, no_work):
    message = "Unknown label type: 'continuous-multioutput'.* must hold one"
    if Classifier is SoftmaxClassifier:  # a matrix would be soft targets
        message = "Each row of y must sum to 1|must hold probabilities"
    with pytest.raises(ValueError, match=message):
        make(Classifier).fit(X, np.column_stack([y, y]) + 0.5)


def test_text_is_refused_as_numbers(X, no_work):
    with pytest.raises(ValueError, match="y holds text, 'a' in row 0"):
        make(MLPRegressor).fit(X, ["a"] * 60)


def test_sparse_targets_of_a_regressor_are_refused_clearly(X, y):
    from scipy.sparse import csr_array

    with pytest.raises(
        (TypeError, ValueError), match="(?i)dense|sparse.* y|y .*sparse"
    ):
        make(MLPRegressor).fit(X, csr_array(y[:, None].astype(float)))


def test_validation_set_too_small(Net, X, y, no_work):
    net = make(Net, early_stopping=True, validation_fraction=0.01)
    with pytest.raises(ValueError, match="validation set is too small") as error:
        net.fit(X, y)
    assert "validation_fraction" in str(error.value)
    assert not hasattr(net, "coefs_")
    with pytest.raises(ValueError, match="=0.999 of n_samples=60 leaves no row"):
        net.set_params(validation_fraction=0.999).fit(X, y)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_rows_at_prediction(Net, bad, X, y):
    net = fit(make(Net), X, y)
    with pytest.raises(ValueError, match="Input X contains"):
        net.predict(with_value(X, bad))
    with pytest.raises(ValueError, match="Expected 2D array"):
        net.predict(X[0])


@pytest.mark.parametrize("rows", [61, 10**6])
def test_batch_size_beyond_the_rows_is_clipped(Net, rows, X, y):
    with pytest.warns(UserWarning, match=f"batch_size={rows} .* clipped to 60"):
        net = fit(make(Net, batch_size=rows), X, y)
    assert_array_equal(flat(net), flat(fit(make(Net, batch_size=60), X, y)))


def test_a_batch_size_may_be_an_integer_of_numpy(Net, X, y):
    nets = (make(Net, batch_size=kind(25)) for kind in (int, np.uint8))
    ours, theirs = (flat(fit(net, X, y)) for net in nets)
    assert_array_equal(ours, theirs)


def test_auto_batch_size_is_200_rows(X, y):
    X, y = np.tile(X, (8, 1)), np.tile(y, 8)
    auto, explicit = make(MLPClassifier), make(MLPClassifier, batch_size=200)
    assert_array_equal(flat(fit(auto, X, y)), flat(fit(explicit, X, y)))


def test_diverging_training_is_an_error(Net, X, y):
    net = make(Net, solver="sgd", learning_rate_init=1e6, max_iter=50)
    with pytest.raises(
        ValueError, match="Solver produced non-finite parameter weights"
    ):
        net.fit(1e160 * X, y)
    assert vars(net) == net.get_params()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_plain_rows_skip_scikit_learns_checks(monkeypatch, dtype):
    """A prediction of one row would take twice as long."""
    X = np.random.default_rng(0).normal(size=(20, 3)).astype(dtype)
    net = SoftmaxClassifier((), max_iter=20, n_iter_no_change=1, tol=1).fit(
        X, X[:, 0] > 0
    )
    expected = net.decision_function(X.tolist())
    monkeypatch.setattr(_inputs, "validate_data", None)
    assert_allclose(net.decision_function(X), expected, rtol=1e-5)
    assert_allclose(net.decision_function(X[:1]), expected[:1], rtol=1e-5)
    largest = np.full((2, 3), np.finfo(dtype).max)
    with pytest.raises(TypeError, match="NoneType"):  # their sum overflows: asked
        net.predict(largest)


UNUSUAL = {
    "nan": (np.full((2, 3), np.nan), "contains NaN"),
    "inf": (np.array([[np.inf, -np.inf, 0]]), "contains infinity"),
    "wide": (np.ones((2, 4)), "X has 4 features"),
    "one-dimensional": (np.ones(3), "Expected 2D array"),
    "empty": (np.ones((0, 3)), "0 sample"),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in reduce")  # inf - inf
@pytest.mark.parametrize(("X", "message"), UNUSUAL.values(), ids=UNUSUAL)
def test_bad_rows_are_refused_in_prediction(X, message):
    net = fit(SoftmaxClassifier((), max_iter=1), np.eye(3), [0, 1, 0])
    with pytest.raises(ValueError, match=message):
        net.predict(X)


def test_objects_are_predicted_as_their_numbers():
    net = fit(SoftmaxClassifier((), max_iter=1), np.eye(3), [0, 1, 0])
    scores = net.decision_function(np.ones((2, 3), object))
    assert_array_equal(scores, net.decision_function(np.ones((2, 3))))


@pytest.mark.parametrize("shape", [(2, 2), [2, 2, 1], np.array([2, 1, 2])], ids=str)
def test_an_image_shape_may_be_any_sequence_of_integers(shape, X, y):
    net = fit(make(MLPClassifier, image_shape=shape), X, y)
    assert net.predict(X).shape == (60,)


@pytest.mark.parametrize(
    "shape",
    [
        (3,), (3, 1, 1, 1), (3.0, 1, 1), (3, 0, 1), (-3, -1), (True, 3), (),
        np.array(3),
    ],
)  # fmt: skip
def test_bad_image_shapes_are_refused(no_work, shape):
    net = MLPClassifier(image_shape=shape)
    with pytest.raises(ValueError, match=r"image_shape must be \(height, width, chan"):
        net.fit(np.eye(3), [0, 1, 0])
    assert vars(net) == MLPClassifier(image_shape=shape).get_params()


def test_an_image_shape_for_other_columns_is_refused(no_work):
    net = MLPRegressor(image_shape=(2, 2, 3))
    with pytest.raises(ValueError, match="needs 12 columns, and X has 3 columns"):
        net.fit(np.eye(3), np.ones(3))


@pytest.mark.parametrize(
    ("shape", "said"), [((6, 2, 5, 3), "(2, 5, 3)"), ((6, 2, 5), "(2, 5, 1)")]
)
def test_images_are_to_come_as_rows(shape, said):
    X, y = np.zeros(shape, np.uint8), np.arange(6) % 2
    advice = re.escape(
        f"dim {len(shape)}, of shape {shape}: images must be rows. Pass "
        f"X.reshape(len(X), -1), and set image_shape={said}"
    )
    with pytest.raises(ValueError, match=advice):
        MLPClassifier().fit(X, y)
    net = SoftmaxClassifier((), max_iter=20, n_iter_no_change=1, tol=1)
    net.fit(X.reshape(6, -1), y)
    with pytest.raises(ValueError, match=advice):
        net.predict(X)


def test_a_net_that_knows_names_wants_them():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.eye(3), columns=list("abc"))
    net = SoftmaxClassifier((), max_iter=20, n_iter_no_change=1, tol=1).fit(
        X, [0, 1, 0]
    )
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        net.predict(np.eye(3))
