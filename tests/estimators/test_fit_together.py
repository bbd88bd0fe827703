"""Nets that train in one stack end as they do when trained alone."""

import warnings
from copy import deepcopy
from itertools import cycle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine import (
    SGD,
    Adagrad,
    AdamW,
    BatchNorm,
    Cosine,
    ElasticNetPenalty,
    L0Penalty,
    L1Penalty,
    Maxout,
    OneCycle,
    RMSprop,
    stacked_batches,
)
from skdl.engine.stacked_batches import Orders
from skdl.engine.stacked_steps import OptimizerStack, PenaltyStack
from skdl.estimators import _stack_size, _stacked_fits
from skdl.estimators._internal_api import Call, fit_together, network_of, stack_key

N = 48


def data(kind="classes", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, 5))
    if kind == "classes":
        return X, np.digitize(X[:, 0] + X[:, 1] ** 2, [0.3, 1.5])
    if kind == "many":
        return X, np.arange(N) % 20
    if kind == "labels":
        return X, (X[:, :3] > 0).astype(int)
    if kind == "columns":
        return X, np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-1, 1])]) + 1
    if kind == "soft":
        p = np.exp(X[:, :3])
        return X, p / p.sum(axis=1, keepdims=True)
    if kind == "two":
        return X, X[:, :2] @ [[1.0, 0.5], [0.2, -1.0]] + 0.1 * rng.normal(size=(N, 2))
    return X, X[:, 0] - X[:, 1] ** 2


def jitter(images, rng):
    return images + rng.normal(0, 0.1, images.shape).astype(images.dtype)


class Mix:
    """Mixes each row with the next one."""

    def start(self, image_shape, batch_size, dtype):
        return self

    mixes = True

    def transform(self, images, rng):
        return images

    def mix(self, X, targets, rng):
        share = rng.uniform()
        for array in (X, targets):
            array[...] = (1 - share) * array + share * np.roll(array, 1, axis=0)


EPOCHS = 20
NET = {"hidden_layer_sizes": (6, 5), "batch_size": 16, "max_iter": EPOCHS}
NET |= {"learning_rate_init": 0.01, "n_iter_no_change": 99}
STOPS = {"early_stopping": True, "validation_fraction": 0.25, "n_iter_no_change": 3}
STOPS |= {"max_iter": 40}
RATES = [0.001, 0.003, 0.01, 0.05]

# Case: (class, kind of y, parameters of all members, what differs between them).
# Short lists of values are repeated.
CASES = {
    "rates": (MLPClassifier, "classes", {}, {"learning_rate_init": RATES}),
    "seeds": (MLPClassifier, "classes", {}, {"random_state": [1, 2, 3]}),
    "in order": (MLPClassifier, "classes", {}, {"shuffle": [True, False]}),
    "alphas": (MLPClassifier, "classes", {}, {"alpha": [0, 1e-3, 1, 10]}),
    "penalties": (
        MLPClassifier, "classes", {"alpha": 0.3},
        {"penalty": ["l1", "l2", None, "elasticnet", L0Penalty()],
         "l1_ratio": [0.2, 0.7]},
    ),
    "penalties of SGD": (
        MLPClassifier, "classes", {"alpha": 0.1, "solver": "sgd"},
        {"penalty": ["l0", L1Penalty(), ElasticNetPenalty(0.4)],
         "momentum": [0.5, 0.9]},
    ),
    "plain SGD": (
        MLPClassifier, "classes", {"solver": "sgd", "momentum": 0, "penalty": "l1"},
        {"learning_rate_init": RATES},
    ),
    "momentum": (
        MLPClassifier, "classes", {"solver": "sgd"}, {"momentum": [0.1, 0.5, 0.95]},
    ),
    "without look-ahead": (
        MLPClassifier, "classes", {"solver": "sgd", "nesterovs_momentum": False},
        {"momentum": [0.1, 0.5, 0.95]},
    ),
    "betas": (
        MLPClassifier, "classes", {},
        {"beta_1": [0.5, 0.9], "beta_2": [0.9, 0.99, 0.999], "epsilon": [1e-8, 1e-3]},
    ),
    "adamw": (
        MLPClassifier, "classes", {},
        {"solver": [AdamW(weight_decay=0.1), AdamW(), AdamW(beta_1=0.5)]},
    ),
    "adagrad": (
        MLPClassifier, "classes", {"alpha": 0.1},
        {"solver": [Adagrad(), Adagrad(1e-2)], "penalty": ["l1", "l2"]},
    ),
    "rmsprop": (
        MLPClassifier, "classes", {},
        {"solver": [RMSprop(), RMSprop(0.5), RMSprop(epsilon=1e-3)]},
    ),
    "solver objects": (
        MLPClassifier, "classes", {}, {"solver": [SGD(0.3), SGD(0.9)]},
    ),
    "schedules": (
        MLPClassifier, "classes", {"solver": "sgd"},
        {"learning_rate": ["constant", "invscaling", Cosine(), OneCycle(), "adaptive"],
         "tol": [1e-4, 0.1], "n_iter_no_change": [2]},
    ),
    "dropout": (
        MLPClassifier, "classes", {},
        {"dropout": [0.1, 0.5], "random_state": [1, 2, 3]},
    ),
    "dropout of the input": (
        MLPClassifier, "classes", {}, {"dropout": [[0.1, 0.5, 0], [0.6, 0.2, 0]]},
    ),
    "smoothed labels": (
        MLPClassifier, "classes", {}, {"label_smoothing": [0.0, 0.1, 0.3]},
    ),
    "many classes": (
        MLPClassifier, "many", {}, {"label_smoothing": [0.0, 0.0, 0.2]},
    ),
    "many classes, one table": (MLPClassifier, "many", {}, {"random_state": [1, 2]}),
    "class weights": (
        MLPClassifier, "classes", {},
        {"class_weight": [None, "balanced", {0: 5, 1: 1, 2: 0}]},
    ),
    "early stopping": (
        MLPClassifier, "classes", STOPS,
        {"learning_rate_init": RATES, "validation_fraction": [0.25]},
    ),
    "early stopping with seeds": (
        MLPClassifier, "classes", STOPS,
        {"learning_rate_init": RATES, "random_state": [1, 2, 3]},
    ),
    "early stopping by the loss": (
        MLPClassifier, "classes", STOPS | {"scoring": "loss"},
        {"learning_rate_init": RATES, "random_state": [1, 2, 3]},
    ),
    "early stopping by a scorer": (
        MLPClassifier, "classes", STOPS | {"scoring": "balanced_accuracy"},
        {"learning_rate_init": RATES},
    ),
    "other patience": (
        MLPClassifier, "classes", {"tol": 0.01},
        {"tol": [0, 0.01, 0.1], "n_iter_no_change": [2, 5]},
    ),
    "other lengths": (MLPClassifier, "classes", {}, {"max_iter": [1, 7, 3, 20]}),
    "clipping": (
        MLPClassifier, "classes", {}, {"max_grad_norm": [None, 0.1, 1.0]},
    ),
    "restarts": (
        MLPClassifier, "classes", {"solver": "sgd", "max_restarts": 3, "alpha": 1},
        {"learning_rate_init": [0.01, 1e6, 0.1], "random_state": [0, 1]},
    ),
    "restarts with dropout": (
        MLPClassifier, "classes",
        {"solver": "sgd", "max_restarts": 3, "alpha": 1, "dropout": 0.3},
        {"learning_rate_init": [0.01, 1e6, 0.1], "random_state": [0, 1]},
    ),
    "validation by a splitter": (
        MLPClassifier, "classes", {"validation_split": 3, "early_stopping": True},
        {"learning_rate_init": RATES},
    ),
    "divergence": (
        MLPRegressor, "numbers", {"solver": "sgd"},
        {"learning_rate_init": [0.01, 1e6, 0.02]},
    ),
    "divergence with early stopping": (
        MLPRegressor, "numbers", STOPS | {"solver": "sgd"},
        {"learning_rate_init": [0.01, 1e6, 0.02]},
    ),
    "standardized": (
        MLPClassifier, "classes", {"standardize": True}, {"random_state": [1, 2]},
    ),
    "batch normalization": (
        MLPClassifier, "classes", {"normalization": "batch"},
        {"learning_rate_init": RATES, "random_state": [1, 2, 3]},
    ),
    "normalized, with restarts": (
        MLPClassifier, "classes",
        {"normalization": BatchNorm(0.8), "normalization_position": "after",
         "solver": "sgd", "max_restarts": 2, "alpha": 1},
        {"learning_rate_init": [0.01, 1e9, 0.1]},
    ),
    "skip connections": (
        MLPClassifier, "classes", {"residual": True, "dropout": 0.2},
        {"random_state": [1, 2, 3]},
    ),
    "maxout": (
        MLPClassifier, "classes", {"activation": Maxout(2)}, {"random_state": [1, 2]},
    ),
    "activations": (
        MLPClassifier, "classes", {"activation": ["gelu", "tanh"]}, {"alpha": [0, 1]},
    ),
    "augmentation": (
        MLPClassifier, "classes", {"augment": jitter}, {"random_state": [1, 2, 3]},
    ),
    "mixed rows": (
        MLPClassifier, "classes", {"augment": Mix()}, {"random_state": [1, 2, 3]},
    ),
    "one batch": (
        MLPClassifier, "classes", {"batch_size": N, "shuffle": False},
        {"alpha": [0, 1]},
    ),
    "other weights": (
        MLPClassifier, "classes", {},
        {"weight_init": [None, "auto", 0.1, "lecun_normal"]},
    ),
    "regression": (MLPRegressor, "numbers", {}, {"learning_rate_init": RATES}),
    "two outputs": (MLPRegressor, "two", STOPS, {"random_state": [1, 2, 3]}),
    "standardized targets": (
        MLPRegressor, "two", STOPS | {"standardize_target": True},
        {"random_state": [1, 2, 3]},
    ),
    "several metrics": (
        MLPClassifier, "classes", STOPS | {"scoring": ["accuracy", "loss", "f1_macro"]},
        {"learning_rate_init": RATES, "random_state": [1, 2, 3]},
    ),
    "labels": (MLPClassifier, "labels", STOPS, {"random_state": [1, 2, 3]}),
    "columns of labels": (MLPClassifier, "columns", {}, {"random_state": [1, 2]}),
    "soft targets": (SoftmaxClassifier, "soft", {}, {"random_state": [1, 2]}),
    "margins": (SVMClassifier, "classes", {"loss": "hinge"}, {"alpha": [0, 1]}),
    "linear": (
        LogisticClassifier, "classes", {"hidden_layer_sizes": ()}, {"alpha": [0, 1]},
    ),
}  # fmt: skip


def nets_of(case, n=4):
    """Return nets whose differing parameters are cycled."""
    kind, _, options, differing = CASES[case]
    values = {name: cycle(values) for name, values in differing.items()}
    nets = []
    for _ in range(n):
        own = {name: next(one) for name, one in values.items()}
        nets.append(kind(**(NET | {"random_state": 0} | options | own)))
    return nets


def alone(net, X, y, sample_weight=None, **validation):
    """Return the net fitted by itself, and the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            return clone(net).fit(X, y, sample_weight, **validation), None
        except ValueError as error:
            return None, error


def together(calls, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fit_together(calls, **options)


def tolerance(net):
    return 1e-10 if network_of(net).dtype == np.float64 else 1e-4


RECORDS = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_")


def assert_same(net, expected):
    """Compare weights and all records of two fitted nets."""
    rtol = tolerance(expected)
    ours, theirs = network_of(net), network_of(expected)
    for name in ("parameters", "statistics"):
        one, other = getattr(ours, name), getattr(theirs, name)
        assert one.dtype == other.dtype
        # No view of the stack's array: that would keep it in memory.
        assert one.base is None or one.base.nbytes <= one.nbytes + 64
        assert_allclose(one, other, rtol=rtol, atol=rtol)
    for name in ("n_iter_", "t_", "stop_reason_", "n_layers_", "n_outputs_"):
        assert getattr(net, name) == getattr(expected, name), name
    for name in RECORDS:
        if getattr(expected, name) is None:
            assert getattr(net, name) is None
        else:
            assert_allclose(getattr(net, name), getattr(expected, name), rtol=rtol)
    assert net.history_.keys() == expected.history_.keys()
    for name in set(expected.history_) - {"time"}:
        assert_allclose(
            net.history_[name], expected.history_[name], rtol=rtol, atol=rtol,
            err_msg=name,
        )  # fmt: skip
    assert net.coefs_[0] is not None
    assert vars(net).keys() == vars(expected).keys()


def check(nets, calls, **options):
    """Compare nets fitted together with the same nets fitted alone."""
    expected = [
        alone(
            call.net,
            *(a if a is None or call.rows is None else a[call.rows]
              for a in (call.X, call.y, call.sample_weight)),
            X_val=call.X_val, y_val=call.y_val,
            sample_weight_val=call.sample_weight_val,
        )
        for call in calls
    ]  # fmt: skip
    errors = together(calls, **options)
    for net, error, (one, its_error) in zip(nets, errors, expected, strict=True):
        assert str(error) == str(its_error)
        if error is None:
            assert_same(net, one)
            assert_allclose(net.predict(calls[0].X), one.predict(calls[0].X), rtol=1e-3)
        else:
            assert "_network" not in vars(net)
    return errors


# Each case in float32, every second one in float64, too: only tolerances differ.
@pytest.mark.parametrize(
    ("case", "dtype"),
    [(case, np.float32) for case in CASES]
    + [(case, np.float64) for case in list(CASES)[::2]],
)
def test_members_end_as_alone(case, dtype):
    X, y = data(CASES[case][1])
    nets = nets_of(case)
    calls = [Call(net, X.astype(dtype), y) for net in nets]
    assert len({stack_key(call) for call in calls}) == 1
    assert stack_key(calls[0]) is not None
    check(nets, calls)


def sizes_of_stacks(monkeypatch):
    """Return a list that gets the number of members of each stack that is built."""
    sizes, plain = [], _stacked_fits.StackedTraining

    def noted(members):
        sizes.append(len(members))
        return plain(members)

    monkeypatch.setattr(_stacked_fits, "StackedTraining", noted)
    return sizes


@pytest.mark.parametrize("seeds", [(1, 2, 3), (1, 1, 1)])
@pytest.mark.parametrize("kind", ["classes", "two classes", "labels", "two"])
def test_targets_batch_by_batch_are_those_of_an_epoch(kind, seeds, monkeypatch):
    X, y = data(kind.removeprefix("two "))
    y = y == 1 if kind == "two classes" else y
    cls = MLPRegressor if kind == "two" else MLPClassifier
    ends = []
    for limit in (0, 10**9):
        monkeypatch.setattr(stacked_batches, "AT_ONCE", limit)
        nets = [cls(**NET, random_state=seed) for seed in seeds]
        assert together([Call(net, X, y) for net in nets]) == [None] * 3
        ends.append([network_of(net).parameters for net in nets])
    assert_array_equal(*ends)


def test_members_leave_and_others_take_their_places(monkeypatch):
    X, y = data()
    nets = nets_of("other lengths", 8)
    sizes = sizes_of_stacks(monkeypatch)
    check(nets, [Call(net, X, y) for net in nets], max_members=3)
    assert [net.n_iter_ for net in nets] == [1, 7, 3, 20] * 2
    assert sizes[0] == 3
    assert max(sizes) == 3
    assert sizes[-1] == 2


def test_nets_that_join_a_stack_do_not_change_its_members(monkeypatch):
    X, y = data()
    nets = [
        MLPClassifier(**NET | {"random_state": 0, "alpha": a}) for a in (1, 2, 3, 4)
    ]
    # After each epoch one more net comes in, while no member ends.
    monkeypatch.setattr(
        _stacked_fits._StackQueue,
        "_has_capacity_for",
        lambda self, fit: len(self.active) < 2 + (self.count.n_done > 0) * 2,
    )
    check(nets, [Call(net, X, y) for net in nets])


def folds(n=3):
    numbers = np.random.default_rng(5).permutation(N)
    return [np.sort(np.delete(numbers, part)) for part in np.split(np.arange(N), n)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, STOPS, {"augment": jitter}, {"shuffle": False}]
)
def test_rows_of_folds(options, dtype, monkeypatch):
    X, y = data()
    nets = [
        MLPClassifier(**(NET | {"alpha": alpha, "random_state": seed} | options))
        for alpha, seed in [(0.1, 0), (1, 0), (0.1, 1)]
        for _ in folds()
    ]
    calls = [
        Call(net, X.astype(dtype), y, rows=rows)
        for net, rows in zip(nets, cycle(folds()), strict=False)
    ]
    sizes = sizes_of_stacks(monkeypatch)
    check(nets, calls)
    assert sizes[0] == 9


@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_weights_of_rows(normalization, solver):
    """Weights differ between members; whole batches may have the weight 0."""
    X, y = data()
    options = {"solver": solver, "shuffle": False, "normalization": normalization}
    options |= {"dropout": 0.2, "alpha": 0.1, "penalty": "l1", "max_grad_norm": 0.5}
    nets = [MLPClassifier(**NET, **options, random_state=i) for i in range(4)]
    weights = np.random.default_rng(1).uniform(0.5, 2, (4, N))
    weights[1, :16] = 0
    weights[2, 20:] = 0
    calls = [
        Call(net, X, y, w) for net, w in zip(nets, [*weights[:3], None], strict=True)
    ]
    check(nets, calls)


@pytest.mark.parametrize("batch_size", [16, 47])
def test_weights_with_batch_normalization(batch_size):
    """The last batch may have one row, whose mean and variance are not used."""
    X, y = data()
    options = NET | {"normalization": "batch", "batch_size": batch_size}
    nets = [MLPClassifier(**options, random_state=i) for i in range(3)]
    weights = np.random.default_rng(1).uniform(0.5, 2, (3, N))
    check(nets, [Call(net, X, y, w) for net, w in zip(nets, weights, strict=True)])


def test_equal_weights_are_shared():
    X, y = data()
    weights = np.linspace(0, 2, N)
    weights[:16] = 0
    nets = [MLPClassifier(**NET, alpha=a, shuffle=False) for a in (0, 1)]
    for net in nets:
        net.set_params(random_state=0)
    check(nets, [Call(net, X, y, weights) for net in nets])


@pytest.mark.parametrize("scoring", [None, "loss", "accuracy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_own_validation_rows(scoring, weighted):
    X, y = data()
    nets = nets_of("early stopping")
    sizes = [20, 20, 25, 20]
    weights = np.linspace(0.1, 1, N) if weighted else None
    calls = []
    for i, (net, n) in enumerate(zip(nets, sizes, strict=True)):
        net.set_params(scoring=scoring)
        held = slice(i % 2, i % 2 + n)
        w = None if weights is None else weights[held]
        calls.append(Call(net, X, y, None, X[held], y[held], w))
    check(nets, calls)


def test_frames_and_lists():
    pandas = pytest.importorskip("pandas")
    X, y = data()
    frame = pandas.DataFrame(X, columns=list("abcde"))
    nets = nets_of("early stopping", 4)
    rows = np.arange(5, 45)
    errors = together([Call(net, frame, y.tolist(), rows=rows) for net in nets])
    assert errors == [None] * 4
    for net in nets:
        assert_same(net, alone(net, frame.iloc[rows], y[rows])[0])
        assert list(net.feature_names_in_) == list("abcde")


def test_one_that_fails_leaves_the_others_untouched():
    X, y = data()
    nets = nets_of("rates", 5)
    nets[1].set_params(alpha=-1)
    nets[3].set_params(early_stopping=True, validation_fraction=0.01)
    calls = [Call(net, X, y) for net in nets]
    calls[2] = Call(nets[2], np.full_like(X, np.nan), y)
    errors = check(nets, calls)
    assert [error is None for error in errors] == [True, False, False, False, True]


def test_scorers_that_fail_or_are_wrong():
    X, y = data()

    def fails(net, X, y):
        return (0.5, 1.0)[net.learning_rate_init > 0.02] / (net.n_iter_ < 3)

    nets = nets_of("early stopping")
    for net in nets:
        net.set_params(scoring=fails)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        check(nets, [Call(net, X, y) for net in nets])


@pytest.mark.parametrize("kind", ["mixed", "alone", "warm"])
def test_calls_that_do_not_fit_together(kind, monkeypatch):
    X, y = data()
    if kind == "mixed":
        nets = [*nets_of("rates", 2), *nets_of("dropout", 2), *nets_of("momentum", 1)]
        nets[0].set_params(hidden_layer_sizes=(3,))
    elif kind == "alone":
        nets = nets_of("rates", 3)
        nets[0].set_params(solver="lbfgs")
        nets[1].set_params(max_time=1e9)
        assert [stack_key(Call(net, X, y)) is None for net in nets] == [1, 1, 0]
        sizes = sizes_of_stacks(monkeypatch)
    else:
        nets = [
            alone(net.set_params(warm_start=True), X, y)[0] for net in nets_of("rates")
        ]
        copies = [deepcopy(net) for net in nets]
        together([Call(net, X, y) for net in nets])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for net, copied in zip(nets, copies, strict=True):
                assert_same(net, copied.fit(X, y))
        return
    check(nets, [Call(net, X, y) for net in nets])
    if kind == "alone":
        assert not sizes


def test_kinds_of_y_that_only_the_data_tell():
    """Equal keys, but another number of classes."""
    X, y = data()
    nets = nets_of("rates", 4)
    calls = [Call(net, X, y % 2 if i % 2 else y) for i, net in enumerate(nets)]
    assert len({stack_key(call) for call in calls}) == 1
    check(nets, calls)


def test_progress_and_stop():
    X, y = data()
    nets, told = nets_of("other lengths", 4), []
    together([Call(net, X, y) for net in nets], on_epoch=lambda *n: told.append(n))
    assert {total for _, total in told} == {31}
    done = [n for n, _ in told]
    assert done == sorted(done)
    assert done[-1] == 31
    nets = nets_of("other lengths", 4)
    calls = [Call(net, X, y) for net in nets]
    errors = together(calls, on_epoch=lambda done, total: done > 12)
    assert [error is None for error in errors] == [True, False, True, False]
    assert "_network" not in vars(nets[1])
    assert nets[2].n_iter_ == 3


def test_ctrl_c_keeps_those_that_are_done():
    X, y = data()
    nets = nets_of("other lengths", 4)

    def interrupt(done, total):
        if done > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together([Call(net, X, y) for net in nets], on_epoch=interrupt)
    assert [hasattr(net, "coefs_") for net in nets] == [True, False, True, False]
    assert nets[2].n_iter_ == 3


class Interrupts(MLPClassifier):
    """A net of a user's own class, which is fitted alone."""

    def fit(self, X, y, sample_weight=None, **options):
        raise KeyboardInterrupt


def test_ctrl_c_in_a_net_alone_passes_on():
    X, y = data()
    nets = [*nets_of("rates", 2), Interrupts(), MLPClassifier()]
    assert stack_key(Call(nets[2], X, y)) is None
    with pytest.raises(KeyboardInterrupt):
        together([Call(net, X, y) for net in nets])
    assert [hasattr(net, "coefs_") for net in nets] == [True, True, False, False]


@pytest.mark.parametrize("what", ["rate", "penalty", "order"])
def test_a_planted_error_is_noticed(what, monkeypatch):
    X, y = data()
    nets = nets_of("penalties" if what == "penalty" else "rates", 4)
    for i, net in enumerate(nets):
        net.set_params(random_state=i)
    if what == "rate":
        plain = OptimizerStack.step
        monkeypatch.setattr(
            OptimizerStack, "step", lambda self, rates: plain(self, rates[::-1])
        )
    elif what == "penalty":
        plain = PenaltyStack.shrink
        monkeypatch.setattr(
            PenaltyStack, "shrink", lambda self, rates, c: plain(self, rates, 0.99)
        )
    else:
        monkeypatch.setattr(Orders, "synchronize", lambda self: None)
        plain = Orders.draw
        monkeypatch.setattr(Orders, "draw", lambda self: plain(self)[..., ::-1])
    with pytest.raises(AssertionError):
        check(nets, [Call(net, X, y) for net in nets])


def test_nets_that_fill_the_cache_have_no_key():
    X, y = np.zeros((4, 2)), np.zeros(4)
    for hidden, is_alone in (((1000,), 0), ((200, 200), 0), ((300, 300), 1)):
        call = Call(MLPRegressor(hidden_layer_sizes=hidden), X, y)
        assert (stack_key(call) is None) == is_alone


@pytest.mark.parametrize("case", ["dropout", "penalties", "augmentation"])
def test_a_trial_changes_nothing(case, monkeypatch):
    """The trial decides whether nets train in a stack; they end in the same way."""
    monkeypatch.setattr(_stack_size, "SURE", 10**9)
    monkeypatch.setattr(_stack_size, "STEPS_PER_TRIAL", 0)
    X, y = data()
    nets = nets_of(case)
    check(nets, [Call(net, X, y) for net in nets])


@pytest.mark.parametrize(
    ("seconds", "steps_per_trial", "n_stacks"),
    [(0.9, 0, 1), (1.0, 0, 0), (0.9, 9e9, 0)],
)
def test_nets_that_are_no_faster_in_a_stack_train_alone(
    seconds, steps_per_trial, n_stacks, monkeypatch
):
    """So do nets that a trial would not pay for."""
    monkeypatch.setattr(_stack_size, "SURE", 10**9)
    monkeypatch.setattr(_stack_size, "STEPS_PER_TRIAL", steps_per_trial)
    times, sizes_tried = {None: 1.0}, []
    monkeypatch.setattr(
        _stack_size,
        "_seconds",
        lambda member, size: sizes_tried.append(size) or times.get(size, seconds),
    )
    sizes = sizes_of_stacks(monkeypatch)
    X, y = data()
    nets = nets_of("rates")
    check(nets, [Call(net, X, y) for net in nets])
    assert len(sizes) == n_stacks
    # No larger than the stack would be.
    assert sizes_tried == ([] if steps_per_trial else [len(nets), None])


def test_large_batches_make_small_stacks(monkeypatch):
    """Outputs of layers fill the cache, too."""
    found = []
    best_size = _stack_size.best_size
    monkeypatch.setattr(
        _stacked_fits,
        "best_size",
        lambda *args, **options: found.append(best_size(*args, **options)) or found[-1],
    )
    X = np.zeros((2000, 5), np.float32)
    X[:, 0] = np.arange(2000)
    for batch_size in (50, 500, 2000):
        nets = [
            MLPClassifier((64, 64), batch_size=batch_size, max_iter=1, random_state=i)
            for i in range(2)
        ]
        assert together([Call(net, X, X[:, 0] > 500) for net in nets]) == [None] * 2
    assert found[0] > found[1] > found[2] == 1


def test_memory_bounds_the_size_of_a_stack(monkeypatch):
    sizes = sizes_of_stacks(monkeypatch)
    X, y = data()
    nets = nets_of("rates", 6)
    monkeypatch.setattr(_stack_size, "SURE", 1)
    with config_context(working_memory=0.1):
        check(nets, [Call(net, X, y) for net in nets])
    assert 1 < max(sizes) < 6
