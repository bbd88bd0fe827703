"""What several tests of ensembles ask."""

import numpy as np

from skdl.estimators._internal_api import network_of


def parameters_of(model):
    """Return all parameters of a net, or of each member of an ensemble."""
    if hasattr(model, "estimators_"):
        return np.array([parameters_of(member) for member in model.estimators_])
    return network_of(model).parameters
