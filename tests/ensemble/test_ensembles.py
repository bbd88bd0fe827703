"""Rules that hold for all four ensembles."""

import pickle
from inspect import Parameter, signature

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skdl import (
    MLPClassifier,
    MLPRegressor,
    Standardizer,
    ValidationSet,
)
from skdl.engine import Maxout
from tests.ensemble.common import parameters_of

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NETS = {
    "plain": {},
    "linear": {"hidden_layer_sizes": ()},
    "deep": {
        "hidden_layer_sizes": (6, 6, 5),
        "normalization": "batch",
        "dropout": 0.2,
        "residual": True,
    },
    "maxout": {"activation": Maxout(3), "solver": "sgd", "penalty": "l1"},
}


def vote(model, X):
    """Return the decision function of a classifier, or what a regressor predicts."""
    decide = getattr(model, "decision_function", model.predict)
    return decide(X)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, "sparse"])
@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_one_pass_gives_what_each_member_gives(Ensemble, make, net, dtype, X, y):
    X = csr_array(X) if dtype == "sparse" else X.astype(dtype)
    ensemble = make(Ensemble, net=net).fit(X, y)
    members = ensemble.estimators_
    assert len(members) == 3
    if hasattr(ensemble, "decision_function"):
        ensemble.set_params(voting="margin")
    result, each = vote(ensemble, X), [vote(member, X) for member in members]
    assert result.dtype == X.dtype
    assert_allclose(result, np.mean(each, axis=0), rtol=1e-5, atol=1e-6)
    assert (np.ptp(each, axis=0) > 0).all()


def test_members_are_fitted_nets_on_the_arrays_of_the_ensemble(Ensemble, make, X, y):
    ensemble = make(Ensemble).fit(X, y)
    member = ensemble.estimators_[1]
    assert type(member) is type(ensemble.estimator)
    assert member.n_features_in_ == 5
    assert len(member.loss_curve_) == member.n_iter_
    assert_array_equal(member.history_["loss"], member.loss_curve_)
    assert member.loss_ == member.loss_curve_[-1]
    assert member.score(X, y) > -10
    before = ensemble.predict(X)
    pickle.loads(pickle.dumps(member)).partial_fit(X, y)
    member.partial_fit(X, y)
    assert_array_equal(ensemble.predict(X), before)
    ensemble.estimators_[0].coefs_[0][...] = 7
    assert (parameters_of(ensemble)[0] == 7).sum() >= 30


# Parameters after `estimator`, and their defaults.
SHARED = {"weights": None, "random_state": None}
OF_CHECKPOINTS = SHARED | {
    "n_members": 5, "snapshots": "cyclic", "average_weights": False,
}  # fmt: skip
OF_SEEDS = SHARED | {"n_members": 10, "n_best": None, "n_jobs": None}


def test_estimator_comes_first_and_other_parameters_are_keyword_only(Ensemble):
    name = Ensemble.__name__
    expected = OF_SEEDS if name.startswith("Seed") else OF_CHECKPOINTS
    expected = expected | {"voting": "mean" if name.endswith("Regressor") else "soft"}
    first, *rest = signature(Ensemble).parameters.values()
    assert (first.name, first.default) == ("estimator", None)
    assert {parameter.name: parameter.default for parameter in rest} == expected
    assert {parameter.kind for parameter in rest} == {Parameter.KEYWORD_ONLY}
    for parameter in expected:
        message = f"The '{parameter}' parameter of {name}"
        with pytest.raises(ValueError, match=message):
            Ensemble(**{parameter: object()}).fit([[0.0], [1.0]], [0, 1])


def test_same_seed_same_members(Ensemble, make, X, y):
    one, other, third = (
        make(Ensemble, random_state=seed).fit(X, y) for seed in (1, 1, 2)
    )
    assert_array_equal(parameters_of(one), parameters_of(other))
    assert (parameters_of(one) != parameters_of(third)).any()


def test_the_estimator_does_not_change(Ensemble, make, X, y):
    ensemble = make(Ensemble, weights="score")
    net = ensemble.estimator
    before = dict(vars(net))
    ensemble.fit(X, y)
    assert ensemble.estimator is net
    assert vars(net) == before


def test_nested_parameters(Ensemble, make):
    ensemble = make(Ensemble)
    assert ensemble.get_params()["estimator__alpha"] == 0.0001
    ensemble.set_params(estimator__alpha=0.5, n_members=4)
    other = clone(ensemble)
    assert other.estimator is not ensemble.estimator
    assert other.get_params()["estimator__alpha"] == 0.5
    assert other.n_members == 4
    assert f"{Ensemble.__name__}(" in repr(ensemble)


def test_default_estimator(Ensemble, X, y):
    ensemble = Ensemble(n_members=2, random_state=0).fit(X, y)
    regressor = Ensemble.__name__.endswith("Regressor")
    Net = MLPRegressor if regressor else MLPClassifier
    assert [type(member) for member in ensemble.estimators_] == [Net, Net]


@pytest.mark.parametrize(
    "wrong", ["pipeline", "other kind", "class", "scikit-learn's", "text"]
)
def test_estimators_of_another_kind_are_refused(Ensemble, make, wrong, X, y):
    ensemble = make(Ensemble)
    net = ensemble.estimator
    is_classifier = isinstance(net, MLPClassifier)
    wrong = {
        "pipeline": make_pipeline(Standardizer(), net),
        "other kind": MLPRegressor() if is_classifier else MLPClassifier(),
        "class": type(net),
        "scikit-learn's": net.fit(X, y).to_sklearn(),
        "text": "net",
    }[wrong]
    kind = "classifiers" if is_classifier else "regressors"
    with pytest.raises(ValueError, match=f"must be one of skdl's {kind}, got"):
        ensemble.set_params(estimator=wrong).fit(X, y)


def test_wrong_parameters_of_the_net_are_refused(Ensemble, make, X, y):
    ensemble = make(Ensemble, net={"max_iter": 0})
    with pytest.raises(ValueError, match="'max_iter' parameter of MLP"):
        ensemble.fit(X, y)


@pytest.mark.parametrize("how", ["options", "data", "training"])
def test_a_failed_fit_changes_nothing(Ensemble, make, how, X, y):
    ensemble = make(Ensemble).fit(pd.DataFrame(X, columns=list("abcde")), y)
    if how == "options":
        ensemble.set_params(weights="score", estimator__validation_fraction=0.0)
    if how == "training":
        ensemble.set_params(estimator__solver="sgd", estimator__learning_rate_init=1e9)
    before = dict(vars(ensemble))
    with pytest.raises(ValueError):  # noqa: PT011 - three different ones
        ensemble.fit(X[:, :2] * 1e9, y if how != "data" else y[:-1])
    assert vars(ensemble) == before
    frame = pd.DataFrame(X, columns=list("abcde"))
    assert ensemble.set_params(weights=None).predict(frame).shape == (80,)


def test_a_second_fit_forgets_the_first(Ensemble, make, X, y):
    ensemble = make(Ensemble, weights="score")
    ensemble.fit(pd.DataFrame(X, columns=list("abcde")), y)
    assert ensemble.feature_names_in_.tolist() == list("abcde")
    assert ensemble.member_scores_.shape == (3,)
    ensemble.set_params(weights=None).fit(X[:, :2], y)
    assert not hasattr(ensemble, "feature_names_in_")
    assert ensemble.n_features_in_ == 2
    assert ensemble.member_scores_ is None


def test_other_features_are_refused(Ensemble, make, X, y):
    ensemble = make(Ensemble).fit(X, y)
    message = f"X has 4 features, but {Ensemble.__name__} is expecting 5"
    with pytest.raises(ValueError, match=message):
        ensemble.predict(X[:, :4])


def test_not_fitted(Ensemble, make, X):
    ensemble = make(Ensemble)
    assert not hasattr(ensemble, "estimators_")
    with pytest.raises(AttributeError, match="is not fitted yet: no 'estimators_'"):
        ensemble.estimators_  # noqa: B018


def test_weights_are_ranks_of_the_scores(Ensemble, make, X, y):
    ensemble = make(Ensemble, weights="score").fit(X, y)
    if hasattr(ensemble, "decision_function"):
        ensemble.set_params(voting="margin")
    each = [vote(member, X) for member in ensemble.estimators_]
    for scores, ranks in (
        ([0.2, np.nan, 0.9], [2, 1, 3]),
        ([-4.0, -4.0, -9.0], [2.5, 2.5, 1]),
    ):
        ensemble.member_scores_ = np.array(scores)
        expected = np.average(each, axis=0, weights=ranks)
        assert_allclose(vote(ensemble, X), expected, rtol=1e-6, atol=1e-9)


def test_weights_by_scores_that_were_not_taken_are_refused(Ensemble, make, X, y):
    ensemble = make(Ensemble).fit(X, y).set_params(weights="score")
    with pytest.raises(ValueError, match="fit took none: call fit again"):
        ensemble.predict(X)


def test_validation_data_score_the_members(Ensemble, make, X, y):
    ensemble = make(Ensemble)
    ensemble.fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    expected = [member.score(X[60:], y[60:]) for member in ensemble.estimators_]
    assert_allclose(ensemble.member_scores_, expected)
    other = clone(ensemble).fit(X[:60], y[:60], X_val=ValidationSet(X[60:], y[60:]))
    assert_array_equal(other.member_scores_, ensemble.member_scores_)
    assert ensemble.estimators_[0].validation_split is None


def test_weights_of_rows_reach_the_nets(Ensemble, make, X, y):
    w = np.where(y == 1, 0.0, 1.0)
    weighted = make(Ensemble).fit(X, y, w)
    plain = make(Ensemble).fit(X, y)
    assert (parameters_of(weighted) != parameters_of(plain)).any()
    # The third argument of a net's fit, and with the same effect.
    if hasattr(weighted, "member_seeds_"):
        seed = int(weighted.member_seeds_[0])
        net = clone(weighted.estimator).set_params(random_state=seed).fit(X, y, w)
        assert_array_equal(net.coefs_[0], weighted.estimators_[0].coefs_[0])


def test_a_file_is_about_as_large_as_the_parameters(Ensemble, make, X, y):
    X = np.tile(X, 40)
    ensemble = make(Ensemble, net={"hidden_layer_sizes": 50}).fit(X, y)
    nbytes = parameters_of(ensemble).nbytes
    assert nbytes < len(pickle.dumps(ensemble)) < 1.1 * nbytes


@pytest.mark.parametrize("name", ["voting", "weights"])
def test_a_vote_that_does_not_exist_is_refused_after_fit(Ensemble, make, name, X, y):
    ensemble = make(Ensemble).fit(X, y).set_params(**{name: "medain"})
    with pytest.raises(ValueError, match=f"'{name}' parameter .* Got 'medain'"):
        ensemble.predict(X)


@pytest.mark.parametrize("scored", ["weights", "members"])
def test_scores_that_are_no_numbers(Ensemble, make, scored, X, y):
    checkpoints = Ensemble.__name__.startswith("Checkpoint")
    which = {"snapshots": "best"} if checkpoints else {"n_best": 2}
    params = {"weights": "score"} if scored == "weights" else which
    net = {"scoring": lambda net, X, y: np.nan}
    with pytest.raises(ValueError, match="score that is a number"):
        make(Ensemble, net=net, **params).fit(X, y)


def test_held_out_rows_have_the_shares_of_the_classes(Classifier, make, X):
    y, seen = np.repeat([0, 1], [64, 16]), []

    def scorer(net, X_val, y_val):
        seen.append(np.bincount(y_val).tolist())
        return 0.5

    net = {"validation_fraction": 0.25, "scoring": scorer}
    make(Classifier, net=net, weights="score").fit(X, y)
    assert seen
    assert all(counts == [16, 4] for counts in seen)
