"""What is said of candidates without a score."""

import traceback

import numpy as np
import pytest

from tests.model_selection.private_names import describe, failure_message

CANDIDATES = [{"a": 0.1, "kind": "x"}, {"a": 1 / 3, "kind": "y"}, {"a": 2, "kind": "z"}]


def text_of(error):
    try:
        raise error
    except Exception:
        return traceback.format_exc()


def test_nothing_to_say():
    assert failure_message(CANDIDATES, [None] * 6, np.zeros((3, 2)), np.nan) is None


def test_failed_fits_and_bad_scores_are_named_with_all_parameters():
    errors = [None, None, None, text_of(ValueError("too large\nby far")), None, None]
    scores = np.array([[1.0, 2.0], [1.0, np.nan], [np.inf, 1.0]])
    lines = failure_message(CANDIDATES, errors, scores, np.nan).splitlines()
    assert lines[0].startswith("2 of 3 candidates")
    assert "error_score=nan" in lines[0]
    assert lines[1:] == [
        "  a=0.3333333333333333, kind='y': 1 of 2 fits failed, the first: "
        "ValueError: too large",
        "  a=2, kind='z': 1 of 2 scores are not finite",
    ]


def test_a_failure_is_named_whatever_its_score():
    errors = [text_of(KeyError("k")), *[None] * 5]
    message = failure_message(CANDIDATES, errors, np.zeros((3, 2)), 0.0)
    assert "a=0.1, kind='x': 1 of 2 fits failed, the first: KeyError: 'k'" in message
    assert "error_score=0.0" in message


def test_equal_errors_are_written_once():
    errors = [text_of(KeyError("k"))] * 4 + [text_of(KeyError("j"))] * 2
    lines = failure_message(CANDIDATES, errors, np.zeros((3, 2)), 0.0).splitlines()
    assert [line.partition("failed, ")[2] for line in lines[1:]] == [
        "the first: KeyError: 'k'", "with the same error", "the first: KeyError: 'j'"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("traceback", "words"),
    [
        ("ValueError: x", "ValueError: x"),
        ("a._b.C1: x.y: z", "C1: x.y: z"),
        ("  File\n\nE: y\n", "E: y"),
        ("a\n  b", "  b"),
    ],
)
def test_odd_tracebacks(traceback, words):
    message = failure_message([{}], [traceback], np.array([[np.nan]]), np.nan)
    assert message.endswith(words)


def test_describe():
    params = {"a": 0.1, "c": "x", "n": 12345, "t": (1, 2)}
    assert describe(params) == "a=0.1, c='x', n=12345, t=(1, 2)"
