"""How many processes a search uses, if the user leaves that to skdl."""

from contextlib import contextmanager
from types import SimpleNamespace

from sklearn.callback import ProgressBar

from skdl._data_errors import or_nothing
from skdl.estimators._internal_api import number_of_processes, seconds_of_training
from skdl.model_selection._last_net import last_net, prefix_of_net

# The most columns that count for a net behind other steps, which may drop some.
MOST_COLUMNS = 64
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


def n_jobs_of_search(search, candidates, X, n_splits, settings=(), *, prints=None):
    """Return parameter `n_jobs` of a search, or for None what skdl chooses.

    Parameters
    ----------
    search : estimator
        A search. With callbacks other than `ProgressBar`, there is one process.
    candidates : iterable of dict
        Parameters of about the candidates that will be trained.
    X : array-like
        All rows.
    n_splits : int
        Number of folds.
    settings : object, default=()
        What processes receive besides the parameters of the search.
    prints : bool, optional
        Whether processes would print. By default if `verbose` is set.
    """
    prints = bool(search.verbose) if prints is None else prints
    callbacks = getattr(search, "_skl_callbacks", ())
    if prints or not all(isinstance(one, ProgressBar) for one in callbacks):
        return search.n_jobs
    settings = settings, search.get_params(deep=False)
    return n_jobs_of_folds(
        search.n_jobs, search.estimator, candidates, X, n_splits, settings
    )


def n_jobs_of_folds(n_jobs, estimator, candidates, X, n_splits, settings):
    """Return `n_jobs`, or for None how many processes train candidates on all folds.

    Parameters
    ----------
    n_jobs : int or None
        What the user has set.
    estimator : estimator
        Only nets, and pipelines that end with one, train in several processes without
        being asked.
    candidates : iterable of dict
        Parameters of the candidates.
    X : array-like
        All rows.
    n_splits : int
        Number of folds.
    settings : object
        What else processes receive.
    """
    net = last_net(estimator)
    if n_jobs is not None or net is None:
        return n_jobs
    n_all = X.shape[0] if hasattr(X, "shape") else len(X)
    n_rows = n_all - n_all // max(2, n_splits)
    prefix = prefix_of_net(estimator)
    most = None if net is estimator else MOST_COLUMNS
    candidates = or_nothing(list, candidates, nothing=[])
    seconds = 0.0
    for candidate in candidates:
        values = {
            name: candidate.get(prefix + name, getattr(net, name)) for name in READ
        }
        own = SimpleNamespace(**values)
        seconds += n_splits * seconds_of_training(own, X, n_rows, most)
    return number_of_processes(
        n_jobs, seconds, n_splits * len(candidates), X, [estimator], settings
    )
