"""The package, its citation, its changelog and its API reference agree."""

import re
import runpy
import shutil
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

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


@pytest.fixture
def description(tmp_path, monkeypatch):
    """Return a function of `[project.urls]`: the long description with these URLs."""
    found = {}
    setuptools = SimpleNamespace(setup=lambda **options: found.update(options))
    monkeypatch.setitem(sys.modules, "setuptools", setuptools)
    (tmp_path / "skdl").mkdir()
    for name in ("setup.py", "README.md", "pyproject.toml", "skdl/_version.py"):
        shutil.copy(ROOT / name, tmp_path / name)

    def describe(urls):
        with (tmp_path / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(urls)
        runpy.run_path(str(tmp_path / "setup.py"))
        return found["long_description"]

    return describe


LINK = r"\]\(([^)]+)\)"


def test_links_of_the_long_description_are_absolute_once_there_is_a_repository(
    description,
):
    before = re.findall(LINK, (ROOT / "README.md").read_text(encoding="utf-8"))
    text = description('[project.urls]\nRepository = "https://example.org/a/skdl/"\n')
    after = re.findall(LINK, text)
    assert len(after) == len(before) > 30
    assert all(link.startswith("https://") for link in after)
    root, tag = "https://example.org/a/skdl", f"v{skdl.__version__}"
    assert f"{root}/raw/{tag}/docs/figures/quickstart.png" in after
    assert f"{root}/blob/{tag}/docs/quickstart.md" in after
    for old, new in zip(before, after, strict=True):
        assert new == old or new.endswith(f"/{tag}/{old}")


def test_the_long_description_is_the_readme_while_there_is_no_repository(description):
    assert description("") == (ROOT / "README.md").read_text(encoding="utf-8")


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
