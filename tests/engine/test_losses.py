"""Losses: values, gradients, links, targets, and sums over rows."""

import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_pinball_loss

from skdl import MLPClassifier, SoftmaxClassifier, SVMClassifier
from skdl.engine import (
    AbsoluteError,
    Hinge,
    Huber,
    KLDivergence,
    LogisticLoss,
    MultiOutput,
    Network,
    Poisson,
    Quantile,
    SigmoidSquaredError,
    Softmax,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredHinge,
    Workspace,
    check_gradient,
    mean_loss,
    target_tables,
)
from skdl.engine.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    base,
    sum_of_losses,
)
from skdl.engine.target_tables import (
    MixedTable,
    OneHotTable,
    SideBySideTable,
    TargetTable,
    one_hot,
)
from tests.engine.cases import LOSSES, each, float32_only, loss_of, peak_bytes
from tests.pairwise import parametrize_pairwise

F64 = np.dtype(np.float64)
PROBABILISTIC = {
    name: case
    for name, case in LOSSES.items()
    if hasattr(case.loss, "log_probabilities")
}


def scores_for(case, n=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, case.n_scores)) * 1.5


def test_table_is_complete():
    losses = {*CLASSIFICATION_LOSSES.values(), *REGRESSION_LOSSES.values()}
    losses.add(MultiOutput)
    assert {type(case.loss) for case in LOSSES.values()} == losses


@pytest.mark.parametrize(
    ("loss", "scores", "targets", "value", "gradient"),
    [
        (Hinge(), [8, 14, 9.5, 10], [0, 0, 0, 1], 5.5, [0, 1, 1, -2]),
        (Hinge(), [10, 8, 8, 7], [1, 0, 0, 0], 0.0, [0, 0, 0, 0]),
        (SquaredHinge(), [8, 14, 9.5, 10], [0, 0, 0, 1], 25.25, [0, 10, 1, -11]),
        (Softmax(), [0, 0, 0, 0], [0, 1, 0, 0], np.log(4), [0.25, -0.75, 0.25, 0.25]),
        (LogisticLoss(), [0.0], [1], np.log(2), [-0.5]),
        (LogisticLoss(), [0.0, 0.0], [1, 1], 2 * np.log(2), [-0.5, -0.5]),
        (Softmax(), [0, 0], [0.25, 0.75], np.log(2), [0.25, -0.25]),
        (KLDivergence(), [0, 0], [1, 0], np.log(2), [-0.5, 0.5]),
        (KLDivergence(), [0, 0], [0.5, 0.5], 0.0, [0, 0]),
        (SquaredError(), [3.0, -1.0], [1.0, 0.0], 2.5, [2, -1]),
        (Poisson(), [0.0], [2.0], 2 * np.log(2) - 1, [-1]),
        (Poisson(), [np.log(3)], [0.0], 3.0, [3]),
    ],
)
def test_known_values(loss, scores, targets, value, gradient):
    rows, found = loss_of(loss, np.array([scores], float), np.array([targets], float))
    assert_allclose(rows, [[value]], rtol=1e-14, atol=1e-14)
    assert_allclose(found, [gradient], rtol=1e-14, atol=1e-14)


@each("case", LOSSES)
def test_gradient_with_respect_to_the_scores(case):
    targets = case.targets(6, F64)

    def function(scores):
        rows, gradient = loss_of(case.loss, scores, targets)
        return rows.sum(), gradient

    check_gradient(function, scores_for(case), rtol=1e-6)


@each("case", LOSSES)
def test_rows_do_not_mix_and_targets_are_only_read(case):
    scores, targets = scores_for(case), case.targets(6, F64)
    targets.flags.writeable = False
    rows, gradient = loss_of(case.loss, scores, targets)
    for i in range(6):
        one = loss_of(case.loss, scores[i : i + 1], targets[i : i + 1])
        assert_allclose(rows[i : i + 1], one[0], rtol=1e-13, atol=1e-14)
        assert_allclose(gradient[i : i + 1], one[1], rtol=1e-13, atol=1e-14)


@each("case", LOSSES)
def test_works_on_a_stack(case):
    targets = case.targets(6, F64)
    stack = np.stack([scores_for(case, seed=seed) for seed in range(3)])
    rows, gradient = loss_of(case.loss, stack, targets)
    for i, scores in enumerate(stack):
        alone = loss_of(case.loss, scores, targets)
        assert_allclose(rows[i], alone[0], rtol=1e-13, atol=1e-14)
        assert_allclose(gradient[i], alone[1], rtol=1e-13, atol=1e-14)


@each("case", LOSSES)
def test_float32_without_promotion(case):
    expected = loss_of(case.loss, scores_for(case), case.targets(6, F64))
    targets = case.targets(6, np.float32)
    assert targets.dtype == np.float32
    found = loss_of(case.loss, float32_only(scores_for(case)), float32_only(targets))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float32
        assert_allclose(np.asarray(a), b, rtol=1e-4, atol=1e-5)


@each("case", LOSSES)
@pytest.mark.parametrize("n_networks", [None, 2])
def test_allocates_nothing(case, n_networks):
    n = 60_000
    stack = () if n_networks is None else (n_networks,)
    scores = np.ones((*stack, n, case.n_scores))
    targets, gradient = case.targets(n, F64), np.empty_like(scores)
    rows = np.empty((*stack, n, 1))

    def step():
        scores.fill(0.5)
        case.loss.rows_and_gradient(scores, targets, rows, gradient)

    # NumPy's own buffers for broadcasting do not grow with the data.
    assert peak_bytes(step) < 0.5 * rows.nbytes


@each("case", PROBABILISTIC)
@pytest.mark.parametrize("far", [1e2, 1e4])
def test_stable_for_extreme_scores_in_float32(case, far):
    targets = case.targets(6, np.float32)
    wrong = np.array([[1], [1], [1], [-1], [-1], [-1]], np.float32)
    scores = far * wrong * (1 - 2 * targets)
    assert scores.dtype == np.float32
    rows, gradient = loss_of(case.loss, scores, targets)
    assert np.isfinite(rows).all()
    # Squared errors of probabilities are bounded.
    assert rows.max() >= (0.5 if isinstance(case.loss, SigmoidSquaredError) else far)
    assert np.abs(gradient).max() <= 1
    for exclusive in (True, False):
        p = case.loss.probabilities(scores, exclusive)
        log_p = case.loss.log_probabilities(scores, exclusive)
        assert p.dtype == log_p.dtype == np.float32
        assert ((p >= 0) & (p <= 1)).all()
        assert np.isfinite(log_p).all()
        assert log_p.min() <= -far


@each("case", PROBABILISTIC)
def test_gradients_of_certain_rows_are_not_subnormal(case):
    # Products with such numbers take processors a hundred times as long.
    targets = case.targets(6, np.float32)
    signs = np.where(targets == targets.max(axis=1, keepdims=True), 1, -1)
    signs = signs.astype(np.float32)
    for far in np.linspace(10, 110, 41, dtype=np.float32):
        _, gradient = loss_of(case.loss, far / 2 * signs, targets)
        _, one_sided = loss_of(
            case.loss, far * np.minimum(signs, np.float32(0.25)), targets
        )
        for found in map(np.abs, (gradient, one_sided)):
            assert found[found > 0].min(initial=1) > 1e-30


@each("case", PROBABILISTIC)
@pytest.mark.parametrize("exclusive", [True, False])
def test_log_probabilities_are_logarithms_of_probabilities(case, exclusive):
    scores = scores_for(case)
    log_p = case.loss.log_probabilities(scores, exclusive)
    assert_allclose(np.exp(log_p), case.loss.probabilities(scores, exclusive), 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 3), (40, 2), (7, 40), (3, 5, 12)])
def test_softmax_probabilities_are_those_of_scipy(shape, dtype):
    scores = (20 * np.random.default_rng(0).normal(size=shape)).astype(dtype)
    before = scores.copy()
    p = SoftmaxCrossEntropy().probabilities(scores)
    rtol = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(p, softmax(scores, axis=-1), rtol=rtol)
    assert p.dtype == dtype
    assert p.flags.c_contiguous
    np.testing.assert_array_equal(scores, before)


def test_softmax_probabilities():
    p = Softmax().probabilities(np.array([[3.2, 0.8, 0.0]]))
    assert_allclose(p, [[0.8838, 0.0802, 0.0360]], atol=5e-5)
    shifted = Softmax().probabilities(np.array([[1003.2, 1000.8, 1000.0]]))
    assert_allclose(shifted, p, rtol=1e-12)


@pytest.mark.parametrize("name", ["softmax-2", "softmax-3", "logistic-2"])
def test_loss_is_minus_the_log_of_the_true_class_probability(name):
    case = LOSSES[name]
    scores, y = scores_for(case), case.y(6)
    rows, _ = loss_of(case.loss, scores, case.targets(6, F64))
    p = case.loss.probabilities(scores)
    assert_allclose(rows[:, 0], -np.log(p[np.arange(6), y]), rtol=1e-13)


def test_cross_entropy_and_kl_divergence_have_equal_gradients_and_differ_by_entropy():
    rng = np.random.default_rng(0)
    t = np.vstack([np.eye(4), np.full((1, 4), 0.25), rng.dirichlet(np.ones(4), 20)])
    scores = 3 * rng.normal(size=t.shape)
    rows, gradient = loss_of(Softmax(), scores, t)
    kl_rows, kl_gradient = loss_of(KLDivergence(), scores, t)
    assert_array_equal(kl_gradient, gradient)
    entropies = -np.sum(t * np.log(np.where(t > 0, t, 1)), axis=1)
    assert entropies[4] == pytest.approx(np.log(4))
    assert_allclose(rows[:, 0] - kl_rows[:, 0], entropies, atol=1e-14)
    p = Softmax().probabilities(scores)
    by_hand = np.where(t > 0, t * np.log(np.where(t > 0, t, 1) / p), 0).sum(axis=1)
    assert_allclose(kl_rows[:, 0], by_hand, rtol=1e-12, atol=1e-14)


def test_kl_divergence_is_zero_at_its_target_only():
    t = np.array([[0.2, 0.5, 0.3]])
    rows, gradient = loss_of(KLDivergence(), np.log(t), t)
    assert_allclose(np.hstack([rows, gradient]), 0, atol=1e-15)
    assert loss_of(KLDivergence(), np.log([[0.2, 0.6, 0.3]]), t)[0] > 1e-3


def test_one_logistic_score_equals_softmax_of_zero_and_it():
    s, y = np.array([[-4.0], [-0.3], [0.0], [2.5]]), np.array([0, 1, 1, 0])
    pair = np.hstack([np.zeros_like(s), s])
    rows, gradient = loss_of(LogisticLoss(), s, y[:, None].astype(float))
    expected_rows, expected = loss_of(Softmax(), pair, np.eye(2)[y])
    assert_allclose(rows, expected_rows, rtol=1e-13)
    assert_allclose(gradient, expected[:, 1:], rtol=1e-13)
    for link in ("probabilities", "log_probabilities"):
        a, b = getattr(LogisticLoss(), link)(s), getattr(Softmax(), link)(pair)
        assert_allclose(a, b, rtol=1e-13)


def test_logistic_exclusive_probabilities_are_normalized():
    scores = np.array([[1.0, -2.0, 0.5], [-1e4, -1e4, -1e4], [-1e4, -9990, 3.0]])
    p = LogisticLoss().probabilities(scores)
    assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    assert_allclose(p[0], expit(scores[0]) / expit(scores[0]).sum(), rtol=1e-13)
    assert_allclose(p[1:], [[1 / 3, 1 / 3, 1 / 3], [0, 0, 1]], atol=1e-15)
    labels = LogisticLoss().probabilities(scores, exclusive=False)
    assert_allclose(labels, expit(scores), rtol=1e-14)


@pytest.mark.parametrize("loss", [Softmax(), KLDivergence(), Hinge(), SquaredHinge()])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_hot_coding(loss, n_classes):
    y = np.array([1, 0, 1])
    targets, table = loss.encode(y, n_classes, np.dtype(np.float32))
    assert loss.n_scores(n_classes) == n_classes
    assert targets is y
    assert table.dtype == np.float32
    assert_array_equal(table, np.eye(n_classes))


@pytest.mark.parametrize("loss", [Softmax(), KLDivergence()])
def test_distributions_stand_for_themselves(loss):
    t = np.array([[0.25, 0.75], [1.0, 0.0]])
    targets, table = loss.encode(t, 2, np.dtype(np.float32))
    assert table is None
    assert targets.dtype == np.float32
    assert_array_equal(targets, t)


def test_logistic_coding():
    loss, y = LogisticLoss(), np.array([1, 0, 1])
    assert [loss.n_scores(k) for k in (2, 3, 7)] == [1, 3, 7]
    for n_classes, expected in ((2, [[0], [1]]), (3, np.eye(3))):
        targets, table = loss.encode(y, n_classes, np.dtype(np.float32))
        assert_array_equal(targets, y)
        assert_array_equal(table, expected)
        assert table.dtype == np.float32
    indicators = np.array([[1, 0, 1], [0, 0, 0]])
    targets, table = loss.encode(indicators, 3, np.dtype(np.float32))
    assert table is None
    assert targets.dtype == np.float32
    assert_array_equal(targets, indicators)


@pytest.mark.parametrize("loss", [SquaredError(), Poisson()])
def test_regression_coding(loss):
    y = np.array([[1.5], [0.0]])
    assert loss.encode(y, F64) == (y, None)
    single, table = loss.encode(y, np.dtype(np.float32))
    assert (single.dtype, table) == (np.float32, None)
    assert_array_equal(single, y)


def test_poisson_gradient_of_tiny_means_is_not_subnormal():
    scores = np.linspace(-110, -10, 41, dtype=np.float32)[:, np.newaxis]
    _, gradient = loss_of(Poisson(), scores, np.zeros_like(scores))
    assert gradient.min() > 1e-15


def test_poisson_deviance_is_zero_at_the_optimum():
    t = np.array([[0.5], [1.0], [7.0]])
    rows, gradient = loss_of(Poisson(), np.log(t), t)
    assert_allclose(np.hstack([rows, gradient]), 0, atol=1e-14)
    near, _ = loss_of(Poisson(), np.log(t) + 0.1, t)
    assert (near > 1e-3).all()
    zero, _ = loss_of(Poisson(), np.array([[-50.0]]), np.zeros((1, 1)))
    assert 0 <= zero.item() < 1e-20


def test_predictions():
    scores = np.array([[0.0, 1.0, -2.0]])
    assert_array_equal(SquaredError().predictions(scores), scores)
    assert_allclose(Poisson().predictions(scores), np.exp(scores), rtol=1e-15)


def test_softmax_is_another_name_of_its_cross_entropy():
    assert Softmax is SoftmaxCrossEntropy


@pytest.mark.parametrize(
    ("loss", "rows", "gradient"),
    [
        (SquaredError(), [4.5 + 0.02, 0], [[3, -0.2], [0, 0]]),
        (AbsoluteError(), [3.2, 0], [[1, -1], [0, 0]]),
        (Huber(), [2.5 + 0.02, 0], [[1, -0.2], [0, 0]]),
        (Huber(0.1), [0.295 + 0.015, 0], [[0.1, -0.1], [0, 0]]),
    ],
)
def test_known_values_of_regression_losses(loss, rows, gradient):
    scores, targets = np.array([[4.0, 1.8], [7, 7]]), np.array([[1.0, 2.0], [7, 7]])
    found_rows, found_gradient = loss_of(loss, scores, targets)
    assert_allclose(found_rows[:, 0], rows, atol=1e-12)
    assert_allclose(found_gradient, gradient, atol=1e-12)


def test_a_wide_huber_is_squared_and_a_narrow_one_absolute():
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=(2, 20, 3))
    for huber, scale, other in (
        (Huber(100.0), 1, SquaredError()),
        (Huber(1e-9), 1e9, AbsoluteError()),
    ):
        rows, gradient = loss_of(huber, scores, targets)
        expected_rows, expected_gradient = loss_of(other, scores, targets)
        assert_allclose(scale * rows, expected_rows, rtol=1e-7)
        assert_allclose(scale * gradient, expected_gradient, rtol=1e-7)


def test_poisson_predicts_positive_means():
    assert_allclose(
        Poisson().predictions(np.array([[-1.0], [0.0]])), [[np.exp(-1)], [1]]
    )


@pytest.mark.parametrize("delta", [0, -1, None])
def test_bad_delta_is_refused(delta):
    with pytest.raises(ValueError, match="Huber: delta must be a number in"):
        Huber(delta).check()


def test_squared_error_by_hand():
    rng = np.random.default_rng(0)
    s, t = 2 * rng.normal(size=(9, 3)), rng.integers(0, 2, (9, 3)).astype(float)
    rows, gradient = loss_of(SigmoidSquaredError(), s, t)
    p = 1 / (1 + np.exp(-s))
    assert_allclose(rows[:, 0], 0.5 * ((p - t) ** 2).sum(axis=1), rtol=1e-13)
    assert_allclose(gradient, (p - t) * p * (1 - p), rtol=1e-12)


def test_known_value():
    rows, gradient = loss_of(SigmoidSquaredError(), np.zeros((1, 1)), np.ones((1, 1)))
    assert_allclose([rows.item(), gradient.item()], [0.125, -0.125], rtol=1e-15)


@pytest.mark.parametrize("score", [10.0, 40.0, 70.0])
def test_squared_error_is_flat_where_cross_entropy_is_steep(score):
    """A score on the wrong side: the target is 0."""
    s, t = np.array([[score]]), np.zeros((1, 1))
    flat, steep = (
        loss_of(loss, s, t)[1].item()
        for loss in (SigmoidSquaredError(), LogisticLoss())
    )
    assert steep == pytest.approx(1, abs=1e-4)
    # σ(s) is 1 to the last digit long before the slope underflows.
    assert flat == pytest.approx(np.exp(-score), rel=2e-4, abs=0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_links_and_coding_are_those_of_the_logistic_loss(n_classes):
    y = np.arange(6) % n_classes
    ours, theirs = SigmoidSquaredError(), LogisticLoss()
    dtype = np.dtype(np.float32)
    for a, b in zip(
        ours.encode(y, n_classes, dtype),
        theirs.encode(y, n_classes, dtype),
        strict=True,
    ):
        assert_allclose(a, b)
    scores = np.random.default_rng(0).normal(size=(6, theirs.n_scores(n_classes)))
    assert ours.n_scores(n_classes) == scores.shape[1]
    p = ours.probabilities(scores)
    assert_allclose(p, theirs.probabilities(scores))
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(ours.probabilities(scores, exclusive=False), expit(scores))


def test_is_the_sum_of_pinball_losses_over_outputs_and_levels():
    rng = np.random.default_rng(0)
    y, levels = rng.normal(size=(8, 2)), (0.1, 0.5, 0.9)
    loss = Quantile(levels)
    targets, table = loss.encode(y, F64)
    scores = rng.normal(size=targets.shape)
    assert (table, scores.shape) == (None, (8, 6))
    rows, _ = loss_of(loss, scores, targets)
    total = sum(
        mean_pinball_loss(y[:, j], scores.reshape(8, 2, 3)[:, j, i], alpha=level)
        for j in range(2)
        for i, level in enumerate(levels)
    )
    assert_allclose(rows.mean(), total, rtol=1e-13)


def test_slopes():
    loss, targets = Quantile([0.2, 0.9]), np.zeros((3, 2))
    scores = np.array([[-2.0, -2.0], [3.0, 3.0], [0.0, 0.0]])
    rows, gradient = loss_of(loss, scores, targets)
    assert_allclose(rows[:, 0], [0.4 + 1.8, 2.4 + 0.3, 0], rtol=1e-14)
    # On the target any slope from -level to 1 - level will do; it is the middle.
    assert_allclose(gradient, [[-0.2, -0.9], [0.8, 0.1], [0.3, -0.4]], rtol=1e-14)


def test_median_is_half_the_absolute_error():
    scores, targets = np.random.default_rng(0).normal(size=(2, 20, 3))
    for half, whole in zip(
        loss_of(Quantile(), scores, targets),
        loss_of(AbsoluteError(), scores, targets),
        strict=True,
    ):
        assert_allclose(2 * half, whole, rtol=1e-14)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.75])
def test_the_constant_of_least_loss_is_the_quantile(level):
    y = np.random.default_rng(0).exponential(size=(301, 1))
    grid = np.sort(y[:, 0])
    totals = [loss_of(Quantile(level), np.full_like(y, c), y)[0].sum() for c in grid]
    assert grid[np.argmin(totals)] == np.quantile(y, level, method="inverted_cdf")


def test_predictions_are_sorted_over_the_levels():
    scores = np.array([[1.0, 3.0, 2.0, 9.0, 8.0, 7.0]])
    assert_array_equal(
        Quantile([0.1, 0.5, 0.9]).predictions(scores), [[[1, 2, 3], [7, 8, 9]]]
    )
    assert_array_equal(Quantile(0.3).predictions(scores), scores)
    assert_array_equal(Quantile([0.3]).predictions(scores), scores)


def test_sorted_predictions_never_cost_more():
    rng = np.random.default_rng(0)
    loss, y = Quantile([0.1, 0.4, 0.8]), rng.normal(size=(500, 1))
    targets, _ = loss.encode(y, F64)
    scores = rng.normal(size=targets.shape)
    before, _ = loss_of(loss, scores, targets)
    after, _ = loss_of(loss, loss.predictions(scores)[:, 0], targets)
    assert (after <= before + 1e-12).all()
    assert (after < before - 0.1).any()


def test_one_level_is_coded_without_a_copy():
    y = np.ones((3, 2))
    assert Quantile(0.3).encode(y, F64)[0] is y


@pytest.mark.parametrize(
    "quantiles",
    [0, 1, -0.5, 1.5, np.nan, True, None, "0.5", [], [0.5, 0.5], [0.9, 0.1], [0.1, 1],
     [[0.1, 0.2]], [0.1, np.nan], np.array([0.5, 0.2])],
    ids=repr,
)  # fmt: skip
def test_bad_levels_are_refused(quantiles):
    with pytest.raises(
        ValueError, match=r"Quantile: quantiles must be a number in \(0"
    ):
        Quantile(quantiles).check()


@pytest.mark.parametrize("quantiles", [0.5, (0.1,), [0.1, 0.9], np.array([0.2, 0.3])])
def test_good_levels_pass(quantiles):
    Quantile(quantiles).check()
    assert Quantile(quantiles).levels == tuple(np.atleast_1d(quantiles).tolist())


F32 = np.dtype(np.float32)
CASES = {name: case for name, case in LOSSES.items() if case.kind == "columns"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_is_the_sum_of_the_losses_alone(case):
    rng = np.random.default_rng(1)
    y = case.y(8)
    scores = rng.normal(size=(8, case.n_scores))
    rows, gradient = loss_of(case.loss, scores, case.targets(8, float))
    expected, start = 0, 0
    for loss, k, column in zip(case.loss.losses, case.size, y.T, strict=True):
        part = slice(start, start + loss.n_scores(k))
        targets, table = loss.encode(column, k, np.dtype(float))
        alone = loss_of(loss, np.ascontiguousarray(scores[:, part]), table[targets])
        expected = expected + alone[0]
        assert_array_equal(gradient[:, part], alone[1])
        start = part.stop
    assert start == case.n_scores == sum(case.loss.widths)
    assert_allclose(rows, expected, rtol=1e-14)


def test_table_has_the_combinations_that_occur():
    loss = MultiOutput([Softmax(), LogisticLoss()], [3, 1])
    y = np.array([[2, 0], [0, 1], [2, 0], [0, 0]])
    targets, table = loss.encode(y, [3, 2], F32)
    assert targets.shape == (4,)
    assert table.shape == (3, 4)
    assert table.dtype == F32
    expected = [[0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert_array_equal(table[targets], expected)
    assert loss.n_scores([3, 2]) == 4


def test_a_loss_without_a_table():
    class Rows(Softmax):
        def encode(self, y, n_classes, dtype):
            return np.eye(n_classes, dtype=dtype)[y], None

    y = np.array([[2, 0], [0, 1]])
    found = MultiOutput([Rows(), LogisticLoss()], [3, 1]).encode(y, [3, 2], F32)
    expected = MultiOutput([Softmax(), LogisticLoss()], [3, 1]).encode(y, [3, 2], F32)
    assert_array_equal(found[1][found[0]], expected[1][expected[0]])


def test_parts_are_views_of_the_last_axis():
    array = np.zeros((2, 5, 6))
    parts = MultiOutput([Softmax(), LogisticLoss(), Hinge()], [3, 1, 2]).split(array)
    assert [part.shape for part in parts] == [(2, 5, 3), (2, 5, 1), (2, 5, 2)]
    for i, part in enumerate(parts):
        part[...] = i
    assert_array_equal(array[1, 4], [0, 0, 0, 1, 2, 2])


def test_names_of_the_links():
    assert MultiOutput([Softmax(), Softmax()], [3, 4]).out_activation == "softmax"
    mixed = MultiOutput([Softmax(), LogisticLoss()], [3, 1])
    assert mixed.out_activation == ["softmax", "logistic"]


def test_numbers_of_columns_must_agree():
    loss = MultiOutput([Softmax(), Softmax()], [3, 2])
    with pytest.raises(ValueError, match="zip"):
        loss.n_scores([3])
    with pytest.raises(ValueError, match="zip"):
        loss.encode(np.zeros((4, 3), int), [3, 2], F32)


def test_is_a_specification():
    loss = clone(MultiOutput([Softmax(), Hinge()], [3, 2]))
    assert [type(one) for one in loss.losses] == [Softmax, Hinge]
    assert loss.widths == [3, 2]


ROWS = np.array([3, 0, 3, 19])
DENSE = np.eye(20, dtype="f4")


def both_orders(table):
    """Return what `gather` writes into arrays of either memory order."""
    shape = (len(ROWS), table.shape[1])
    outs = [np.full(shape, 7, table.dtype, order=order) for order in "CF"]
    for out in outs:
        table.gather(ROWS, out)
    return [*outs, table[ROWS]]


def test_one_hot():
    for out in both_orders(OneHotTable(20, np.float32)):
        assert_array_equal(out, DENSE[ROWS])
        assert out.dtype == np.float32
    assert_array_equal(OneHotTable(20, np.float32)[7], DENSE[7])


def test_few_classes_have_an_array():
    assert_array_equal(one_hot(3, np.float32), np.eye(3))
    assert isinstance(one_hot(3, np.float32), np.ndarray)
    assert isinstance(one_hot(1000, np.float32), TargetTable)


def test_mixed():
    factor, shift = np.float32(0.9), np.float32(0.1 / 20)
    for out in both_orders(MixedTable(OneHotTable(20, np.float32), factor, shift)):
        assert_array_equal(out, factor * DENSE[ROWS] + shift)


def test_side_by_side():
    numbers = np.arange(20)[::-1].copy()
    own = np.arange(40, dtype="f4").reshape(20, 2)
    table = SideBySideTable(
        [(numbers, OneHotTable(20, np.float32)), (None, own), (numbers, DENSE)]
    )
    expected = np.concatenate([DENSE[numbers], own, DENSE[numbers]], axis=1)
    assert table.shape == expected.shape
    for out in both_orders(table):
        assert_array_equal(out, expected[ROWS])


TABLES = {
    "softmax": (SoftmaxClassifier, {}),
    "hinge": (SVMClassifier, {}),
    "logistic": (MLPClassifier, {"loss": "logistic"}),
    "smoothed": (SoftmaxClassifier, {"label_smoothing": 0.1}),
    "early stopping": (SoftmaxClassifier, {"early_stopping": True, "scoring": "loss"}),
    "lbfgs": (SoftmaxClassifier, {"solver": "lbfgs"}),
    "columns": (MLPClassifier, {"label_smoothing": 0.1}),
}


@pytest.mark.parametrize("case", TABLES)
def test_nets_are_the_same_to_the_bit(case, monkeypatch):
    Net, options = TABLES[case]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 4)), np.arange(120) % 20
    if case == "columns":
        y = np.column_stack([y, np.arange(120) % 3])
    found = []
    for few in (1, 1000):
        monkeypatch.setattr(target_tables, "FEW", few)
        net = Net((5,), max_iter=3, batch_size=50, random_state=0, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X, y, X_val=X[:60], y_val=y[:60])
        found.append((net._network.parameters, net.history_["validation_loss"]))
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore:y has .* classes:UserWarning")
@pytest.mark.parametrize("columns", [1, 2])
def test_memory_grows_with_the_number_of_classes(columns):
    n_classes = 2000
    X = np.ones((n_classes, 2), np.float32)
    y = np.column_stack([np.arange(n_classes)] * columns)
    net = MLPClassifier((2,), max_iter=1, batch_size=20, random_state=0)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X, y if columns > 1 else y[:, 0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4e6  # a table in memory: 4 · n_classes² = 16e6, and twice


WEIGHTS = np.random.default_rng(1).uniform(0.1, 3, 30)


def scores_and_targets(case, dtype=np.float64, n=30):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(n, case.n_scores)).astype(dtype)
    return scores, *case.encode(case.y(n), np.dtype(dtype))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_cross_entropy_as_scipy_has_it(weights):
    case = LOSSES["softmax-3"]
    scores, codes, table = scores_and_targets(case)
    rows = -log_softmax(scores, axis=1)[np.arange(30), case.y(30)]
    expected = np.average(rows, weights=weights)
    assert mean_loss(case.loss, scores, codes, table, weights) == pytest.approx(
        expected, rel=1e-12
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_squared_error_sums_over_outputs(weights):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(2, 30, 4))
    expected = np.average(0.5 * ((scores - y) ** 2).sum(axis=1), weights=weights)
    found = mean_loss(SquaredError(), scores, y, weights=weights)
    assert found == pytest.approx(expected, rel=1e-12)
    assert type(found) is float


@each("case", LOSSES)
def test_is_the_objective_of_training_without_penalty(case):
    """A network of one layer whose scores are its input has the same objective."""
    scores, targets, table = scores_and_targets(case)
    network = Network((case.n_scores, case.n_scores), [], np.dtype(np.float64))
    network.affine[0].weights[...] = np.eye(case.n_scores)
    weights = WEIGHTS.copy()
    weights[:7] = 0
    value = network.loss_and_gradient(
        scores,
        targets if table is None else table[targets],
        weights[:, np.newaxis],
        case.loss,
        Workspace(network, 30, True),
    )
    found = mean_loss(case.loss, scores, targets, table, weights)
    assert found == pytest.approx(float(value), rel=1e-12)


@parametrize_pairwise(
    case=LOSSES, dtype=[np.float32, np.float64], weighted=[False, True]
)
def test_blocks_make_no_difference(case, dtype, weighted, monkeypatch):
    weights = WEIGHTS.astype(dtype) if weighted else None
    scores, targets, table = scores_and_targets(case, dtype)
    whole = mean_loss(case.loss, scores, targets, table, weights)
    monkeypatch.setattr(base, "ROWS", 7)
    blocks = mean_loss(case.loss, scores, targets, table, weights)
    assert blocks == pytest.approx(whole, rel=1e-6 if dtype == np.float32 else 1e-12)


@each("case", LOSSES)
def test_nothing_given_is_written_to(case):
    arrays = [a for a in scores_and_targets(case) if a is not None]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    mean_loss(case.loss, *arrays, *[None] * (3 - len(arrays)), WEIGHTS)
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)


def test_many_float32_losses_are_added_up_in_float64():
    scores = np.zeros((2**16, 1), np.float32)
    y = np.full_like(scores, 1e4)
    y[0] = 1e8
    expected = 0.5 * (1e16 + (2**16 - 1) * 1e8) / 2**16
    assert mean_loss(SquaredError(), scores, y) == pytest.approx(expected, rel=1e-6)


def test_sums_of_parts_add_up():
    case = LOSSES["softmax-3"]
    scores, targets, table = scores_and_targets(case)
    parts = [
        sum_of_losses(case.loss, scores[rows], targets[rows], table, WEIGHTS[rows])
        for rows in (slice(0, 11), slice(11, 30))
    ]
    mean = mean_loss(case.loss, scores, targets, table, WEIGHTS)
    assert sum(parts) / WEIGHTS.sum() == pytest.approx(mean, rel=1e-12)
