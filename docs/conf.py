"""The configuration of the site: ``make docs`` builds it into build/site.

Pages are the Markdown files of this folder, which also work on GitHub. The folder
docs/generated, which git ignores, gets what is made for a build: the pages of the
public names, the gallery, and copies of the pages in other folders of the repository.
"""

import re
import runpy
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS)]

import _site  # noqa: E402
from sphinx.util import logging  # noqa: E402

import skdl  # noqa: E402

logger = logging.getLogger(__name__)
api = runpy.run_path(str(DOCS / "api.py"))
reference = api["reference"]()

project = "skdl"
author = "the skdl developers"
project_copyright = author
version = release = skdl.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
root_doc = "index"
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
# GitHub shows api.md. The site has generated/api.rst, with a page for each name.
exclude_patterns = [
    "api.md",
    "generated/examples",
    "**/*.ipynb",
    "**/GALLERY_HEADER.rst",
]
templates_path = ["_templates"]
smartquotes = False  # --option keeps its dashes
default_role = "obj"  # `name` links to a public name, or is code

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
copybutton_exclude = ".linenos, .gp, .go"

autosummary_generate = [f"generated/{name}.rst" for name in reference]
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # the docstrings say it in words
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
toc_object_entries_show_parents = "hide"
html_title = f"skdl {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_logo = html_favicon = "_static/logo.svg"
html_show_sourcelink = html_copy_source = False
html_sidebars = {"index": []}
html_theme_options = {
    "logo": {"text": "skdl"},
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

sphinx_gallery_conf = {
    "examples_dirs": "generated/examples",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": _site.RUN,
    "within_subsection_order": _site.order,
    "image_scrapers": ("matplotlib", _site.scrape),
    "reset_argv": _site.arguments,
    "thumbnail_size": (400, 280),
    "backreferences_dir": "generated/used_in",
    "doc_module": ("skdl",),
    "download_all_examples": False,
    "min_reported_time": 60,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "nested_sections": False,
}
suppress_warnings = ["config.cache"]

_site.write_reference(reference)
_site.write_examples()
_site.write_other_pages()


def rewrite_links(app, name, source):
    """Let links that lead out of docs/ lead to pages of the site."""
    page = Path(app.env.doc2path(name))
    if page.suffix == ".md" and "generated" not in page.parts:
        source[0] = _site.rewrite(source[0], page, page)


def skip(app, what, name, thing, omit, options):
    """Leave out what scikit-learn adds to every estimator."""
    is_foreign = str(getattr(thing, "__module__", "")).startswith("sklearn.")
    is_routing = re.fullmatch(r"set_\w+_request|get_metadata_routing", name)
    return True if is_foreign or is_routing else None


def escape(app, what, name, thing, options, lines):
    """Keep the formulas of docstrings, such as |x| and `n_features_in_`, as text."""
    lines[:] = _site.escape("\n".join(lines)).split("\n")


def check(app, error):
    """Warn of names without a page, and of examples without a picture.

    Warnings are errors of ``make docs``.
    """
    if error is not None or app.builder.name != "html":
        return
    described = app.env.get_domain("py").objects
    for name in sorted(set(api["names"]()) - set(described)):
        logger.warning("the reference lacks the public name %s", name)
    for name in _site.without_picture():
        logger.warning("the example %s has no picture in the gallery", name)


def setup(app):
    """Connect the functions above to the events of Sphinx."""
    write_formula = (_site.write_formula, None)
    app.add_html_math_renderer("mathml", write_formula, write_formula)
    app.connect("source-read", rewrite_links)
    app.connect("autodoc-process-docstring", escape, priority=400)  # before numpydoc
    app.connect("autodoc-skip-member", skip)
    app.connect("build-finished", check)
