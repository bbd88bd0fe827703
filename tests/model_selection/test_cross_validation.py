"""Folds that train in stacks: the results are those of scikit-learn's functions."""

import inspect

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context, model_selection
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import MLPClassifier, MLPRegressor, Standardizer, SVMClassifier
from skdl import model_selection as ours
from skdl.callbacks import LambdaCallback
from skdl.model_selection import cross_val_score, cross_validate
from tests.model_selection.private_names import stacks

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
SOME = np.r_[:20, 50:70, 100:120]  # folds of the same size
X, y = X[SOME], y[SOME]
NUMBERS = load_diabetes(return_X_y=True)
NUMBERS = NUMBERS[0][:60], NUMBERS[1][:60] / 100


def net(Net=MLPClassifier, **options):
    quick = {"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0}
    return Net(**quick | {"batch_size": 8} | options)


def two_scores(model, X, y):
    return {"accuracy": model.score(X, y), "epochs": model.n_iter_}


@pytest.fixture
def n_stacked(monkeypatch):
    """List the numbers of nets that trained together."""
    numbers, fit_together = [], stacks.fit_together

    def counted(calls, **options):
        numbers.append(len(calls))
        return fit_together(calls, **options)

    monkeypatch.setattr(stacks, "fit_together", counted)
    return numbers


def assert_same(estimator, X, y, **options):
    """Compare both functions with scikit-learn's, and return the results of ours."""
    theirs = model_selection.cross_validate(estimator, X, y, **options)
    ours = cross_validate(estimator, X, y, **options)
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        if name == "indices":
            for part in ("train", "test"):
                for one, other in zip(ours[name][part], values[part], strict=True):
                    assert_array_equal(one, other)
        elif name == "estimator":
            for one, other in zip(ours[name], values, strict=True):
                assert vars(one).keys() == vars(other).keys()
                assert_array_equal(one.predict(X), other.predict(X))
        elif name.endswith("_time"):
            assert values.shape == ours[name].shape
        else:
            assert_allclose(ours[name], values, rtol=1e-6, err_msg=name)
    return ours


CASES = {  # estimator, options, nets per stack
    "five folds": (net(), {}, [5]),
    "float32 net": (net(SVMClassifier), {"cv": 3, "return_train_score": True}, [3]),
    "numbers": (net(MLPRegressor), {"cv": 4, "scoring": "r2"}, [4]),
    "pipeline": (make_pipeline(StandardScaler(), PCA(3), net()), {"cv": 3}, [3]),
    "everything": (
        net(), {"cv": 2, "return_estimator": True, "return_indices": True}, [2],
    ),
    "several scores": (net(), {"scoring": ["accuracy", "neg_log_loss"]}, [5]),
    "dict of scores": (net(), {"scoring": {"a": "accuracy", "b": "f1_macro"}}, [5]),
    "callable": (net(early_stopping=True), {"scoring": two_scores, "cv": 3}, [3]),
    "folds as masks": (net(), {"cv": [(y != 0, y == 0), (y != 2, y == 2)]}, [2]),
    "folds drawn": (net(), {"cv": KFold(3, shuffle=True, random_state=1)}, [3]),
    "two sizes": (net(), {"cv": KFold(7)}, [3, 4]),
    "groups": (net(), {"cv": GroupKFold(5), "groups": np.arange(60) % 5}, [5]),
    "weights": (net(), {"params": {"sample_weight": np.linspace(0.1, 2, 60)}}, [5]),
    "lbfgs is alone": (net(solver="lbfgs"), {"cv": 2}, []),
    "not a net": (LogisticRegression(), {"cv": 3, "return_estimator": True}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_results_are_those_of_scikit_learn(name, n_stacked):
    estimator, options, expected = CASES[name]
    data = NUMBERS if isinstance(estimator, MLPRegressor) else (X, y)
    assert_same(estimator, *data, **{"error_score": "raise"} | options)
    assert sorted(n_stacked) == expected


def test_the_score_alone():
    folds = ShuffleSplit(3, random_state=0)
    ours = cross_val_score(net(), X, y, cv=folds, scoring="f1_macro")
    theirs = model_selection.cross_val_score(net(), X, y, cv=folds, scoring="f1_macro")
    assert_allclose(ours, theirs)
    with pytest.raises(ValueError, match="scoring"):
        cross_val_score(net(), X, y, scoring=["accuracy", "f1_macro"])


@pytest.mark.parametrize("ours", [cross_val_score, cross_validate])
def test_arguments_are_those_of_scikit_learn(ours):
    theirs = inspect.signature(getattr(model_selection, ours.__name__)).parameters
    mine = inspect.signature(ours).parameters
    assert list(mine) == list(theirs)
    for name, parameter in theirs.items():
        assert mine[name].kind == parameter.kind
        assert str(mine[name].default) == str(parameter.default)  # NaN, too


@pytest.mark.parametrize("kind", ["frame", "sparse", "list", "no target"])
def test_kinds_of_data(kind, n_stacked):
    if kind == "no target":
        with pytest.raises(ValueError, match="fits failed"):
            cross_validate(net(), X)
        return
    frame = pd.DataFrame(X, columns=list("abcd"))
    rows = {"frame": frame, "sparse": csr_array(X), "list": X.tolist()}[kind]
    assert_same(net(), rows, list(y), cv=3)
    assert n_stacked == ([] if kind == "sparse" else [3])


def test_weights_and_groups_are_routed(n_stacked):
    given = {"sample_weight": np.linspace(0.1, 2, 60), "groups": np.arange(60) % 5}
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(mean_absolute_error, greater_is_better=False)
        assert_same(
            make_pipeline(
                Standardizer().set_fit_request(sample_weight=False),
                net(MLPRegressor).set_fit_request(sample_weight=True),
            ),
            *NUMBERS,
            cv=GroupKFold(5),
            scoring=scorer.set_score_request(sample_weight=True),
            params=given,
        )
        assert n_stacked == [5]
        with pytest.raises(ValueError, match=r"\[sample_weight\] are passed but are"):
            del given["groups"]
            cross_validate(net(), X, y, params=given)


@pytest.mark.parametrize("error_score", [np.nan, -1.0])
def test_a_fit_that_fails_has_the_error_score(error_score):
    huge = X.copy()
    huge[0] = 1e300  # the other two folds train on it
    model = net(solver="sgd", max_restarts=0, learning_rate_init=1e20)
    options = {"cv": KFold(3), "error_score": error_score}
    with pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 3"):
        assert_same(net(standardize=False), huge, y, **options)
    with pytest.raises(ValueError, match=r"^All the 5 fits failed\. The first with Va"):
        cross_val_score(model, X * 1e200, y)
    with pytest.raises(ValueError, match="non-finite"):
        cross_validate(model, X * 1e200, y, error_score="raise")


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="y has 59 rows, but X has 60"):
        cross_validate(net(), X, y[:-1])
    with pytest.raises(ValueError, match="'n_jobs' parameter"):
        cross_validate(net(), X, y, n_jobs="a")
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        cross_val_score(net(activation="rellu"), X, y)


class Halves:
    """Splits, but does not say into how many folds."""

    def split(self, X, y=None, groups=None):
        return KFold(2).split(X)


HALVES = slice(0, 60, 2), slice(1, 60, 2)


@pytest.mark.parametrize("cv", [0, 1, True, 2.5, "x", Halves(), [HALVES], [(1, 2, 3)]])
@pytest.mark.parametrize("name", ["cross_val_score", "cross_validate"])
def test_errors_about_cv_are_those_of_scikit_learn(name, cv):
    outcomes = []
    for module in (model_selection, ours):
        try:
            results = getattr(module, name)(net(), X, y, cv=cv, error_score="raise")
            outcomes.append(sorted(results))
        except Exception as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0] == outcomes[1]


WEIGHTS = {
    "a row more": np.ones(61),
    "a row less": np.ones(59),
    "those of a fold": np.linspace(0.1, 2, 40),
    "a number": 2.0,
    "none": None,
    "list": list(np.linspace(0.1, 2, 60)),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_of_any_length(name):
    options = {"params": {"sample_weight": WEIGHTS[name]}, "error_score": "raise"}
    if name.startswith("a row"):
        for function in (model_selection.cross_validate, cross_validate):
            with pytest.raises(ValueError, match="sample_weight"):
                function(net(), X, y, cv=3, **options)
    else:
        assert_same(net(), X, y, cv=3, **options)


def test_callbacks_see_every_epoch(n_stacked):
    epochs = []
    model = net().set_callbacks(LambdaCallback(lambda net: epochs.append(net.n_iter_)))
    cross_validate(model, X, y, cv=3)
    assert len(epochs) == 3 * 5
    assert n_stacked == []


def test_fit_times_are_shares_of_the_stack(monkeypatch):
    train_portion = stacks.train_portion

    def slow(*args):
        return *train_portion(*args)[:-1], 1000.0

    monkeypatch.setattr(stacks, "train_portion", slow)
    times = cross_validate(net(), X, y, cv=3)["fit_time"]
    assert_allclose(times, 1000.0, rtol=0.01)


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_one_warning_counts_the_folds_that_reached_max_iter():
    with pytest.warns(ConvergenceWarning) as caught:
        cross_val_score(net(), X, y)
    assert [str(one.message) for one in caught] == [
        "5 of 5 fits in stacks reached max_iter=5. The loss was still improving: "
        "raise max_iter."
    ]


def test_lines_under_verbose(capsys):
    cross_validate(net(), X, y, verbose=1, cv=3)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[CrossValidation] 3 of 3 fits train in stacks"


def test_ctrl_c(monkeypatch):
    def press(calls, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(stacks, "fit_together", press)
    with pytest.raises(KeyboardInterrupt):
        cross_validate(net(), X, y)


@pytest.mark.slow
def test_two_processes():
    model = make_pipeline(StandardScaler(), net())
    assert_same(model, X, y, n_jobs=2, return_estimator=True, verbose=2)
