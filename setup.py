from setuptools import setup  # All metadata is in pyproject.toml.

setup()
