"""What pytest should know before it imports a test."""

import atexit
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

# A run leaves nothing behind in the clone. Hypothesis has a folder of its own; and
# neither this process nor those it starts write bytecode: only this file was compiled
# before it says so.
if "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ:
    folder = tempfile.mkdtemp(prefix="skdl-hypothesis-")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
beside = Path(__file__).with_name("__pycache__")
for path in beside.glob("conftest.*"):
    path.unlink(missing_ok=True)
if beside.is_dir() and not any(beside.iterdir()):
    beside.rmdir()

# xdist's workers share the cores: with more threads of BLAS than these, each waits for
# others, a hundred times as long on a busy machine. Set before NumPy is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Its promises are asserted outside of a test file: failures show values there, too.
pytest.register_assert_rewrite("tests.meta.promises")


@pytest.fixture
def clock(monkeypatch):
    """A clock of trainings, with attributes `now` and `tick`: seconds a look takes."""
    from skdl.engine import training
    from skdl.estimators import _stopping, _training_run
    from skdl.inspection.diagnosis import _trial

    clock = SimpleNamespace(now=0.0, tick=0.0)

    def look():
        clock.now += clock.tick
        return clock.now

    for module in (_training_run, _stopping, training, _trial):
        monkeypatch.setattr(module, "perf_counter", look)
    return clock


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Import the tests without garbage collection, which takes a quarter of the time.

    Their syntax trees and parameters are many objects, of which few are garbage.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """Take what was collected, thousands of tests, out of the garbage collector's way.

    It would look at all of them again in each of its full passes.
    """
    gc.collect()
    gc.freeze()
