"""The resource: what it may be, and how much of it there is."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdl import MLPClassifier, Standardizer
from skdl.model_selection import CoarseToFineSearchCV
from tests.model_selection.hill import Hill

X, Y = np.random.default_rng(0).normal(size=(150, 2)), np.arange(150) % 2
NET = MLPClassifier(max_iter=100)
PIPE = make_pipeline(Standardizer(), NET)
HILLS = make_pipeline(Standardizer(), Hill())


def search(estimator=NET, space=None, **options):
    """Return a search over alpha, which has not been fitted."""
    space = {"alpha": (1e-3, 1)} if space is None else space
    return CoarseToFineSearchCV(estimator, space, max_stages=1, cv=2, **options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (None, None)),
        ({"resource": "max_iter"}, (34, 100)),
        ({"resource": "max_iter", "factor": 2}, (50, 100)),
        ({"resource": "max_iter", "factor": 20}, (5, 100)),
        ({"resource": "max_iter", "min_resources": 7}, (7, 100)),
        ({"resource": "max_iter", "max_resources": 900}, (300, 900)),
        ({"resource": "n_samples"}, (50, 150)),
        ({"resource": "n_samples", "max_resources": 90, "factor": 1.5}, (60, 90)),
        (
            {
                "estimator": HILLS,
                "space": {"hill__x": [1]},
                "resource": "hill__max_iter",
            },
            (34, 100),
        ),
    ],
    ids=str,
)
def test_the_least_and_the_largest_budget(options, expected):
    fitted = search(**{"estimator": Hill(), "space": {"x": [1]}, **options}).fit(X, Y)
    assert (fitted.min_resources_, fitted.max_resources_) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"resource": "max_iter", "min_resources": 101},
            "min_resources=101 must not be above max_resources, 100",
        ),
        (
            {"resource": "n_samples", "max_resources": 151},
            "max_resources=151 must not be above the number of rows, 150",
        ),
        (
            {"resource": "shuffle"},
            "own shuffle, which must be a positive integer, got True. Set max_re",
        ),
        ({"resource": "batch_size"}, "positive integer, got 'auto'"),
        (
            {"estimator": SVC(), "space": {"C": [1]}, "resource": "max_iter"},
            "positive integer, got -1",
        ),
        ({"min_resources": 5}, "min_resources=5 is the amount of a resource, but res"),
        ({"max_resources": 9}, "max_resources=9 .* resource=None: set reso"),
        (
            {"resource": "n_iter"},
            "'n_iter' is not a parameter of MLP.* Take 'max_iter'",
        ),
        (
            {
                "estimator": PIPE,
                "space": {"mlpclassifier__alpha": [1]},
                "resource": "max_iter",
            },
            "of Pipeline. Take 'mlpclassifier__max_iter', 'n_samples'",
        ),
        (
            {
                "estimator": KNeighborsClassifier(),
                "space": {"p": [1]},
                "resource": "max_iter",
            },
            "Take 'n_samples', another",
        ),
        (
            {"resource": "alpha", "space": [{"beta_1": [0.1]}, {"alpha": [1]}]},
            "resource='alpha' is among the parameters of param_space",
        ),
    ],
    ids=str,
)
def test_budgets_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        search(**options).fit(X, Y)
