"""All-or-nothing updates of an estimator."""

from contextlib import contextmanager

__all__ = ["unchanged_on_error"]


@contextmanager
def unchanged_on_error(estimator, except_for=()):
    """Give an estimator its old attributes back when the body raises.

    The copy of the attributes is shallow: the body may assign new values, and must
    not write into arrays, lists or dicts which the estimator held before.

    Parameters
    ----------
    estimator : object
        Anything whose attributes live in ``__dict__``.
    except_for : sequence of str, default=()
        Attributes that stay as the body leaves them.

    Yields
    ------
    None
        Nothing; whatever the body raises, a ``KeyboardInterrupt`` included, goes
        on to the caller.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdl._transaction import unchanged_on_error
    >>> scaler = StandardScaler()
    >>> try:
    ...     with unchanged_on_error(scaler):
    ...         scaler.mean_ = 2.0
    ...         raise ValueError("bad batch")
    ... except ValueError:
    ...     hasattr(scaler, "mean_")
    False
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        now = vars(estimator)
        kept = {name: now[name] for name in except_for if name in now}
        # One assignment, since a second Ctrl-C could come between two statements.
        estimator.__dict__ = before | kept
        raise
