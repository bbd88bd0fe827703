"""Records of Python's logging."""

import logging

import pytest

from skdl import MLPClassifier
from skdl.callbacks import EpochLogger


def make(**options):
    return MLPClassifier(3, max_iter=2, random_state=0, **options)


def test_a_record_for_each_epoch_and_one_for_the_end(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "skdl")
    net = fit(make(), X, y, EpochLogger())
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 3
    first, second, last = caplog.messages
    assert first.startswith(
        f"MLPClassifier, epoch 1 of 2: loss {net.loss_curve_[0]:.6g}, learning_rate "
        "0.001, gradient_norm "
    )
    assert second.startswith("MLPClassifier, epoch 2 of 2: ")
    # Without validation, nothing is said of it.
    assert "validation" not in first
    assert last == "MLPClassifier ended after 2 epochs: max_iter"


def test_scores_are_said_where_there_are_some(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "skdl")
    net = fit(make(early_stopping=True), X, y, EpochLogger())
    assert f"validation_score {net.validation_scores_[0]:.6g}" in caplog.messages[0]


def test_name_and_level(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "mine")
    fit(make(), X, y, EpochLogger("mine", logging.DEBUG))
    assert not caplog.records
    fit(make(), X, y, EpochLogger("mine", logging.ERROR))
    assert {(r.name, r.levelname) for r in caplog.records} == {("mine", "ERROR")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": logging.getLogger()}, "name must be the str of a logger"),
        ({"level": "INFO"}, "level must be an int .* got 'INFO'"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        EpochLogger(**arguments)
