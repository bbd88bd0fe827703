"""What conf.py makes for a build of the site, all of it in docs/generated."""

import os
import re
import shutil
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
GENERATED = DOCS / "generated"
EXAMPLES = GENERATED / "examples"

# Pages of other folders, and their names in the site.
OTHER_PAGES = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security",
    "benchmarks/README.md": "benchmarks",
}
MOVED = {
    "README.md": DOCS / "index.md",
    "examples/README.md": GENERATED / "gallery" / "index.rst",
    "docs/api.md": GENERATED / "api.rst",
}
MOVED |= {page: GENERATED / f"{name}.md" for page, name in OTHER_PAGES.items()}

# The examples that do not run when the site is built, because they need data or another
# library. `python docs/gallery.py` stores a picture of each in this folder.
PICTURES = DOCS / "figures" / "gallery"
STORED = ("cifar10_mlp", "dask_search", "mnist_mlp", "optuna_search", "out_of_core")
RUN = rf"[/\\](?!({'|'.join(STORED)})\.py)\w+\.py$"
# The arguments with which examples run for the site. The others have none, or few.
ARGUMENTS = {
    "checkpoint": ["--output", "checkpoint.png"],
    "cifar10_mlp": ["--rows", "10000", "--epochs", "10"],
    "dask_search": ["--output", "dask_search.png"],
    "ensembles": ["--seeds", "1", "--output", "ensembles.png"],
    "imbalance": ["--splits", "1", "--output", "imbalance.png"],
    "learning_rate": ["--seeds", "1", "--output", "learning_rate.png"],
    "mixed_table": ["--output", "mixed_table.png"],
    "mnist_mlp": ["--rows", "10000", "--epochs", "8"],
    "optuna_search": ["--output", "optuna_search.png"],
    "out_of_core": ["--output", "out_of_core.png"],
    "quickstart": ["--output", "quickstart.png"],
    "tabular_from_csv": ["--output", "."],
}
GALLERY = """Gallery
=======

Scripts to read, run and change. Each runs without arguments: ``python quickstart.py``.
The site shows what they print and draw, some with fewer seeds than by default.
"""
DISPLAYS = """Displays
========

The pictures of :mod:`skdl.inspection`, each with the lines that draw it.
"""


def write(path, text):
    """Write a file if its text is new, so that Sphinx reads only what has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def destination(file):
    """Return the page of the site that stands for a file, or the file itself."""
    name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
    if name in MOVED:
        return MOVED[name]
    example = re.fullmatch(r"examples/((?:displays/)?[a-z]\w*)\.py", name)
    return GENERATED / "gallery" / f"{example[1]}.rst" if example else file


def rewrite(text, source, page):
    """Rewrite the relative links of Markdown for a page at another place.

    Parameters
    ----------
    text : str
        The Markdown. Code is left as it is.
    source : Path
        The file to which the links are relative.
    page : Path
        The page of the site that gets the text.
    """

    def link(match):
        target, _, anchor = match[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = (source.parent / target).resolve()
        if file.is_dir():
            file /= "README.md"
        place = destination(file)
        relative = os.path.relpath(place, page.parent).replace(os.sep, "/")
        # Only Markdown has anchors by headings.
        anchor = f"#{anchor}" if anchor and place.suffix == ".md" else ""
        return f"]({relative}{anchor})"

    parts = re.split(r"(^```.*?^```|`[^`\n]+`)", text, flags=re.S | re.M)
    parts[::2] = [re.sub(r"\]\(([^)\s]+)\)", link, part) for part in parts[::2]]
    return "".join(parts)


def escape(text):
    """Return a docstring in which |x| and x_ are text, not reStructuredText.

    Code stays as it is, and so do the names of parameters and attributes, which
    numpydoc escapes itself.
    """
    code = r"``.*?``|`[^`]*`|^ *(?:>>>|\.\.\.) .*?$|^ *\w+(?:, \w+)* : "
    parts = re.split(f"({code})", text, flags=re.S | re.M)
    special = re.compile(r"(?<=[^\W_])_+(?!\w)|(?<!\\)\|")
    parts[::2] = [
        special.sub(lambda m: re.sub(".", r"\\\g<0>", m[0]), p) for p in parts[::2]
    ]
    return "".join(parts)


def mathml(tex, as_block=False):
    """Return a formula as MathML, which browsers draw without scripts.

    docutils reads a part of LaTeX. Dots and fractions of two digits are written here as
    it expects them.
    """
    from docutils.utils.math.latex2mathml import tex2mathml

    tex = re.sub(r"\\dots\b", r"\\ldots", tex.strip())
    tex = re.sub(r"\\([td]?)frac *(\d) *(\d)", r"\\\1frac{\2}{\3}", tex)
    return tex2mathml(tex, as_block=as_block)


def write_formula(translator, node):
    """Write the HTML of a formula in a line, or of one that stands alone."""
    from docutils.nodes import SkipNode, math_block

    is_block = isinstance(node, math_block)
    formula = mathml(node.astext(), is_block)
    if is_block:
        formula = f'<div class="formula">{formula}</div>'
    translator.body.append(formula)
    raise SkipNode


def write_reference(pages):
    """Write the pages that list the public names, as {name of the page: its text}."""
    for name, text in pages.items():
        write(GENERATED / f"{name}.rst", text)


def write_other_pages():
    """Copy the pages of other folders, with links for their new place."""
    for name, new in OTHER_PAGES.items():
        source, page = ROOT / name, GENERATED / f"{new}.md"
        text = rewrite(source.read_text("utf-8"), source, page)
        # The changelog has every word, and would be found for each of them.
        head = "---\nnosearch: true\n---\n\n" if new == "changelog" else ""
        write(page, head + text)


def titled(script):
    """Return an example whose docstring begins with a title, for sphinx-gallery."""
    text = script.read_text("utf-8")
    begin = '"""'
    first = text.removeprefix(begin).partition("\n")[0]
    title = re.split(r"[:.](?: |$)", first)[0].removesuffix(begin).strip(".")
    # sphinx-gallery runs scripts without their docstring.
    text = re.sub(r"__doc__\.\w+\([^)]*\)\[0\]", repr(first), text)
    # A first line that is the title is not repeated.
    text = text.removeprefix(begin)
    text = text.removeprefix(f"{title}.\n\n")
    head, end, code = text.partition(begin)
    # Commands in lines of their own are code.
    head = re.sub(r"\n\n(?=    python )", "\n\n.. code-block:: console\n\n", head)
    head = f"\n{title}\n{'=' * len(title)}\n\n{head}"
    if script.stem not in STORED:
        return f"{begin}{head}{end}{code}"
    picture = f"figures/gallery/{script.stem}.png"
    image = f"\n.. image:: /{picture}\n   :alt: What the script draws\n"
    thumbnail = f'\n# sphinx_gallery_thumbnail_path = "{picture}"\n'
    return f"{begin}{head}{image}{end}{code}{thumbnail}"


def write_examples():
    """Copy the examples, with titles, to where sphinx-gallery looks for them."""
    kept = set()
    for script in sorted((ROOT / "examples").glob("**/[!_]*.py")):
        copy = EXAMPLES / script.relative_to(ROOT / "examples")
        kept.add(copy)
        write(copy, titled(script))
    for old in set(EXAMPLES.glob("**/*.py")) - kept:
        old.unlink()
    write(EXAMPLES / "GALLERY_HEADER.rst", GALLERY)
    write(EXAMPLES / "displays" / "GALLERY_HEADER.rst", DISPLAYS)


def order(name):
    """Return the place of an example in the gallery: that of examples/README.md."""
    text = (ROOT / "examples" / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\w+\.py)\]", text, re.M)
    return listed.index(name) if name in listed else len(listed), name


def arguments(gallery_conf, script_vars):
    """Return the arguments of an example, for sphinx-gallery."""
    return ARGUMENTS.get(Path(script_vars["src_file"]).stem, [])


def without_picture():
    """Return the examples of the last build that have no picture of their own."""
    folder = GENERATED / "gallery"
    return [
        script.name
        for script in sorted(EXAMPLES.glob("**/*.py"))
        if script.stem not in STORED
        and not any(folder.glob(f"**/images/sphx_glr_{script.stem}_001.png"))
    ]


def scrape(block, block_vars, gallery_conf):
    """Give sphinx-gallery the pictures that an example has saved in its folder."""
    from sphinx_gallery.scrapers import figure_rst

    saved = []
    folder = Path(block_vars["src_file"]).parent
    for picture in sorted(folder.glob("*.png")):
        path = next(block_vars["image_path_iterator"])
        shutil.move(picture, path)
        saved.append(path)
    return figure_rst(saved, gallery_conf["src_dir"])
