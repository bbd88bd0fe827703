"""Write docs/api.md: every public name with the first sentence of its docstring.

Run it as ``python docs/api.py`` from a clone in which skdl is installed or on the path.
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


def page():
    """Return the Markdown of the page."""
    lines = [HEAD]
    for module in modules():
        lines += [f"## {module.__name__}\n", "| name | what it is |", "|---|---|"]
        things = {name: getattr(module, name) for name in module.__all__}
        lines += [
            f"| `{name}` | {summary(thing)} |"
            for name, thing in things.items()
            if inspect.isclass(thing) or inspect.isroutine(thing)
        ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
