"""Updates of an estimator that happen completely or not at all."""

from contextlib import contextmanager


@contextmanager
def unchanged_on_error(estimator, except_for=()):
    """Restore the attributes of an estimator if the body raises.

    The copy of the attributes is shallow. So the body may assign new values, but must
    not change arrays, lists or dicts that the estimator had before.

    Parameters
    ----------
    estimator : object
        An object whose attributes are in ``__dict__``.
    except_for : sequence of str, default=()
        Attributes that are not restored.

    Yields
    ------
    None
        Nothing. The exception of the body, also a ``KeyboardInterrupt``, is raised
        after the attributes are restored.

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
