"""How long ``import skdl`` takes."""

import os
import subprocess
import sys

from benchmarks.table import goal, number, table

__all__ = ["measure"]

CODE = """
import time
start = time.perf_counter()
import {}
print(time.perf_counter() - start)
"""


def seconds_of_import(module):
    """Return the seconds that a new interpreter needs to import the module.

    The interpreter may save compiled modules, as by default: an installed package has
    them, a clone only after the first import.
    """
    command = [sys.executable, "-c", CODE.format(module)]
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    result = subprocess.run(command, env=environment, capture_output=True, check=True)
    return float(result.stdout)


def measure(session):
    """Time both imports in turn."""
    names = ("skdl", "sklearn.neural_network")
    actions = {name: lambda name=name: seconds_of_import(name) for name in names}
    ours, theirs = session.best(
        actions, session.sized(max(7, session.n_rounds), 2)
    ).values()
    header = ["`import`", *(f"{name}, ms" for name in names), "ratio"]
    ratio = goal(ours / theirs, 1.1, at_least=False)
    return table(header, [["time", number(1e3 * ours), number(1e3 * theirs), ratio]])
