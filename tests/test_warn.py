import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("wrap", [lambda net: net, lambda net: make_pipeline(net)])
def test_a_warning_points_at_the_users_line(solver, wrap):
    X = np.random.default_rng(0).normal(size=(30, 2))
    net = wrap(MLPClassifier(5, solver=solver, max_iter=1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, X[:, 0] > 0)
    assert [warning.filename for warning in caught] == [__file__]
