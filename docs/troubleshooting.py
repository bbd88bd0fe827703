"""Write the table of findings into troubleshooting.md.

Run ``python docs/troubleshooting.py`` after a change of the table, which is in
skdl/inspection/diagnosis/findings.py.
"""

from pathlib import Path

from skdl.inspection.diagnosis.findings import KINDS

PAGE = Path(__file__).with_name("troubleshooting.md")
BEGIN, END = "<!-- findings: begin -->", "<!-- findings: end -->"


def table():
    """Return the table of findings as Markdown."""
    lines = ["| kind | severity | measured | cure |", "|---|---|---|---|"]
    lines += [
        f"| `{name}`: {kind.title} | {kind.severity} | {kind.measured} | {kind.cure} |"
        for name, kind in KINDS.items()
    ]
    return "\n".join(lines)


def update(text):
    """Return a page with a new table between its two comments."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(update(PAGE.read_text("utf-8")), "utf-8")
