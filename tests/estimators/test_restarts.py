"""max_restarts: from the last good weights, at a tenth of the rate."""

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.engine import Network
from skdl.engine.optimizers import OPTIMIZERS
from tests.estimators.common import fit, flat, make

LINEAR = {"activation": "identity", "hidden_layer_sizes": (6, 6)}


def restarted(net, X, y, **extra):
    """Fit; return how often it was restarted."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, y, **extra)
    return sum("it continued from" in str(warning.message) for warning in caught)


@pytest.mark.parametrize("batch_size", [60, 20, 7])
@pytest.mark.parametrize("solver", sorted(OPTIMIZERS))
def test_a_rate_that_is_too_large_is_lowered(Net, solver, batch_size, X, y):
    net = make(Net, solver=solver, max_iter=60, batch_size=batch_size, **LINEAR)
    net.set_params(learning_rate_init=1e6, max_restarts=12, n_iter_no_change=np.inf)
    n_restarts = restarted(net, X, y)
    start = make(Net, solver=solver, max_iter=1, batch_size=batch_size, **LINEAR)
    start.set_params(learning_rate_init=1e-9)
    with pytest.warns(ConvergenceWarning):
        start.fit(X, y)
    assert n_restarts >= 1
    assert net.n_iter_ == 60  # of which n_restarts diverged
    assert (~np.isfinite(net.history_["gradient_norm"])).sum() == n_restarts
    rates = np.array(net.history_["learning_rate"])
    assert_allclose(rates[-1], 1e6 / 10.0**n_restarts, rtol=1e-9)
    assert np.isfinite(net.loss_)
    assert net.best_loss_ == np.nanmin(net.loss_curve_)
    assert net.score(X, y) > -1e9
    if solver == "sgd" and Net is MLPRegressor:  # others may be bad, and yet finite
        assert net.best_loss_ < start.loss_


def test_epochs_and_weights(X, y):
    """Epoch 2 shows that epoch 1 left bad weights: the start is restored."""
    params = {"solver": "sgd", "batch_size": 60, "alpha": 0.0, "shuffle": False}
    net = make(MLPRegressor, max_iter=6, learning_rate_init=1e8, **params)
    net.set_params(max_restarts=9)
    seen, call = [], Network.loss_and_gradient

    def spy(self, *args):
        seen.append(self.parameters.copy())
        return call(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "loss_and_gradient", spy)
        assert restarted(net, X, y) == 3
    for epoch in (2, 4):
        assert_array_equal(seen[epoch], seen[0])
    assert (seen[1] != seen[0]).any()
    # The moments are those of the start, too: 0.9 of the velocity would show.
    twin = make(MLPRegressor, max_iter=1, learning_rate_init=1e7, **params)
    with pytest.warns(ConvergenceWarning):
        twin.fit(X, y)
    assert_allclose(seen[3], twin._network.parameters, rtol=1e-12)


def test_training_succeeds_in_the_end(X, y):
    """Each restart is from the best weights so far, not from those near the end."""
    net = make(MLPRegressor, solver="sgd", max_iter=60, batch_size=60, **LINEAR)
    net.set_params(learning_rate_init=1e6, max_restarts=12, n_iter_no_change=np.inf)
    restarted(net, X, y)
    moderate = make(MLPRegressor, solver="sgd", max_iter=60, **LINEAR)
    with pytest.warns(ConvergenceWarning):
        moderate.set_params(learning_rate_init=0.1, n_iter_no_change=np.inf).fit(X, y)
    assert net.loss_ < 1.05 * moderate.loss_


def test_warning_counts(X, y):
    net = make(MLPRegressor, solver="sgd", learning_rate_init=1e9, max_iter=30)
    net.set_params(max_restarts=3, **LINEAR)
    with (
        pytest.warns(ConvergenceWarning) as caught,
        pytest.raises(ValueError, match="non-finite parameter weights") as error,
    ):
        net.fit(X, y)
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 3
    for i, message in enumerate(messages, start=1):
        assert f"Restart {i} of max_restarts=3" in message
        assert "a rate 10 times smaller" in message
    advice, _ = str(error.value).split("It was MLPRegressor")
    assert "max_restarts" not in advice  # any more
    assert vars(net) == net.get_params()


def test_no_restart_without_divergence(Net, X, y):
    plain = fit(make(Net), X, y)
    net = fit(make(Net, max_restarts=5), X, y)
    assert_array_equal(flat(net), flat(plain))
    assert net.loss_curve_ == plain.loss_curve_


class Spoil(LambdaCallback):
    """Write NaN into the parameters after the last step of the third epoch."""

    def observe_steps(self, run, records):
        def after(parameters, rate):
            parameters[0] = np.nan

        return SimpleNamespace(
            wants=lambda step: step == 2,
            before=lambda parameters, gradient, objective: None,
            after=after,
            records=lambda: None,
        )


def test_bad_last_step_is_undone(X, y):
    """Nothing but the parameters shows it, and no later epoch."""
    net = make(MLPRegressor, solver="sgd", max_restarts=1, max_iter=3, batch_size=60)
    net.set_callbacks(Spoil(lambda net: False))
    assert restarted(net, X, y) == 1
    assert net.n_iter_ == 3
    assert all(np.isfinite(W).all() for W in net.coefs_)


def test_early_stopping_restarts_first_and_restores_last(Net, X, y, X_val, y_val):
    net = make(Net, solver="sgd", early_stopping=True, max_iter=60, **LINEAR)
    net.set_params(learning_rate_init=1e6, max_restarts=12, n_iter_no_change=np.inf)
    assert restarted(net, X, y, X_val=X_val, y_val=y_val) >= 1
    assert net.stop_reason_ == "max_iter"
    assert net.best_validation_score_ == np.nanmax(net.validation_scores_)
    assert net.score(X_val, y_val) == net.best_validation_score_
    net.set_params(max_restarts=1)
    assert restarted(net, X, y, X_val=X_val, y_val=y_val) == 1
    assert net.stop_reason_ == "diverged"


def test_partial_fit_restarts_as_fit_does(Net, X, y):
    params = {"solver": "sgd", "learning_rate_init": 1e6, "max_restarts": 12, **LINEAR}
    expected = make(Net, max_iter=20, n_iter_no_change=np.inf, **params)
    n_restarts = restarted(expected, X, y)
    net = make(Net, **params)
    classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(20):
            net.partial_fit(X, y, **classes)
            net = pickle.loads(pickle.dumps(net))
    assert len(caught) == n_restarts >= 1
    assert_array_equal(flat(net), flat(expected))
    assert_array_equal(net.history_["loss"], expected.history_["loss"])


def test_stays_off_with_lbfgs(Net, X, y):
    with pytest.raises(ValueError, match="max_restarts=2 lowers the learning rate"):
        make(Net, solver="lbfgs", max_restarts=2).fit(X, y)


@pytest.mark.parametrize("size", [1e6, 1e9])
def test_large_targets_are_healthy(size, X, y):
    """In thousands and millions, as prices are: no divergence, with adam or lbfgs."""
    for solver in ("adam", "lbfgs"):
        net = make(MLPRegressor, solver=solver, batch_size=10, shuffle=False)
        target = size * (y + X[:, 0])
        target[:20] = 0
        fit(net, X, target)
        assert net.stop_reason_ in ("max_iter", "converged")
        assert np.isfinite(net.history_["loss"]).all()
