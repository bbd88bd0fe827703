"""The private names that tests of this folder use.

When a file of skdl moves or is renamed, only the imports below change.
"""

# ruff: noqa: F401

from skdl.callbacks import _fingerprint, _npz_file, _safe_file
from skdl.callbacks._fingerprint import differences, digest, fill_in
from skdl.callbacks._npz_file import StateFile, decode, encode
from skdl.callbacks._safe_file import FileLock, naming
