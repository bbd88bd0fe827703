"""The word list finds its phrases, and nothing else."""

import pytest

from tests.words import BETTER, findings, main

FOUND = [
    "Training goes on.",
    "It was shuffled\n# anew.",
    "# Training goes\n    # on with the next epoch.",
    "the seed, whence it differs",
    "A batch without rows is none.",
    "A net that learns rows by heart.",
    "It is no matter of course.",
    "Every so manieth step.",
    "After so many steps.",
    "A frame of text is no array.",
    "It came by way of a file.",
    "The patience is at its end.",
    "The lock is held for good.",
    "The error tells of the column.",
    "The option stands in the way.",
    "An empty call takes\naway the callbacks.",
    "Of a loss, the gradient.",
]
FINE = [
    "if value is None:",
    "There are so many that it takes an hour.",
    "The mean of a batch.",
    "There is no array, and the file is no longer open.",
    "go_on = net.goes_on",
    "renewed",
]


@pytest.mark.parametrize("text", FOUND)
def test_a_phrase_is_found_once(text):
    assert len(list(findings(text))) == 1


def test_every_phrase_is_tested():
    found = {better for text in FOUND for _, _, better in findings(text)}
    assert found == {better for _, better in BETTER}


@pytest.mark.parametrize("text", FINE)
def test_plain_words_pass(text):
    assert not list(findings(text))


def test_a_finding_has_the_line_on_which_it_begins():
    assert [line for line, *_ in findings("one\ntwo goes\non\nanew")] == [2, 4]


def test_code_in_markdown_is_skipped():
    assert not list(findings("Do not write `anew`.", is_markdown=True))
    assert len(list(findings("Do not write `anew` anew.", is_markdown=True))) == 1


def test_the_script_prints_file_line_and_better_words(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tests.words.ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("Fine.\nIt goes on.\n", encoding="utf-8")
    assert main([]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("docs/page.md:2: 'goes on': continue")
    assert last.split() == ["1", "docs"]
    (tmp_path / "docs" / "page.md").unlink()
    assert main([]) == 0
