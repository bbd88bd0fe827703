"""The net inside a pipeline, search or wrapper, and the transformers before it."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

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
from skdl.estimators import TabularClassifier, TabularRegressor
from skdl.estimators._internal_api import BaseNet, check_X


@dataclass
class Unwrapped:
    """A net, and the transformers that its data pass through.

    Attributes
    ----------
    net : net of skdl
        The net, fitted or not.
    before : list of estimators
        The transformers of X before the net, and each `TransformedTargetRegressor`
        around it, from the outermost inwards.
    is_searched : bool
        Whether a search has yet to choose the net's parameters.
    prefix : str
        What stands before a parameter of the net in ``set_params`` of the outermost
        estimator, such as "mlpclassifier__".
    """

    net: Any
    before: list
    is_searched: bool = False
    prefix: str = ""

    def transform(self, X: Any, y: Any = None, *, fit: bool = False) -> tuple:
        """Return X and y as they reach the net, and the fitted transformers of X.

        Parameters
        ----------
        X, y : array-like
            Data as the outermost estimator takes them; y may be None.
        fit : bool, default=False
            Whether to fit clones of the transformers to X and y first.

        Returns
        -------
        X, y : array-like
            The transformed data.
        transformers : list of estimators
            The fitted transformers that X passed through.
        """
        transformers = []
        for step in self.before:
            if isinstance(step, TransformedTargetRegressor):
                y = None if y is None else _transformed_targets(step, y, fit)
                continue
            transformers.append(clone(step).fit(X, y) if fit else step)
            X = transformers[-1].transform(X)
        return X, y, transformers

    def checked_rows(self, X: Any) -> Any:
        """Return X as it reaches the network, checked; the net must be fitted."""
        check_is_fitted(self.net)
        return to_csr_array(check_X(self.net, self.transform(X)[0]))


def to_csr_array(X: Any) -> Any:
    """Return sparse X as a CSR array, and dense X as it is.

    Many transformers return SciPy's sparse matrices, for which ``*`` is the matrix
    product and sums are matrices; arrays behave as NumPy's do.
    """
    return csr_array(X) if issparse(X) else X


def unwrap_net(estimator: Any, *, to_fit: bool = False, instead: str = "") -> Unwrapped:
    """Return the net inside an estimator, and the transformers before it.

    Parameters
    ----------
    estimator : estimator
        A net; or a Pipeline that ends in one, or a FrozenEstimator, fitted search or
        TransformedTargetRegressor around one, in any nesting.
    to_fit : bool, default=False
        Whether a clone of the estimator will be fitted. A search need not be fitted
        then, and the net is the one that the search starts with.
    instead : str, default=""
        What to write for a fitted tabular net, for the error message.

    Raises
    ------
    TypeError
        If the estimator contains no net of skdl.
    sklearn.exceptions.NotFittedError
        For a search that has no best estimator (yet).
    """
    before, given, is_searched, path = [], estimator, False, []
    while not isinstance(estimator, BaseNet):
        name = "estimator"
        if isinstance(estimator, Pipeline):
            steps = [step for _, step in estimator.steps]
            before += [step for step in steps[:-1] if step not in (None, "passthrough")]
            name, estimator = estimator.steps[-1]
        elif isinstance(estimator, FrozenEstimator):
            estimator, to_fit = estimator.estimator, False
        elif to_fit and isinstance(estimator, BaseSearchCV):
            estimator, is_searched = estimator.estimator, True
        elif isinstance(estimator, TransformedTargetRegressor):
            before.append(estimator)
            name = "regressor"
            estimator = getattr(estimator, "regressor_", estimator.regressor)
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, BaseSearchCV):
            raise NotFittedError(
                f"estimator is a {type(estimator).__name__} without best_estimator_: "
                "fit it first, with refit=True, or pass the estimator inside it."
            )
        else:
            raise TypeError(
                "estimator must be a net of skdl, or a pipeline, fitted search, "
                "FrozenEstimator or TransformedTargetRegressor with a net of skdl "
                f"inside, got {_describe_class(given, instead)}."
            )
        path.append(f"{name}__")
    return Unwrapped(estimator, before, is_searched, "".join(path))


def _describe_class(estimator, instead):
    """Return the name of a class, with what to pass instead."""
    if isinstance(estimator, type):
        return f"a class: write {estimator.__name__}(), not {estimator.__name__}"
    name = type(estimator).__name__
    if type(estimator).__module__.startswith("sklearn.neural_network."):
        return f"{name} of scikit-learn (import {name} from skdl instead)"
    if isinstance(estimator, TabularClassifier | TabularRegressor):
        instead = instead or f"pass a net such as {name.replace('Tabular', 'MLP')}"
        return f"{name}, which holds several nets: {instead}"
    return f"{name}. For an ensemble, pass one of its estimators_"


def _transformed_targets(outer, y, fit):
    """Return y as a `TransformedTargetRegressor` passes it to its regressor."""
    y = y.toarray() if issparse(y) else np.asarray(y)
    columns = y.reshape(len(y), -1)
    if hasattr(outer, "transformer_") and not fit:
        columns = outer.transformer_.transform(columns)
    elif outer.transformer is not None:
        columns = clone(outer.transformer).fit_transform(columns)
    elif outer.func is not None:
        columns = outer.func(columns)
    return np.asarray(columns).reshape(y.shape)


def hidden_layer_index(layer: int | str, n_hidden: int) -> int:
    """Return the index of a hidden layer, where 0 is the first.

    Parameters
    ----------
    layer : int or str
        An index, negative ones from the end, or a name such as "hidden 1".
    n_hidden : int
        The number of hidden layers.

    Raises
    ------
    ValueError
        If no hidden layer has this index or name.
    """
    if not n_hidden:
        raise ValueError(
            f"layer={layer!r} asks for a hidden layer, and this net has none: "
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
