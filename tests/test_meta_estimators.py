"""scikit-learn's meta-estimators on nets: rows of a table, the nets as columns.

A row of `tests/meta/cases.py` makes a model of a net, and says what only that model
promises; all are fitted and must be right more often than a bar. Those that need
probabilities refuse the SVM with the way out, and work with it in a
`CalibratedClassifierCV`.
"""

from dataclasses import replace
from itertools import cycle

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import cross_val_predict

from skdl import MLPRegressor, SVMClassifier
from tests.meta.cases import ROWS
from tests.meta.problems import (
    N_RELEVANT,
    N_TRAIN,
    NETS,
    has_probabilities,
    make,
    problem,
)

pytestmark = pytest.mark.filterwarnings(
    # Short runs of lbfgs.
    "ignore::sklearn.exceptions.ConvergenceWarning"
)


def columns():
    """Return (row, net) for nets of the kind that each row is for.

    The classifiers with probabilities take turns: to models, they differ by their loss.
    """
    turns = cycle(Net for Net in NETS if Net not in (MLPRegressor, SVMClassifier))
    pairs = []
    for name, row in ROWS.items():
        nets = [] if row.nets == "numbers" else [SVMClassifier, next(turns)]
        nets += [] if row.nets == "classes" else [MLPRegressor]
        pairs += [pytest.param(row, Net, id=f"{name}-{Net.__name__}") for Net in nets]
    return pairs


def explain(error):
    """Return the messages of an error and of what caused it."""
    while error is not None:
        yield str(error)
        error = error.__cause__


def says_what_to_do(error):
    return any(
        "Wrap the classifier in sklearn.calibration" in s for s in explain(error)
    )


@pytest.mark.parametrize(("row", "Net"), columns())
def test_meta_estimator(row, Net):
    p = problem("numbers" if Net is MLPRegressor else "classes")
    net = make(Net)
    if row.needs_probabilities and not has_probabilities(net):
        with pytest.raises(AttributeError) as raised:
            row.model(net).fit(p.X, p.y).predict(p.X)
        assert says_what_to_do(raised.value)
        net = CalibratedClassifierCV(net, cv=3)
        row = replace(row, promises=())
    model = row.model(net).fit(p.X, p.y)
    score = r2_score if Net is MLPRegressor else accuracy_score
    assert score(p.y_test, model.predict(p.X_test)) > row.bar
    for promise in row.promises:
        promise(model, p)


def test_every_net_has_its_rows():
    """No promise is forgotten, and none tests nothing."""
    for kind, n_rows in ("classes", 11), ("numbers", 7), ("any", 5):
        assert sum(row.nets == kind for row in ROWS.values()) >= n_rows


@pytest.fixture(params=NETS, ids=lambda Net: Net.__name__)
def Net(request):
    return request.param


@pytest.fixture
def p(Net):
    return problem("numbers" if Net is MLPRegressor else "classes")


def test_permutation_importance(Net, p):
    net = make(Net).fit(p.X, p.y)
    means = permutation_importance(net, p.X_test, p.y_test, random_state=0)
    means = means["importances_mean"]
    assert set(np.argsort(means)[-2:]) == set(p.strong)
    assert min(np.sort(means)[-2:]) > 3 * max(abs(means[N_RELEVANT:]))


@pytest.fixture
def no_screen():
    before = matplotlib.get_backend()
    plt.switch_backend("agg")
    yield
    plt.switch_backend(before)


@pytest.mark.usefixtures("no_screen")
def test_partial_dependence(Net, p):
    """The mean response, over the rows, with one column set to each value."""
    net = make(Net).fit(p.X, p.y)
    target = None if Net is MLPRegressor else 1
    display = PartialDependenceDisplay.from_estimator(
        net, p.X, [2], target=target and "bee", grid_resolution=5
    )
    (line,) = display.lines_.ravel()
    (result,) = display.pd_results
    plt.close(display.figure_)
    methods = "predict_proba", "decision_function", "predict"
    respond = next(getattr(net, name) for name in methods if hasattr(net, name))
    for value, mean in zip(result["grid_values"][0], line.get_ydata(), strict=True):
        X = p.X.copy()
        X[:, 2] = value
        answer = respond(X) if target is None else respond(X)[:, target]
        assert_allclose(mean, answer.mean(), rtol=1e-10)
    assert np.ptp(line.get_ydata()) > 0.2


def test_cross_val_predict(Net, p):
    net = make(Net)
    said = cross_val_predict(net, p.X, p.y, cv=3)
    if Net is MLPRegressor:
        assert r2_score(p.y, said) > 0.9
        return
    assert accuracy_score(p.y, said) > 0.9
    scores = cross_val_predict(net, p.X, p.y, cv=3, method="decision_function")
    classes = np.unique(p.y)
    assert_array_equal(classes[scores.argmax(axis=1)], said)
    if has_probabilities(net):
        by_class = cross_val_predict(net, p.X, p.y, cv=3, method="predict_proba")
        assert_allclose(by_class.sum(axis=1), 1)
        assert log_loss(p.y, by_class) < 0.35
        return
    with pytest.raises(AttributeError) as raised:
        cross_val_predict(net, p.X, p.y, cv=3, method="predict_proba")
    assert says_what_to_do(raised.value)


@pytest.mark.parametrize("Net", [Net for Net in NETS if Net is not MLPRegressor])
def test_alpha_counts_against_the_weights_of_boosting(Net):
    """What docs and table say of AdaBoost: alpha / n is what alpha was."""
    p = problem("classes")
    boosted = AdaBoostClassifier(
        make(Net, alpha=1 / N_TRAIN), n_estimators=1, random_state=0
    ).fit(p.X, p.y)
    (member,) = boosted.estimators_
    alone = clone(member).set_params(alpha=1).fit(p.X, p.y)
    assert_allclose(member.coefs_[0], alone.coefs_[0], rtol=1e-4, atol=1e-6)
