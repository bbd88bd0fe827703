"""What curves say, on made-up ones and on short trainings."""

from dataclasses import replace

import numpy as np
import pytest

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.inspection._subject import make_subject
from skdl.inspection._training_checks import (
    check_divergence,
    check_gap,
    check_rate,
    check_rise,
    check_update_ratios,
)
from skdl.inspection._trial import Budget, train_clone
from tests.inspection.cases import DIABETES, WINE, X_NOISE, Y_NOISE, net


def trained(estimator, data=WINE, max_steps=150):
    subject = make_subject(estimator, *data, 999, 0)
    return subject, train_clone(subject, subject.train, subject.held, 60, max_steps)


SUBJECT, TRIAL = trained(net(max_iter=60))


def with_losses(*losses, **changes):
    return replace(
        TRIAL, losses=np.array(losses, float), steps=np.arange(len(losses)), **changes
    )


@pytest.mark.parametrize(
    ("losses", "peak"),
    [
        ([1, 1.6, 0.5], 1.6),
        ([1, 0.5, 30, 0.1], 30),
        ([1, 1.4, 0.5], None),
        ([1, *[0.5] * 60, 9], None),
    ],
)
def test_rise(losses, peak):
    found = list(check_rise(SUBJECT, with_losses(*losses)))
    assert [one.evidence["peak"] for one in found] == [peak] * (peak is not None)
    for one in found:
        assert one.evidence["at_step"] == losses.index(peak)
        assert one.changes == {"learning_rate_init": 1e-4}


def test_rise_is_not_asked_of_lbfgs_nor_after_a_divergence():
    lbfgs = make_subject(net(solver="lbfgs"), *WINE, 999, 0)
    assert not list(check_rise(lbfgs, with_losses(1, 9)))
    assert not list(check_rise(SUBJECT, with_losses(1, 9, diverged=True)))


def test_divergence():
    history = {"gradient_norm": np.array([1.0, 2, 1, 900, np.nan])}
    trial = with_losses(1, 5, np.inf, diverged=True, history=history)
    (finding,) = check_divergence(SUBJECT, trial)
    assert finding.changes == {"learning_rate_init": 1e-4, "max_grad_norm": 1.0}
    assert finding.evidence["last_gradient_norm"] == 900
    assert finding.evidence["largest_loss"] == 5
    assert "long gradient" in finding.cause
    history = {"gradient_norm": np.array([1.0, 2])}
    (finding,) = check_divergence(SUBJECT, replace(trial, history=history))
    assert "long gradient" not in finding.cause
    clipped = make_subject(net(max_grad_norm=5.0), *WINE, 999, 0)
    (finding,) = check_divergence(clipped, replace(trial, history=history))
    assert finding.changes == {"learning_rate_init": 1e-4}
    assert not list(check_divergence(SUBJECT, TRIAL))


def test_update_ratios():
    def found(**layers):
        ratios = {name: np.full(20, value) for name, value in layers.items()}
        return {
            one.kind: one.where
            for one in check_update_ratios(SUBJECT, replace(TRIAL, ratios=ratios))
        }

    assert found(a=1e-3, b=1e-4, c=5e-2) == {}
    expected = {"large_updates": "a, c", "tiny_updates": "b"}
    assert found(a=0.3, b=1e-6, c=0.2, d=1e-3) == expected
    assert found(a=np.nan) == {}
    assert not list(check_update_ratios(SUBJECT, replace(TRIAL, ratios={})))


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
    assert [one.kind for one in found] == [kind] * (kind is not None)
    for one in found:
        assert one.changes["learning_rate_init"] == pytest.approx(rate)
        assert not list(check_rate(*trained(net(**params)), Budget(0)))


def test_noise_is_not_the_rates_fault():
    y = np.random.default_rng(0).permutation(DIABETES[1])
    estimator = net(MLPRegressor, hidden_layer_sizes=3)
    assert not list(check_rate(*trained(estimator, (DIABETES[0], y)), Budget(60)))


def test_gap():
    wide = net(SoftmaxClassifier, (200,), alpha=0)
    (finding,) = check_gap(*trained(wide, (X_NOISE, Y_NOISE)))
    assert finding.evidence["score_of_training_rows"] == 1
    assert finding.evidence["score_of_unseen_rows"] < 0.8
    assert finding.changes == {"alpha": 0.01, "dropout": 0.3, "early_stopping": True}
    assert not list(check_gap(SUBJECT, TRIAL))
    assert not list(check_gap(SUBJECT, replace(TRIAL, net=None)))
    assert not list(check_gap(*trained(net(MLPRegressor), DIABETES)))
    linear = net(SoftmaxClassifier, (), alpha=2.0, max_iter=999, tol=0)
    for one in check_gap(*trained(linear, (X_NOISE, Y_NOISE), 999)):
        assert one.changes == {"alpha": 20.0, "early_stopping": True}
