"""Conversion of a fitted net to a scikit-learn MLP with the same predictions."""

from copy import deepcopy
from itertools import pairwise

import numpy as np
from sklearn import neural_network
from sklearn.base import is_classifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from skdl.engine.activations import Identity, Logistic, Relu, Tanh
from skdl.engine.hidden_layers import HiddenLayers
from skdl.engine.layers import ActivationLayer, Affine
from skdl.engine.losses import (
    KLDivergence,
    LogisticLoss,
    Poisson,
    Softmax,
    SquaredError,
)
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._resolve import setting
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._indicator import Indicator

# Exact types: a user's subclass may compute anything.
ACTIVATIONS = {Identity: "identity", Logistic: "logistic", Relu: "relu", Tanh: "tanh"}
REGRESSION_LOSSES = {SquaredError: "squared_error", Poisson: "poisson"}
SOLVERS = ("lbfgs", "sgd", "adam")
LEARNING_RATES = ("constant", "invscaling", "adaptive")

# Attributes that every solver sets, and those that scikit-learn's 'lbfgs' does not set.
ATTRIBUTES = ("n_layers_", "t_", "n_iter_", "loss_", "n_features_in_")
RECORDS = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_")


def to_sklearn(net):
    """Return a fitted MLPClassifier or MLPRegressor of scikit-learn.

    Parameters
    ----------
    net : estimator
        A fitted net of skdl.

    Raises
    ------
    ValueError
        If no scikit-learn MLP predicts the same. The message lists the options that
        scikit-learn does not have.
    """
    check_is_fitted(net)
    obstacles = [*_architecture_obstacles(net), *_loss_obstacles(net)]
    if obstacles:
        raise ValueError(
            f"No MLP of scikit-learn predicts as this {type(net).__name__} does. "
            f"scikit-learn lacks: {'; '.join(obstacles)}."
        )
    classifies = is_classifier(net)
    Theirs = getattr(neural_network, "MLPClassifier" if classifies else "MLPRegressor")
    theirs = Theirs(**_parameters(net, Theirs))
    names = [*ATTRIBUTES, *(RECORDS if theirs.solver != "lbfgs" else ())]
    names += ["feature_names_in_"] if hasattr(net, "feature_names_in_") else []
    vars(theirs).update({name: deepcopy(getattr(net, name)) for name in names})
    theirs.coefs_, theirs.intercepts_ = _folded(net)
    theirs.out_activation_ = net._loss().out_activation
    if classifies:
        _set_classes(net, theirs)
    theirs.n_outputs_ = len(theirs.intercepts_[-1])
    if theirs.solver != "lbfgs":
        _prepare_to_continue(theirs)
    return theirs


def _architecture_obstacles(net):
    network = net._network
    kinds = {type(function) for function in network.activations}
    if not kinds <= set(ACTIVATIONS):
        yield f"activation={net.activation!r}, not one of {_listed(ACTIVATIONS)}"
    elif len(kinds) > 1:
        yield (f"activation={net.activation!r}, not the same in all hidden layers")
    if network.options.get("residual"):
        yield "residual=True"
        return
    others = {
        type(layer).__name__
        for layer in network.layers
        if not (layer.training_only or isinstance(layer, Affine | ActivationLayer))
        and layer.affine_map() is None
    }
    if others:
        yield f"layers of other kinds: {', '.join(sorted(others))}"


def _loss_obstacles(net):
    kind = type(net._loss())
    if not is_classifier(net):
        if kind not in REGRESSION_LOSSES:
            yield f"loss={net.loss!r}, not one of {_listed(REGRESSION_LOSSES)}"
        return
    if isinstance(net.classes_, list):
        yield "y with several columns of labels"
        return
    n_classes = len(net.classes_)
    if kind not in (LogisticLoss, Softmax, KLDivergence):
        yield f"loss={net.loss!r}, not a cross-entropy"
    elif kind is LogisticLoss and n_classes > 2 and not _is_indicator(net):
        yield (
            f"loss={net.loss!r} with {n_classes} classes: a sigmoid for each, not a "
            "softmax"
        )
    if n_classes == 1:
        yield (
            f"one class only ({net.classes_[0]!r}), for which scikit-learn's "
            "probabilities have two columns"
        )


def _is_indicator(net):
    return isinstance(targets_of(net), Indicator)


def _listed(kinds):
    return ", ".join(repr(name) for name in kinds.values())


def _parameters(net, Theirs):
    """Return a copy of the shared parameters that describe the network."""
    # Attributes: a user's subclass may have another constructor.
    shared = {name: setting(net, name) for name in Theirs().get_params(deep=False)}
    network = net._network
    hidden = list(network.widths[1:-1])
    given = net.hidden_layer_sizes
    if isinstance(given, HiddenLayers) or check_hidden_layers(given) != hidden:
        shared["hidden_layer_sizes"] = tuple(hidden)
    kinds = [ACTIVATIONS[type(function)] for function in network.activations]
    if kinds:
        shared["activation"] = kinds[0]
    elif not _is_one_of(shared["activation"], ACTIVATIONS.values()):
        del shared["activation"]  # the net has no hidden layers
    if "loss" in shared:
        shared["loss"] = REGRESSION_LOSSES[type(net._loss())]
    # These do not change predictions: scikit-learn's default replaces other values.
    for name, values in ("solver", SOLVERS), ("learning_rate", LEARNING_RATES):
        if not _is_one_of(shared[name], values):
            del shared[name]
    return deepcopy(shared)


def _is_one_of(value, names):
    return isinstance(value, str) and value in names


def _folded(net):
    """Return new lists of weights and biases that include all scaling."""
    network, coefs, intercepts = net._network, [], []
    scale = shift = None
    for before, layer in pairwise([None, *network.layers]):
        if isinstance(layer, Affine):
            W, b = (a.astype(np.float64) for a in (layer.weights, layer.biases[0]))
            if scale is not None:
                b += shift @ W
                W *= scale[:, np.newaxis]
                scale = shift = None
            coefs.append(W)
            intercepts.append(b)
        elif (found := layer.affine_map()) is not None:
            scale, shift = (array[0] for array in found)
            if isinstance(before, Affine):
                coefs[-1] *= scale
                intercepts[-1] *= scale
                intercepts[-1] += shift
                scale = shift = None
    units = targets_of(net).fitted_attributes
    if "target_scale_" in units:
        coefs[-1] *= units["target_scale_"]
        intercepts[-1] *= units["target_scale_"]
        intercepts[-1] += units["target_mean_"]
    return (
        [a.astype(network.dtype, copy=False) for a in arrays]
        for arrays in (coefs, intercepts)
    )


def _set_classes(net, theirs):
    """Set the classes of scikit-learn's MLP; two classes get a single score."""
    theirs.classes_ = net.classes_.copy()
    n_classes = len(net.classes_)
    # The binarizer is fitted to a y of the same kind, here an indicator matrix.
    y = np.eye(2, n_classes, dtype=int) if _is_indicator(net) else net.classes_
    theirs._label_binarizer = LabelBinarizer().fit(y)
    if n_classes > 2 or _is_indicator(net):
        return
    theirs.out_activation_ = "logistic"
    coefs, intercepts = theirs.coefs_, theirs.intercepts_
    if len(intercepts[-1]) == 2:
        # The softmax of two scores is the sigmoid of their difference.
        coefs[-1] = coefs[-1][:, 1:] - coefs[-1][:, :1]
        intercepts[-1] = intercepts[-1][1:] - intercepts[-1][:1]


def _prepare_to_continue(theirs):
    """Set the private attributes that partial_fit and warm starts read."""
    theirs._no_improvement_count = 0
    if theirs.validation_scores_ is not None:
        theirs._best_coefs = [W.copy() for W in theirs.coefs_]
        theirs._best_intercepts = [b.copy() for b in theirs.intercepts_]
