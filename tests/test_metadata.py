"""The package, its citation, its changelog and its API reference agree."""

import re
import runpy
import tomllib
from pathlib import Path

import skdl

ROOT = Path(__file__).resolve().parents[1]


def test_citation_and_changelog_name_the_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {skdl.__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{skdl.__version__}]" in changelog


def test_dev_brings_every_tool_of_the_makefile():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for tool in ("ruff", "codespell", "pyright"):
        assert f"\n\t{tool}" in makefile
        assert any(entry.startswith(tool) for entry in extras["dev"])


def test_setup_has_no_metadata():
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    for name in ("name=", "version=", "install_requires", "extras_require"):
        assert name not in text


def test_the_api_reference_has_every_public_name():
    """Run ``python docs/api.py`` if this fails."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    expected = runpy.run_path(str(ROOT / "docs" / "api.py"))["page"]()
    pattern = r"^## .*|^\| `\w+`"
    assert re.findall(pattern, page, re.M) == re.findall(pattern, expected, re.M)


def test_all_has_every_extra_for_users():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    (entry,) = extras.pop("all")
    for_contributors = {"test", "docs", "bench", "dev"}
    assert for_contributors < set(extras)
    users = sorted(set(extras) - for_contributors)
    assert entry == f"skdl[{','.join(users)}]"
