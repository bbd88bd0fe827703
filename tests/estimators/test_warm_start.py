"""warm_start: fit continues where it ended."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier
from tests.estimators.common import fit, flat, make

SOLVERS = {
    "adam": {},
    "sgd": {"solver": "sgd"},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
}


@pytest.mark.parametrize("params", SOLVERS.values(), ids=SOLVERS)
def test_three_epochs_twice_are_six(Net, params, X, y):
    params = {"batch_size": 16, **params}
    net = make(Net, max_iter=3, warm_start=True, **params)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning, match="max_iter=3"):
            net.fit(X, y)
    expected = fit(make(Net, max_iter=6, **params), X, y)
    assert_array_equal(flat(net), flat(expected))
    assert net.loss_curve_ == expected.loss_curve_
    assert net.best_loss_ == expected.best_loss_
    assert (net.n_iter_, net.t_) == (3, expected.t_)


def test_without_it_fit_starts_from_scratch(Net, X, y):
    net = fit(make(Net), X, y)
    first = flat(net)
    assert_array_equal(flat(fit(net, X, y)), first)
    assert len(net.loss_curve_) == 4


def test_lbfgs_begins_with_the_parameters_it_found(Net, X, y):
    net = fit(make(Net, solver="lbfgs", warm_start=True), X, y)
    first = net.loss_
    fit(net, X, y)
    assert net.loss_ < first
    assert net.loss_curve_[4] < first  # its first iteration, that is


def test_solver_may_change(Net, X, y):
    net = fit(make(Net, warm_start=True), X, y)
    fit(net.set_params(solver="lbfgs", max_iter=30), X, y)
    low = net.loss_
    fit(net.set_params(solver="sgd", max_iter=2), X, y)
    assert net.loss_ < low + 0.1


def test_dropout_may_change(Net, X, y):
    net = fit(make(Net, warm_start=True, normalization="batch"), X, y)
    before, steps = flat(net), net.t_
    net.set_params(dropout=0.5, learning_rate_init=1e-9)
    assert_allclose(flat(fit(net, X, y)), before, atol=1e-6)
    fit(net.set_params(dropout=None, learning_rate_init=1e-3), X, y)
    assert net.t_ == 3 * steps


def test_other_classes_are_refused(Classifier, X, y):
    net = fit(make(Classifier, warm_start=True), X, y)
    before = flat(net)
    for other in (np.minimum(y, 1), y + 1):
        with pytest.raises(
            ValueError,
            match="warm_start can only be used where `y` has the same classes as in "
            "the previous call to fit",
        ):
            net.fit(X, other)
    assert_array_equal(flat(net), before)


def test_other_hidden_layers_are_refused(Net, X, y):
    net = fit(make(Net, warm_start=True), X, y)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        net.set_params(hidden_layer_sizes=(5,)).fit(X, y)
    assert net.coefs_[0].shape == (4, 6)


def test_other_activation_is_not_ignored_in_silence(Net, X, y):
    net = fit(make(Net, warm_start=True), X, y)
    expected = flat(fit(net, X, y))
    net = fit(make(Net, warm_start=True), X, y).set_params(activation="tanh")
    try:
        fit(net, X, y)
    except ValueError as error:
        assert "activation" in str(error)  # noqa: PT017
    else:
        assert np.abs(flat(net) - expected).max() > 0


def test_out_activation_follows_the_loss(X, y):
    net = fit(make(MLPClassifier, warm_start=True), X, y)
    fit(net.set_params(loss="logistic"), X, y)
    assert net.out_activation_ == "logistic"


def test_early_stopping_keeps_the_best_of_all_calls(Net, X, y):
    net = make(Net, warm_start=True, early_stopping=True, validation_fraction=0.3)
    first = fit(net, X, y).best_validation_score_
    fit(net, X, y)
    assert len(net.validation_scores_) == 8
    assert net.best_validation_score_ >= first


def test_a_scorer_is_tried_before_each_fit(X, y):
    """Also where training continues: it may be another one by then."""
    net = make(MLPClassifier, warm_start=True, early_stopping=True, scoring="accuracy")
    n_epochs = len(fit(net, X, y).loss_curve_)

    def broken(net, X, y):
        raise TypeError("no score")

    net.set_params(scoring=broken)
    with pytest.raises(ValueError, match="cannot score the validation rows: no score"):
        net.fit(X, y)
    assert len(net.loss_curve_) == n_epochs
