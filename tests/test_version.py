"""Saved estimators hold the version of skdl that saved them."""

import pickle
import warnings
from copy import copy, deepcopy

import numpy as np
import pytest
import skops.io
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning

import skdl
from skdl import ensemble, inspection, model_selection, preprocessing

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X[:, 0] > 0
MODULES = (skdl, ensemble, inspection, model_selection, preprocessing)
# Fitted attributes may depend on the version that computed them.
ESTIMATORS = {
    name: getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if hasattr(getattr(module, name), "fit")
}
OTHERS = {"PCAWhitener": skdl.PCAWhitener, "Standardizer": skdl.Standardizer}
OTHERS |= {"SoftmaxClassifier": skdl.SoftmaxClassifier}
FORMS = {
    "pickle": (pickle.dumps, pickle.loads),
    "skops": (
        skops.io.dumps,
        lambda content: skops.io.loads(content, trusted=skdl.trusted_types),
    ),
}


def fitted(name):
    options = {} if name != "SoftmaxClassifier" else {"max_iter": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return OTHERS[name](**options).fit(X, Y)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_state_of_every_estimator_has_the_version(name):
    unfitted = ESTIMATORS[name].__new__(ESTIMATORS[name])
    assert unfitted.__getstate__()["_skdl_version"] == skdl.__version__


@pytest.mark.parametrize("name", OTHERS)
def test_the_state_has_the_version(name):
    estimator = fitted(name)
    assert estimator.__getstate__()["_skdl_version"] == skdl.__version__
    # The file has the version; the estimator does not.
    for twin in (copy(estimator), deepcopy(estimator), reloaded(estimator)):
        assert vars(twin).keys() <= vars(estimator).keys()


def reloaded(estimator):
    return pickle.loads(pickle.dumps(estimator))


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("form", FORMS)
def test_another_version_causes_a_warning(name, form, monkeypatch):
    estimator = fitted(name)
    with monkeypatch.context() as patch:
        patch.setattr("skdl._version.__version__", "0.0.7")
        content = FORMS[form][0](estimator)
    said = f"{name} was saved by skdl 0.0.7, and this is skdl {skdl.__version__}"
    with pytest.warns(InconsistentVersionWarning, match=said):
        twin = FORMS[form][1](content)
    assert vars(twin).keys() <= vars(estimator).keys()


def test_a_file_without_a_version_is_from_an_older_one():
    estimator = fitted("Standardizer")
    with pytest.warns(
        InconsistentVersionWarning, match="was saved by skdl before 0.1.0"
    ):
        skdl.Standardizer().__setstate__(vars(estimator))
