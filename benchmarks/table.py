"""Tables in Markdown, and sections of a file that hold them."""

import re

__all__ = ["goal", "number", "replace_section", "table"]


def table(header, rows):
    """Return a Markdown table; columns after the first are aligned right."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        first, *others = zip(row, widths, strict=True)
        parts = [first[0].ljust(first[1]), *(c.rjust(w) for c, w in others)]
        lines.append(f"| {' | '.join(parts)} |")
    return "\n".join(lines)


def number(value):
    """Return a number with three digits, or '–' for None."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def goal(value, bound, at_least=True):
    """Return a number and its goal; in bold if the goal is missed."""
    if value is None:
        return "–"
    met = value >= bound if at_least else value <= bound
    sign = ("≥" if met else "<") if at_least else ("≤" if met else ">")
    text = f"{number(value)} {sign} {bound}"
    return text if met else f"**{text}**"


def replace_section(text, name, content):
    """Return the text with new content between the marks of this name."""
    marks = [f"<!-- {edge} {name} -->" for edge in ("begin", "end")]
    pattern = f"(?s)(?<={re.escape(marks[0])}\n).*?(?={re.escape(marks[1])})"
    if not re.search(pattern, text):
        raise ValueError(f"there is no {marks[0]} … {marks[1]}")
    return re.sub(pattern, lambda match: f"{content}\n", text)
