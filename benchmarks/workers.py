"""One process per contender, and turns among them.

BLAS, OpenMP and XLA each keep a pool of threads. These threads wait actively for a
while after their work, and occupy the cores. With one process per contender and a pause
between turns, contenders do not disturb each other.
"""

import contextlib
import ctypes
import gc
import os
import re
import threading
import time
import traceback
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

__all__ = ["PAUSE", "Worker", "WorkerError", "take_turns"]

# Seconds. OpenBLAS's threads wait actively for 2^26 ticks of the processor's counter,
# 100 ms where this was measured. PyTorch's threads wait for 10 ms, JAX's not at all.
PAUSE = 0.15


class WorkerError(RuntimeError):
    """An error in another process, with its traceback."""


class Worker:
    """A process that holds objects, and calls their methods.

    Parameters
    ----------
    n_threads : int
        Number of threads of its libraries, and of cores that it may use.
    """

    def __init__(self, n_threads):
        context = get_context("spawn")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_serve, args=(end, n_threads))
        self._process.daemon = True
        with _environment(n_threads):
            self._process.start()
        end.close()

    @property
    def pid(self):
        """Number of the process."""
        return self._process.pid

    def make(self, key, factory, *args):
        """Create an object by ``factory``, "module:name", and keep it under a key."""
        self._ask("make", key, factory, args)

    def call(self, key, method, *args):
        """Call a method of an object, and return its result."""
        return self._ask("call", key, method, args)

    def time(self, key, method, *args):
        """Return the seconds that a method takes."""
        return self._ask("time", key, method, args)

    def memory(self, key, method, *args):
        """Return the peak memory of a method, in bytes beyond those in use."""
        return self._ask("memory", key, method, args)

    def private_memory(self, key, method, *args):
        """Return the same without pages of mapped files, sampled every 10 ms."""
        return self._ask("private", key, method, args)

    def clear(self):
        """Delete all objects."""
        self._ask("clear")

    def _ask(self, *request):
        self._pipe.send(request)
        try:
            error, answer = self._pipe.recv()
        except EOFError:
            raise WorkerError(f"the process died at {request[:3]}") from None
        if error:
            raise WorkerError(error)
        return answer

    def close(self):
        """End the process."""
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.terminate()

    def __enter__(self):
        """Return the worker; its process runs already."""
        return self

    def __exit__(self, *exception):
        """End the process."""
        self.close()


def _serve(pipe, n_threads):
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_threads])
    # The time of one thread does not grow while other programs run.
    clock = time.process_time if n_threads == 1 else time.perf_counter
    things = {}
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        try:
            answer = None, _do(things, clock, *request)
        except Exception:
            answer = traceback.format_exc(), None
        pipe.send(answer)


def _do(things, clock, command, key=None, name=None, args=()):
    if command == "clear":
        things.clear()
        gc.collect()
        return None
    if command == "make":
        module, factory = name.split(":")
        things[key] = getattr(import_module(module), factory)(*args)
        return None
    method = getattr(things[key], name)
    if command == "call":
        return method(*args)
    if command == "private":
        return _private_peak(method, args)
    before = _start_peak() if command == "memory" else 0
    start = clock()
    method(*args)
    seconds = clock() - start
    return _status("VmHWM") - before if command == "memory" else seconds


def _start_peak():
    """Release free memory, reset the peak; return the bytes in use (Linux)."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):  # musl has no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _private_peak(method, args):
    _start_peak()
    sizes, has_ended = [_status("RssAnon")], threading.Event()

    def watch():
        while not has_ended.wait(0.01):
            sizes.append(_status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        method(*args)
    finally:
        has_ended.set()
        watcher.join()
    return max(sizes) - sizes[0]


def _status(name):
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{name}:\s+(\d+) kB", status)[1])


@contextlib.contextmanager
def _environment(n_threads):
    """Set the variables that a process reads when it loads its libraries."""
    libraries = ("OPENBLAS", "OMP", "MKL")
    ours = {f"{library}_NUM_THREADS": str(n_threads) for library in libraries}
    before = dict(os.environ)
    os.environ.update(ours)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def take_turns(actions, n_rounds, pause=PAUSE):
    """Run actions in turn, in several rounds.

    Parameters
    ----------
    actions : dict of callable
        Each returns its time in seconds.
    n_rounds : int
        Number of rounds; each begins with another action. A round before them is not
        counted: it fills caches and compiles code.
    pause : float
        Seconds between turns.

    Returns
    -------
    seconds : dict of list of float
        Name -> times, round by round.
    """
    names = list(actions)
    seconds = {name: [] for name in names}
    for i in range(-1, n_rounds):
        first = i % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(pause)
            taken = actions[name]()
            if i >= 0:
                seconds[name].append(taken)
    return seconds
