"""The warning of fit where the scale of X or y holds the net back."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, MLPRegressor
from skdl.engine import Cosine, Quantile
from tests.estimators.common import make

COLUMNS = "Columns of X are not scaled: "


def message_of(net, X, y, *args, **kwargs):
    """Return the only warning of a fit, or an empty text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, y, *args, **kwargs)
    assert len(caught) <= 1
    assert all(warning.category is ConvergenceWarning for warning in caught)
    return str(caught[0].message) if caught else ""


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("factor", [1e4, 1e-4])
def test_columns_are_named_with_the_parameter_that_scales_them(
    Net, X, y, solver, factor
):
    X[:, 2] *= factor
    options = {"solver": solver, "max_iter": 2}
    message = message_of(make(Net, **options), X, y)
    assert f"{COLUMNS}2 (root mean square " in message
    assert "Set standardize=True, or put a Standardizer before" in message
    assert "raise max_iter" not in message
    assert COLUMNS not in message_of(make(Net, standardize=True, **options), X, y)


def test_columns_of_a_frame_are_named_the_farthest_first(X, y):
    frame = pd.DataFrame(X * [1, 50, 1, 1e4], columns=list("abcd"))
    message = message_of(make(MLPClassifier), frame, y)
    assert f"{COLUMNS}'d' (root mean square " in message
    assert ", 'b' (" in message
    assert "'a'" not in message


def test_sparse_columns_are_named_by_their_largest_value(X, y):
    X = np.where(X > 0.5, X, 0)
    X[:, 1] = 0
    X[7, 1] = 1234
    message = message_of(make(MLPClassifier), csr_array(X), y)
    assert f"{COLUMNS}1 (largest value 1.23e+03). Put a MaxAbsScaler before" in message


def test_bytes_are_not_scaled_pixel_by_pixel(y):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 5)).astype(np.uint8)
    message = message_of(make(MLPClassifier), pixels, y)
    assert "Set standardize='auto', or" in message
    assert COLUMNS not in message_of(make(MLPClassifier, standardize="auto"), pixels, y)


@pytest.mark.parametrize(
    "loss", ["squared_error", "huber", Quantile([0.1, 0.9])], ids=str
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_targets_are_described_with_the_parameter_that_scales_them(
    X, loss, early_stopping
):
    options = {"loss": loss, "early_stopping": early_stopping}
    y = 300 * X[:, 0] + 2e4
    message = message_of(make(MLPRegressor, **options), X, y)
    size = r"mean 2e\+04, standard deviation \d\d\d"
    assert re.search(rf"y is not scaled \({size}\): set standardize_target=T", message)
    assert "raise max_iter" not in message
    net = make(MLPRegressor, standardize_target=True, **options)
    assert "scaled" not in message_of(net, X, y)


def test_one_of_several_outputs(X):
    y = X[:, :2] * [1, 200]
    message = message_of(make(MLPRegressor), X, y)
    assert "y is not scaled (column 1: mean " in message
    assert "column 0" not in message


def test_both_are_named_in_one_warning(X):
    message = message_of(make(MLPRegressor), 50 * X, 300 * X[:, 0])
    assert "standardize=True" in message
    assert "standardize_target=True" in message


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "sgd"])
def test_a_tiny_y_ends_training_before_it_is_learned(X, solver):
    """`tol` is large beside the squares of y."""
    options = {"solver": solver, "max_iter": 300}
    y = 1e-5 * X[:, 0]
    net = make(MLPRegressor, **options)
    message = message_of(net, X, y)
    assert net.stop_reason_ == "converged"
    assert message.startswith("Training ended with a loss close to that of a constant")
    assert "set standardize_target=True" in message
    net.set_params(standardize_target=True)
    assert "scale" not in message_of(net, X, y)
    assert net.score(X, y) > 0.5


def test_a_schedule_that_has_run_its_course_does_not_hide_it(X):
    net = make(MLPRegressor, learning_rate=Cosine(), max_iter=5)
    assert message_of(net, X, X[:, 0]) == ""
    assert "standardize_target=True" in message_of(net, X, X[:, 0] + 1000)


def test_a_net_that_fits_well_is_told_nothing_about_scale(X):
    y = 40 * X[:, 0]
    net = make(MLPRegressor, hidden_layer_sizes=(), solver="lbfgs", max_iter=500)
    assert message_of(net, X, y) == ""
    net.set_params(solver="sgd", max_iter=30, learning_rate_init=0.05, batch_size=10)
    assert "raise max_iter" in message_of(net.set_params(tol=0), X, y)
    assert net.score(X, y) > 0.95


def test_noise_is_not_taken_for_a_question_of_scale(X):
    y = np.random.default_rng(1).normal(size=60)
    net = make(MLPRegressor, tol=1, n_iter_no_change=1, max_iter=50)
    assert message_of(net, X, y) == ""
    assert net.stop_reason_ == "converged"


def test_counts_are_divided_and_not_centred(X):
    net = make(MLPRegressor, loss="poisson")
    counts = np.arange(60) + 5000.0
    assert "y is not scaled (up to 5.06e+03): divide y by" in message_of(net, X, counts)
    assert "scaled" not in message_of(net, X, counts / counts.mean())


def test_rows_without_weight_do_not_decide(X):
    y = 1e-5 * X[:, 0]
    y[:30] = 1e4
    weights = np.repeat([0.0, 1.0], 30)
    message = message_of(make(MLPRegressor), X, y, weights)
    assert re.search(r"y is not scaled \(mean \S+e-07, standard deviation", message)


def test_partial_fit_says_nothing(X):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(MLPRegressor).partial_fit(X, 1e4 * X[:, 0])


def test_a_loss_that_fails_on_constants_does_not_fail_the_fit(X):
    class Odd(Quantile):
        def rows_and_gradient(self, scores, targets, rows, gradient):
            if (scores == scores[:1]).all():
                raise RuntimeError
            super().rows_and_gradient(scores, targets, rows, gradient)

    message = message_of(make(MLPRegressor, loss=Odd()), X, 1e4 * X[:, 0])
    assert "standardize_target=True" in message
