"""The internal API of nets: for other packages of skdl, beyond the public names.

`skdl.ensemble`, `inspection`, `model_selection` and `export` read nets through these
functions only. They use no other private attribute of a net, and no other private
module of `skdl.estimators`.
What works on a network instead of a net is in `skdl.engine`: an ensemble predicts with
the stack of its members' networks, by `skdl.engine.prediction`.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdl.engine.prediction import raw_scores as scores_of_rows
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._base import BaseNet
from skdl.estimators._check_input import (
    check_training_data,
    check_X,
    reads_bytes,
    rows_per_batch,
)
from skdl.estimators._fitted import rows_at_once
from skdl.estimators._hold_out import split_rows
from skdl.estimators._labels import stack_columns
from skdl.estimators._prepare import prepare
from skdl.estimators._processes import (
    can_move,
    number_of_processes,
    seconds_of_training,
)
from skdl.estimators._resolve import setting, uses_lbfgs
from skdl.estimators._scale_advice import constant_loss
from skdl.estimators._scoring import first_metric
from skdl.estimators._stack_key import stack_key
from skdl.estimators._stacked_fits import Call, fit_together
from skdl.estimators._standardize import scales_columns
from skdl.estimators.classifiers import BaseClassifier
from skdl.estimators.targets._base import Targets
from skdl.estimators.targets._choice import choose_targets, targets_of
from skdl.estimators.targets._forms import read_distributions
from skdl.estimators.targets._indicator import Indicator
from skdl.estimators.targets._label_columns import LabelColumns
from skdl.estimators.targets._labels import Labels, SoftRows, labels_of
from skdl.estimators.targets._numbers import Numbers

__all__ = [
    "BaseClassifier",
    "BaseNet",
    "Call",
    "EncodedRows",
    "Indicator",
    "LabelColumns",
    "Labels",
    "Numbers",
    "SoftRows",
    "TableParts",
    "Targets",
    "can_move",
    "check_X",
    "check_hidden_layers",
    "check_training_rows",
    "class_numbers",
    "constant_loss",
    "each_output",
    "encode",
    "first_metric",
    "fit_together",
    "kind_of_targets",
    "labels_of",
    "loss_of",
    "network_of",
    "number_of_processes",
    "predictions_of",
    "raw_scores",
    "reads_bytes",
    "rows_at_once",
    "rows_per_batch",
    "scales_columns",
    "score_predictions",
    "score_units",
    "seconds_of_training",
    "setting",
    "split_rows",
    "stack_columns",
    "stack_key",
    "table_parts",
    "take_network",
    "targets_of",
    "train_discarded",
    "training_weights",
    "uses_lbfgs",
    "with_network",
]


@dataclass
class EncodedRows:
    """Rows as a fitted net is trained on them or validated with them.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
        Checked, in its own dtype.
    y : ndarray
        What y means: class numbers, an indicator matrix, distributions over the
        classes, class numbers in columns, or numbers.
    targets : ndarray
        What the loss compares scores with, or row numbers of `table`.
    table : ndarray or None
        Distinct target rows, if `targets` holds their numbers.
    sample_weight : ndarray of shape (n_samples,), or None
        The user's weights.
    training_weight : ndarray of float64 of shape (n_samples,), or None
        Weights in the training loss: `sample_weight` times the weights of classes.
    """

    X: object
    y: np.ndarray
    targets: np.ndarray
    table: object
    sample_weight: np.ndarray | None
    training_weight: np.ndarray | None

    @property
    def target_rows(self):
        """The target of each row, (n_samples, n_columns), without a table."""
        return self.targets if self.table is None else self.table[self.targets]


@dataclass
class TableParts:
    """What a fitted tabular net predicts with.

    Attributes
    ----------
    encoder : TabularEncoder
        Turns a table into numbers.
    network : Network
        The stack of the members.
    member_weights : ndarray of shape (n_members,)
        Weights of the members in the mean.
    target_mean, target_scale : ndarray of shape (n_outputs,), or None
        The units in which a regressor has learned y.
    """

    encoder: object
    network: object
    member_weights: np.ndarray
    target_mean: np.ndarray | None
    target_scale: np.ndarray | None


def table_parts(net):
    """Return the parts of a fitted `TabularClassifier` or `TabularRegressor`.

    Parameters
    ----------
    net : estimator
    """
    check_is_fitted(net)
    units = (getattr(net, name, None) for name in ("_mean", "_std"))
    return TableParts(net._encoder, net._network, net.member_weights_, *units)


def network_of(net):
    """Return the `skdl.engine.network.Network` of a fitted net.

    Parameters
    ----------
    net : estimator
        A fitted net.

    Returns
    -------
    network : Network
        Not a copy.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the net is not fitted.
    """
    check_is_fitted(net, "_network")
    return net._network


def with_network(net, network):
    """Return a shallow copy of a net that predicts with another network.

    Parameters
    ----------
    net : estimator
        A fitted net, or one whose network was taken out by `take_network`.
    network : Network
        Another network, of the same widths.
    """
    other = copy(net)
    other._network = network
    return other


def take_network(net):
    """Take the network out of a fitted net and return it.

    Parameters
    ----------
    net : estimator
        A fitted net. It counts as not fitted afterwards, and keeps its records.
    """
    network = net._network
    del net._network
    return network


def loss_of(net):
    """Return the loss object of a fitted net, over all of its scores.

    Parameters
    ----------
    net : estimator
    """
    return targets_of(net).loss


def raw_scores(net, X):
    """Return raw scores, (n_samples, n_scores), of rows that are checked here.

    Parameters
    ----------
    net : estimator
        A fitted net.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    """
    X, network = check_X(net, X), network_of(net)
    return scores_of_rows(network, X, max_rows=rows_at_once(network, X))


def encode(net, X, y, sample_weight=None):
    """Check rows and encode their targets as a fitted net does for validation data.

    Parameters
    ----------
    net : estimator
        A fitted net. It stays as it is.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Some classes may be missing; unknown ones are refused.
    sample_weight : array-like of shape (n_samples,), optional

    Returns
    -------
    rows : EncodedRows

    Raises
    ------
    ValueError
        For data that do not fit the net, such as a y of another number of outputs.
    """
    network = network_of(net)
    y = read_distributions(net, y)
    X, y, weights = check_training_data(
        net, X, y, sample_weight, reset=False, y_numeric=net._y_numeric
    )
    meaning = targets_of(net, y)
    codes = meaning.read(y)
    targets, table, width = meaning.encode(codes, network.dtype)
    if width != network.widths[-1]:
        raise ValueError(
            f"y asks for {width} outputs of the net, which has {network.widths[-1]}."
        )
    weights = None if weights is None else weights[:, 0]
    return EncodedRows(
        X, codes, targets, table, weights, training_weights(net, codes, weights)
    )


def training_weights(net, y, sample_weight=None):
    """Return the weights of rows in training: by sample weight and by class.

    Parameters
    ----------
    net : estimator
        A fitted net.
    y : ndarray
        Encoded, as `EncodedRows` has it.
    sample_weight : ndarray of shape (n_samples,), optional

    Returns
    -------
    weights : ndarray of float64 of shape (n_samples,), or None
        None if all rows weigh the same.
    """
    column = None if sample_weight is None else sample_weight[:, np.newaxis]
    weights = targets_of(net).weigh(y, column, np.dtype(np.float64))
    return None if weights is None else np.ravel(weights).astype(np.float64)


def check_training_rows(net, X, y):
    """Refuse X and y that ``fit`` would refuse, with the same errors.

    Parameters
    ----------
    net : estimator
        Not fitted. It learns the number and names of its features: pass a copy.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    targets : Targets
        What y means to the net.
    """
    return _read_training_rows(net, X, y)[0]


def _read_training_rows(net, X, y):
    y = read_distributions(net, y)
    X, y, _ = check_training_data(net, X, y, None, reset=True, y_numeric=net._y_numeric)
    targets, codes = choose_targets(net, y)
    targets.encode(codes, np.dtype(np.float64))
    return targets, codes


def class_numbers(net, X, y):
    """Check X and y as ``fit`` does; return the numbers of the classes in y.

    Parameters
    ----------
    net : estimator
        Not fitted. It learns the number and names of its features: pass a copy.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    numbers : ndarray of int of shape (n_samples, n_columns), or None
        None if y holds no class labels: then some rows tell as much as all of them
        about the number of scores.
    """
    targets, codes = _read_training_rows(net, X, y)
    if type(targets) not in (Labels, LabelColumns):
        return None
    return codes.reshape(len(codes), -1)


def kind_of_targets(net):
    """Return what y is to a fitted net.

    Parameters
    ----------
    net : estimator

    Returns
    -------
    kind : {"numbers", "labels", "indicator", "columns"}
        Numbers; one label per row; an indicator matrix of several labels per row; or
        several columns of labels.
    """
    kinds = {Numbers: "numbers", Indicator: "indicator", LabelColumns: "columns"}
    return kinds.get(type(targets_of(net)), "labels")


def each_output(net, function, scores):
    """Apply a function to each output of a classifier and its scores.

    Parameters
    ----------
    net : estimator
        A fitted classifier.
    function : callable
        ``function(output, scores)``. The output is a `Labels` or an `Indicator`.
    scores : ndarray of shape (..., n_samples, n_scores)
        Raw scores. A leading axis of members is passed on.

    Returns
    -------
    result : object, or list of object
        A list if y has several columns of labels.
    """
    targets = targets_of(net)
    if isinstance(targets, LabelColumns):
        return targets.each(function, scores)
    return function(targets, scores)


def predictions_of(net, scores):
    """Return what a fitted regressor predicts, given its raw scores.

    Parameters
    ----------
    net : estimator
    scores : ndarray of shape (n_samples, n_scores)
    """
    return targets_of(net).decode(scores)


def score_units(net):
    """Return how much of y a raw score of 1 is, for each score, (n_scores,).

    Parameters
    ----------
    net : estimator
        A fitted net. It is 1, unless a regressor has learned y in units of its standard
        deviation.
    """
    return targets_of(net).score_units(network_of(net).widths[-1])


def score_predictions(net, y, predictions, sample_weight=None):
    """Score predictions as ``net.score`` scores its own.

    Parameters
    ----------
    net : estimator
        A fitted net.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True targets.
    predictions : ndarray
        As ``net.predict`` returns them.
    sample_weight : array-like of shape (n_samples,), optional

    Returns
    -------
    score : float
        Accuracy of a classifier, where a row of several labels needs all of them right;
        R² of a regressor, or D² of the pinball loss with a quantile loss.
    """
    return targets_of(net).score_predictions(y, predictions, sample_weight)


def train_discarded(net, X, y, sample_weight=None, **options):
    """Train a net by the steps of ``fit``, for what an observer sees on the way.

    Parameters
    ----------
    net : estimator
        A clone, which is not usable afterwards. Its parameters are checked here.
    X, y, sample_weight
        As for ``fit``.
    **options
        Arguments of `skdl.engine.training.train` that replace those of ``fit``, such as
        `rate`, `max_epochs`, `on_epoch` and `observer`.

    Returns
    -------
    run : TrainingRun
        For `constant_loss`.
    """
    net._validate_params()
    run = prepare(net, X, y, sample_weight)
    run.train(**{**run.arguments(), **options})
    run.close()
    del net._run
    return run
