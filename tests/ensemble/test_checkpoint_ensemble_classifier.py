"""The constructor of CheckpointEnsembleClassifier."""

from inspect import Parameter, signature

import pytest

from skdl.ensemble import CheckpointEnsembleClassifier

DEFAULTS = {
    "n_members": 5,
    "snapshots": "cyclic",
    "voting": "soft",
    "weights": None,
    "average_weights": False,
    "random_state": None,
}


def test_estimator_comes_first_and_the_rest_by_name():
    first, *rest = signature(CheckpointEnsembleClassifier).parameters.values()
    assert first.name == "estimator"
    assert first.default is None
    assert {one.name: one.default for one in rest} == DEFAULTS
    assert {one.kind for one in rest} == {Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_parameter_is_checked(name):
    with pytest.raises(
        ValueError, match=f"The '{name}' parameter of CheckpointEnsembleClassifier"
    ):
        CheckpointEnsembleClassifier(**{name: object()}).fit([[0.0], [1.0]], [0, 1])
