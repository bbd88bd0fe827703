"""What a hidden layer makes of rows."""

from skdl.engine.prediction import hidden_outputs
from skdl.estimators._fitted import rows_at_once
from skdl.inspection._nets import hidden_layer_number, take_apart

__all__ = ["hidden_activations"]


def hidden_activations(estimator, X, layer=-1):
    """Return the activations of a hidden layer, as the net predicts.

    That is what the layer hands on to the next one: after its activation function, and
    after batch normalization (with running means) and a residual connection, if there
    are any; without dropout.

    Parameters
    ----------
    estimator : fitted net, or pipeline or search with one inside
        A pipeline's transformers get X first.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    layer : int or str, default=-1
        Which hidden layer: 0 or "hidden 1" for the first; negative numbers count from
        the last, which is -1.

    Returns
    -------
    activations : ndarray of shape (n_samples, width)
        float32 or float64, as the net computes. Beside them, memory is for as many rows
        at a time as scikit-learn's ``working_memory`` allows.

    Raises
    ------
    ValueError
        If there is no such layer, and for an X that the net does not predict.

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
    parts = take_apart(estimator)
    X, network = parts.rows(X), parts.net._network
    number = hidden_layer_number(layer, len(network.affine) - 1)
    return hidden_outputs(network, X, number, rows_at_once(network, X))
