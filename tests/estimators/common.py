"""What tests of estimators share: small nets, fits without warnings, all parameters."""

import warnings

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPRegressor


def make(Net, **params):
    """Return a small net of few epochs that takes X as it is."""
    small = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
    return Net(**small | {"standardize": False} | params)


def wild(Net, **params):
    """Return a net whose score goes up and down under early stopping."""
    settings = {"early_stopping": True, "max_iter": 25, "solver": "sgd"}
    settings |= {"batch_size": 10}
    settings |= {"learning_rate_init": 0.05 if Net is MLPRegressor else 0.3}
    return make(Net, **settings | params)


def fit(net, *args, **kwargs):
    """Fit without the warning that the few epochs were too few."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return net.fit(*args, **kwargs)


def flat(net):
    """Return all parameters as one vector, layer by layer."""
    return np.concatenate([a.ravel() for a in [*net.coefs_, *net.intercepts_]])


def scores(net, X):
    """Return decision_function of a classifier, predict of a regressor."""
    return net.decision_function(X) if is_classifier(net) else net.predict(X)
