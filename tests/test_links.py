"""Links between the Markdown pages lead to files and headings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "benchmarks/*.md",
        "examples/*.md",
        ".github/**/*.md",
    )
    for page in ROOT.glob(pattern)
    if "generated" not in page.parts  # made for the site
)


def anchors(text):
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(page, root=ROOT):
    """Yield the targets of a page that do not exist."""
    text = (root / page).read_text(encoding="utf-8")
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (root / page).parent / name if name else root / page
        is_there = file.exists()
        if is_there and anchor:
            is_there = anchor in anchors(file.read_text(encoding="utf-8"))
        if not is_there:
            yield target


def missing_files(text):
    """Yield the paths of Python files that a page names and that do not exist."""
    for path in re.findall(r"(?<![\w/.])(?:\w+/)+\w+\.py\b", text):
        folders = (ROOT, ROOT / "skdl", ROOT / "docs")
        if not any((folder / path).exists() for folder in folders):
            yield path


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page(page):
    assert not list(broken_links(page))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names(page):
    assert not list(missing_files((ROOT / page).read_text(encoding="utf-8")))


def test_missing_files_are_found():
    text = "`engine/network.py`, skdl/none.py, docs/api.py and `engine/none/a.py`"
    assert list(missing_files(text)) == ["skdl/none.py", "engine/none/a.py"]


def test_pages_are_found():
    assert {"README.md", "docs/training.md", "benchmarks/README.md"} <= set(PAGES)


def test_broken_links_are_found(tmp_path):
    text = "# A `b`, c\n[](page.md#a-b-c) [](#a-b-c) [](https://x.org) `[](code)`\n"
    (tmp_path / "page.md").write_text(text + "[](none.md) [](page.md#d)", "utf-8")
    assert list(broken_links("page.md", tmp_path)) == ["none.md", "page.md#d"]
