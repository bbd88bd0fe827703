"""A shim: pyproject.toml has all metadata, and README.md is the long description.

Builds leave no files in this folder. Once pyproject.toml has the address ``Repository``
in ``[project.urls]``, the links of README.md become absolute in the long description,
because PyPI shows no files beside it. They lead to the tag of the version.
"""

import re
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from setuptools import setup

ROOT = Path(__file__).resolve().parent


def absolute_links(text, repository, tag):
    """Return Markdown in which links to files lead to a tag of a repository."""

    def link(match):
        is_picture = match[1].endswith((".png", ".svg"))
        return f"]({repository}/{'raw' if is_picture else 'blob'}/{tag}/{match[1]})"

    return re.sub(r"\]\((?!#|[a-z]+:)([^)\s]+)\)", link, text)


def long_description():
    """Return the text for the page on PyPI."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    repository = project["project"].get("urls", {}).get("Repository", "").rstrip("/")
    version = (ROOT / "skdl" / "_version.py").read_text(encoding="utf-8")
    tag = "v" + re.search('__version__ = "(.+)"', version)[1]
    return absolute_links(text, repository, tag) if repository else text


with TemporaryDirectory() as folder:
    setup(
        long_description=long_description(),
        long_description_content_type="text/markdown",
        options={"build": {"build_base": folder}, "egg_info": {"egg_base": folder}},
    )
