"""Validation data that a search passes on whole."""

from typing import Any

from numpy.typing import ArrayLike

from skdl._arguments import explain_parameters
from skdl._typing import MatrixLike

__all__ = ["ValidationSet"]


@explain_parameters
class ValidationSet:
    """Validation rows and targets, for ``fit(X, y, X_val=ValidationSet(...))``.

    scikit-learn's searches and `cross_val_score` take the rows of each fold from every
    fit parameter that has as many rows as X, also from an `X_val` that happens to be as
    long as X. A `ValidationSet` is passed on whole, whatever its length.

    In ``Pipeline(..., transform_input=["X_val"])``, the transformers of skdl transform
    its rows. Other transformers take arrays only. For them, pass tuples of one array,
    ``X_val=(X_val,), y_val=(y_val,)``, which searches pass on whole, too.

    Parameters
    ----------
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        Validation rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets of the rows.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the rows in the validation loss and score.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV, train_test_split
    >>> from skdl import SoftmaxClassifier, ValidationSet
    >>> X, X_val, y, y_val = train_test_split(*load_iris(return_X_y=True),
    ...                                       test_size=75, random_state=0)
    >>> net = SoftmaxClassifier(early_stopping=True, scoring="loss", max_iter=500,
    ...                         learning_rate_init=0.01, random_state=0)
    >>> search = GridSearchCV(net, {"alpha": [0.01, 1]}, cv=3)
    >>> search = search.fit(X, y, X_val=ValidationSet(X_val, y_val))
    >>> bool(search.best_score_ > 0.8)
    True
    """

    # No __len__ and no shape: searches take rows from whatever has one of them.
    def __init__(
        self, X: MatrixLike, y: MatrixLike, sample_weight: ArrayLike | None = None
    ) -> None:
        self.X = X
        self.y = y
        self.sample_weight = sample_weight

    def with_X(self, X: MatrixLike) -> "ValidationSet":
        """Return a set with other rows, and the same targets and weights.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            The rows after a transformation.

        Returns
        -------
        validation_set : ValidationSet
            A new set.
        """
        return ValidationSet(X, self.y, self.sample_weight)

    def __repr__(self) -> str:
        """Show the number of rows, in the errors of transformers, too."""
        X: Any = self.X
        n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
        weighted = "" if self.sample_weight is None else ", weighted"
        return f"ValidationSet({n_rows} rows{weighted})"

    def __float__(self):
        """Raise an error, for a transformer that converts its input to an array."""
        raise TypeError(
            "A ValidationSet is not an array, and only skdl's transformers take it. "
            "For others, with Pipeline(transform_input=['X_val']), pass tuples of one "
            "array: X_val=(X_val,), y_val=(y_val,)."
        )
