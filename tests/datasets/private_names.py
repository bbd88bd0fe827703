"""The private names that tests of this folder use.

When a file of skdl moves or is renamed, only the imports below change.
"""

# ruff: noqa: F401

from skdl.datasets import _openml, _tar
from skdl.datasets._batch_pickle import read_batch_pickle
