"""The table of findings, its page in the guide, findings and reports as text."""

import pickle
import re
import runpy
from pathlib import Path

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


def test_a_report_as_text():
    report = Report(
        "Net on 3 rows",
        [finding("loss_rises_early", alpha=1.0), finding("loss_falls_slowly")],
        {"loss at first": 2.3025, "parameters": np.int64(12345)},
        {"learning rate": "no time"},
    )
    assert str(report).splitlines() == [
        "Net on 3 rows",
        "  loss at first  2.3",
        "  parameters     12,345",
        "",
        "ERROR    The loss rises at first: hidden 1",
        "    two numbers  0.5 … 12,345",
        "    ratio",
        "      a          0.1",
        "      b          2",
        "    is new       yes",
        "  cause    The steps overshoot: the learning rate is much too high.",
        "  cure     Divide the learning rate by 10, repeatedly if necessary.",
        "  set      alpha=1.0",
        "  (loss_rises_early)",
        "",
        "WARNING  The loss falls too slowly: hidden 1",
        "    two numbers  0.5 … 12,345",
        "    ratio",
        "      a          0.1",
        "      b          2",
        "    is new       yes",
        "  cause    The steps are too short for their number.",
        "  cure     Raise the learning rate.",
        "  (loss_falls_slowly)",
        "",
        "Not checked",
        "  learning rate: no time",
        "",
        "1 error, 1 warning. Cure loss_rises_early first, then run diagnose again: the "
        "other findings are often its effects.",
    ]
    assert repr(report) == str(report)  # shown by notebooks
    assert str(Report("Net", [], {}, {})).endswith("No findings.")
    assert pickle.loads(pickle.dumps(report)) == report


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


def test_a_finding_is_looked_up_by_its_kind():
    report = Report("", [finding("diverged")], {}, {})
    assert "diverged" in report
    assert "overfitting" not in report
    assert report["diverged"] is report.findings[0]
    with pytest.raises(KeyError, match="overfitting.*diverged"):
        report["overfitting"]


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
