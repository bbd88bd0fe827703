"""The table of findings, its page in the guide, findings and reports as text."""

import pickle
import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from skdl.inspection import Finding, Report
from skdl.inspection.diagnosis.findings import KINDS, SEVERITIES
from skdl.inspection.diagnosis.report import sort_findings

ROOT = Path(__file__).parents[2]
EVIDENCE = {"two_numbers": (0.5, 12345), "ratio": {"a": 0.1, "b": 2}, "is_new": True}


def finding(kind, **changes):
    return Finding(kind, "hidden 1", EVIDENCE, changes)


def test_the_guide_shows_the_table():
    script = runpy.run_path(str(ROOT / "docs" / "troubleshooting.py"))
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    assert page == script["update"](page), "run python docs/troubleshooting.py"


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_complete(name):
    kind = KINDS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert kind.severity in SEVERITIES
    assert kind.title[0].isupper()
    assert not kind.title.endswith(".")
    for text in (kind.measured, kind.cause, kind.cure):
        assert text[0].isupper()
        assert text.endswith(".")


def test_every_kind_is_used():
    folder = ROOT / "skdl" / "inspection" / "diagnosis"
    files = [path for path in folder.glob("*.py") if path.name != "findings.py"]
    source = "".join(path.read_text("utf-8") for path in files)
    assert {kind for kind in KINDS if f'"{kind}"' not in source} == set()


@pytest.fixture
def report():
    return Report(
        "Net on 3 rows",
        [
            finding("loss_rises_early", alpha=1.0),
            Finding("conflicting_duplicates", "", {"share_of_rows": 0.00058}),
        ],
        {"loss at first": 2.3025, "parameters": np.int64(12345)},
        {"learning rate": "no time"},
    )


def test_a_report_as_text(report):
    assert str(report).splitlines() == [
        "Tried    Net on 3 rows",
        "Found    1 error, 1 note; not checked: learning rate",
        "First    loss_rises_early: set alpha=1.0, then diagnose again.",
        "",
        "ERROR    The loss rises at first: hidden 1",
        "    two numbers  0.5 … 12,345",
        "       ratio",
        "    a    0.1",
        "    b      2",
        "    is new  yes",
        "  cause    The steps overshoot: the learning rate is much too high.",
        "  cure     Divide the learning rate by 10, repeatedly if necessary.",
        "  set      alpha=1.0",
        "  (loss_rises_early)",
        "",
        "NOTE     Equal rows have different labels",
        "    share of rows  0.00058",
        "  cause    No net can predict all of these rows correctly: some labels are",
        "           wrong, or a column that tells the rows apart is missing.",
        "  cure     Look at the rows (X.iloc[rows] of a data frame). Correct or drop",
        "           them, or add the missing column.",
        "  (conflicting_duplicates)",
        "",
        "Measured",
        "  loss at first  2.3",
        "  parameters     12,345",
        "",
        "Not checked",
        "  learning rate  no time",
    ]
    assert repr(report) == str(report)
    assert pickle.loads(pickle.dumps(report)) == report


def test_a_summary_of_a_healthy_training():
    report = Report("Net", [], {}, {})
    assert str(report).splitlines() == [
        "Tried    Net",
        "Found    nothing that keeps the net from learning",
    ]
    assert "nothing" in report._repr_html_()


def test_a_cure_that_is_no_parameter_is_in_the_summary():
    first = Finding("wrong_gradient", "loss Mine", {})
    todo = Report("", [first], {}, {}).summary()["First"]
    assert todo == f"wrong_gradient: {first.cure}"


def test_a_report_as_html(report):
    report.findings[0].where = "column '<b>'"
    html = report._repr_html_()
    root = ElementTree.fromstring(html)  # each tag is closed
    opened = [
        (part.get("class"), part.get("open") == "") for part in root.iter("details")
    ]
    assert opened == [("error", True), ("note", False), (None, False), (None, False)]
    text = " ".join(" ".join(root.itertext()).split())
    for said in (
        "Tried Net on 3 rows", "ERROR The loss rises at first: column '<b>'",
        "a 0.1 b 2", "set alpha=1.0", "Measured", "Not checked",
    ):  # fmt: skip
        assert said in text
    # Dark pages, too: no color of text or of an opaque background is set.
    style = root.find("style").text
    assert re.findall(r"[^-]color: (?!inherit)|background: rgb\(", style) == []


EVIDENCES = {
    "lists of one length are columns": (
        {"columns": ["age", "x"], "values": [677.0, 21.6], "median": 1.0},
        ["columns  values", "age         677", "x          21.6", "median  1"],
    ),
    "dicts of equal keys share a table": (
        {"gain": {"hidden 1": 12.0, "output": 3}, "top": {"hidden 1": 1, "output": 2}},
        ["          gain  top", "hidden 1    12    1", "output       3    2"],
    ),
    "long tables are cut": (
        {"rows": list(range(9)), "labels": list("abcdefghi")},
        ["rows  labels", *(f"{i:>4}  {'abcde'[i]}" for i in range(5)), "… 4 more"],
    ),
    "one row more is shown": (
        {"rows": list(range(6)), "labels": list("abcdef")},
        ["rows  labels", *(f"{i:>4}  {'abcdef'[i]}" for i in range(6))],
    ),
    "a list by itself is a line": ({"rows": [1, 2]}, ["rows  1, 2"]),
    "groups are bracketed": ({"groups": [[0, 5], [1, 6]]}, ["groups  (0, 5), (1, 6)"]),
}  # fmt: skip


@pytest.mark.parametrize("name", EVIDENCES)
def test_evidence_is_shown_as_tables(name):
    evidence, lines = EVIDENCES[name]
    shown = str(Finding("diverged", "", evidence)).splitlines()[1:]
    assert [line[4:] for line in shown[: len(lines)]] == lines
    assert shown[len(lines)].startswith("  cause")


@pytest.mark.parametrize(
    ("share", "severity"), [(0.009, "note"), (0.01, "warning"), (1, "warning")]
)
def test_a_finding_about_few_rows_is_a_note(share, severity):
    assert Finding("label_noise", "", {"share_of_rows": share}).severity == severity


def test_changes_of_earlier_findings_take_precedence():
    findings = [
        finding("diverged", alpha=1.0), finding("oversized_net", alpha=2.0, tol=0.1)
    ]  # fmt: skip
    assert Report("", findings, {}, {}).changes == {"alpha": 1.0, "tol": 0.1}


def test_causes_are_cured_first():
    kinds = ["diverged", "unscaled_columns", "oversized_net"]
    findings = [finding(kind) for kind in kinds]
    note = Finding("conflicting_duplicates", "", {}, severity="note")
    assert Report("", [*findings, note], {}, {}).first_to_cure is findings[1]
    assert Report("", [note], {}, {}).first_to_cure is note
    assert Report("", [], {}, {}).first_to_cure is None


@pytest.mark.parametrize("kind", ["constant_columns", "conflicting_duplicates"])
def test_advice_about_data_does_not_hide_an_error(kind):
    """Such a finding does not cause the error, whose cure is often a parameter."""
    advice, chance = finding(kind), finding("no_better_than_chance")
    assert Report("", [chance, advice], {}, {}).first_to_cure is chance
    vanishes = finding("vanishing_gradient", activation="relu")
    assert Report("", [vanishes, advice], {}, {}).first_to_cure is vanishes


def test_an_error_with_changes_is_cured_before_advice_without():
    error = finding("vanishing_gradient", activation="relu")
    advice, scaled = finding("class_imbalance"), finding("unscaled_targets", alpha=1.0)
    assert Report("", [error, advice], {}, {}).first_to_cure is error
    assert Report("", [error, advice, scaled], {}, {}).first_to_cure is scaled
    nothing_to_learn = finding("constant_targets")
    report = Report("", [nothing_to_learn, error, advice], {}, {})
    assert report.first_to_cure is nothing_to_learn


def test_a_finding_is_looked_up_by_its_kind():
    report = Report("", [finding("diverged")], {}, {})
    assert "diverged" in report
    assert "overfitting" not in report
    assert report["diverged"] is report.findings[0]
    with pytest.raises(KeyError, match="overfitting.*diverged"):
        report["overfitting"]
    with pytest.raises(KeyError, match="report.findings is the list"):
        report[0]
    assert list(report) == report.findings
    assert len(report) == len(report.findings) > 0
    assert all(finding in report for finding in report)
    assert not Report("Net", [], {}, {})


def test_lines_fit_a_terminal():
    evidence = {"numbers": list(range(1000, 1040)), "text": "x " * 99}
    long = Finding("diverged", "", evidence)
    assert max(map(len, str(long).splitlines())) <= 80
    assert "1009 and 30 more" in " ".join(str(long).split())


def test_one_finding_of_each_kind_sorted_by_severity():
    kinds = [
        "conflicting_duplicates", "unscaled_columns", "oversized_net", "diverged",
        "constant_targets", "diverged",
    ]  # fmt: skip
    given = [finding(kind, tol=i) for i, kind in enumerate(kinds)]
    given[0] = Finding(kinds[0], "", {}, severity="note")
    assert sort_findings(given) == [given[i] for i in (4, 3, 1, 0, 2)]
    assert str(given[0]).startswith("NOTE     Equal rows")
