"""Why training may have diverged, in words."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.engine import Gaussian

# Most nets here would not diverge, and the message comes with an error.
from skdl.estimators import _divergence
from skdl.estimators._divergence import likely_cause
from tests.estimators.common import make

Y = np.zeros((60, 1))
WILD = {"solver": "sgd", "learning_rate_init": 1e5, "activation": "identity"}


def test_rate_where_all_is_scaled(Net, X):
    cause = likely_cause(make(Net, learning_rate_init=12.5), X, Y)
    assert "likely cause is the learning rate" in cause
    assert "lower learning_rate_init=12.5 or set max_restarts=3 or set max_gr" in cause


def test_says_nothing_that_is_done_already(Net, X):
    net = make(Net, max_restarts=3, max_grad_norm=1.0)
    cause = likely_cause(net, X, Y)
    assert cause.endswith("the learning rate: lower learning_rate_init=0.001.")


@pytest.mark.parametrize(
    ("change", "way_out"),
    [
        (np.asarray, "Set standardize=True, or put a Standardizer before"),
        (np.float32, "Set standardize=True"),
        (csr_array, "Put a MaxAbsScaler before the net"),
    ],
)
def test_columns_that_are_not_scaled(Net, X, change, way_out):
    X[7, 1], X[3, 3], X[5, 0] = -2e6, 101, 99
    cause = likely_cause(make(Net), change(X), Y)
    expected = "not scaled are the likely cause: 1 (up to 2e+06), 3 (up to 101). "
    assert expected + way_out in cause


def test_a_net_that_standardizes_has_no_large_columns(Net, X):
    cause = likely_cause(make(Net, standardize=True), 1e6 * X, Y)
    assert (
        "columns of X are standardized, so the likely cause is the learning rate"
        in cause
    )


def test_names_of_five_columns(Net):
    X = np.linspace(200, 900, 8) * np.ones((60, 1))
    net = make(Net)
    net.feature_names_in_ = np.array(list("abcdefgh"), dtype=object)
    cause = likely_cause(net, X, Y)
    assert "'h' (up to 900), 'g' (up to 800)" in cause
    assert "'d' (up to 500) and 3 more." in cause
    assert "'c'" not in cause


def test_targets_of_a_regression(X):
    cause = likely_cause(make(MLPRegressor), X, Y + 12345)
    assert "y that is not scaled (up to 1.23e+04) is the likely cause" in cause
    assert "set standardize_target=True" in cause
    scaled = make(MLPRegressor, standardize_target=True)
    assert "the learning rate" in likely_cause(scaled, X, Y + 12345)
    assert "the learning rate" in likely_cause(make(MLPClassifier), X, Y + 12345)


def test_lbfgs_has_no_rate(Net, X):
    net = make(Net, solver="lbfgs")
    for factor in (1, 1e6):
        assert "learning_rate" not in likely_cause(net, factor * X, Y)


def test_a_large_file_is_read_in_part(X, monkeypatch):
    monkeypatch.setattr(_divergence, "ROWS", 20)
    X[1] = 1e9  # every third row is read
    assert "the learning rate" in likely_cause(make(MLPClassifier), X, Y)
    X[3] = 1e9
    assert "0 (up to 1e+09)" in likely_cause(make(MLPClassifier), X, Y)


def test_fit_names_the_columns(Net, X, y):
    frame = pd.DataFrame(X, columns=["age", "income", "size", "dogs"])
    frame["income"] *= 1e5
    net = make(Net, **WILD, max_iter=50)
    with pytest.raises(
        ValueError, match="non-finite parameter weights.*'income' \\(up"
    ):
        net.fit(frame, y + 0.5 if Net is MLPRegressor else y)
    assert vars(net) == net.get_params()


def test_fit_names_the_rate(Net, X, y):
    net = make(Net, **WILD, max_iter=50)
    with pytest.raises(ValueError, match="non-finite.*lower learning_rate_init=100000"):
        net.fit(X, y)


def test_early_stopping_warns_with_the_cause(Net, X, y):
    net = make(Net, **WILD, max_iter=50, early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="lower learning_rate_init=100000"):
        net.fit(X, y)
    assert net.stop_reason_ == "diverged"
    assert np.isnan(net.validation_scores_[-1])
    assert np.isfinite(net.coefs_[0]).all()


def test_lbfgs_without_a_loss_is_refused(Net, X, y):
    """SciPy would hand back the starting weights."""
    net = make(Net, solver="lbfgs")
    with pytest.raises(ValueError, match=r"non-finite.*0 \(up to"):
        net.fit(1e300 * X, y)
    assert vars(net) == net.get_params()


def test_a_fit_that_fails_names_the_parameters(Net, X, y):
    """For a search, whose warning of failed fits quotes the error and no candidate."""
    net = make(
        Net, **{**WILD, "learning_rate_init": 1e7, "alpha": 0.25, "max_iter": 20}
    )
    with pytest.raises(ValueError, match="non-finite") as raised:
        net.fit(1e3 * X, y)
    said = str(raised.value).partition(" It was ")[2]
    assert said.startswith(f"{Net.__name__}(")
    assert said.endswith(").")
    assert "\n" not in said
    for name in ("alpha=0.25", "learning_rate_init=10000000.0", "max_iter=20"):
        assert name in said
    assert "momentum" not in said  # as it is by default


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}])
def test_starting_weights_that_overflow_are_named(Net, options, X, y):
    net = make(Net, weight_init=Gaussian(1e30), **options)
    message = r"not finite before the first step.*starting weights.*e\+30 in float32"
    if options:
        with pytest.warns(ConvergenceWarning, match=message) as caught:
            net.fit(X.astype(np.float32), y)
        said = str(caught[0].message)
    else:
        with pytest.raises(ValueError, match=message) as raised:
            net.fit(X.astype(np.float32), y)
        said = str(raised.value).partition("It was")[0]
    assert "learning_rate_init" not in said


def test_no_rate_is_blamed_for_a_first_loss_that_is_not_finite(Net, X, y):
    net = make(Net, alpha=1e300)
    with pytest.raises(ValueError, match=r"first step.*check alpha=1e\+300") as raised:
        net.fit(X.astype(np.float32), y)
    assert "lower learning_rate_init" not in str(raised.value)


def test_lbfgs_names_starting_weights(Net, X, y):
    net = make(Net, solver="lbfgs", weight_init=Gaussian(1e300))
    with pytest.raises(ValueError, match=r"starting weights.*e\+300"):
        net.fit(X, y)


def test_counts_are_divided_and_not_centred(X):
    cause = likely_cause(make(MLPRegressor, loss="poisson"), X, Y + 12345)
    assert "divide y by its mean" in cause


def test_ctrl_c_after_a_divergence_does_not_hide_it(X, y):
    def interrupt(net):
        if net.training_.stop_reason == "diverged":
            raise KeyboardInterrupt

    net = make(MLPClassifier, **WILD, max_iter=50, early_stopping=True)
    net.set_callbacks(LambdaCallback(interrupt))
    with (
        pytest.warns(UserWarning, match="interrupted by user"),
        pytest.warns(ConvergenceWarning, match="Training diverged; the parameters"),
    ):
        net.fit(X, y)
    assert net.stop_reason_ == "diverged"
    assert np.isfinite(net.coefs_[0]).all()
