"""Updates of an estimator that happen completely or not at all."""


class unchanged_on_error:
    """Restore the attributes of an estimator if the body raises.

    The copy of the attributes is shallow. So the body may assign new values, but must
    not change arrays, lists or dicts that the estimator had before.

    Parameters
    ----------
    estimator : object
        An object whose attributes are in ``__dict__``.
    except_for : sequence of str, default=()
        Attributes that are not restored.

    Attributes
    ----------
    before : dict
        The attributes that are restored; ``with ... as before`` gives it, too. The
        exception of the body, also a ``KeyboardInterrupt``, is raised afterwards.

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

    # A class: one from a generator takes three times as long.
    def __init__(self, estimator, except_for=()):
        self.estimator, self.except_for = estimator, except_for

    def __enter__(self):
        self.before = dict(vars(self.estimator))
        return self.before

    def __exit__(self, kind, error, traceback):
        if kind is None:
            return
        now = vars(self.estimator)
        kept = {name: now[name] for name in self.except_for if name in now}
        # One assignment, since a second Ctrl-C could come between two statements.
        self.estimator.__dict__ = self.before | kept
