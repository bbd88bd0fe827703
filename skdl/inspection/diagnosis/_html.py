"""A report as HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from skdl.inspection.diagnosis._tables import Table, evidence_tables

# A table shows this number of rows.
MAX_ROWS = 20
NUMBER = ' class="number"'
# Colors have an alpha channel, and text keeps the color of the page: the report is
# readable on a light and on a dark background.
STYLE = """
.skdl-report {font-size: 0.95em; line-height: 1.45; max-width: 60em}
.skdl-report table {border-collapse: collapse; margin: 0.3em 0; font-size: 1em}
.skdl-report th, .skdl-report td {text-align: left; padding: 0.1em 1.2em 0.1em 0;
  border: none; background: none; color: inherit; vertical-align: top}
.skdl-report th {font-weight: 600; opacity: 0.75}
.skdl-report .number {text-align: right; font-variant-numeric: tabular-nums}
.skdl-report details {border-left: 0.3em solid rgba(128, 128, 128, 0.5);
  background: rgba(128, 128, 128, 0.09); margin: 0.4em 0; padding: 0.3em 0.8em}
.skdl-report details > summary {cursor: pointer}
.skdl-report details.error {border-color: rgb(213, 60, 50);
  background: rgba(213, 60, 50, 0.12)}
.skdl-report details.warning {border-color: rgb(214, 150, 0);
  background: rgba(214, 150, 0, 0.12)}
.skdl-report details.note {border-color: rgb(50, 130, 200);
  background: rgba(50, 130, 200, 0.12)}
.skdl-report .severity {display: inline-block; min-width: 5.5em; font-weight: 600}
"""


def report_as_html(report: Any, summary: dict[str, str]) -> str:
    """Return a report as HTML; errors and the finding to cure first are unfolded.

    Parameters
    ----------
    report : Report
        The report.
    summary : dict of str
        The lines of its summary, by their names.
    """
    parts = [_table(Table([], [list(line) for line in summary.items()], [False] * 2))]
    parts += [
        _finding(
            finding, finding is report.first_to_cure or finding.severity == "error"
        )
        for finding in report.findings
    ]
    for title, values in (
        ("Measured", report.facts),
        ("Not checked", report.skipped),
    ):
        if values:
            tables = "".join(map(_table, evidence_tables(values, MAX_ROWS)))
            parts.append(_details("", title, tables))
    return f'<div class="skdl-report"><style>{STYLE}</style>{"".join(parts)}</div>'


def _finding(finding: Any, is_open: bool) -> str:
    severity = str(finding.severity)
    where = f": {escape(finding.where)}" if finding.where else ""
    summary = (
        f'<span class="severity">{severity.upper()}</span> '
        f"{escape(finding.title)}{where} <code>{escape(finding.kind)}</code>"
    )
    tables = "".join(map(_table, evidence_tables(finding.evidence, MAX_ROWS)))
    texts = Table([], [[k, v] for k, v in finding.advice().items()], [False] * 2)
    return _details(severity, summary, tables + _table(texts), is_open)


def _details(kind, summary, content, is_open=False):
    kind, is_open = f' class="{kind}"' if kind else "", ' open=""' if is_open else ""
    return f"<details{kind}{is_open}><summary>{summary}</summary>{content}</details>"


def _table(table: Table) -> str:
    lines = [_line("th", table.header, table.is_number)] if table.header else []
    # In a table of names and values, the names are the headers of their rows.
    tags: Any = "td" if table.header else ("th", "td")
    lines += [_line(tags, row, table.is_number) for row in table.rows]
    if table.n_more:
        more = [f"… {table.n_more} more", *[""] * (len(table.is_number) - 1)]
        lines.append(_line("td", more, table.is_number))
    return f"<table>{''.join(lines)}</table>"


def _line(tags: str | Iterable[str], cells, is_number):
    tags = [tags] * len(cells) if isinstance(tags, str) else tags
    line = ""
    for tag, cell, right in zip(tags, cells, is_number, strict=True):
        line += f"<{tag}{NUMBER if right else ''}>{escape(cell)}</{tag}>"
    return f"<tr>{line}</tr>"
