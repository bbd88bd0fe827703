"""Packaging of skdl; everything else about the tools stands in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = re.search(
    r'^__version__ = "(.+)"$', (here / "skdl" / "_version.py").read_text(), re.M
).group(1)

images = ["pillow>=11"]
plot = ["matplotlib>=3.9"]
test = ["pytest>=8", "pytest-xdist>=3.5", "pandas>=2.2", "polars>=1", "skops>=0.16"]
test += ["hypothesis>=6", "rich>=13", *images, *plot]
# The peers, in the versions that benchmarks/README.md was measured with or later.
bench = ["torch>=2.13", "skorch>=1.4", "jax>=0.10", "optax>=0.2.8", "threadpoolctl"]
bench += plot

setup(
    name="skdl",
    version=version,
    description="Neural networks for scikit-learn, on NumPy alone",
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="BSD-3-Clause",
    packages=find_packages(include=["skdl", "skdl.*"]),
    python_requires=">=3.11",
    install_requires=["numpy>=2", "scipy>=1.15", "scikit-learn>=1.9"],
    extras_require={
        "plot": plot,
        "images": images,
        "dask": ["dask>=2025.1", "distributed>=2025.1", "dask-ml>=2025.1"],
        "optuna": ["optuna>=4"],
        "tensorboard": ["tensorboardX>=2.6"],
        "test": test,
        "bench": bench,
        "dev": [*test, "ruff==0.17.6", "numpydoc>=1.8"],
    },
)
