"""How findings and reports read."""

import pickle

import numpy as np
import pytest

from skdl.inspection.report import Finding, Report, sort_findings


def finding(kind, **changes):
    evidence = {"two_numbers": (0.5, 12345), "found": True, "row": [1, 2.0]}
    return Finding(kind, "hidden 1", evidence, "A cause.", "A cure.", changes)


def test_report_reads_well():
    report = Report(
        "Net on 3 rows",
        [finding("diverged", alpha=1.0), finding("oversized_net", alpha=2.0, tol=0.1)],
        {"loss_at_first": 2.3025, "parameters": np.int64(12345)},
        {"rate": "no time"},
    )
    assert str(report).splitlines() == [
        "Net on 3 rows",
        "  loss at first  2.3",
        "  parameters     12,345",
        "",
        "ERROR    Training diverged: hidden 1",
        "  seen     two numbers 0.5 … 12,345, found yes, row 1, 2",
        "  cause    A cause.",
        "  cure     A cure.",
        "  set      alpha=1.0",
        "  (diverged)",
        "",
        "NOTE     A linear model is as good as this large net: hidden 1",
        "  seen     two numbers 0.5 … 12,345, found yes, row 1, 2",
        "  cause    A cause.",
        "  cure     A cure.",
        "  set      alpha=2.0, tol=0.1",
        "  (oversized_net)",
        "",
        "Not checked",
        "  rate: no time",
        "",
        "1 error, 1 note. Begin with diverged, and ask again: others often go with it.",
    ]
    assert repr(report) == str(report)  # what a notebook shows
    assert report.changes == {"alpha": 1.0, "tol": 0.1}
    assert pickle.loads(pickle.dumps(report)) == report


def test_causes_are_cured_first():
    kinds = ["diverged", "unscaled_columns", "oversized_net"]
    findings = [finding(kind) for kind in kinds]
    note = Finding("conflicting_duplicates", "", {}, "", "", severity="note")
    assert Report("", [*findings, note], {}, {}).first_to_cure is findings[1]
    assert Report("", [note], {}, {}).first_to_cure is note
    assert Report("", [], {}, {}).first_to_cure is None


def test_a_report_is_asked_by_kind():
    report = Report("", [finding("diverged")], {}, {})
    assert "diverged" in report
    assert "overfitting" not in report
    assert report["diverged"] is report.findings[0]
    with pytest.raises(KeyError, match="overfitting.*diverged"):
        report["overfitting"]


def test_lines_fit_a_terminal():
    long = Finding("diverged", "", {"numbers": list(range(1000, 1040))}, "x " * 99, "")
    assert max(map(len, str(long).splitlines())) <= 80
    assert "1009 and 30 more" in " ".join(str(long).split())


def test_findings_are_sorted_by_severity_and_kind_and_single():
    kinds = [
        "conflicting_duplicates", "unscaled_columns", "oversized_net", "diverged",
        "constant_targets", "diverged",
    ]  # fmt: skip
    given = [finding(kind, tol=i) for i, kind in enumerate(kinds)]
    given[0] = Finding(kinds[0], "", {}, "", "", severity="note")
    assert sort_findings(given) == [given[i] for i in (4, 3, 1, 0, 2)]
    assert given[0].severity == "note"
    assert str(given[0]).startswith("NOTE     Equal rows")
