"""What a diagnosis says: findings, and the report that holds them."""

import textwrap
from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np

from skdl.inspection._kinds import KINDS, SEVERITIES

__all__ = ["Finding", "Report", "sort_findings"]

WIDTH = 80
INDENT = 11


@dataclass
class Finding:
    """One thing that is wrong, with its numbers and its cure.

    Attributes
    ----------
    kind : str
        Its name, which does not change; the guide "troubleshooting" lists them all.
    where : str
        The culprit: "column 'age'", "hidden 3", "loss Mine"; empty if it is the whole.
    evidence : dict
        What was measured, by name: numbers, text, or lists of them.
    cause : str
        The likely one, in a sentence.
    cure : str
        What to change, in a sentence.
    changes : dict
        The same as parameters of the net and their values, for ``set_params``; empty
        where the cure is no parameter.
    severity : {"error", "warning", "note"}
        Training cannot work like this, works worse than it could, or there is something
        to know. By default the kind's.
    """

    kind: str
    where: str
    evidence: dict
    cause: str
    cure: str
    changes: dict = field(default_factory=dict)
    severity: str = ""

    def __post_init__(self):
        self.severity = self.severity or KINDS[self.kind][0]

    @property
    def title(self):
        """What it is, in a few words."""
        return KINDS[self.kind][1]

    def __str__(self):
        head = f"{self.severity.upper():<{INDENT - 2}}{self.title}"
        lines = [head + (f": {self.where}" if self.where else "")]
        evidence = ", ".join(
            f"{name.replace('_', ' ')} {_said(value)}"
            for name, value in self.evidence.items()
        )
        rows = {"seen": evidence, "cause": self.cause, "cure": self.cure}
        if self.changes:
            rows["set"] = ", ".join(f"{k}={v!r}" for k, v in self.changes.items())
        for name, text in rows.items():
            lines += textwrap.wrap(
                text,
                WIDTH,
                initial_indent=f"  {name:<{INDENT - 4}}  ",
                subsequent_indent=" " * INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )
        return "\n".join([*lines, f"  ({self.kind})"])


@dataclass(repr=False)
class Report:
    """What `diagnose` found.

    ``print(report)`` shows all of it; ``report["unscaled_columns"]`` is the finding of
    that kind, and ``"unscaled_columns" in report`` tells whether there is one.

    Attributes
    ----------
    subject : str
        What was diagnosed, in a line.
    findings : list of Finding
        Errors first, then warnings and notes; among equals, causes before what they may
        have led to.
    facts : dict
        Numbers that hold whatever was found: scores, losses, ranges, sizes.
    skipped : dict
        Checks that were not made, by name, and why.
    """

    subject: str
    findings: list
    facts: dict
    skipped: dict

    @property
    def kinds(self):
        """The kinds of the findings, in their order."""
        return [finding.kind for finding in self.findings]

    @property
    def first_to_cure(self):
        """The finding to begin with: what the others may come from; None without any.

        An error is often the effect of something that is a warning by itself, such as
        columns that are not scaled.
        """
        found = {finding.kind: finding for finding in self.findings}
        in_order = [found[kind] for kind in KINDS if kind in found]
        return min(in_order, key=lambda one: one.severity == "note", default=None)

    @property
    def changes(self):
        """What all findings ask to set, in one dict; the first one wins."""
        together = {}
        for finding in reversed(self.findings):
            together |= finding.changes
        return together

    def __contains__(self, kind):
        return kind in self.kinds

    def __getitem__(self, kind):
        for finding in self.findings:
            if finding.kind == kind:
                return finding
        raise KeyError(f"no finding {kind!r}; there are {self.kinds}")

    def __str__(self):
        width = max(map(len, self.facts), default=0)
        facts = [
            f"  {name.replace('_', ' '):<{width}}  {_said(value)}"
            for name, value in self.facts.items()
        ]
        parts = ["\n".join([self.subject, *facts])]
        parts += [str(finding) for finding in self.findings]
        if self.skipped:
            lines = [f"  {name}: {reason}" for name, reason in self.skipped.items()]
            parts.append("\n".join(["Not checked", *lines]))
        parts.append(self._summary())
        return "\n\n".join(parts)

    # The last line of a notebook's cell shows it.
    __repr__ = __str__

    def _summary(self):
        if not self.findings:
            return "Nothing was found."
        severities = [finding.severity for finding in self.findings]
        counts = [(severities.count(one), one) for one in SEVERITIES]
        said = ", ".join(f"{n} {one}{'s' * (n > 1)}" for n, one in counts if n)
        return (
            f"{said}. Begin with {self.first_to_cure.kind}, and ask again: others "
            "often go with it."
        )


def sort_findings(findings):
    """Return one finding of each kind: errors first, then in the order of the kinds.

    Parameters
    ----------
    findings : iterable of Finding
        Of two of a kind the earlier one stays.
    """
    kept = {}
    for finding in findings:
        kept.setdefault(finding.kind, finding)
    in_order = [kept[kind] for kind in KINDS if kind in kept]
    return sorted(in_order, key=lambda finding: SEVERITIES.index(finding.severity))


def _said(value):
    """Return a number, text or list as a reader likes it."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}" if abs(value) > 9999 else str(value)
    if isinstance(value, Real):
        return "0" if abs(value) < 1e-12 else f"{value:.3g}"
    if isinstance(value, dict):
        return "; ".join(f"{key} {_said(one)}" for key, one in value.items())
    if isinstance(value, tuple):
        return " … ".join(map(_said, value))
    if isinstance(value, list | np.ndarray):
        shown = ", ".join(map(_said, value[:10]))
        return shown + (f" and {len(value) - 10} more" if len(value) > 10 else "")
    return str(value)
