"""The net in what a user hands over, its rows, and its hidden layers."""

from numbers import Integral

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdl.estimators._base import BaseNet
from skdl.estimators._validation import check_X

__all__ = ["hidden_layer_number", "net_and_rows", "net_and_steps"]


def net_and_steps(estimator):
    """Return a net, and the list of transformers that its rows go through before.

    Parameters
    ----------
    estimator : net, Pipeline that ends in one, or FrozenEstimator around either
        Fitted or not.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    steps, given = [], estimator
    while isinstance(estimator, Pipeline | FrozenEstimator):
        if isinstance(estimator, Pipeline):
            steps += [one for _, one in estimator.steps[:-1]]
            estimator = estimator.steps[-1][1]
        else:
            estimator = estimator.estimator
    if not isinstance(estimator, BaseNet):
        raise ValueError(
            "estimator must be one of skdl's nets, or a Pipeline whose last step is "
            f"one, got {given!r}. Of a search, take its best_estimator_; of an "
            "ensemble, one of its estimators_."
        )
    return estimator, [one for one in steps if one not in (None, "passthrough")]


def net_and_rows(estimator, X):
    """Return a fitted net, and X as it comes to its network, checked.

    Parameters
    ----------
    estimator : fitted net, Pipeline that ends in one, or FrozenEstimator around either
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        As the estimator predicts it.
    """
    net, steps = net_and_steps(estimator)
    check_is_fitted(net)
    for one in steps:
        X = one.transform(X)
    return net, check_X(net, X)


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
    names = [f"hidden {i + 1}" for i in range(n_hidden)]
    if isinstance(layer, str) and layer in names:
        return names.index(layer)
    is_number = isinstance(layer, Integral) and not isinstance(layer, bool)
    if is_number and -n_hidden <= layer < n_hidden:
        return int(layer) % n_hidden
    raise ValueError(
        f"layer must be a number from {-n_hidden} to {n_hidden - 1}, or a name from "
        f"{names[0]!r} to {names[-1]!r}, got {layer!r}."
    )
