"""From the plain values of a checkpoint, which may be forged, to a fitted net."""

import numpy as np

from skdl._plain_values import from_plain
from skdl.engine.network import Network
from skdl.estimators._architecture import check_architecture, check_hidden_layers
from skdl.estimators._check_run_state import (
    LARGEST,
    check_count,
    check_names,
    check_run_state,
)
from skdl.estimators._prepare import optimizer_of, start_records
from skdl.estimators._random import later_streams, save_streams
from skdl.estimators._run_state import Records, RunState
from skdl.estimators._scoring import record_names
from skdl.estimators._standardize import blank_moments
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._numbers import UNITS

__all__ = ["load_model"]

PARTS = ("class", "parameters", "fitted", "feature_names")
PARTS += ("n_features", "n_scores", "reads_bytes", "has_scaling")
SNAPSHOTS = ("best", "good", "candidate")


def load_model(net, model, state, which):
    """Make a fitted net of an unfitted one.

    Parameters
    ----------
    net : estimator
        A net with the parameters of the run. It is unusable if this function raises.
    model : dict
        What `model_dict` returned.
    state : dict
        What ``state_dict`` of the run returned.
    which : {"best", "last"}
        Which weights: those that early stopping would restore, or the last ones.

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """
    net._validate_params()
    check_names(model, PARTS, "the model")
    widths = _widths(net, model)
    net._network = _network_of(net, widths, state, bool(model["has_scaling"]))
    check_run_state(state, _state_like(net, state), LARGEST)
    snapshots = state["snapshots"]
    if which == "best" and "best" in snapshots:
        best = snapshots["best"]
        net._network.restore((best["parameters"], best["statistics"]))
    if not net._network.is_finite():
        raise ValueError("the weights contain infinity or NaN: the run diverged.")
    start_records(net, widths)
    _set_records(net, RunState.from_dict(state))


def _widths(net, model):
    """Set the attributes that say what X and y are; return the widths of the layers."""
    n_features, names = model["n_features"], model["feature_names"]
    check_count(n_features, "n_features")
    check_count(model["n_scores"], "n_scores")
    net.n_features_in_ = n_features
    net._reads_bytes = bool(model["reads_bytes"])
    if names is not None:
        are_names = isinstance(names, list) and all(type(n) is str for n in names)
        if not are_names or len(names) != n_features:
            raise ValueError(f"feature_names does not name {n_features} columns.")
        net.feature_names_in_ = np.array(names, dtype=object)
    _set_fitted(net, model["fitted"])
    n_outputs = len(net.target_mean_) if "target_mean_" in vars(net) else 1
    if net._y_numeric and (n_outputs < 1 or model["n_scores"] % n_outputs):
        raise ValueError(f"{model['n_scores']} scores are not of {n_outputs} outputs.")
    if not net._y_numeric and model["n_scores"] != targets_of(net).n_scores:
        raise ValueError(
            f"n_scores must be {targets_of(net).n_scores}, got {model['n_scores']}."
        )
    hidden = check_hidden_layers(net.hidden_layer_sizes)
    return (n_features, *hidden, model["n_scores"])


def _set_fitted(net, fitted):
    """Set the attributes from which `targets_of` knows what y means."""
    if net._y_numeric:
        names = UNITS if net.standardize_target else ()
    else:
        names = ("classes_", "_multilabel")
    check_names(fitted, names, "fitted")
    vars(net).update({name: from_plain(fitted[name]) for name in names})
    if not net._y_numeric:
        _check_classes(net)
    elif names:
        _check_units(net.target_mean_, net.target_scale_)


def _check_classes(net):
    classes = net.classes_
    for one in classes if isinstance(classes, list) and classes else [classes]:
        is_sorted = isinstance(one, np.ndarray) and one.ndim == 1 and one.size
        if not is_sorted or not np.array_equal(np.unique(one), one):
            raise ValueError(f"classes_ are not sorted labels: {one!r:.60}.")
    net._multilabel = bool(net._multilabel)


def _check_units(mean, scale):
    for name, array in (("target_mean_", mean), ("target_scale_", scale)):
        are_numbers = isinstance(array, np.ndarray) and array.dtype == np.float64
        if not (are_numbers and array.ndim == 1 and np.isfinite(array).all()):
            raise ValueError(f"{name} must be finite numbers, got {array!r:.60}.")
    if mean.shape != scale.shape or not (scale > 0).all():
        raise ValueError("target_scale_ must be a positive number for each output.")


def _network_of(net, widths, state, has_scaling):
    """Return a network with the weights after the last epoch.

    No array is allocated before it is clear that the arrays of the state fit: the
    parameters of a forged file could ask for a network beyond the memory.
    """
    for name in ("parameters", "statistics"):
        array = state[name]
        if not isinstance(array, np.ndarray) or array.dtype not in ("f4", "f8"):
            raise ValueError(f"{name} must be an array of floats, got {array!r:.50}.")
    options = {**check_architecture(net, len(widths) - 2), "scaling": has_scaling}
    network = Network.__new__(Network)
    network.__setstate__(
        {
            "widths": widths,
            "activations": options.pop("activations"),
            "stack": (),
            "options": options,
            "parameters": state["parameters"].copy(),
            "statistics": state["statistics"].copy(),
        }
    )
    return network


def _state_like(net, state):
    """Return an example of a state of this net: its names, shapes and dtypes count.

    `check_run_state` compares the state of a file with it.
    """
    network = net._network
    last = {"parameters": network.parameters, "statistics": network.statistics}
    optimizer = optimizer_of(net).start(network.parameters, network.n_weights)
    whole = {**last, "optimizer": optimizer.state_dict()}
    snapshots = {"best": last, "good": whole, "candidate": whole}
    names = [name for name in SNAPSHOTS if name in state["snapshots"]]
    like = RunState(
        records=_records_like(state["records"]),
        history={name: [] for name in record_names(net.scoring)},
        lowest_loss=None,
        snapshots={name: snapshots[name] for name in names},
        input_moments=None,
        streams=save_streams(later_streams(0)),
        **whole,
    )
    if network.scaling is not None:
        like.input_moments = blank_moments(net.n_features_in_)
        if "kind" in (state["input_moments"] or ()):
            like.input_moments["kind"] = "feature"
    return like.to_dict()


def _records_like(records):
    """Return an example of the records of earlier calls of ``fit``."""
    n_before = max(0, len(records["loss_curve_"]) - int(records["n_iter_"]))
    like = Records(loss_curve_=[np.float64(0)] * n_before)
    if records["validation_scores_"] is None:
        like.best_loss_ = np.float64(0)
    else:
        like.validation_scores_ = [0.0] * n_before
        like.best_validation_score_ = 0.0
    return like


def _set_records(net, state):
    """Set the records of a net and where a later call continues."""
    state.publish(net)
    net.t_ = state.progress.rows
    net.history_ = {name: np.array(v, float) for name, v in state.history.items()}
    is_over = state.records.n_iter_ >= net.max_iter
    net.stop_reason_ = state.stop_reason or ("max_iter" if is_over else None)
    net._run_state = {"input_moments": state.input_moments}
