"""The version of skdl, and a mixin that saves it with estimators."""

from sklearn.exceptions import InconsistentVersionWarning

from skdl._doc_link import Linked
from skdl._warn import warn

__all__ = ["VersionWarning", "Versioned", "__version__"]

__version__ = "0.1.0"
ATTRIBUTE = "_skdl_version"


class VersionWarning(InconsistentVersionWarning):
    """Warning about an estimator that was saved by another version of skdl.

    Parameters
    ----------
    estimator_name : str
        Class of the estimator.
    current_sklearn_version : str
        This version of skdl (the name of the parameter is scikit-learn's).
    original_sklearn_version : str
        The version of skdl that saved the estimator.
    """

    def __str__(self) -> str:
        """Return a message with the estimator and both versions."""
        return (
            f"This {self.estimator_name} was saved by skdl "
            f"{self.original_sklearn_version}, and this is skdl "
            f"{self.current_sklearn_version}: it may fail or predict something else. "
            "Fit it again, or load it with the version that saved it."
        )


class Versioned(Linked):
    """Mixin for estimators that are saved and shown; it comes first among the bases."""

    def __getstate__(self) -> dict:
        """Add the version to the state."""
        return {**super().__getstate__(), ATTRIBUTE: __version__}

    def __setstate__(self, state: dict) -> None:
        """Remove the version from the state; warn if it is another one."""
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
