"""Several training runs: their seeds, their scores, and which are kept."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPRegressor, SVMClassifier, ValidationSet
from skdl.ensemble import SeedEnsembleClassifier, SeedEnsembleRegressor
from tests.ensemble.common import parameters_of

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_members_are_nets_of_their_seeds(Seeds, make, X, y):
    ensemble = make(Seeds).fit(X, y)
    assert len(set(ensemble.member_seeds_.tolist())) == 3
    for seed, member in zip(ensemble.member_seeds_, ensemble.estimators_, strict=True):
        assert member.random_state == seed
        net = clone(ensemble.estimator).set_params(random_state=int(seed)).fit(X, y)
        assert_array_equal(parameters_of(net), parameters_of(member))
        assert_array_equal(net.loss_curve_, member.loss_curve_)
    assert ensemble.member_scores_ is None


def test_seed_of_the_net_does_not_count(Seeds, make, X, y):
    one = make(Seeds, net={"random_state": 5}).fit(X, y)
    assert_array_equal(parameters_of(one), parameters_of(make(Seeds).fit(X, y)))


def test_two_jobs_give_the_same_members(Seeds, make, X, y):
    options = {"n_best": 2, "weights": "score"}
    one = make(Seeds, n_jobs=1, **options).fit(X, y)
    two = make(Seeds, n_jobs=2, **options).fit(X, y)
    assert_array_equal(one.member_seeds_, two.member_seeds_)
    assert_array_equal(parameters_of(one), parameters_of(two))
    assert_array_equal(one.predict(X), two.predict(X))


def test_the_best_are_kept(Seeds, make, X, y):
    everyone = make(Seeds, n_members=6, weights="score").fit(X, y)
    some = make(Seeds, n_members=6, n_best=2).fit(X, y)
    best = np.sort(np.argsort(-everyone.member_scores_, kind="stable")[:2])
    assert_array_equal(some.member_seeds_, everyone.member_seeds_[best])
    assert_array_equal(some.member_scores_, everyone.member_scores_[best])
    assert_array_equal(parameters_of(some), parameters_of(everyone)[best])
    assert some.member_scores_.min() >= np.sort(everyone.member_scores_)[-2]
    assert len(some.estimators_) == 2


def test_all_are_scored_on_the_same_rows(Seeds, make, X, y):
    ensemble = make(Seeds, n_best=2, net={"validation_fraction": 0.25})
    seen = []

    def scorer(net, X_val, y_val):
        seen.append(X_val.copy())
        return net.score(X_val, y_val)

    ensemble.set_params(estimator__scoring=scorer).fit(X, y)
    assert len(seen) >= 27
    assert all(np.array_equal(rows, seen[0]) for rows in seen)
    assert seen[0].shape == (20, 5)
    assert ensemble.estimators_[0].validation_split is None


def test_early_stopping_of_all_watches_the_same_rows(Seeds, make, X, y):
    net = {"early_stopping": True, "max_iter": 40, "n_iter_no_change": 3, "tol": 0.1}
    net |= {"validation_fraction": 0.25, "learning_rate_init": 0.2}
    ensemble = make(Seeds, net=net | {"scoring": "loss"}).fit(X, y)
    lasts = [m.validation_scores_[-1] for m in ensemble.estimators_]
    assert (lasts < ensemble.member_scores_).any()
    for member, score in zip(
        ensemble.estimators_, ensemble.member_scores_, strict=True
    ):
        assert member.best_validation_score_ == score
        assert member.n_iter_ < 40
    # The score is of the parameters that the member has: those of its best epoch.
    ensemble = make(Seeds, net=net)
    ensemble.fit(X[:60], y[:60], X_val=ValidationSet(X[60:], y[60:]))
    expected = [member.score(X[60:], y[60:]) for member in ensemble.estimators_]
    assert_allclose(ensemble.member_scores_, expected)


def test_nothing_is_held_out_without_need(Seeds, make, X, y):
    for net in ({}, {"solver": "lbfgs", "early_stopping": True}):
        ensemble = make(Seeds, n_best=3, net=net).fit(X, y)
        assert ensemble.member_scores_ is None
        assert ensemble.estimators_[0].stop_reason_ in ("max_iter", "converged")


def test_lbfgs(Seeds, make, X, y):
    ensemble = make(Seeds, n_best=2, net={"solver": "lbfgs"}).fit(X, y)
    assert ensemble.score(X, y) > 0.3
    assert np.isfinite(ensemble.member_scores_).all()


def test_members_without_an_epoch(Seeds, make, X):
    """The start is the optimum: lbfgs has nothing to do."""
    linear = {"hidden_layer_sizes": (), "alpha": 0, "weight_init": 0}
    Net, vote = SVMClassifier, {"voting": "margin"}
    if Seeds is SeedEnsembleRegressor:
        Net, vote = MLPRegressor, {}
    ensemble = make(Seeds, Net, net={"solver": "lbfgs"} | linear, **vote)
    ensemble.fit(X, np.zeros(len(X), int))
    assert ensemble.member_scores_ is None
    assert [member.n_iter_ for member in ensemble.estimators_] == [0, 0, 0]
    assert (ensemble.predict(X) == 0).all()


def test_an_instance_is_advanced(Seeds, make, X, y):
    ensemble = make(Seeds, random_state=np.random.RandomState(3))
    first = ensemble.fit(X, y).member_seeds_
    assert (ensemble.fit(X, y).member_seeds_ != first).all()


def test_n_best_above_n_members_is_refused(Seeds, make, X, y):
    with pytest.raises(ValueError, match="n_best=4 must not be above n_members=3"):
        make(Seeds, n_best=4).fit(X, y)


def test_a_score_that_is_no_number_is_never_the_best(X, y, make):
    scores = iter([0.5, np.nan, 0.1, 0.2])

    def scorer(net, X_val, y_val):
        return next(scores) if hasattr(net, "loss_") else 0.0

    net = {"max_iter": 1, "scoring": scorer}
    ensemble = make(SeedEnsembleClassifier, n_members=4, n_best=3, net=net).fit(X, y)
    assert ensemble.member_scores_.tolist() == [0.5, 0.1, 0.2]


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_one_warning_counts_the_members_that_reached_max_iter(
    Seeds, n_jobs, make, X, y
):
    ensemble = make(Seeds, n_members=3, n_jobs=n_jobs, net={"max_iter": 2, "tol": 0})
    with pytest.warns(ConvergenceWarning) as caught:
        ensemble.fit(X, y)
    assert [str(one.message) for one in caught] == [
        "3 of 3 members reached max_iter=2. The loss was still improving: raise "
        "max_iter."
    ]
    assert caught[0].filename == __file__


def test_verbose_names_the_members(X, y, make, capsys):
    net = {"max_iter": 1, "verbose": 1}
    make(SeedEnsembleClassifier, n_members=2, net=net).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if line.startswith("[")]
    assert titles == [f"[SeedEnsembleClassifier] member {i} of 2" for i in (1, 2)]
    assert lines[0] == titles[0]
