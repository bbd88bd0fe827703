"""The stages, on a hill whose height is known everywhere."""

import math
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skdl import SoftmaxClassifier
from skdl.engine import HiddenLayers
from skdl.model_selection import CoarseToFineSearchCV, Linear, Log
from tests.model_selection.hill import Hill
from tests.model_selection.private_names import (
    common_prefix,
    paired_difference,
    short_names,
)

X = np.random.default_rng(0).normal(size=(60, 2))


def searched(space, hill=None, **options):
    options = {"max_stages": 4, "resource": "max_iter"} | options
    options = {"cv": 3, "random_state": 0} | options
    hill = Hill() if hill is None else hill
    return CoarseToFineSearchCV(hill, space, **options).fit(X)


def column(search, name, **where):
    results = search.cv_results_
    rows = np.ones(len(results["params"]), dtype=bool)
    for key, value in where.items():
        rows &= results[key] == value
    return np.asarray(results[name][rows])


def test_the_gain_is_the_paired_standard_error():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 7))
    mean, error = paired_difference(a, b)
    assert_allclose(mean, np.mean(a - b))
    assert_allclose(error, stats.sem(a - b))
    assert mean / error == pytest.approx(stats.ttest_rel(a, b).statistic)
    assert paired_difference(a[:1], b[:1]) == (a[0] - b[0], 0.0)
    assert math.isnan(paired_difference(a, np.full(7, np.nan))[0])


def test_the_mesh_gets_finer_and_the_budget_larger():
    hill = Hill(top=-2.3, noise=0.001)
    search = searched(
        {"x": (1e-6, 1e2), "z": Linear(0.0, 8.0)}, hill, jitter=0.0, min_resources=11
    )
    assert search.n_resources_[:3] == [11, 33, 100 if search.n_stages_ == 3 else 99]
    first = column(search, "param_x", stage=0)
    assert_allclose(np.unique(first), np.geomspace(1e-6, 1e2, 9), rtol=1e-12)
    for stage, step in ((1, 0.5), (2, 0.25)):
        places = np.unique(np.log10(column(search, "param_x", stage=stage)).round(6))
        assert_allclose(np.diff(places), step, atol=1e-5)
    assert abs(math.log10(search.best_params_["x"]) + 2.3) < 0.15
    assert abs(search.best_params_["z"] - 3) < 0.5
    results = search.cv_results_
    assert list(results["n_resources"]) == list(results["param_max_iter"])
    for stage, budget in enumerate(search.n_resources_):
        assert set(column(search, "n_resources", stage=stage)) == {budget}
        assert len(column(search, "stage", stage=stage)) == search.n_candidates_[stage]


@pytest.mark.parametrize("direction", [-1, 1])
def test_the_mesh_moves_beyond_its_border_and_says_so(direction):
    hill = Hill(top=4.0 * direction)
    space = {"x": (1e-2, 1e2), "z": [3, 4]}
    search = searched(space, hill, jitter=0.0, max_stages=1)
    assert math.log10(search.best_params_["x"]) == pytest.approx(4.0 * direction)
    beyond = np.log10(column(search, "param_x", stage=0)) * direction
    moves = column(search, "move", stage=0)
    assert beyond[moves > 0] == pytest.approx([3, 4, 5])
    assert list(moves[moves > 0]) == [1, 2, 3]
    end = "upper" if direction > 0 else "lower"
    said = [line for line in search.log_ if f"{end} border" in line]
    assert len(said) == 3
    assert all("the grid moves beyond it" in line for line in said)
    assert f"(x {10.0 ** (2 * direction):.4g})" in said[0]


def test_a_best_integer_outside_a_tuple_is_a_warning():
    options = {"hill": Hill(top=3.0), "jitter": 0.0, "max_stages": 1}
    said = r"The best x=1000 lies outside \(10, 100\): .*Log\(10, 100, limits=\(10"
    with pytest.warns(UserWarning, match=said) as caught:
        search = searched({"x": (10, 100)}, **options)
    assert (len(caught), search.best_params_["x"]) == (1, 1000)
    searched({"x": Log(10, 100)}, **options)
    searched([{"x": (10, 100)}, {"x": [1000], "z": [3]}], **options)


def test_moves_have_an_end():
    search = searched({"x": (1e-2, 1e2)}, Hill(top=9.0), jitter=0.0, max_stages=1)
    assert search.best_params_["x"] == pytest.approx(1e5)
    assert search.log_[-3] == "stage 0: no move is left (max_moves=3)"
    none = searched({"x": (1e-2, 1e2)}, Hill(top=9.0), max_stages=1, max_moves=0)
    assert none.best_params_["x"] < 10**2.5
    assert set(none.cv_results_["move"]) == {0}


def test_the_mesh_stays_within_its_limits_and_says_so():
    space = {"x": Log(1e-2, 1e2, limits=(1e-4, 1e3))}
    search = searched(space, Hill(top=9.0))
    assert column(search, "param_x").max() == 1e3
    assert search.best_params_["x"] == 1e3
    assert any("(x 1000), which is a limit" in line for line in search.log_)


def test_a_distribution_s_support_is_its_limit():
    search = searched({"x": stats.loguniform(1e-2, 1e2)}, Hill(top=9.0))
    x = column(search, "param_x")
    assert x.max() == 100.0
    assert x.min() >= 1e-2


def test_on_a_plain_an_inner_point_wins_a_tie_and_nothing_moves():
    search = searched({"z": [3], "x": (1e-4, 1e4)}, Hill(top=0.0), max_stages=1)
    assert not any("border" in line for line in search.log_)
    flat = searched({"fails_above": (1e3, 1e9)}, resource=None)
    assert not any("border" in line for line in flat.log_)
    assert flat.stop_reason_ == "converged"


def last_gain(search):
    """Return the mean and the standard error of the last gain, from the table alone."""
    results = search.cv_results_
    folds = range(search.n_splits_)
    scores = np.column_stack([results[f"split{i}_test_score"] for i in folds])
    means = scores.mean(axis=1)
    before = np.flatnonzero(results["stage"] < search.n_stages_ - 1)
    before = before[means[before].argmax()]
    differences = scores[means.argmax()] - scores[before]
    return differences.mean(), stats.sem(differences)


def test_it_stops_when_a_stage_is_no_better_beyond_noise():
    hill = Hill(top=0.02, noise=0.3)
    gains = []
    for seed in range(8):
        search = searched({"x": (1e-3, 1e3)}, hill, resource=None, max_stages=9,
                          cv=5, random_state=seed)  # fmt: skip
        assert search.stop_reason_ == "converged"
        assert 1 < search.n_stages_ < 9
        mean, error = last_gain(search)
        assert mean <= error
        said = "is not beyond the standard error"
        if mean == 0:
            said = "no candidate is better than the best of stage"
        assert said in search.log_[-2]
        gains.append(mean)
    assert max(gains) > 0  # or nothing was tested of the error


def test_without_noise_all_stages_run():
    hill = Hill(top=1 / 3)
    search = searched({"x": (1e-3, 1e3)}, hill, resource=None, max_stages=6, jitter=0)
    assert search.n_stages_ == 6
    assert search.stop_reason_ == "max_stages"
    # Halved five times: 0, 1/2, 1/4, 3/8, 5/16, 11/32.
    assert math.log10(search.best_params_["x"]) == pytest.approx(11 / 32)


def test_a_stage_that_does_not_improve_sends_the_next_to_the_full_budget():
    # The first grid has the top itself, and no finer point is better.
    search = searched({"x": (1e-3, 1e3)}, jitter=0.0, min_resources=1, max_resources=81)
    assert search.n_resources_ == [1, 3, 81]
    assert search.stop_reason_ == "converged"
    assert search.best_params_ == {"x": 1.0, "max_iter": 81}


def test_the_last_stage_has_the_full_budget():
    search = searched({"x": (1e-3, 1e3)}, Hill(top=0.7), min_resources=1, max_stages=2)
    assert search.n_resources_ == [1, 100]
    assert search.stop_reason_ == "max_stages"
    assert searched({"x": (1e-3, 1e3)}, max_stages=1).n_resources_ == [100]


def test_the_best_is_of_the_full_budget():
    """Though a score of a smaller budget is higher."""

    class Worse(Hill):
        def score(self, X, y=None):
            return super().score(X, y) - self.max_iter

    search = searched({"x": (1e-3, 1e3)}, Worse())
    results = search.cv_results_
    assert results["mean_test_score"].max() > search.best_score_ + 50
    assert results["n_resources"][search.best_index_] == 100
    full = results["n_resources"] == 100
    assert results["mean_test_score"][full].max() == search.best_score_


def test_choices_have_meshes_of_their_own_until_they_fall_behind():
    search = searched({"x": (1e-3, 1e3), "kind": ["bad", "good"]})
    assert set(column(search, "param_kind", stage=0)) == {"bad", "good"}
    assert set(column(search, "param_kind", stage=1)) == {"good"}
    (line,) = [line for line in search.log_ if line.startswith("dropped, as worse by ")]
    assert line.endswith(": kind bad")
    same = searched({"x": (1e-3, 1e3), "kind": ["one", "other"]}, jitter=0.0)
    assert set(column(same, "param_kind", stage=1)) == {"one", "other"}


def test_several_spaces():
    spaces = [{"x": (1e-3, 1e-1)}, {"z": Linear(-9.0, 9.0), "x": [1.0]}]
    search = searched(spaces, min_resources=11)
    z = search.cv_results_["param_z"]
    assert z.mask.any()
    assert not z.mask.all()
    assert search.best_params_["x"] == 1.0
    assert abs(search.best_params_["z"] - 3) < 1


def test_integers_end_when_there_is_none_in_between():
    search = searched({"z": Linear(0, 8)}, resource=None, max_stages=9, jitter=0.0)
    assert all(isinstance(params["z"], int) for params in search.cv_results_["params"])
    assert search.best_params_["z"] == 3
    tried = [params["z"] for params in search.cv_results_["params"]]
    assert len(tried) == len(set(tried))


def test_choices_alone_are_evaluated_once_per_budget():
    search = searched({"kind": ["bad", "good"]}, resource=None)
    assert search.n_candidates_ == [2]
    assert search.stop_reason_ == "exhausted"
    search = searched({"kind": ["bad", "good"]})
    assert search.n_candidates_ == [2, 1]
    assert search.n_resources_ == [34, 100]


def test_max_candidates_thins_the_mesh_and_keeps_the_centre():
    space = {"x": (1e-6, 1e6), "z": Linear(-10.0, 10.0)}
    search = searched(space, max_candidates=5, max_moves=0, min_resources=11)
    assert set(search.n_candidates_) == {5}
    results = search.cv_results_
    for stage in range(1, search.n_stages_):
        before = np.flatnonzero(results["stage"] == stage - 1)
        best = before[results["mean_test_score"][before].argmax()]
        x = results["params"][best]["x"]
        assert x in column(search, "param_x", stage=stage)
    other = searched(space, max_candidates=5, max_moves=0, random_state=1)
    assert other.cv_results_["params"][0] != results["params"][0]


def test_max_candidates_thins_moves_too():
    space = {"x": (1e-4, 1e0), "z": Linear(-9.0, -1.0)}
    search = searched(space, Hill(top=4.0), max_candidates=3)
    assert max(search.cv_results_["move"]) == 3
    for stage in range(search.n_stages_):
        moves = column(search, "move", stage=stage)
        assert max(np.bincount(moves)) == 3
    assert search.best_params_["x"] > 1


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["net__alpha", "net__solver__beta_1"], "net__"),
        (["a__b__c", "a__b__d"], "a__b__"),
        (["alpha", "solver__beta_1"], ""),
        (["net__alpha", "pca__whiten"], ""),
        ([], ""),
    ],
)
def test_common_prefix(names, prefix):
    assert common_prefix(names) == prefix


def test_the_log_prints_a_common_prefix_once():
    pipe = make_pipeline(Hill(top=9.0))
    search = searched(
        {"hill__x": (1e-2, 1e2), "hill__kind": ["good", "bad"]}, pipe,
        resource="hill__max_iter", max_stages=2,
    )  # fmt: skip
    first, second, *rest = search.log_
    assert first == "names without their common prefix 'hill__'"
    assert second == "stage 0: 10 candidates, max_iter 34"
    assert not any("hill__" in line for line in rest)
    assert any("(x " in line for line in rest)
    assert any("at x " in line or "kind good, x " in line for line in rest)


def test_the_log_has_short_names():
    """A part of a name is left out if no other name has the same end."""
    names = ["net__alpha", "net__a__width", "net__b__width", "net__c__depth"]
    short = ["alpha", "a__width", "b__width", "depth"]
    assert list(short_names(names).values()) == short
    assert short_names(["alpha", "net__alpha"]) == {
        "alpha": "alpha",
        "net__alpha": "net__alpha",
    }
    net = SoftmaxClassifier(HiddenLayers(), max_iter=1, random_state=0)
    space = {"hidden_layer_sizes__width": (2, 4), "alpha": [0.5]}
    search = CoarseToFineSearchCV(net, space, max_stages=1, cv=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(*load_iris(return_X_y=True))
    assert search.log_[0] == "width is hidden_layer_sizes__width"
    assert any("alpha 0.5, width " in line for line in search.log_)


def test_the_log_says_plainly_that_no_candidate_was_better():
    flat = searched({"fails_above": (1e3, 1e9)}, resource=None)
    assert flat.log_[-2] == "stage 1: no candidate is better than the best of stage 0"
