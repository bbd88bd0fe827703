"""A net as plain values and arrays: all of it that is not the state of its run."""

from skdl._plain_values import name_of_class, to_plain
from skdl.estimators._check_input import reads_bytes
from skdl.estimators.targets._choice import targets_of

__all__ = ["model_dict"]


def model_dict(net):
    """Return what `load_model` needs, besides the state of a run, to make a fitted net.

    Parameters
    ----------
    net : estimator
        A net that is trained now.

    Returns
    -------
    model : dict
        "class", "parameters" and "fitted" attributes as `to_plain` returns them, the
        names and the number of the features, the number of scores, whether the features
        were bytes, and whether the network standardizes its input.
    """
    parameters, fitted = net.get_params(deep=False), targets_of(net).fitted_attributes
    names = getattr(net, "feature_names_in_", None)
    return {
        "class": name_of_class(type(net)),
        "parameters": {name: to_plain(parameters[name]) for name in parameters},
        "fitted": {name: to_plain(fitted[name]) for name in fitted},
        "feature_names": None if names is None else names.tolist(),
        "n_features": net.n_features_in_,
        "n_scores": net.n_outputs_,
        "reads_bytes": reads_bytes(net),
        "has_scaling": net._network.scaling is not None,
    }
