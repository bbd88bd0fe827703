"""How many processes `CoarseToFineSearchCV` uses, if the user leaves that to skdl."""

from contextlib import contextmanager
from types import SimpleNamespace

from sklearn.base import clone
from sklearn.callback import ProgressBar

from skdl.estimators._internal_api import (
    can_move,
    number_of_processes,
    seconds_of_training,
)
from skdl.model_selection._candidate_stacks import MOST_COLUMNS
from skdl.model_selection._last_net import last_net, prefix_of_net

# The parameters of a net that decide how long it trains.
READ = ("hidden_layer_sizes", "max_iter", "n_iter_no_change", "batch_size")


@contextmanager
def n_jobs_restored(search):
    """Restore parameter `n_jobs` of a search, which may be chosen in the body.

    Parameters
    ----------
    search : estimator
    """
    n_jobs = search.n_jobs
    try:
        yield
    finally:
        search.n_jobs = n_jobs


def n_jobs_of_search(search, candidates, X, n_splits):
    """Return parameter `n_jobs` of a search, or for None what skdl chooses.

    Only nets, and pipelines that end with one, train in several processes without being
    asked. A search with callbacks other than `ProgressBar` has one process, and so does
    one that prints a line for each fit, or one of whose nets has no seed.

    Parameters
    ----------
    search : CoarseToFineSearchCV
        The search.
    candidates : list of dict
        Parameters of about the candidates that will be trained.
    X : array-like
        All rows.
    n_splits : int
        Number of folds.
    """
    net, n_jobs = last_net(search.estimator), search.n_jobs
    callbacks = getattr(search, "_skl_callbacks", ())
    is_silent = search.verbose <= 1
    is_silent &= all(isinstance(one, ProgressBar) for one in callbacks)
    if n_jobs is not None or net is None or not is_silent or net.random_state is None:
        return n_jobs
    n_all = X.shape[0] if hasattr(X, "shape") else len(X)
    n_rows = n_all - n_all // max(2, n_splits)
    prefix = prefix_of_net(search.estimator)
    most = None if net is search.estimator else MOST_COLUMNS
    seconds = 0.0
    for candidate in candidates:
        values = {
            name: candidate.get(prefix + name, getattr(net, name)) for name in READ
        }
        own = SimpleNamespace(**values)
        seconds += n_splits * seconds_of_training(own, X, n_rows, most)
    n = number_of_processes(
        n_jobs,
        seconds,
        n_splits * len(candidates),
        X,
        [search.estimator],
        search.get_params(deep=False),
    )
    moves = n is not None and all(_moves(search.estimator, one) for one in candidates)
    return n if moves else None


def _moves(estimator, candidate):
    """Return whether an estimator with the parameters of a candidate can move."""
    try:
        own = clone(estimator).set_params(**clone(candidate, safe=False))
    except Exception:  # It is raised again where the search expects it.
        return False
    net = last_net(own)
    return net is not None and net.random_state is not None and can_move(own)
