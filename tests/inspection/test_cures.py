"""A net that is worse than a linear model without another cure: what helps it."""

import pytest

from skdl import MLPClassifier, SoftmaxClassifier
from skdl.engine import HiddenLayers
from skdl.inspection import Finding, diagnose
from skdl.inspection.diagnosis._cures import add_cure
from skdl.inspection.diagnosis._subject import make_subject
from skdl.inspection.diagnosis._trial import Budget, run_trial
from tests.inspection.cases import MANY, net

# Time stands still on the clock.
pytestmark = pytest.mark.usefixtures("clock")


MAX_STEPS = 100


@pytest.fixture(scope="module")
def slow():
    """A net that learns too slowly, and its trial."""
    return tried(net(learning_rate_init=1e-5, max_iter=9))


def tried(net):
    """Return a net with its data as a subject, and its trial."""
    subject = make_subject(net, *MANY, 999, 0)
    return subject, run_trial(
        subject, subject.train, 60, MAX_STEPS, held_out=subject.held_out
    )


def cured(subject, trial, *kinds, budget=60, **changes):
    """Return what the cure adds to findings of these kinds."""
    findings = [Finding(kind, "", {}, changes) for kind in kinds]
    found = add_cure(findings, subject, trial, MAX_STEPS, Budget(budget))
    assert [finding.kind for finding in found] == list(kinds)
    return found


def test_a_higher_rate_helps_a_net_that_is_worse_than_a_linear_model():
    """The loss falls by more than 30 %, so no other check finds the learning rate."""
    slow = net(solver="sgd", learning_rate_init=0.01, max_iter=300)
    report = diagnose(slow, *MANY, max_steps=40)
    finding = report["worse_than_linear"]
    assert report.kinds == ["worse_than_linear"]
    assert report.first_to_cure is finding
    assert finding.changes["learning_rate_init"] == pytest.approx(0.1)
    evidence = finding.evidence
    assert evidence["score_with_these_changes"] > evidence["score"] + 0.01


@pytest.mark.parametrize(
    ("params", "kind", "changes"),
    [
        ({"learning_rate_init": 0.01, "max_iter": 1}, "max_iter", 4),
        ({"solver": "lbfgs", "max_iter": 3}, "max_iter", 12),
        (
            {"hidden_layer_sizes": 2, "learning_rate_init": 0.05, "max_iter": 60},
            "hidden_layer_sizes",
            8,
        ),
    ],
)
def test_more_epochs_and_wider_layers_help(params, kind, changes):
    (finding,) = cured(*tried(net(**params)), "worse_than_linear")
    assert finding.changes == {kind: changes}


@pytest.mark.parametrize(
    ("sizes", "wider"),
    [([2], (8,)), (HiddenLayers(1, 2), HiddenLayers(1, 8))],
)
def test_wider_layers_keep_their_form(sizes, wider):
    wide = net(MLPClassifier, sizes, learning_rate_init=0.05, max_iter=60)
    (finding,) = cured(*tried(wide), "worse_than_linear")
    found = finding.changes["hidden_layer_sizes"]
    assert list(found) == list(wider)
    assert isinstance(found, type(wider))


def test_the_first_finding_without_changes_gets_the_cure(slow):
    kinds = "conflicting_duplicates", "no_better_than_chance", "worse_than_linear"
    found = cured(*slow, *kinds)
    assert [bool(finding.changes) for finding in found] == [False, True, False]


def test_there_is_no_cure_where_none_is_needed_or_nothing_helps(slow):
    assert not cured(*slow, "oversized_net")[0].changes
    assert not cured(*slow, "worse_than_linear", budget=0)[0].changes
    others = cured(*slow, "diverged", "worse_than_linear", learning_rate_init=1.0)
    assert [f.changes for f in others] == [{"learning_rate_init": 1.0}] * 2
    good = net(SoftmaxClassifier, learning_rate_init=0.03, max_iter=30)
    assert not cured(*tried(good), "worse_than_linear")[0].changes
