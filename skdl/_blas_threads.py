"""One thread of BLAS for as long as a part of skdl runs in threads of its own."""

from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]

_lock = Lock()
# The limit, and how many threads of the caller are inside: the last one lifts it.
_state: dict[str, Any] = {"limit": None, "n_inside": 0}


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread, since its threads would wait for one another."""
    with _lock:
        if not _state["n_inside"]:
            _state["limit"] = threadpool_limits(1, user_api="blas")
        _state["n_inside"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["n_inside"] -= 1
            if not _state["n_inside"]:
                _state["limit"].restore_original_limits()
