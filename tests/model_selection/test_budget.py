"""The resource: what it may be, and how much of it there is."""

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdl import MLPClassifier, Standardizer
from skdl.model_selection import CoarseToFineSearchCV
from skdl.model_selection._budget import check_resource, resource_range

NET = MLPClassifier(max_iter=100)
PIPE = make_pipeline(Standardizer(), NET)


def budget_of(estimator=NET, n_samples=150, **options):
    search = CoarseToFineSearchCV(estimator, {"alpha": (1e-3, 1)}, **options)
    return resource_range(search, n_samples)


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
        ({"estimator": PIPE, "resource": "mlpclassifier__max_iter"}, (34, 100)),
        (
            {"estimator": RandomForestClassifier(90), "resource": "n_estimators"},
            (30, 90),
        ),
    ],
    ids=str,
)
def test_ranges(options, expected):
    assert budget_of(**options) == expected


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
        ({"estimator": SVC(), "resource": "max_iter"}, "positive integer, got -1"),
        ({"min_resources": 5}, "min_resources=5 is the amount of a resource, but res"),
        ({"max_resources": 9}, "max_resources=9 .* resource=None: set reso"),
    ],
    ids=str,
)
def test_budgets_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        budget_of(**options)


@pytest.mark.parametrize(
    ("estimator", "resource", "message"),
    [
        (
            NET,
            "n_iter",
            "'n_iter' is not a parameter of MLP.* Take 'max_iter'",
        ),
        (PIPE, "max_iter", "of Pipeline. Take 'mlpclassifier__max_iter', 'n_samples'"),
        (KNeighborsClassifier(), "max_iter", "Take 'n_samples', another"),
        (NET, "alpha", "resource='alpha' is among the parameters of param_space"),
    ],
)
def test_names_that_are_no_resource(estimator, resource, message):
    with pytest.raises(ValueError, match=message):
        check_resource(estimator, resource, [{"beta_1": [0.1]}, {"alpha": [1]}])


@pytest.mark.parametrize("resource", [None, "n_samples", "max_iter"])
def test_names_that_are(resource):
    check_resource(NET, resource, [{"alpha": [1]}])
