"""Tables as text and as HTML."""

from collections.abc import Sequence
from html import escape

__all__ = ["aligned_lines", "html_table", "text_table"]


def text_table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return rows of cells as aligned lines.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells; the first row is the header.
    left : int, default=1
        Number of columns, from the first, that are aligned at their left.

    Examples
    --------
    >>> from skdl._text_tables import text_table
    >>> print(text_table([["layer", "size"], ["hidden 1", "5"]]))
    layer     size
    hidden 1     5
    """
    is_right = [i >= left for i in range(len(rows[0]))]
    return "\n".join(aligned_lines(rows, is_right))


def aligned_lines(rows: Sequence[Sequence[str]], is_right: Sequence[bool]) -> list[str]:
    """Return rows of cells as lines whose columns are aligned.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells.
    is_right : sequence of bool
        Whether each column is aligned at its right.

    Examples
    --------
    >>> from skdl._text_tables import aligned_lines
    >>> aligned_lines([["a", "10"], ["bcd", "5"]], [False, True])
    ['a    10', 'bcd   5']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [">" if right else "<" for right in is_right]
    return [
        "  ".join(
            f"{cell:{side}{width}}"
            for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def html_table(
    rows: Sequence[Sequence[str]], left: int = 1, caption: str = "", notes: str = ""
) -> str:
    """Return rows of cells as an HTML table.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells; the first row is the header.
    left : int, default=1
        Number of columns, from the first, that are aligned at their left.
    caption : str, default=""
        Text above the table.
    notes : str, default=""
        Lines below the table.

    Examples
    --------
    >>> from skdl._text_tables import html_table
    >>> print(html_table([["a"], ["<1"]]))
    <table><thead><tr><th style="text-align: left">a</th></tr></thead>
    <tbody><tr><td style="text-align: left">&lt;1</td></tr></tbody></table>
    """

    def line(cells, tag):
        sides = ["left" if i < left else "right" for i in range(len(cells))]
        inner = "".join(
            f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{inner}</tr>"

    header, *body = rows
    table = (
        f"<table><thead>{line(header, 'th')}</thead>\n"
        f"<tbody>{''.join(line(cells, 'td') for cells in body)}</tbody></table>"
    )
    above = f"<p><b>{escape(caption)}</b></p>\n" if caption else ""
    below = "".join(f"\n<p>{escape(text)}</p>" for text in notes.splitlines())
    return above + table + below
