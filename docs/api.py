"""Write docs/api.md: every public name with the first sentence of its docstring.

Run it as ``python docs/api.py`` from a clone in which skdl is installed or on the path.
The site has a page for each name instead: conf.py asks for `reference`.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import skdl

PAGE = Path(__file__).with_name("api.md")
HEAD = """# API reference

Every public name, by the module to import it from. `help(name)` prints the docstring.

Write this page again by `python docs/api.py`.
"""
# The groups of the reference, and the package or module that defines their names. The
# longest one that fits decides.
GROUPS = {
    "Nets": "estimators",
    "Tables": "estimators.tabular",
    "Preprocessing": "preprocessing",
    "Ensembles": "ensemble",
    "Searches": "model_selection",
    "Callbacks": "callbacks",
    "Inspection": "inspection",
    "Metrics": "metrics",
    "Data sets": "datasets",
    "Export": "export",
    "Engine: losses": "engine.losses",
    "Engine: activations": "engine.activations",
    "Engine: optimizers": "engine.optimizers",
    "Engine: schedules": "engine.schedules",
    "Engine: starting weights": "engine.initializers",
    "Engine: penalties": "engine.penalties",
    "Engine: protocols": "engine.protocols",
    "Engine: layers and training": "engine",
}


def modules():
    """Return skdl and its public packages and modules, in alphabetical order."""
    names = [module.name for module in pkgutil.iter_modules(skdl.__path__)]
    return [skdl] + [
        importlib.import_module(f"skdl.{name}") for name in names if name[0] != "_"
    ]


def summary(thing):
    """Return the first paragraph of a docstring in one line."""
    doc = inspect.cleandoc(thing.__doc__).split("\n\n")[0]
    return " ".join(doc.split()).replace("|", "\\|")


def things(module):
    """Return {name: class or function} of the public names of a module."""
    found = {name: getattr(module, name) for name in module.__all__}
    return {
        name: thing
        for name, thing in found.items()
        if inspect.isclass(thing) or inspect.isroutine(thing)
    }


def page():
    """Return the Markdown of the page."""
    lines = [HEAD]
    for module in modules():
        lines += [f"## {module.__name__}\n", "| name | what it is |", "|---|---|"]
        lines += [
            f"| `{name}` | {summary(thing)} |" for name, thing in things(module).items()
        ]
        lines.append("")
    return "\n".join(lines)


def sections():
    """Return {module: its names with a page}: a name has one, in its first module.

    `skdl.SoftmaxClassifier` is not listed again as `skdl.estimators.SoftmaxClassifier`.
    The contracts of one's own objects, in `skdl.engine.protocols`, have pages, too.
    """
    seen, found = set(), {}
    for module in [*modules(), importlib.import_module("skdl.engine.protocols")]:
        here = things(module)
        found[module] = [name for name, thing in here.items() if thing not in seen]
        seen |= set(here.values())
    return {module: names for module, names in found.items() if names}


def names():
    """Return the full name of everything that has a page."""
    return [f"{module.__name__}.{n}" for module, ns in sections().items() for n in ns]


def groups():
    """Return {title: {module: its names}}, in the order of `GROUPS`."""
    found = {title: {} for title in GROUPS}
    for module, here in sections().items():
        for name in here:
            defined_in = getattr(module, name).__module__ + "."
            fits = [t for t in GROUPS if defined_in.startswith(f"skdl.{GROUPS[t]}.")]
            title = max(fits, key=lambda title: len(GROUPS[title]))
            found[title].setdefault(module.__name__, []).append(name)
    return found


def table(module, names, *options):
    """Return the lines of a table of names with their first sentences."""
    options = [f"   {option}" for option in (":nosignatures:", *options)]
    head = [f"Import from :mod:`{module}`:", "", f".. currentmodule:: {module}", ""]
    return [*head, ".. autosummary::", *options, "", *(f"   {n}" for n in names), ""]


def reference():
    """Return {name of a page: its text}: reStructuredText for Sphinx.

    The page "api" lists all names by group. Each group has a page, from which Sphinx
    makes a page for each name, so that the sidebar shows groups.
    """
    pages, declared = {}, set()
    top = ["API reference", "=============", ""]
    for title, modules in groups().items():
        page = "api_" + re.sub(r"\W+", "_", title.lower())
        link = f":doc:`{title} <{page}>`"
        top += [link, "-" * len(link), ""]
        lines = [title, "=" * len(title), ""]
        for module, names in modules.items():
            top += table(module, names)
            lines += [] if module in declared else [f".. module:: {module}", ""]
            lines += table(module, names, ":toctree: .")
            declared.add(module)
        pages[page] = "\n".join(lines)
    top += [".. toctree::", "   :hidden:", "", *(f"   {page}" for page in pages), ""]
    return {"api": "\n".join(top)} | pages


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
