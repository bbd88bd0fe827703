"""Losses: known values, gradients, stability, target coding, links."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from skdl.engine import (
    Hinge,
    KLDivergence,
    LogisticLoss,
    MultiOutput,
    Poisson,
    SigmoidSquaredError,
    Softmax,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredHinge,
    check_gradient,
)
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from tests.engine.cases import LOSSES, each, float32_only, loss_of, peak_bytes

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
    n = 100_000
    stack = () if n_networks is None else (n_networks,)
    scores = np.ones((*stack, n, case.n_scores))
    targets, gradient = case.targets(n, F64), np.empty_like(scores)
    rows = np.empty((*stack, n, 1))

    def step():
        scores.fill(0.5)
        case.loss.rows_and_gradient(scores, targets, rows, gradient)

    # NumPy's own buffers for broadcasting do not grow with the data.
    assert peak_bytes(step) < 0.25 * rows.nbytes


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
@pytest.mark.parametrize("exclusive", [True, False])
def test_log_probabilities_are_logarithms_of_probabilities(case, exclusive):
    scores = scores_for(case)
    log_p = case.loss.log_probabilities(scores, exclusive)
    assert_allclose(np.exp(log_p), case.loss.probabilities(scores, exclusive), 1e-13)


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
