import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, SVMClassifier


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("wrap", [lambda net: net, lambda net: make_pipeline(net)])
def test_warning_points_to_the_users_line(solver, wrap):
    X = np.random.default_rng(0).normal(size=(30, 2))
    net = wrap(MLPClassifier(5, solver=solver, max_iter=1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, X[:, 0] > 0)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("Net", [MLPClassifier, SVMClassifier])
def test_filter_of_scikit_learns_examples_works(Net, solver):
    X = np.random.default_rng(0).normal(size=(30, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ConvergenceWarning, module="sklearn")
        Net((5,), solver=solver, max_iter=1).fit(X, X[:, 0] > 0)


def test_other_warnings_have_the_users_module():
    X = np.random.default_rng(0).normal(size=(30, 2))
    net = MLPClassifier(5, batch_size=99, max_iter=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", category=UserWarning, module=__name__)
        net.fit(X, X[:, 0] > 0)
    assert ["clipped" in str(one.message) for one in caught] == [True]
