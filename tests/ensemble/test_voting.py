"""Votes are equal to the same sums, written out in NumPy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax

from skdl import LogisticClassifier, SoftmaxClassifier, SVMClassifier
from skdl.ensemble._voting import Ballot
from skdl.estimators._internal_api import each_output, raw_scores

CLASSES = np.array(["ant", "bee", "cat"])
RANKS = np.array([3.0, 1.0, 2.0, 4.0])
X = np.eye(3)


def output_of(Net, y):
    """Return what the scores of a net mean that is fitted to three rows."""
    net = Net((), solver="lbfgs").fit(X[: len(y)], y)
    return each_output(net, lambda output, scores: output, raw_scores(net, X))


THREE = output_of(SoftmaxClassifier, CLASSES)
KINDS = {  # output, number of scores, members' probabilities
    "softmax-3": (THREE, 3, lambda s: softmax(s, axis=-1)),
    "softmax-2": (
        output_of(SoftmaxClassifier, CLASSES[:2]), 2, lambda s: softmax(s, axis=-1)
    ),
    "sigmoid": (
        output_of(LogisticClassifier, CLASSES[:2]),
        1,
        lambda s: np.concatenate([expit(-s), expit(s)], axis=-1),
    ),
    "labels": (output_of(LogisticClassifier, np.eye(3, dtype=int)), 3, expit),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def case(kind, dtype=np.float64, scale=2):
    output, width, link = KINDS[kind]
    rng = np.random.default_rng(1)
    scores = (scale * rng.normal(size=(4, 60, width))).astype(dtype)
    return output, scores, link(scores.astype(float))


def weights_of(weights, P, labels):
    """Return what each vote counts, (n_members, n_samples, 1 or n_labels)."""
    if weights is None:
        return np.ones((4, 1, 1))
    if weights == "score":
        return RANKS[:, None, None]
    return np.maximum(P, 1 - P) if labels else P.max(axis=-1, keepdims=True)


def decided(P, labels):
    """Return the members' decisions as zeros and ones, like their probabilities."""
    if labels:
        return (P > 0.5).astype(float)
    top = P.max(axis=-1, keepdims=True)
    return (top == P).astype(float)


@pytest.mark.parametrize("weights", [None, "confidence", "score"])
@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_shares(kind, voting, weights):
    output, scores, P = case(kind)
    labels = not output.exclusive
    w = weights_of(weights, P, labels)
    votes = P if voting == "soft" else decided(P, labels)
    expected = (w * votes).sum(axis=0) / (w * np.ones_like(P)).sum(axis=0)
    ballot = Ballot(output, scores, voting, RANKS if weights == "score" else weights)
    shares = ballot.probabilities()
    assert_allclose(shares, expected, rtol=1e-12, atol=1e-15)
    if labels:
        assert_array_equal(ballot.labels(), shares > 0.5)
    else:
        assert_allclose(shares.sum(axis=1), 1)
        assert_array_equal(ballot.labels(), output.classes[shares.argmax(axis=1)])
    if voting == "soft":
        assert_allclose(ballot.log_probabilities(), np.log(expected), rtol=1e-9)


@pytest.mark.parametrize("weights", [None, "confidence", "score"])
def test_margins(kind, weights):
    output, scores, P = case(kind)
    w = weights_of(weights, P, not output.exclusive)
    mean = (w * scores).sum(axis=0) / (w * np.ones_like(scores)).sum(axis=0)
    weights = RANKS if weights == "score" else weights
    ballot = Ballot(output, scores, "margin", weights)
    assert_allclose(ballot.decision(), output.decision(mean), rtol=1e-9)
    assert_array_equal(ballot.labels(), output.decode(mean))
    assert_allclose(ballot.probabilities(), KINDS[kind][2](mean), rtol=1e-9)
    log_p = ballot.log_probabilities()
    assert_allclose(log_p, np.log(KINDS[kind][2](mean)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weights", [None, "confidence", RANKS])
@pytest.mark.parametrize("voting", ["soft", "hard", "margin"])
def test_decision_and_labels_agree(kind, voting, weights):
    output, scores, _ = case(kind)
    ballot = Ballot(output, scores, voting, weights)
    decision, labels = ballot.decision(), ballot.labels()
    if not output.exclusive:
        assert_array_equal(labels, decision > 0)
    elif decision.ndim == 1:
        assert_array_equal(labels, output.classes[(decision > 0).astype(int)])
    else:
        assert_array_equal(labels, output.classes[decision.argmax(axis=1)])


def test_decision_of_a_soft_vote_is_its_logarithm_or_its_log_odds():
    output, scores, P = case("softmax-3")
    mean = P.mean(axis=0)
    assert_allclose(Ballot(output, scores, "soft").decision(), np.log(mean))
    for kind in ("softmax-2", "sigmoid"):
        output, scores, P = case(kind)
        p = P.mean(axis=0)[:, 1]
        assert_allclose(
            Ballot(output, scores, "soft").decision(), np.log(p / (1 - p)), atol=1e-12
        )
    output, scores, P = case("labels")
    p = P.mean(axis=0)
    assert_allclose(
        Ballot(output, scores, "soft").decision(), np.log(p / (1 - p)), atol=1e-12
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("voting", ["soft", "margin"])
def test_finite_for_scores_of_any_size(kind, voting, dtype):
    output, scores, _ = case(kind, dtype, scale=1e6)
    ballot = Ballot(output, scores, voting)
    for answer in (
        ballot.decision(),
        ballot.probabilities(),
        ballot.log_probabilities(),
    ):
        assert np.isfinite(answer).all()
        assert answer.dtype == dtype


@pytest.mark.parametrize("weights", [None, "confidence", RANKS])
@pytest.mark.parametrize("voting", ["soft", "hard", "margin"])
def test_float32_stays(kind, voting, weights):
    output, scores, _ = case(kind, np.float32)
    ballot = Ballot(output, scores, voting, weights)
    assert ballot.decision().dtype == np.float32
    assert ballot.probabilities().dtype == np.float32


def test_the_first_class_wins_a_tie():
    scores = np.array([[[9.0, 0, 0]], [[0, 0, 9.0]]])  # one for ant, one for cat
    ballot = Ballot(THREE, scores, "hard")
    assert ballot.labels() == ["ant"]
    tie = Ballot(KINDS["sigmoid"][0], np.array([[[-3.0]], [[3.0]]] * 3), "hard")
    assert tie.labels() == ["ant"]
    assert tie.decision() == [0]


def test_hinge_votes_by_hand_and_by_margin():
    """Confident losers can win by margin what they lose by hand."""
    output = output_of(SVMClassifier, CLASSES)
    scores = np.array([[[1.0, 0, 0]], [[1.0, 0, 0]], [[0, 5.0, 0]]])
    assert Ballot(output, scores, "hard").labels() == ["ant"]
    assert Ballot(output, scores, "margin").labels() == ["bee"]
    assert Ballot(output, scores, "hard", np.array([1, 1, 3])).labels() == ["bee"]


def test_confidence_can_turn_a_vote():
    """Two that hardly know are outvoted by one that is sure."""
    scores = np.array([[[0.1, 0, 0]], [[0.1, 0, 0]], [[0, 9.0, 0]]])
    output = THREE
    assert Ballot(output, scores, "hard").labels() == ["ant"]
    assert Ballot(output, scores, "hard", "confidence").labels() == ["bee"]


def test_one_class_is_certain():
    output = output_of(SoftmaxClassifier, CLASSES[[0, 0]])
    scores = np.zeros((2, 4, 1))
    for voting in ("soft", "hard", "margin"):
        ballot = Ballot(output, scores, voting)
        assert_array_equal(ballot.labels(), ["ant"] * 4)
        assert_array_equal(ballot.probabilities(), np.ones((4, 1)))
        assert ballot.decision().shape == (4,)
