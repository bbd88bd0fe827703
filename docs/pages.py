"""Run the code of pages that show what it prints, and write outputs and figures again.

A page is Markdown. All its ```python blocks run in order, in one namespace. The ```text
block right after one of them is what this block prints. The pictures that the code
saves are the figures that the page shows. After a change of a page, run

    python docs/pages.py                    # all pages
    python docs/pages.py docs/course/02*    # or some

which writes the ```text blocks, and the pictures to docs/figures/course. With --check,
the pages stay as they are, and differences are printed. It needs skdl and matplotlib.
"""

import argparse
import contextlib
import difflib
import io
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "figures" / "course"
CHAPTERS = sorted((DOCS / "course").glob("[0-9]*.md"))
PAGES = [*CHAPTERS, DOCS / "first_net.md", DOCS / "does_not_learn.md"]
BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n^```text\n(?P<output>.*?)^```\n)?",
    re.M | re.S,
)


def run(page):
    """Run a page's code in the current folder; yield (block, printed) in order.

    A block is a match of `BLOCK`. Warnings of nets that reach `max_iter` are not shown,
    because examples train briefly.
    """
    from sklearn.exceptions import ConvergenceWarning

    namespace = {"__name__": "__page__"}
    text = page.read_text("utf-8")
    try:
        for block in BLOCK.finditer(text):
            # Line numbers of errors are those of the page.
            code = "\n" * (text.count("\n", 0, block.start()) + 1) + block["code"]
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                exec(compile(code, str(page), "exec"), namespace)
            lines = printed.getvalue().splitlines()
            yield block, "".join(f"{line.rstrip()}\n" for line in lines)
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def shown_figures(page):
    """Return the names of the pictures in FIGURES that a page shows."""
    return re.findall(r"\]\([^)]*figures/course/(\w+\.png)\)", page.read_text("utf-8"))


def with_output(block, printed):
    """Return the text of a block, with what it prints."""
    code = f"```python\n{block['code']}```\n"
    return f"{code}\n```text\n{printed}```\n" if printed else code


def shrink(path):
    """Save a picture with a palette, which makes the file a third as large."""
    from PIL import Image  # a dependency of matplotlib

    Image.open(path).convert("RGB").quantize(128).save(path, "PNG", optimize=True)


def update(page, *, write):
    """Run a page; return the lines that differ, and write them if asked to."""
    text, parts, end = page.read_text("utf-8"), [], 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for block, printed in run(page):
            parts += [text[end : block.start()], with_output(block, printed)]
            end = block.end()
        figures = sorted(Path().glob("*.png"))
        if write:
            for figure in figures:
                shrink(figure)
                FIGURES.mkdir(exist_ok=True)
                (FIGURES / figure.name).write_bytes(figure.read_bytes())
    found = "".join([*parts, text[end:]])
    if write:
        page.write_text(found, "utf-8")
    differences = difflib.unified_diff(text.splitlines(), found.splitlines(), n=0)
    return list(differences)[2:]


def main(argv=None):
    """Update or check pages, and return the exit code."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    parser = argparse.ArgumentParser("pages", description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES)
    parser.add_argument("--check", action="store_true", help="change no file")
    options = parser.parse_args(argv)
    different = False
    for page in options.pages:
        lines = update(page.resolve(), write=not options.check)
        different |= bool(lines)
        print(page.name, *(lines or ["same"]), sep="\n  ")
    return int(options.check and different)


if __name__ == "__main__":
    sys.exit(main())
