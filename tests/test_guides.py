"""The code in the guides of docs/ runs as it stands there."""

import re
import sys
from pathlib import Path

import pytest

import skdl
from skdl.inspection.diagnosis.findings import KINDS
from tests.scripts import module_of

DOCS = Path(__file__).parents[1] / "docs"
# A guide, how often it says what it prints, and the modules of extras that it needs.
GUIDES = {
    "index": (1, ()),
    "choosing": (1, ()),
    "csv_to_model": (6, ("pandas",)),
    "from_scikit_learn": (2, ()),
    "reproducibility": (3, ()),
    "speed": (1, ()),
    "from_skorch_and_keras": (2, ()),
    "deploy": (6, ("pandas", "onnxruntime", "skl2onnx", "skops")),
    "callbacks": (5, ()),
    "displays": (7, ("pandas",)),
    "training": (6, ("pandas",)),
    "troubleshooting": (4, ()),
    "ensembles": (3, ()),
    "model_selection": (6, ()),
    "datasets": (4, ()),
    "images": (6, ()),
    "inspection": (5, ()),
    "intervals": (2, ()),
    "tables": (6, ()),
    "tabular": (3, ("pandas",)),
    "distributed": (4, ("distributed", "dask_ml", "optuna")),
}


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("name", GUIDES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide(name, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    n_prints, modules = GUIDES[name]
    for module in modules:
        reason = 'needs the extras: pip install ".[dask,onnx,optuna]"'
        pytest.importorskip(module, reason=reason)
    guide = DOCS / f"{name}.md"
    code = "\n".join(re.findall(r"```python\n(.*?)```", guide.read_text("utf-8"), re.S))
    try:
        exec(compile(code, str(guide), "exec"), {})
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    printed = re.findall(r"print\(.*# (.*)", code)
    assert len(printed) == n_prints
    assert capsys.readouterr().out.splitlines() == printed


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_readme(capsys):
    text = (DOCS.parent / "README.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3
    for line in printed:
        assert line in text


PAGES = module_of(DOCS / "pages.py")


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("page", PAGES.PAGES, ids=lambda page: page.stem)
def test_page_prints_and_draws_what_it_shows(page, tmp_path, monkeypatch):
    """``python docs/pages.py`` writes outputs and figures again."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    for block, printed in PAGES.run(page):
        assert printed == (block["output"] or "")
    drawn = {figure.name for figure in tmp_path.glob("*.png")}
    assert drawn == set(PAGES.shown_figures(page))


def test_every_figure_of_the_course_is_shown():
    shown = [name for page in PAGES.PAGES for name in PAGES.shown_figures(page)]
    files = sorted(path.name for path in PAGES.FIGURES.glob("*.png"))
    assert sorted(shown) == files


@pytest.mark.parametrize("page", PAGES.CHAPTERS, ids=lambda page: page.stem)
def test_chapter_folds_the_solutions_of_its_exercises(page):
    """A reader sees an answer only after a click, on GitHub as on the site."""
    exercises = page.read_text("utf-8").partition("\n## Exercises\n")[2]
    _, *items = re.split(r"^\d+\. ", exercises, flags=re.M)
    assert 3 <= len(items) <= 5
    folded = re.compile(
        r"\S.*\n\n   <details><summary>Solution</summary>\n\n"
        r"(   \S.*\n)+\n   </details>\n"
    )
    assert all(folded.match(item) for item in items)


def test_page_of_which_the_output_changed_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\nEnd\n", "utf-8")
    assert PAGES.update(page, write=False)[1:] == ["-3", "+2"]
    PAGES.update(page, write=True)
    assert page.read_text("utf-8").splitlines()[5:] == ["2", "```", "", "End"]
    assert PAGES.update(page, write=False) == []


def test_names_in_the_table_of_concepts_exist():
    text = (DOCS / "course" / "index.md").read_text("utf-8")
    modules = [getattr(skdl, name) for name in skdl.__all__ if name.islower()]
    public = {name for module in [skdl, *modules] for name in dir(module)}
    names = set(re.findall(r"`([A-Z]\w+)", text)) - {"X_val"}
    elsewhere = {"DecisionBoundaryDisplay"}
    assert names - public == elsewhere
    assert len(names) > 40
    kinds = set(re.findall(r"finding `(\w+)`", text))
    assert kinds <= set(KINDS)
