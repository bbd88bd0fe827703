"""The result of `diagnose`: findings, and the report that holds them."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from skdl.inspection._check_arguments import format_value
from skdl.inspection.diagnosis.findings import KINDS, SEVERITIES, Severity

__all__ = ["Finding", "Report", "sort_findings"]

WIDTH, INDENT = 80, 11


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
        The cure as parameters of the net and their values, for ``set_params``; empty
        if the cure is not a parameter.
    severity : {"error", "warning", "note"}
        "error": training cannot work like this; "warning": it works worse than it
        could; "note": there is something to know. By default that of the kind.
    """

    kind: str
    where: str
    evidence: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    severity: Severity | None = None

    def __post_init__(self):
        self.severity = self.severity or KINDS[self.kind].severity

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
        return KINDS[self.kind].cure

    def __str__(self) -> str:
        severity = str(self.severity).upper()
        head = f"{severity:<{INDENT - 2}}{self.title}"
        lines = [head + (f": {self.where}" if self.where else "")]
        lines += _table(self.evidence)
        texts = {"cause": self.cause, "cure": self.cure}
        if self.changes:
            texts["set"] = ", ".join(f"{k}={v!r}" for k, v in self.changes.items())
        for name, text in texts.items():
            lines += _wrap(f"  {name:<{INDENT - 4}}  ", text)
        return "\n".join([*lines, f"  ({self.kind})"])


def _table(values):
    """Return a line for each value, names and values aligned; dicts have a line each.

    Names of a dict's entries, such as layers, are indented below its own name.
    """
    rows = []
    for name, value in values.items():
        name = name.replace("_", " ")
        if isinstance(value, dict) and len(value) > 1:
            rows += [(name, "")] + [(f"  {key}", value[key]) for key in value]
        elif isinstance(value, dict):
            rows += [(f"{name}, {key}", value[key]) for key in value]
        else:
            rows.append((name, value))
    width = max((len(name) for name, _ in rows), default=0)
    lines = []
    for name, value in rows:
        lines += _wrap(f"    {name:<{width}}  ", format_value(value))
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

    ``print(report)`` shows everything; ``report["unscaled_columns"]`` is the finding of
    that kind, and ``"unscaled_columns" in report`` tests for it.

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
        columns that are not scaled.
        """
        found = {finding.kind: finding for finding in self.findings}
        in_order = [found[kind] for kind in KINDS if kind in found]
        return min(
            in_order, key=lambda finding: finding.severity == "note", default=None
        )

    @property
    def changes(self) -> dict[str, Any]:
        """The changes of all findings in one dict; earlier findings take precedence."""
        together = {}
        for finding in reversed(self.findings):
            together |= finding.changes
        return together

    def __contains__(self, kind: str) -> bool:
        return kind in self.kinds

    def __getitem__(self, kind: str) -> Finding:
        for finding in self.findings:
            if finding.kind == kind:
                return finding
        raise KeyError(f"no finding {kind!r}; there are {self.kinds}")

    def __str__(self) -> str:
        width = max(map(len, self.facts), default=0)
        facts = [
            f"  {name:<{width}}  {format_value(value)}"
            for name, value in self.facts.items()
        ]
        parts = ["\n".join([self.subject, *facts])]
        parts += [str(finding) for finding in self.findings]
        if self.skipped:
            lines = [f"  {name}: {reason}" for name, reason in self.skipped.items()]
            parts.append("\n".join(["Not checked", *lines]))
        parts.append(self._summary())
        return "\n\n".join(parts)

    # A notebook shows it for the last line of a cell.
    __repr__ = __str__

    def _summary(self):
        first = self.first_to_cure
        if first is None:
            return "No findings."
        severities = [finding.severity for finding in self.findings]
        counts = [(severities.count(severity), severity) for severity in SEVERITIES]
        text = ", ".join(f"{n} {name}{'s' * (n > 1)}" for n, name in counts if n)
        if len(self.findings) == 1:
            return f"{text}. Cure {first.kind}, then run diagnose again."
        return (
            f"{text}. Cure {first.kind} first, then run diagnose again: "
            "the other findings are often its effects."
        )


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
