"""How a net's loss or score changes with its inputs."""

from numbers import Integral

import numpy as np
from sklearn.base import is_classifier

from skdl.engine.prediction import raw_scores
from skdl.engine.probe import input_gradient
from skdl.estimators._fitted import rows_at_once
from skdl.estimators._validation import check_training_data
from skdl.inspection._arguments import check_lengths
from skdl.inspection._nets import take_apart

__all__ = ["input_gradients"]


def input_gradients(estimator, X, y=None, *, output=None):
    """Return the gradient of each row's loss, or score, with respect to the row.

    The net is taken as it predicts: without dropout, and with the running means of
    batch normalization, so that no row has an influence on another.

    Parameters
    ----------
    estimator : fitted net, or pipeline or search with one inside
        A pipeline's transformers get X first, and the gradient is with respect to what
        they make of it: the columns that come to the net.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), optional
        If given, the gradient is that of the row's own loss J_i, as ``fit`` has it for
        this y: with label smoothing, without weights and the penalty, and not divided
        by the number of rows. If None, it is that of a raw score.
    output : int, optional
        Which raw score, if there is no y: its column in the output layer. By default it
        is that of the class that wins (of a single score for two classes, its negative
        where the first one does), and the only one of a regressor with one output.

    Returns
    -------
    gradients : ndarray of shape (n_samples, n_columns)
        Columns as they come to the net, for sparse rows, too. float32 or float64, as
        the net computes.

    Raises
    ------
    ValueError
        For an X or y that the net does not take, and where `output` is needed: of
        several labels or outputs per row, none wins.

    Notes
    -----
    The absolute values are the saliency map of K. Simonyan, A. Vedaldi, A. Zisserman,
    "Deep inside convolutional networks", ICLR 2014 (workshop). A step along the sign of
    the loss' gradient is the adversarial example of I. Goodfellow, J. Shlens, C.
    Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015.

    Examples
    --------
    Of a linear model the gradient is the weights of the class that wins:

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
            f"y asks for the gradient of the loss, and output={output!r} for that of a "
            "score: give one of them."
        )
    parts = take_apart(estimator)
    net, rows = parts.net, parts.rows(X)
    if y is None:
        how = _score_columns(net, rows, output)
    else:
        check_lengths(X, y)
        how = _loss_gradients(net, rows, parts.to_net(X, y)[1])
    return input_gradient(net._network, rows, how)


def _score_columns(net, X, output):
    """Return for each row which score counts, as an array like the scores."""
    n_scores = net._network.widths[-1]
    columns = np.zeros((X.shape[0], n_scores), net._network.dtype)
    if output is not None:
        is_number = isinstance(output, Integral) and not isinstance(output, bool)
        if not (is_number and 0 <= output < n_scores):
            raise ValueError(
                f"output must be a number from 0 to {n_scores - 1}, got {output!r}."
            )
        columns[:, output] = 1
        return columns
    exclusive = is_classifier(net) and not (net._multilabel or net._several_outputs)
    if not exclusive and n_scores > 1:
        raise ValueError(
            f"The net has {n_scores} outputs of which none wins: say which one by "
            f"output, a number from 0 to {n_scores - 1}, or give y for the gradient of "
            "the loss."
        )
    if not exclusive:
        columns[...] = 1
        return columns
    scores = raw_scores(net._network, X, max_rows=rows_at_once(net._network, X))
    if n_scores == 1:
        columns[...] = np.where(scores > 0, 1, -1)
    else:
        columns[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return columns


def _loss_gradients(net, X, y):
    """Return the gradient of each row's loss with respect to its raw scores."""
    dtype = net._network.dtype
    y = net._read_targets(y, False, None)
    X, y, _ = check_training_data(
        net, X, y, None, reset=False, y_numeric=net._y_numeric
    )
    _, targets, table, width = net._code_targets(y, dtype, False, True, None)
    if width != net._network.widths[-1]:
        raise ValueError(
            f"y asks for {width} outputs of the net, which has "
            f"{net._network.widths[-1]}."
        )
    scores = raw_scores(net._network, X, max_rows=rows_at_once(net._network, X))
    targets = targets if table is None else table[targets]
    gradient, rows = np.empty_like(scores), np.empty((len(scores), 1), dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        net._loss().rows_and_gradient(scores, targets, rows, gradient)
    return gradient
