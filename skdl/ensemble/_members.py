"""Training the members of an ensemble together."""

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from skdl._collected_warnings import collecting, show
from skdl.engine.stacking import stack
from skdl.estimators._internal_api import (
    fit_together,
    number_of_processes,
    seconds_of_training,
    take_network,
)

__all__ = ["fit_calls", "stack_networks"]


def fit_calls(ensemble, calls, at_once=None):
    """Fit the nets of several calls, in stacks where possible; return the nets.

    One warning counts the nets that reached max_iter.

    Parameters
    ----------
    ensemble : estimator
        Has `n_jobs`, the number of processes. Each fits an equal part of the nets.
    calls : list of Call
    at_once : int, optional
        The most nets that train at the same time. By default all. If the user sets the
        number of processes, it holds for each of them.

    Raises
    ------
    Exception
        The first that a net raised.
    """
    n_members = len(calls)
    titles = [
        f"[{type(ensemble).__name__}] member {i} of {n_members}"
        for i in range(1, n_members + 1)
    ]
    n_jobs = _n_jobs(ensemble.n_jobs, calls)
    n_parts = min(effective_n_jobs(n_jobs), n_members)
    if ensemble.n_jobs is None and at_once is not None:
        at_once = max(1, at_once // n_parts)  # all processes share the memory
    results = Parallel(n_jobs=n_jobs)(
        delayed(_fit_part)([calls[i] for i in part], [titles[i] for i in part], at_once)
        for part in np.array_split(np.arange(n_members), n_parts)
    )
    show([one for _, caught in results for one in caught], n_members, "members")
    return [net for nets, _ in results for net in nets]


def _n_jobs(n_jobs, calls):
    """Return `n_jobs`, or for None what skdl chooses for these calls."""
    seconds = 0.0
    for call in calls if n_jobs is None else ():
        n_rows = None if call.rows is None else len(call.rows)
        seconds += seconds_of_training(call.net, call.X, n_rows)
    # The other nets differ in their seeds alone.
    net = calls[0].net
    return number_of_processes(n_jobs, seconds, len(calls), calls[0].X, [net])


def _fit_part(calls, titles, at_once):
    """Return the fitted nets, and their warnings."""
    at_once = len(calls) if at_once is None else at_once
    with collecting() as caught:
        if not calls[0].net.verbose:
            for start in range(0, len(calls), at_once):
                _fit(calls[start : start + at_once])
        else:
            for call, title in zip(calls, titles, strict=True):
                print(title)
                _fit([call])
    return [call.net for call in calls], caught


def _fit(calls):
    for error in fit_together(calls):
        if error is not None:
            raise error


def stack_networks(nets):
    """Take the networks out of fitted nets, and return them as one stack.

    Parameters
    ----------
    nets : list of estimator
        They count as not fitted afterwards, and keep their records.
    """
    networks = [take_network(net) for net in nets]
    return stack(networks[0], [network.snapshot() for network in networks])
