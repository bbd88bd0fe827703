"""Findings about curves, on made-up curves and on short trainings."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from skdl import MLPRegressor, SoftmaxClassifier
from tests.inspection.cases import DIABETES, WINE, net
from tests.inspection.private_names import (
    Budget,
    Curve,
    check_divergence,
    check_rate,
    check_rise,
    check_update_ratios,
    make_subject,
    run_trial,
)


def trained(estimator, data=WINE, max_steps=150):
    subject = make_subject(estimator, *data, 5000, 0)
    return subject, run_trial(
        subject, subject.train, 60, max_steps, held_out=subject.held_out
    )


_, TRIAL = trained(net(max_iter=60))


def curve(*losses, norms=(), ratios=None, diverged=False):
    losses = np.array(losses, float)
    counts = np.arange(len(losses))
    norms = np.array(norms, float)
    return Curve("step", counts, losses, ratios or {}, norms, diverged, len(norms))


@pytest.mark.parametrize(
    ("losses", "peak"),
    [
        ([1, 1.6, 0.5], 1.6),
        ([1, 0.5, 30, 0.1], 30),
        ([1, 1.4, 0.5], None),
        ([1, *[0.5] * 60, 9], None),
    ],
)
def test_rise_of_the_loss(losses, peak):
    found = list(check_rise(net(), curve(*losses), TRIAL.sample))
    assert [finding.evidence["peak"] for finding in found] == [peak] * (
        peak is not None
    )
    for finding in found:
        assert finding.evidence["at_step"] == losses.index(peak)
        assert finding.changes == {"learning_rate_init": 1e-4}


def test_lbfgs_and_diverged_trainings_have_no_rise():
    assert not list(check_rise(net(solver="lbfgs"), curve(1, 9), TRIAL.sample))
    assert not list(check_rise(net(), curve(1, 9, diverged=True), TRIAL.sample))


def test_divergence():
    diverged = curve(1, 5, np.inf, norms=[1, 2, 1, 900, np.nan], diverged=True)
    (finding,) = check_divergence(net(max_grad_norm=5.0), diverged)
    assert finding.changes == {"learning_rate_init": 1e-4, "max_grad_norm": 1.0}
    assert finding.evidence["last_gradient_norm"] == 900
    assert finding.evidence["median_gradient_norm"] == 1.5
    assert finding.evidence["largest_loss"] == 5
    diverged = curve(1, 5, np.inf, norms=[1, 2], diverged=True)
    (finding,) = check_divergence(net(), diverged)
    assert finding.changes == {"learning_rate_init": 1e-4, "max_grad_norm": 1.0}
    (finding,) = check_divergence(net(max_grad_norm=5.0), diverged)
    assert finding.changes == {"learning_rate_init": 1e-4}
    (finding,) = check_divergence(net(solver="lbfgs"), diverged)
    assert finding.changes == {}
    assert not list(check_divergence(net(), TRIAL.curve))


def test_update_ratios():
    def found(**layers):
        ratios = {name: np.full(20, value) for name, value in layers.items()}
        findings = check_update_ratios(net(), curve(1, ratios=ratios))
        return {finding.kind: finding.where for finding in findings}

    assert found(a=1e-3, b=1e-4, c=5e-2) == {}
    expected = {"large_updates": "a, c", "tiny_updates": "b"}
    assert found(a=0.3, b=1e-6, c=0.2, d=1e-3) == expected
    assert found(a=np.nan) == {}
    assert found() == {}


@pytest.mark.parametrize(
    ("params", "kind", "rate"),
    [
        ({"learning_rate_init": 1e-6}, "loss_falls_slowly", 1e-3),
        ({"learning_rate_init": 1e-4, "max_iter": 60}, "loss_falls_slowly", 1e-3),
        ({"learning_rate_init": 1e-3}, None, None),
        ({"learning_rate_init": 1e-2}, None, None),
        ({"solver": "lbfgs", "max_iter": 2}, None, None),
    ],
)
def test_rate(params, kind, rate):
    found = list(check_rate(*trained(net(**params)), Budget(60)))
    assert [finding.kind for finding in found] == [kind] * (kind is not None)
    for finding in found:
        assert finding.changes["learning_rate_init"] == pytest.approx(rate)
        assert not list(check_rate(*trained(net(**params)), Budget(0)))


@pytest.mark.parametrize(("rate", "kinds"), [(1e-3, []), (1e-5, ["loss_falls_slowly"])])
def test_a_rate_that_memorizes_more_is_not_better(rate, kinds):
    """At ten times the rate, the training loss falls twice as far; AP does not rise.

    On 30,000 other rows it is 0.538 at 0.001, and 0.513 at 0.01.
    """
    data = make_classification(
        3000, 20, n_informative=4, weights=[0.93], class_sep=0.4, flip_y=0.02,
        random_state=0,
    )  # fmt: skip
    estimator = net(
        SoftmaxClassifier, (50,), max_iter=25, early_stopping=True, dropout=0.2,
        scoring="average_precision", class_weight="balanced", learning_rate_init=rate,
    )  # fmt: skip
    found = check_rate(*trained(estimator, data, 400), Budget(60))
    assert [finding.kind for finding in found] == kinds


def test_noise_is_not_blamed_on_the_learning_rate():
    y = np.random.default_rng(0).permutation(DIABETES[1])
    estimator = net(MLPRegressor, hidden_layer_sizes=3)
    assert not list(check_rate(*trained(estimator, (DIABETES[0], y)), Budget(60)))


@pytest.mark.filterwarnings("ignore:y has .* classes:UserWarning")
def test_a_rate_for_labels_that_all_differ():
    # No unseen row can be scored, whatever the rate.
    X = np.random.default_rng(0).normal(size=(60, 4))
    few = net(SoftmaxClassifier, (5,), max_iter=4)
    assert not list(check_rate(*trained(few, (X, np.arange(60))), Budget(60)))
