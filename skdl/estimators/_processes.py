"""How many processes train several nets, if the user leaves that to skdl.

The choice depends on parameters, data and the number of cores alone, not on a clock:
equal calls make the same choice.
"""

import multiprocessing
import os
import pickle
import sys
import threading
from itertools import pairwise

from joblib.parallel import get_active_backend
from scipy.sparse import issparse
from sklearn import get_config

from skdl._memory import bytes_per_row
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._callbacks import callbacks_of
from skdl.estimators._check_input import rows_per_batch

__all__ = ["can_move", "number_of_processes", "seconds_of_training"]

# Seconds of a fast core, in float64 but for the first: what each step of a net in a
# stack takes at least, each product of a weight with a number, the optimizer for each
# weight, and each output of a layer. On a slow machine, the estimates are too low.
PER_STEP, PER_PRODUCT, PER_WEIGHT, PER_OUTPUT = 12e-6, 5e-11, 1.5e-9, 3e-9
# The most epochs that count of a net that may stop early.
MOST_EPOCHS = 100
# Seconds of work that pay for the start of processes, and for each of them.
LONG, SHARE = 12.0, 6.0


def seconds_of_training(net, X, n_rows=None, most_columns=None):
    """Return about how many seconds a net trains on a fast core.

    Parameters
    ----------
    net : object
        A net, or some of its parameters. They may be invalid: then it takes no time.
    X : array-like
        The rows.
    n_rows : int, optional
        How many rows of X it trains on. By default all.
    most_columns : int, optional
        The most columns to count, if X is not what the net receives.
    """
    try:
        n_all, n_columns = X.shape if hasattr(X, "shape") else (len(X), len(X[0]))
        n_rows = n_all if n_rows is None else n_rows
        if issparse(X):
            n_columns = X.nnz // max(1, n_all)
        first = n_columns if most_columns is None else min(n_columns, most_columns)
        widths = [first, *check_hidden_layers(net.hidden_layer_sizes), 1]
        epochs = net.max_iter
        if net.n_iter_no_change < epochs:
            epochs = min(epochs, MOST_EPOCHS)
        n_steps = epochs * -(-n_rows // rows_per_batch(net.batch_size, n_rows))
        n_weights = sum(a * b for a, b in pairwise(widths))
        # Forwards, backwards, and the gradient of the weights.
        per_row = 3 * n_weights * PER_PRODUCT + sum(widths[1:]) * PER_OUTPUT
        seconds = epochs * n_rows * per_row + n_steps * n_weights * PER_WEIGHT
        is_double = getattr(getattr(X, "dtype", None), "itemsize", 8) >= 8
        return n_steps * PER_STEP + float(seconds if is_double else seconds / 2)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return 0.0  # ``fit`` raises an error that says more


def number_of_processes(n_jobs, seconds, n_fits, X, estimators, settings=()):
    """Return `n_jobs`, or for None how many processes train long work fastest.

    Parameters
    ----------
    n_jobs : int or None
        What the user has set.
    seconds : float
        The time of all fits, as `seconds_of_training` estimates it.
    n_fits : int
        How many fits there are.
    X : array-like
        The rows, of which each process may hold a copy.
    estimators : list of estimator
        What is fitted.
    settings : object, default=()
        What else processes receive.

    Returns
    -------
    n_jobs : int or None
        None for a single process, or as many as `joblib.parallel_config` says.
    """
    if n_jobs is not None or seconds < LONG:
        return n_jobs
    n_bytes = bytes_per_row(X) * (X.shape[0] if hasattr(X, "shape") else len(X))
    n_copies = get_config()["working_memory"] * 2**20 / max(1, n_bytes)
    n = int(min(free_cores(), n_fits, seconds / SHARE, n_copies))
    if n < 2 or not all(map(can_move, estimators)):
        return None
    return n if can_be_sent((estimators, settings)) else None


def free_cores():
    """Return how many processes this one may use without being asked.

    It is at most 1 in a worker of any kind, in a thread, under
    ``joblib.parallel_config``, and where Python is a part of another program, which
    would be started once more.
    """
    backend, n_jobs = get_active_backend()
    is_default = type(backend).__name__ == "LokyBackend" and not backend.nesting_level
    is_worker = (
        multiprocessing.parent_process() is not None
        or threading.current_thread() is not threading.main_thread()
    )
    is_embedded = getattr(sys, "frozen", False) or not sys.executable
    if n_jobs is not None or not is_default or is_worker or is_embedded:
        return 1
    # Each process would have as many threads as the user has set here.
    n_threads = [os.environ.get(name, "") for name in backend.MAX_NUM_THREADS_VARS]
    most = max([int(n) for n in n_threads if n.isdecimal()], default=1)
    return backend.effective_n_jobs(-1) // max(1, most)


def can_move(estimator):
    """Return whether the fit of an estimator has the same effects in another process.

    The estimator may not have callbacks or print, nor train against the clock, nor draw
    from NumPy's global generator, which ``np.random.seed`` has set in this process. Its
    own `random_state` is not read: the caller gives it a seed.

    Parameters
    ----------
    estimator : estimator
    """
    if callbacks_of(estimator):
        return False
    for path, value in estimator.get_params().items():
        name = path.rpartition("__")[2]
        if name == "random_state" != path and value is None:
            return False
        if (name == "verbose" and value) or (name == "max_time" and value is not None):
            return False
        if callbacks_of(value) or _draws(value):
            return False
    return True


def _draws(splitter):
    """Return whether a splitter shuffles without a seed."""
    shuffles = getattr(splitter, "shuffle", True)
    return shuffles and getattr(splitter, "random_state", 0) is None


def can_be_sent(objects):
    """Return whether objects can be pickled, and none is defined in the user's script.

    A function of the script may count, print or collect: in another process, its
    effects would be lost.

    Parameters
    ----------
    objects : object
    """
    try:
        # Arrays are left out of the bytes.
        sent = pickle.dumps(objects, protocol=5, buffer_callback=lambda _: None)
    except Exception:
        return False
    return b"__main__" not in sent
