"""The machine and the versions of a benchmark run."""

import os
import platform
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from threadpoolctl import threadpool_info

from benchmarks.table import table

__all__ = ["describe"]

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "skorch", "jax", "optax")


def describe(session):
    """Return a table of the processor, the libraries and their versions."""
    blas = {
        f"{pool['internal_api']} {pool['version']} ({pool['architecture']})"
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    }
    versions = [
        f"{package} {version(package)}"
        for package in PACKAGES
        if find_spec(package.replace("scikit-learn", "sklearn"))
    ]
    rows = [
        ["processor", f"{processor()}, {os.cpu_count()} cores"],
        ["threads of each contender", session.n_threads],
        ["rounds, the best of which counts", session.n_rounds],
        ["system", f"{platform.system()}, Python {platform.python_version()}"],
        ["BLAS of NumPy", ", ".join(sorted(blas)) or "not known to threadpoolctl"],
        ["versions", ", ".join(versions)],
    ]
    return table(["machine", ""], rows)


def processor():
    """Return the name of the processor, if the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = re.findall(r"model name\s*: (.+)", text)
    return names[0] if names else platform.processor()
