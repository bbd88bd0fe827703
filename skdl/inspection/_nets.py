"""The net in what a user hands over, what comes before it, and its hidden layers."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import BaseSearchCV
from skdl.engine.layers import layer_names
from skdl.estimators._base import BaseNet
from skdl.estimators._validation import check_X

__all__ = ["Parts", "as_array", "hidden_layer_number", "take_apart"]


@dataclass
class Parts:
    """A net, and what its data go through before.

    Attributes
    ----------
    net : net of skdl
        Fitted or not.
    before : list of estimators
        Transformers, of X, and `TransformedTargetRegressor`, of y, from the outside
        inwards.
    searched : bool
        Whether a search has yet to choose the parameters of the net.
    """

    net: object
    before: list
    searched: bool = False

    def to_net(self, X, y=None, *, fit=False):
        """Return X and y as they come to the net.

        Parameters
        ----------
        X, y : array-like
            As the whole gets them; y may be None.
        fit : bool, default=False
            Fit clones to X and y first, as if nothing were fitted.
        """
        X, y, _ = self.followed(X, y, fit=fit)
        return X, y

    def followed(self, X, y=None, *, fit=False):
        """Return what `to_net` does, and the list of fitted transformers."""
        fitted = []
        for one in self.before:
            if isinstance(one, TransformedTargetRegressor):
                y = None if y is None else _transformed_targets(one, y, fit)
                continue
            fitted.append(clone(one).fit(X, y) if fit else one)
            X = fitted[-1].transform(X)
        return X, y, fitted

    def rows(self, X):
        """Return X as it comes to the network, checked; the net must be fitted."""
        check_is_fitted(self.net)
        return as_array(check_X(self.net, self.to_net(X)[0]))


def as_array(X):
    """Return sparse rows as a CSR array, and others as they are.

    Of SciPy's sparse matrices, which many transformers return, ``*`` is the matrix
    product, and sums and means are matrices.
    """
    return csr_array(X) if issparse(X) else X


def take_apart(estimator, *, anew=False):
    """Return the `Parts` of what a user hands over.

    Parameters
    ----------
    estimator : estimator
        A net, a Pipeline that ends in one, a FrozenEstimator, fitted search or
        TransformedTargetRegressor around one, or any of these in another one.
    anew : bool, default=False
        Whether a clone of it is to be fitted: a search need not be fitted then, and the
        net is the one that it begins with.

    Raises
    ------
    TypeError
        If there is no net of ours in it.
    sklearn.exceptions.NotFittedError
        For a search that has no best estimator (yet).
    """
    before, given, searched = [], estimator, False
    while not isinstance(estimator, BaseNet):
        if isinstance(estimator, Pipeline):
            steps = [one for _, one in estimator.steps]
            before += [one for one in steps[:-1] if one not in (None, "passthrough")]
            estimator = steps[-1]
        elif isinstance(estimator, FrozenEstimator):
            estimator, anew = estimator.estimator, False
        elif anew and isinstance(estimator, BaseSearchCV):
            estimator, searched = estimator.estimator, True
        elif isinstance(estimator, TransformedTargetRegressor):
            before.append(estimator)
            estimator = getattr(estimator, "regressor_", estimator.regressor)
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, BaseSearchCV):
            raise NotFittedError(
                f"estimator is a {type(estimator).__name__} without best_estimator_: "
                "fit it first, with refit=True, or give the estimator inside."
            )
        else:
            raise TypeError(
                "estimator must be a net of skdl, or a pipeline, fitted search, "
                "FrozenEstimator or TransformedTargetRegressor with one inside, got "
                f"{type(given).__name__}. Of an ensemble, take one of its estimators_."
            )
    return Parts(estimator, before, searched)


def _transformed_targets(outer, y, fit):
    """Return y as a `TransformedTargetRegressor` hands it on."""
    y = y.toarray() if issparse(y) else np.asarray(y)
    columns = y.reshape(len(y), -1)
    if hasattr(outer, "transformer_") and not fit:
        columns = outer.transformer_.transform(columns)
    elif outer.transformer is not None:
        columns = clone(outer.transformer).fit_transform(columns)
    elif outer.func is not None:
        columns = outer.func(columns)
    return np.asarray(columns).reshape(y.shape)


def hidden_layer_number(layer, n_hidden):
    """Return the number of a hidden layer, the first being 0.

    Parameters
    ----------
    layer : int or str
        A number, negative ones from the end; or a name, as "hidden 1".
    n_hidden : int
        How many there are.

    Raises
    ------
    ValueError
        If there is none of that number or name.
    """
    if not n_hidden:
        raise ValueError(
            f"layer={layer!r} asks for a hidden layer, and the net has none: "
            "hidden_layer_sizes=() is a linear model."
        )
    names = layer_names(n_hidden + 1)[:-1]
    if isinstance(layer, str) and layer in names:
        return names.index(layer)
    is_number = isinstance(layer, Integral) and not isinstance(layer, bool)
    if is_number and -n_hidden <= layer < n_hidden:
        return int(layer) % n_hidden
    raise ValueError(
        f"layer must be a number from {-n_hidden} to {n_hidden - 1}, or a name from "
        f"{names[0]!r} to {names[-1]!r}, got {layer!r}."
    )
