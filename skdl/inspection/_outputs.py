"""What hidden units make of rows, as the net predicts."""

import numpy as np

from skdl.engine.layers import Activation
from skdl.engine.workspace import Workspace
from skdl.estimators._fitted import rows_at_once
from skdl.estimators._validation import check_X

__all__ = ["unit_outputs"]


def unit_outputs(net, X, layer):
    """Return the outputs of a hidden layer's activation, (n_samples, n_units).

    Parameters
    ----------
    net : estimator
        Fitted.
    X : array-like of shape (n_samples, n_features)
    layer : int
        From 0 for the first hidden layer; negative ones count from the last one.
    """
    network = net._network
    n_hidden = len(network.affine) - 1
    if not -n_hidden <= layer < n_hidden:
        raise ValueError(
            f"layer must be from {-n_hidden} to {n_hidden - 1}, as the net has "
            f"{n_hidden} hidden layers; got {layer!r}."
        )
    X = check_X(net, X)
    size = rows_at_once(network, X)
    blocks = [
        _block(network, X[start : start + size], layer % n_hidden)
        for start in range(0, X.shape[0], size)
    ]
    return np.concatenate(blocks)


def _block(network, X, layer):
    workspace = Workspace(network, X.shape[0])
    X = X.astype(network.dtype, copy=False)
    passes = zip(workspace.works, workspace.forward_passes, strict=True)
    for one, forward in passes:
        X = forward(X)
        if isinstance(one, Activation):
            if not layer:
                break
            layer -= 1
    return X
