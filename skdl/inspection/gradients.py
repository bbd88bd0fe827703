"""Activations of hidden layers, and gradients with respect to the inputs."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skdl.engine.prediction import hidden_outputs, raw_scores
from skdl.engine.probe import input_gradient
from skdl.estimators._internal_api import (
    encode,
    kind_of_targets,
    loss_of,
    network_of,
    rows_at_once,
    score_units,
)
from skdl.inspection._check_arguments import check_lengths
from skdl.inspection._unwrap import hidden_layer_index, unwrap_net

__all__ = ["hidden_activations", "input_gradients"]


def hidden_activations(
    estimator: Any, X: ArrayLike, layer: int | str = -1
) -> np.ndarray:
    """Return the activations of a hidden layer, as in prediction.

    These are the values that the layer passes to the next one: after its activation
    function, batch normalization (with running statistics) and residual connection,
    where the net has them, and without dropout.

    Parameters
    ----------
    estimator : fitted net, or pipeline or search with one inside
        The net to look into. A pipeline's transformers are applied to X first.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        The rows, as ``estimator.predict`` takes them.
    layer : int or str, default=-1
        The hidden layer: 0 or "hidden 1" is the first; negative numbers count from the
        last, which is -1.

    Returns
    -------
    activations : ndarray of shape (n_samples, width)
        float32 or float64, as the net computes. Other arrays hold only as many rows
        at a time as scikit-learn's ``working_memory`` allows.

    Raises
    ------
    ValueError
        If the layer does not exist, or if the net cannot predict X.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.inspection import hidden_activations
    >>> X, y = load_iris(return_X_y=True)
    >>> net = SoftmaxClassifier((20, 5), solver="lbfgs", random_state=0).fit(X, y)
    >>> hidden_activations(net, X).shape, hidden_activations(net, X, "hidden 1").shape
    ((150, 5), (150, 20))
    """
    unwrapped = unwrap_net(estimator)
    X, network = unwrapped.checked_rows(X), network_of(unwrapped.net)
    index = hidden_layer_index(layer, len(network.affine) - 1)
    return hidden_outputs(network, X, index, rows_at_once(network, X))


def input_gradients(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    output: int | None = None,
) -> np.ndarray:
    """Return the gradient of each row's loss, or score, with respect to the row.

    The net computes as in prediction: without dropout, and with the running statistics
    of batch normalization, so that rows do not influence each other.

    Parameters
    ----------
    estimator : fitted net, or pipeline or search with one inside
        The net to look into. A pipeline's transformers are applied to X first, and the
        gradient is with respect to the columns that reach the net.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        The rows, as ``estimator.predict`` takes them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), optional
        Targets. With them, the gradient is that of the row's own loss J_i, as in
        ``fit``: with label smoothing, but without weights and penalty, and not divided
        by the number of rows. Without them, it is the gradient of a raw score, which a
        regressor with `standardize_target` has in units of y.
    output : int, optional
        Without y: the raw score to differentiate, as the index of its column in the
        output layer. The default is the score of the predicted class (for two classes
        with a single score: the negative score where the first class is predicted),
        and the only score of a regressor with one output.

    Returns
    -------
    gradients : ndarray of shape (n_samples, n_columns)
        A column for each column that reaches the net, dense for sparse rows, too.
        float32 or float64, as the net computes.

    Raises
    ------
    ValueError
        If the net does not take X or y, or if `output` is missing for a net that
        predicts several labels or numbers per row.

    Notes
    -----
    The absolute values are the saliency map of K. Simonyan, A. Vedaldi, A. Zisserman,
    "Deep inside convolutional networks", ICLR 2014 (workshop). A step along the sign of
    the loss' gradient is the adversarial example of I. Goodfellow, J. Shlens, C.
    Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015.

    Examples
    --------
    For a linear model, the gradient is the weight vector of the predicted class:

    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.inspection import input_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> net = SoftmaxClassifier((), solver="lbfgs").fit(X, y)
    >>> bool(np.allclose(input_gradients(net, X[:1]), net.coef_[net.predict(X[:1])]))
    True
    """
    if y is not None and output is not None:
        raise ValueError(
            f"y asks for the gradient of the loss, and output={output!r} for the "
            "gradient of a score: pass one of them."
        )
    unwrapped = unwrap_net(estimator)
    net, rows = unwrapped.net, unwrapped.checked_rows(X)
    if y is None:
        score_gradient = _gradient_of_scores(net, rows, output)
    else:
        check_lengths(X, y)
        score_gradient = _gradient_of_losses(net, rows, unwrapped.transform(X, y)[1])
    return input_gradient(network_of(net), rows, score_gradient)


def _gradient_of_scores(net, X, output):
    """Return the gradient of each row's chosen score with respect to its raw scores."""
    network = network_of(net)
    n_scores = network.widths[-1]
    gradient = np.zeros((X.shape[0], n_scores), network.dtype)
    if output is not None:
        is_number = isinstance(output, Integral) and not isinstance(output, bool)
        if not (is_number and 0 <= int(output) < n_scores):
            raise ValueError(
                f"output must be a number from 0 to {n_scores - 1}, got {output!r}."
            )
        gradient[:, output] = score_units(net)[output]
        return gradient
    if kind_of_targets(net) != "labels":
        if n_scores > 1:
            raise ValueError(
                f"The net has {n_scores} outputs and predicts a value for each of "
                f"them: set output to a number from 0 to {n_scores - 1}, or pass y for "
                "the gradient of the loss."
            )
        gradient[...] = score_units(net)
        return gradient
    scores = raw_scores(network, X, max_rows=rows_at_once(network, X))
    if n_scores == 1:
        gradient[...] = np.where(scores > 0, 1, -1)
    else:
        gradient[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return gradient


def _gradient_of_losses(net, X, y):
    """Return the gradient of each row's loss with respect to its raw scores."""
    network, rows = network_of(net), encode(net, X, y)
    scores = raw_scores(network, rows.X, max_rows=rows_at_once(network, rows.X))
    gradient, values = np.empty_like(scores), np.empty((len(scores), 1), network.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        loss_of(net).rows_and_gradient(scores, rows.target_rows, values, gradient)
    return gradient
