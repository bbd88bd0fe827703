"""From scikit-learn's fitted MLP to a net that predicts the same."""

from copy import deepcopy
from itertools import pairwise

import numpy as np
from sklearn import neural_network
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skdl.estimators._prepare import start_network
from skdl.estimators._scoring import record_names
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._indicator import Indicator
from skdl.estimators.targets._labels import Labels

__all__ = ["from_sklearn"]

# What scikit-learn's 'lbfgs' does not leave stays as in a net without an epoch.
RECORDS = ("t_", "n_iter_", "loss_", "loss_curve_", "best_loss_")
RECORDS += ("validation_scores_", "best_validation_score_")


def from_sklearn(cls, model):
    """Return a fitted net of skdl with the weights of a scikit-learn MLP.

    Parameters
    ----------
    cls : type
    model : sklearn.neural_network.MLPClassifier or MLPRegressor

    Raises
    ------
    TypeError
        If the model is not an MLP of scikit-learn, or is of the other kind.
    ValueError
        If no net of this class predicts as the model does.
    """
    classifies = issubclass(cls, ClassifierMixin)
    name = "MLPClassifier" if classifies else "MLPRegressor"
    if not isinstance(model, getattr(neural_network, name)):
        raise TypeError(
            f"{cls.__name__}.from_sklearn needs a fitted sklearn.neural_network.{name},"
            f" got {type(model).__name__}."
        )
    check_is_fitted(model)
    coefs, intercepts = _arrays(model)
    hidden = tuple(len(biases) for biases in intercepts[:-1])
    net = cls(**_parameters(cls, model, hidden))
    if classifies:
        _set_classes(net, model)
    coefs, intercepts = _as_our_scores(net, model, coefs, intercepts)
    widths = (len(coefs[0]), *hidden, len(intercepts[-1]))
    dtype = np.result_type(np.float32, *coefs)
    start_network(net, widths, dtype, 0, scales=False)
    net.coefs_, net.intercepts_ = coefs, intercepts
    net.n_features_in_ = widths[0]
    if hasattr(model, "feature_names_in_"):
        net.feature_names_in_ = model.feature_names_in_.copy()
    _set_records(net, model)
    return net


def _arrays(model):
    """Return new lists of weights and biases whose shapes fit each other."""
    coefs = [np.array(W) for W in model.coefs_]
    intercepts = [np.array(b).reshape(-1) for b in model.intercepts_]
    fit = len(coefs) == len(intercepts) and all(W.ndim == 2 for W in coefs)
    fit = fit and [W.shape[1:] for W in coefs] == [b.shape for b in intercepts]
    fit = fit and all(V.shape[1] == W.shape[0] for V, W in pairwise(coefs))
    if not fit:
        raise ValueError(
            "The layers of the model do not fit each other: coefs_ have the shapes "
            f"{[W.shape for W in coefs]}, intercepts_ {[b.shape for b in intercepts]}."
        )
    return coefs, intercepts


def _parameters(cls, model, hidden):
    """Return a copy of the model's parameters that the class has."""
    known = cls._get_param_names()
    parameters = {name: deepcopy(getattr(model, name)) for name in model.get_params()}
    if tuple(np.ravel(parameters["hidden_layer_sizes"])) != hidden:
        parameters["hidden_layer_sizes"] = hidden
    # The model takes X as it is, where the default of some nets is 'auto'.
    parameters["standardize"] = False
    return {name: value for name, value in parameters.items() if name in known}


def _set_classes(net, model):
    kind = getattr(getattr(model, "_label_binarizer", None), "y_type_", "")
    targets = Indicator if kind.startswith("multilabel") else Labels
    classes = np.array(model.classes_)
    vars(net).update(targets(net, classes).fitted_attributes)
    if len(net.classes_) == 1:
        raise ValueError(
            f"The model knows one class only ({net.classes_[0]!r}), and scikit-learn's "
            "probabilities have two columns then."
        )


def _as_our_scores(net, model, coefs, intercepts):
    """Return the arrays with as many scores as the net's loss has for these classes."""
    ours = getattr(net._loss(), "out_activation", "identity")
    is_indicator = isinstance(targets_of(net), Indicator)
    theirs = model.out_activation_
    if ours == "softmax" and theirs == "logistic" and not is_indicator:
        # The sigmoid of a score is the softmax of 0 and that score.
        coefs[-1] = np.column_stack([np.zeros_like(coefs[-1]), coefs[-1]])
        intercepts[-1] = np.append(np.zeros_like(intercepts[-1]), intercepts[-1])
    elif ours != theirs:
        raise ValueError(
            f"No {type(net).__name__} predicts as this {type(model).__name__} does: "
            f"its out_activation_ is {theirs!r}, and that of loss={net.loss!r} is "
            f"{ours!r}."
        )
    return coefs, intercepts


def _set_records(net, model):
    for name in RECORDS:
        if hasattr(model, name):
            setattr(net, name, deepcopy(getattr(model, name)))
    net.n_iter_, net.stop_reason_ = getattr(model, "n_iter_", 0), None
    net.loss_ = getattr(model, "loss_", np.float64(np.nan))
    curve = net.loss_curve_
    history = {name: np.full(len(curve), np.nan) for name in record_names(None)}
    history["loss"][:] = curve
    if net.validation_scores_ is not None:
        history["validation_score"][:] = net.validation_scores_
    net.history_ = history
