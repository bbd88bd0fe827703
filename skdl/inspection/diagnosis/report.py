"""The result of `diagnose`: findings, and the report that holds them."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from skdl._text import join_names
from skdl.inspection.diagnosis._html import report_as_html
from skdl.inspection.diagnosis._tables import evidence_tables
from skdl.inspection.diagnosis.findings import KINDS, SEVERITIES, Severity

__all__ = ["Finding", "Report", "sort_findings"]

# The width of a printed report and of its first column, and the rows of its tables.
WIDTH, INDENT, MAX_ROWS = 80, 11, 5
# A finding about a smaller share of the rows is a note.
FEW_ROWS = 0.01


@dataclass
class Finding:
    """A fault that `diagnose` found, with its measurements, cause and cure.

    Attributes
    ----------
    kind : str
        Its name in the table of the guide "troubleshooting"; names do not change.
    where : str
        The culprit: "column 'age'", "hidden 3", "loss Mine"; empty if the finding is
        about the whole net or data set.
    evidence : dict
        The measurements by name: numbers, text, lists, or dicts by layer or class.
    changes : dict
        The cure as parameters and their values, for ``set_params`` of the estimator
        that was diagnosed; empty if the cure is not a parameter.
    severity : {"error", "warning", "note"}
        "error": training cannot work like this; "warning": it works worse than it
        could; "note": there is something to know. The default is that of the kind, or
        "note" if the evidence has a `share_of_rows` below 1 %.
    """

    kind: str
    where: str
    evidence: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    severity: Severity | None = None

    def __post_init__(self):
        if self.severity is None:
            is_rare = self.evidence.get("share_of_rows", 1.0) < FEW_ROWS
            self.severity = "note" if is_rare else KINDS[self.kind].severity

    @property
    def title(self) -> str:
        """The finding in a few words."""
        return KINDS[self.kind].title

    @property
    def cause(self) -> str:
        """The likely cause, in a sentence."""
        return KINDS[self.kind].cause

    @property
    def cure(self) -> str:
        """The change to make, in a sentence."""
        kind = KINDS[self.kind]
        return (self.severity == "note" and kind.cure_of_note) or kind.cure

    def advice(self) -> dict[str, str]:
        """Return the cause, the cure and, if there are any, the parameters to set.

        Returns
        -------
        advice : dict of str
            Sentences for "cause" and "cure", and "name=value" for "set".
        """
        texts = {"cause": self.cause, "cure": self.cure}
        return texts | ({"set": _assignments(self.changes)} if self.changes else {})

    def __str__(self) -> str:
        severity = str(self.severity).upper()
        head = f"{severity:<{INDENT - 2}}{self.title}"
        lines = [head + (f": {self.where}" if self.where else "")]
        lines += _evidence(self.evidence, "    ")
        for name, text in self.advice().items():
            lines += _wrap(f"  {name:<{INDENT - 4}}  ", text)
        return "\n".join([*lines, f"  ({self.kind})"])


def _assignments(changes):
    return ", ".join(f"{name}={value!r}" for name, value in changes.items())


def _evidence(values, indent):
    """Return the lines of evidence as tables; long values continue below themselves."""
    lines = []
    for table in evidence_tables(values, MAX_ROWS):
        if table.header:
            lines += [indent + line for line in table.lines()]
            continue
        width = max(len(name) for name, _ in table.rows)
        for name, text in table.rows:
            lines += _wrap(f"{indent}{name:<{width}}  ", text)
    return lines


def _wrap(head, text):
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return lines or [head.rstrip()]


@dataclass(repr=False)
class Report:
    """The findings of `diagnose`.

    ``print(report)`` begins with a summary in three lines: what was tried, what was
    found, and what to do first. A notebook shows the report as HTML.
    ``report["unscaled_columns"]`` is the finding of that kind, and
    ``"unscaled_columns" in report`` tests for it. ``for finding in report`` loops over
    the findings, and ``len(report)`` counts them: a report without any is false.

    Attributes
    ----------
    subject : str
        The diagnosed net and data, in a line.
    findings : list of Finding
        Errors first, then warnings and notes; among equals, causes before their
        possible effects.
    facts : dict
        Measurements that hold with or without findings: scores, losses, ranges, sizes.
    skipped : dict
        The checks that were not made, by name, with the reason.
    """

    subject: str
    findings: list[Finding]
    facts: dict[str, Any]
    skipped: dict[str, str]

    @property
    def kinds(self) -> list[str]:
        """The kinds of the findings, in their order."""
        return [finding.kind for finding in self.findings]

    @property
    def first_to_cure(self) -> Finding | None:
        """The finding to cure first, which may cause the others; None without any.

        An error is often the effect of something that is a warning by itself, such as
        columns that are not scaled. A warning without `changes` comes after errors
        that have some, and notes come last.
        """
        found = {finding.kind: finding for finding in self.findings}
        in_order = [found[kind] for kind in KINDS if kind in found]
        can_change = any(f.severity == "error" and f.changes for f in in_order)

        def rank(finding):
            is_advice = finding.severity == "warning" and not finding.changes
            return finding.severity == "note", can_change and is_advice

        return min(in_order, key=rank, default=None)

    @property
    def changes(self) -> dict[str, Any]:
        """The changes of all findings in one dict; earlier findings take precedence."""
        together = {}
        for finding in reversed(self.findings):
            together |= finding.changes
        return together

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __contains__(self, kind: str | Finding) -> bool:
        return kind in self.kinds or any(finding is kind for finding in self)

    def __getitem__(self, kind: str) -> Finding:
        for finding in self.findings:
            if finding.kind == kind:
                return finding
        hint = "" if isinstance(kind, str) else ". report.findings is the list of them"
        raise KeyError(f"no finding {kind!r}; there are {self.kinds}{hint}")

    def summary(self) -> dict[str, str]:
        """Return what was tried, what was found, and what to do first.

        Returns
        -------
        summary : dict of str
            A sentence for "Tried", "Found" and, if there are findings, "First".
        """
        severities = [finding.severity for finding in self.findings]
        counts = [(severities.count(severity), severity) for severity in SEVERITIES]
        found = ", ".join(f"{n} {name}{'s' * (n > 1)}" for n, name in counts if n)
        found = found or "nothing that keeps the net from learning"
        if self.skipped:
            found += f"; not checked: {join_names(list(self.skipped))}"
        summary, first = {"Tried": self.subject, "Found": found}, self.first_to_cure
        if first is not None:
            todo = first.cure
            if first.changes:
                todo = f"set {_assignments(first.changes)}, then diagnose again."
            summary["First"] = f"{first.kind}: {todo}"
        return summary

    def __str__(self) -> str:
        summary = self.summary()
        top = []
        for name, text in summary.items():
            top += _wrap(f"{name:<{INDENT - 2}}", text)
        parts = ["\n".join(top)]
        parts += [str(finding) for finding in self.findings]
        for title, values in (("Measured", self.facts), ("Not checked", self.skipped)):
            if values:
                parts.append("\n".join([title, *_evidence(values, "  ")]))
        return "\n\n".join(parts)

    # The interactive interpreter shows it for the last expression.
    __repr__ = __str__

    def _repr_html_(self) -> str:
        return report_as_html(self, self.summary())


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the first finding of each kind, by severity, then in the table's order.

    Parameters
    ----------
    findings : iterable of Finding
        Findings in any order; several may have the same kind.

    Returns
    -------
    sorted : list of Finding
        One finding of each kind.
    """
    first = {}
    for finding in findings:
        first.setdefault(finding.kind, finding)
    in_order = [first[kind] for kind in KINDS if kind in first]
    return sorted(in_order, key=lambda finding: SEVERITIES.index(finding.severity))
