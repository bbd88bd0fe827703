"""The code in the guides of docs/ runs as it stands there."""

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
# A guide, how often it says what it prints, and the modules of extras that it needs.
GUIDES = {
    "callbacks": (5, ()),
    "displays": (6, ()),
    "training": (6, ("pandas",)),
    "troubleshooting": (4, ()),
    "ensembles": (3, ()),
    "model_selection": (5, ()),
    "datasets": (4, ()),
    "images": (6, ()),
    "inspection": (5, ()),
    "intervals": (2, ()),
    "tables": (4, ()),
    "tabular": (3, ("pandas",)),
    "distributed": (4, ("distributed", "dask_ml", "optuna")),
}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("name", GUIDES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide(name, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    n_prints, modules = GUIDES[name]
    for module in modules:
        reason = 'needs the extras: pip install ".[dask,optuna]"'
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


@pytest.mark.usefixtures("clock")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_readme(capsys):
    text = (DOCS.parent / "README.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 12
    for line in printed:
        assert line in text
