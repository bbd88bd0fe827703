"""Optimizers, schedules and clipping, as the estimators take them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier, SoftmaxClassifier
from skdl.engine import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Adaptive,
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    OneCycle,
    ReduceOnPlateau,
    RMSprop,
    StepDecay,
    Warmup,
)
from tests.estimators.common import fit

SOLVERS = [SGD(), Adagrad(), RMSprop(), Adam(), AdamW()]
SOLVERS += ["sgd", "adagrad", "rmsprop", "adam", "adamw"]
SCHEDULES = [
    Constant(), InverseScaling(0.1), Adaptive(), StepDecay(every=20), Exponential(),
    Cosine(), OneCycle(), ReduceOnPlateau(), Warmup(Cosine(), length=20),
]  # fmt: skip


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def fitted(X, y, max_iter=60, **parameters):
    net = MLPClassifier(
        10, max_iter=max_iter, tol=0, batch_size=32, random_state=0, **parameters
    )
    return fit(net, X, y)


@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_every_solver_learns(iris, solver):
    rate = 0.1 if "adagrad" in str(solver).lower() else 0.01
    net = fitted(*iris, solver=solver, learning_rate_init=rate)
    assert net.score(*iris) > 0.95


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_every_schedule_works_with_every_optimizer(iris, schedule):
    for solver in ("sgd", Adam(), "rmsprop"):
        net = fitted(
            *iris, solver=solver, learning_rate=schedule, learning_rate_init=0.02
        )
        assert net.score(*iris) > 0.93


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_name_and_its_object_are_one(iris, name):
    settings = {
        "sgd": SGD(momentum=0.7, nesterov=False),
        "adam": Adam(0.8, 0.99, 1e-4),
        "adamw": AdamW(0.8, 0.99, 1e-4),
    }
    named = fitted(
        *iris, max_iter=3, solver=name, momentum=0.7, nesterovs_momentum=False,
        beta_1=0.8, beta_2=0.99, epsilon=1e-4,
    )  # fmt: skip
    given = fitted(*iris, max_iter=3, solver=settings[name], momentum=0.1, beta_1=0.1)
    assert_array_equal(named.coefs_[0], given.coefs_[0])


def test_scikit_learns_names_are_inert_with_adam_and_objects_are_not(iris):
    plain = fitted(*iris, max_iter=3)
    for name in ("invscaling", "adaptive"):
        net = fitted(*iris, max_iter=3, learning_rate=name)
        assert_array_equal(net.coefs_[0], plain.coefs_[0])
    net = fitted(*iris, max_iter=3, learning_rate=InverseScaling())
    assert (net.coefs_[0] != plain.coefs_[0]).all()


def test_settings_of_objects_are_searched_and_never_changed(iris):
    solver, schedule = RMSprop(), Exponential()
    net = SoftmaxClassifier(
        5, solver=solver, learning_rate=schedule, max_iter=300, tol=1e-2,
        learning_rate_init=0.02, random_state=0,
    )  # fmt: skip
    grid = {"solver__decay": [0.5, 0.99], "learning_rate__decay": [0.9, 1.0]}
    search = GridSearchCV(net, grid, cv=2).fit(*iris)
    assert set(search.best_params_) == set(grid)
    assert (solver.decay, schedule.decay) == (0.9, None)
    assert clone(net).solver is not solver


def test_a_schedule_per_iteration_and_a_zero_rate(iris):
    """With a factor that falls to nothing after one step, one step is all there is."""
    X, y = iris
    one = fitted(
        X, y, max_iter=1, shuffle=False, solver=SGD(momentum=0), learning_rate_init=0.1,
        learning_rate=Exponential(1e-300, "iterations"),
    )  # fmt: skip
    more = clone(one).set_params(max_iter=4)
    with pytest.warns(ConvergenceWarning):
        more.fit(X, y)
    assert_allclose(more.coefs_[0], one.coefs_[0], rtol=1e-12)


def test_a_horizon_is_max_iter(iris):
    """The last epochs of a cosine hardly move."""
    X, y = iris
    for max_iter in (10, 40):
        net = fitted(
            X, y, max_iter=max_iter, learning_rate=Cosine(), learning_rate_init=0.05
        )
        last, before = net.loss_curve_[-1], net.loss_curve_[-2]
        assert abs(last - before) < 2e-2 * net.loss_curve_[0]
        assert net.loss_curve_[0] - last > 0.3 * net.loss_curve_[0]


def test_reduce_on_plateau_lowers_the_rate_and_training_continues(iris):
    net = MLPClassifier(
        5, max_iter=100, tol=10.0, n_iter_no_change=20, random_state=0, warm_start=True,
        learning_rate=ReduceOnPlateau(patience=4),
    ).fit(*iris)  # fmt: skip
    # The first epoch improves on nothing; no other does, and each fourth is a plateau.
    assert net.n_iter_ == 22
    assert net._run_state["progress"]["plateaus"] == 5


def test_partial_fit_continues_with_schedule_and_clipping(iris):
    X, y = iris
    parameters = {
        "solver": RMSprop(), "learning_rate": StepDecay(every=2), "max_grad_norm": 0.5,
    }  # fmt: skip
    whole = fitted(X, y, max_iter=5, **parameters)
    parts = clone(whole)
    for _ in range(5):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert_array_equal(parts.coefs_[0], whole.coefs_[0])


def test_clipping_bounds_the_step(iris):
    X, y = iris
    nets = [
        MLPClassifier(
            5, solver=SGD(momentum=0), learning_rate_init=1.0, batch_size=150, alpha=0,
            max_grad_norm=bound, random_state=0,
        ).partial_fit(X, y, classes=[0, 1, 2])
        for bound in (1e-9, 1e-3, None)
    ]  # fmt: skip
    start, bounded, free = (net._network.parameters for net in nets)
    assert np.linalg.norm(bounded - start) == pytest.approx(1e-3, rel=1e-3)
    assert np.linalg.norm(free - start) > 1e-2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": Adam(beta_1=2)}, "Adam: beta_1 must be a number in"),
        ({"learning_rate": Cosine(minimum=-1)}, "Cosine: minimum must be"),
        ({"solver": "nadam"}, "'solver' parameter of MLPClassifier must be .*adagrad"),
        ({"solver": 3}, "'solver' parameter"),
        ({"learning_rate": "cosinus"}, "'learning_rate' parameter .*adaptive"),
        ({"max_grad_norm": 0}, "'max_grad_norm' parameter"),
        ({"solver": "lbfgs", "max_grad_norm": 1.0}, "lbfgs.*max_grad_norm=None"),
        ({"solver": "lbfgs", "learning_rate": Cosine()}, "learning_rate='constant'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_fit(iris, parameters, message):
    net = MLPClassifier(5, **parameters)
    with pytest.raises(ValueError, match=message):
        net.fit(*iris)
    assert not hasattr(net, "classes_")


class Moments:
    """Keeps the optimizer's moments after the last epoch."""

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        if context.parent is not None and estimator.n_iter_ == estimator.max_iter:
            self.found = estimator.training_.state_dict()["optimizer"]


@pytest.mark.parametrize("solver", [SGD(0.6), RMSprop(0.6), Adam(0.6, 0.6)], ids=str)
def test_moments_that_vanish_end_at_zero(solver):
    """And not at a subnormal number, which takes a hundred times as long."""
    X = np.array([[-1.0], [1.0]], np.float32).repeat(8, axis=0)
    # All margins are soon above 1: from there on, gradients are 0.
    net = MLPClassifier(
        (), loss="hinge", solver=solver, learning_rate_init=1, alpha=0, max_iter=192,
        batch_size=16, tol=0, n_iter_no_change=np.inf, standardize=False,
    )  # fmt: skip
    net.set_callbacks(moments := Moments())
    with pytest.warns(ConvergenceWarning):
        net.fit(X, X[:, 0])
    assert net.loss_ == 0
    arrays = [x for x in moments.found.values() if isinstance(x, np.ndarray)]
    assert all((x == 0).all() for x in arrays), arrays
