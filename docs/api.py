"""Write docs/api.md: every public name with the first sentence of its docstring.

Run it as ``python docs/api.py`` from a clone in which skdl is installed or on the path.
The site has a page for each name instead: conf.py asks for `reference`.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

import skdl

PAGE = Path(__file__).with_name("api.md")
HEAD = """# API reference

Every public name, by the module to import it from. `help(name)` prints the docstring.

Write this page again by `python docs/api.py`.
"""


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


def reference():
    """Return the reStructuredText from which Sphinx makes a page for each name."""
    title = "API reference"
    lines = [title, "=" * len(title), ""]
    lines += ["Every public name, by the module to import it from.", ""]
    for module, here in sections().items():
        name = module.__name__
        lines += [name, "-" * len(name), "", f".. module:: {name}", ""]
        lines += [f".. currentmodule:: {name}", "", ".. autosummary::"]
        lines += ["   :toctree: .", "   :nosignatures:", ""]
        lines += [f"   {n}" for n in here] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
