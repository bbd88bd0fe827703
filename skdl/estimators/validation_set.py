"""Validation data that a search does not cut."""

__all__ = ["ValidationSet"]


class ValidationSet:
    """Holds validation data together, for ``fit(X, y, X_val=ValidationSet(...))``.

    scikit-learn's searches and `cross_val_score` cut every fit parameter that has as
    many rows as X down to the rows of each fold: so also an `X_val` that happens to be
    as long as X. What is in here is passed on whole, whatever its length.

    ``Pipeline(..., transform_input=["X_val"])`` has skdl's own transformers turn its
    rows into what the net sees. Others take arrays only: write
    ``X_val=(X_val,), y_val=(y_val,)``, tuples of one array, which searches pass on
    whole, too.

    Parameters
    ----------
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : array-like of shape (n_samples,), optional

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

    # Neither __len__ nor shape: either would make it something that searches cut.
    def __init__(self, X, y, sample_weight=None):
        self.X = X
        self.y = y
        self.sample_weight = sample_weight

    def with_X(self, X):
        """Return the same targets and weights for other rows: X, transformed.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        validation_set : ValidationSet
        """
        return ValidationSet(X, self.y, self.sample_weight)

    def __float__(self):
        """Refuse to be an array, as a transformer asks for in a pipeline."""
        raise TypeError(
            "A ValidationSet is no array, and only skdl's transformers take it. With "
            "others, and Pipeline(transform_input=['X_val']), pass tuples of one array "
            "each: X_val=(X_val,), y_val=(y_val,)."
        )
