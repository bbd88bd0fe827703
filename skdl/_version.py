"""The version, and estimators whose pickles tell which one wrote them."""

from sklearn.exceptions import InconsistentVersionWarning

from skdl._warn import warn

__all__ = ["VersionWarning", "Versioned", "__version__"]

__version__ = "0.1.0"
ATTRIBUTE = "_skdl_version"


class VersionWarning(InconsistentVersionWarning):
    """Warns of an estimator that another version of skdl has saved.

    Parameters
    ----------
    estimator_name, current_sklearn_version, original_sklearn_version : str
        Scikit-learn's names; the versions are those of skdl.
    """

    def __str__(self):
        """Name the estimator and both versions."""
        return (
            f"This {self.estimator_name} was saved by skdl "
            f"{self.original_sklearn_version}, and this is skdl "
            f"{self.current_sklearn_version}: it may fail or predict something else. "
            "Fit it again, or load it with the version that saved it."
        )


class Versioned:
    """Mixin, first among the bases, for what is saved by pickle, joblib or skops."""

    def __getstate__(self):
        """Add the version to the state."""
        return {**super().__getstate__(), ATTRIBUTE: __version__}

    def __setstate__(self, state):
        """Take the version out of the state; warn if it is another one."""
        state = dict(state)
        version = state.pop(ATTRIBUTE, "before 0.1.0")
        if version != __version__:
            name = type(self).__name__
            warn(VersionWarning(
                estimator_name=name,
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            ), None)  # fmt: skip
        super().__setstate__(state)
