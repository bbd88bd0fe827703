"""What each estimator of skdl becomes in a graph.

A writer takes the graph, the fitted estimator and its inputs, a list of `Tensor`, and
returns its outputs, a dict from name to `Tensor`. The output of a transformer is called
"variable", like that of a regressor.
"""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdl.engine.stacking import stack
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    BaggingEnsembleRegressor,
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.ensemble.vote import vote_of
from skdl.estimators import MLPRegressor, TabularClassifier, TabularRegressor
from skdl.estimators._internal_api import (
    BaseClassifier,
    network_of,
    table_parts,
    targets_of,
)
from skdl.export._graph import Tensor
from skdl.export._heads import (
    Vote,
    classes_of,
    decision_of,
    label_outputs,
    labels_of_numbers,
    log_odds,
    mean_of_members,
    number_outputs,
)
from skdl.export._inputs import FLOAT32, FLOAT64, as_matrix, inputs_of
from skdl.export._network import shifted, write_scores
from skdl.export._tables import (
    column_types,
    write_bins,
    write_smooth_clip,
    write_table,
)
from skdl.preprocessing import (
    PCAWhitener,
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    Standardizer,
    TabularEncoder,
)

__all__ = ["KINDS", "default_inputs", "dtype_of", "write", "writer_of"]


def write(graph, estimator, tensors):
    """Add the nodes of a fitted estimator; return its outputs by name.

    Parameters
    ----------
    graph : Graph
    estimator : estimator
        One that `writer_of` knows.
    tensors : list of Tensor
        Its inputs.
    """
    check_is_fitted(estimator)
    width = sum(one.shape[1] for one in tensors)
    if width != estimator.n_features_in_:
        raise ValueError(
            f"X has {width} columns, and {type(estimator).__name__} was fitted to "
            f"{estimator.n_features_in_}: pass rows of the X of fit, or None."
        )
    return writer_of(estimator)(graph, estimator, tensors)


def writer_of(estimator):
    """Return the function that writes an estimator, or None.

    Parameters
    ----------
    estimator : estimator
        Of any library. A pipeline of estimators of skdl alone is known, too.
    """
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if _is_a_step(step)]
        return _pipeline if steps and all(map(writer_of, steps)) else None
    kinds = (kind for kind in KINDS if isinstance(estimator, kind))
    return KINDS.get(next(kinds, None))


def _is_a_step(step):
    return step is not None and not isinstance(step, str)


def default_inputs(estimator):
    """Return the inputs of a fitted estimator, without rows that show their types.

    Parameters
    ----------
    estimator : estimator
        One that `writer_of` knows.
    """
    first = _first_step(estimator)
    names = getattr(first, "feature_names_in_", None)
    if isinstance(first, TabularEncoder):
        return inputs_of(names, column_types(first))
    if isinstance(first, TabularClassifier | TabularRegressor):
        return inputs_of(names, column_types(table_parts(first).encoder))
    return inputs_of(names, [FLOAT32] * first.n_features_in_)


def dtype_of(estimator, tensors):
    """Return in which dtype to compute: float64 if an input is.

    The code of a table is float32, whatever the table holds.

    Parameters
    ----------
    estimator : estimator
    tensors : list of Tensor
        Its inputs.
    """
    if isinstance(_first_step(estimator), TABLES):
        return FLOAT32
    return FLOAT64 if any(one.dtype == FLOAT64 for one in tensors) else FLOAT32


def _first_step(estimator):
    while isinstance(estimator, Pipeline):
        estimator = next(step for _, step in estimator.steps if _is_a_step(step))
    return estimator


def _pipeline(graph, pipeline, tensors):
    outputs = {}
    for _, step in pipeline.steps:
        if _is_a_step(step):
            outputs = write(graph, step, tensors)
            tensors = list(outputs.values())
    return outputs


def _classifier(graph, net, tensors):
    scores = write_scores(graph, network_of(net), as_matrix(graph, tensors))
    return label_outputs(graph, targets_of(net), scores)


def _regressor(graph, net, tensors):
    scores = write_scores(graph, network_of(net), as_matrix(graph, tensors))
    return number_outputs(graph, [targets_of(net)], scores)


def _ensemble(graph, ensemble, tensors):
    voting, weights = vote_of(ensemble)
    nets = ensemble.estimators_
    if len(nets) == 1:
        # The vote of a single member is its own decision.
        return write(graph, nets[0], tensors)
    networks = [network_of(net) for net in nets]
    joined = stack(networks[0], [network.snapshot() for network in networks])
    scores = write_scores(graph, joined, as_matrix(graph, tensors))
    vote = Vote(voting, weights, len(nets))
    targets = [targets_of(net) for net in nets]
    if isinstance(nets[0], BaseClassifier):
        return label_outputs(graph, targets[0], scores, vote)
    return number_outputs(graph, targets, scores, vote)


def _tabular_scores(graph, net, tensors):
    """Return the parts of a tabular net, and the raw scores of its members."""
    parts = table_parts(net)
    code = write_table(graph, parts.encoder, tensors)
    return parts, write_scores(graph, parts.network, code)


def _mean_of_table_nets(graph, values, parts):
    """Add the weighted mean over the members of a tabular net; return its name."""
    weights = graph.numbers(parts.member_weights).reshape(-1, 1, 1)
    return mean_of_members(graph, values, weights, len(weights))


def _tabular_classifier(graph, net, tensors):
    parts, scores = _tabular_scores(graph, net, tensors)
    scores = graph.add("Mul", scores, graph.numbers(net.temperature_))
    each = graph.add("Softmax", scores, axis=-1)
    p = _mean_of_table_nets(graph, each, parts)
    winners = graph.add("ArgMax", p, axis=-1, keepdims=0)
    label = labels_of_numbers(graph, classes_of(net.classes_), winners)
    n_classes = len(net.classes_)
    if graph.wants_scores:
        scores = log_odds(graph, p, True)
        scores = decision_of(graph, scores, n_classes, True)
        return {"label": label, "scores": scores}
    return {
        "label": label,
        "probabilities": Tensor(p, graph.dtype, (None, n_classes)),
    }


def _tabular_regressor(graph, net, tensors):
    parts, scores = _tabular_scores(graph, net, tensors)
    y = _mean_of_table_nets(graph, scores, parts)
    y = graph.add("Mul", y, graph.numbers(parts.target_scale))
    y = graph.add("Add", y, graph.numbers(parts.target_mean))
    return _variable(graph, y, len(parts.target_mean))


def _variable(graph, name, width):
    return {"variable": Tensor(name, graph.dtype, (None, width))}


def _tabular_encoder(graph, encoder, tensors):
    width = sum(encoder.widths_)
    if not width:
        raise ValueError(
            "This TabularEncoder has no output columns: no column of its table varies."
        )
    return _variable(graph, write_table(graph, encoder, tensors), width)


def _standardizer(graph, scaler, tensors):
    x, width = as_matrix(graph, tensors), scaler.n_features_in_
    mean = scaler.mean_ if scaler.with_mean else np.zeros(width)
    scale = scaler.scale_ if scaler.with_std else np.ones(width)
    return _variable(graph, shifted(graph, x, mean, 1 / scale), width)


def _whitener(graph, whitener, tensors):
    x, axes = as_matrix(graph, tensors), whitener.components_
    x = shifted(graph, x, whitener.mean_, np.ones(1))
    x = graph.add("MatMul", x, graph.numbers((axes / whitener.scale_[:, None]).T))
    if whitener.zca:
        x = graph.add("MatMul", x, graph.numbers(axes))
    return _variable(graph, x, axes.shape[1] if whitener.zca else len(axes))


def _smooth_clip(graph, scaler, tensors):
    x = graph.cast(as_matrix(graph, tensors), FLOAT64)
    z = write_smooth_clip(graph, x, scaler.center_, scaler.scale_, scaler.limit)
    return _variable(graph, graph.cast(z, graph.dtype), scaler.n_features_in_)


def _piecewise_linear(graph, encoder, tensors):
    width = sum(map(len, encoder.bin_means_))
    if not width:
        raise ValueError("This PiecewiseLinearEncoder has no output columns.")
    x = graph.cast(as_matrix(graph, tensors), FLOAT64)
    medians = np.where(np.isnan(encoder.medians_), 0.0, encoder.medians_)
    x = graph.add("Where", graph.add("IsNaN", x), medians, x)
    z = write_bins(graph, x, encoder.bin_edges_, encoder.bin_means_, encoder.factor)
    return _variable(graph, graph.cast(z, graph.dtype), width)


TABLES = TabularClassifier, TabularRegressor, TabularEncoder
KINDS = {
    BaseClassifier: _classifier,
    MLPRegressor: _regressor,
    BaggingEnsembleClassifier: _ensemble,
    BaggingEnsembleRegressor: _ensemble,
    CheckpointEnsembleClassifier: _ensemble,
    CheckpointEnsembleRegressor: _ensemble,
    SeedEnsembleClassifier: _ensemble,
    SeedEnsembleRegressor: _ensemble,
    TabularClassifier: _tabular_classifier,
    TabularRegressor: _tabular_regressor,
    TabularEncoder: _tabular_encoder,
    Standardizer: _standardizer,
    PCAWhitener: _whitener,
    SmoothClipScaler: _smooth_clip,
    PiecewiseLinearEncoder: _piecewise_linear,
}
