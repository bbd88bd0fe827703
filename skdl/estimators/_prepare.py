"""From the arguments of ``fit`` to a training run, in named steps."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from skdl.callbacks.base import store_step_records
from skdl.engine.batching import Data
from skdl.engine.lbfgs import train_lbfgs
from skdl.engine.network import Network
from skdl.engine.optimizers import OPTIMIZERS, SGD, Optimizer
from skdl.engine.progress import Progress
from skdl.engine.schedules import SCHEDULES, Constant, InverseScaling, Schedule
from skdl.engine.setups import Setup, take
from skdl.engine.training import train
from skdl.estimators._architecture import (
    check_architecture,
    check_hidden_layers,
    key_of_layers,
    start_weights,
)
from skdl.estimators._augment import check_augment, start_augmentation
from skdl.estimators._check_input import (
    check_batch_size,
    check_image_shape,
    check_lbfgs,
    check_penalty,
    check_training_data,
    network_dtype,
)
from skdl.estimators._hold_out import holds_out, split_validation
from skdl.estimators._labels import is_list_of_classes
from skdl.estimators._overrides import refuse_overrides
from skdl.estimators._random import later_streams, load_streams, random_streams
from skdl.estimators._resolve import resolve, setting, uses_lbfgs
from skdl.estimators._run_state import RunState
from skdl.estimators._standardize import kind_of_call, learn_scaling
from skdl.estimators._training_run import TrainingRun
from skdl.estimators._validation_data import encode_validation
from skdl.estimators.targets._base import Targets
from skdl.estimators.targets._choice import (
    choose_targets,
    choose_targets_of_batches,
    targets_of,
    warn_of_classes,
)
from skdl.estimators.targets._forms import read_distributions
from skdl.estimators.targets._numbers import UNITS, check_units

# Bytes of weights from which a failure to build a network is one of memory.
LARGE_NETWORK = 2**30
# The attributes that the check of a new X sets.
FEATURES = ("n_features_in_", "feature_names_in_", "_reads_bytes")


def prepare(
    net, X, y, sample_weight=None, validation=None, *,
    incremental=False, classes=None, known_rows=None,
):  # fmt: skip
    """Return a `TrainingRun` that is ready to train a net, in six steps.

    Each step takes what the steps before it return: the order is that of the
    dependencies. Attributes of the net are replaced, never changed in place, so that
    `fitting` can restore them.

    Parameters
    ----------
    net : estimator
    X, y, sample_weight : object
        As the user gave them.
    validation : tuple or None
        What `check_validation` returned: the user's validation data.
    incremental : bool, default=False
        Whether this is ``partial_fit``: one epoch that continues the last call.
    classes : object, default=None
        As the user gave them to ``partial_fit``.
    known_rows : CheckedRows, optional
        What the run of another net of the same class and loss has as ``rows``, if it
        was given the same objects: they need no second check.
    """
    is_new = not ("_network" in vars(net) and (incremental or net.warm_start))
    if is_new:
        for name in UNITS:
            vars(net).pop(name, None)
    # 1. Check parameters and rows.
    hidden_widths = _check_parameters(net)
    if known_rows is None or not is_new:
        rows = _check_rows(net, X, y, sample_weight, classes, is_new=is_new)
    else:
        rows = known_rows.for_net(net)
    _check_options(net, rows)
    scaling = kind_of_call(
        net, rows.X, rows.image_shape, len(hidden_widths), is_new=is_new
    )
    # 2. Choose what y means, and encode it.
    data, n_scores = _encode(net, rows, classes, is_new=is_new, incremental=incremental)
    if validation is not None:
        trained = None if incremental else (rows.X, rows.codes)
        validation = encode_validation(net, validation, rows.dtype, n_scores, trained)
    # 3. Build the network, or continue with a copy of it.
    widths = (rows.X.shape[1], *hidden_widths, n_scores)
    scales, setup = scaling is not None, None
    if is_new:
        streams = start_network(
            net, widths, rows.dtype, net.random_state, scales=scales
        )
    else:
        setup = _set_up(net, widths, scales=scales, incremental=incremental)
        streams = _continue_network(net, setup.network)
    # 4. Hold rows out.
    validation, monitors_validation = _hold_out(net, X, rows, data, validation, streams)
    # 5. Learn units of y, and the scaling of X, from the training rows alone.
    if is_new:
        _learn_units(rows, data, validation)
    augmentation = start_augmentation(net, data, rows.image_shape, streams)
    moments = learn_scaling(
        net, data, rows.weights, rows.image_shape,
        net._run_state.get("input_moments"), scaling, incremental=incremental,
    )  # fmt: skip
    if validation is not None and (is_new or not incremental):
        validation.check_scoring(net)
    # 6. Start the run.
    net.stop_reason_ = None
    state = RunState.of_call(net, monitors_validation)
    state.input_moments = moments
    start_run = _lbfgs_run if uses_lbfgs(net) else _stochastic_run
    run = start_run(
        net, data, state, streams, augmentation, rows.targets.loss,
        validation=validation, monitors_validation=monitors_validation,
        incremental=incremental,
    )  # fmt: skip
    run.given, run.rows = (X, y, sample_weight), rows
    # Otherwise the arrays are free as soon as training ends.
    run.setup = setup if setup is not None and setup.key is not None else None
    net._run = run
    return run


def _check_parameters(net):
    """Refuse parameters that contradict one another; return the hidden widths."""
    refuse_overrides(net)
    widths = check_hidden_layers(net.hidden_layer_sizes)
    check_lbfgs(net)
    return widths


@dataclass
class CheckedRows:
    """The rows to train on and to hold out, checked.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
    y : ndarray or sparse matrix
    weights : ndarray of shape (n_samples, 1), or None
        The user's sample weights.
    dtype : numpy.dtype
        What the network computes in.
    features : dict
        What the net has learned of the columns: their number, and perhaps their names.
    image_shape : tuple of int, or None
    targets : Targets
        What y means.
    codes : ndarray
        y as ``targets.read`` returns it.
    """

    X: Any
    y: Any
    weights: np.ndarray | None
    dtype: np.dtype
    features: dict
    image_shape: tuple | None = None
    targets: Targets | None = None
    codes: np.ndarray | None = None

    def for_net(self, net):
        """Return these rows for another net of the same class and loss."""
        for name in FEATURES:
            vars(net).pop(name, None)
        vars(net).update(self.features)
        return replace(self, targets=self.targets.for_net(net))


def _check_rows(net, X, y, sample_weight, classes, *, is_new):
    """Return `CheckedRows`, whose y has not been read."""
    columns = is_list_of_classes(classes) if is_new else None
    y = read_distributions(net, y, columns=columns)
    X, y, weights = check_training_data(
        net, X, y, sample_weight, reset=is_new, y_numeric=net._y_numeric
    )
    dtype = network_dtype(X) if is_new else net._network.dtype
    if weights is not None:
        weights = weights.astype(dtype, copy=False)
    features = {name: vars(net)[name] for name in FEATURES if name in vars(net)}
    return CheckedRows(X, y, weights, dtype, features)


def _check_options(net, rows):
    """Refuse parameters that do not suit the columns or the targets."""
    check_units(net)
    rows.image_shape = check_image_shape(net.image_shape, rows.X.shape[1])
    check_augment(net, rows.X)


def _encode(net, rows, classes, *, is_new, incremental):
    """Choose the `Targets` of some rows; return (Data, number of scores)."""
    if rows.targets is None:
        rows.targets, rows.codes = read_targets(
            net, rows.y, classes, is_new=is_new, incremental=incremental
        )
    vars(net).update(rows.targets.fitted_attributes)
    encoded, table, n_scores = rows.targets.encode(rows.codes, rows.dtype)
    weights = rows.targets.weigh(rows.codes, rows.weights, rows.dtype)
    return Data(rows.X, encoded, table, weights), n_scores


def _hold_out(net, X, rows, data, validation, streams):
    """Hold rows of X out for validation, unless the user gave validation data.

    Returns
    -------
    validation : ValidationData or None
    monitors_validation : bool
        Whether early stopping monitors the validation score.
    """
    monitors = holds_out(net) or (net.early_stopping and validation is not None)
    if validation is None and (monitors or net.validation_split is not None):
        data.rows, validation = split_validation(
            net, data, X, rows.y, rows.targets, rows.codes, rows.weights,
            streams["validation"],
        )  # fmt: skip
    return validation, monitors


def _learn_units(rows, data, validation):
    """Let `Targets` learn units of y from the training rows, and encode y in them."""
    if rows.targets.learn_units(rows.codes, rows.weights, data.rows):
        data.targets, data.table, _ = rows.targets.encode(rows.codes, rows.dtype)
        if validation is not None:
            validation.targets, validation.table, _ = rows.targets.encode(
                validation.codes, rows.dtype
            )


def read_targets(net, y, classes=None, *, is_new, incremental):
    """Return the `Targets` of a call, and what they read y as.

    Parameters
    ----------
    net : estimator
    y : ndarray or sparse matrix
        Checked.
    classes : object, default=None
        As the user gave them to ``partial_fit``.
    is_new : bool
        Whether the net forgets earlier calls.
    incremental : bool
        Whether this is ``partial_fit``.
    """
    if is_new and incremental:
        return choose_targets_of_batches(net, y, classes)
    if is_new:
        targets, codes = choose_targets(net, y)
        warn_of_classes(net, targets, len(codes))
        return targets, codes
    targets = targets_of(net, y)
    if incremental:
        targets.check_classes_again(classes)
    return targets, targets.read(y, all_classes=not incremental)


def start_network(net, widths, dtype, random_state, *, scales):
    """Give a net a new network and empty records; return its random streams.

    Parameters
    ----------
    net : estimator
    widths : tuple of int
        Widths of the input, the hidden layers and the scores.
    dtype : numpy.dtype
    random_state : int, RandomState instance or None
        Draws the starting weights.
    scales : bool
        Whether the network standardizes its input.
    """
    initialization, streams = random_streams(random_state)
    net._network = _new_network(net, widths, dtype, scales=scales)
    start_weights(net._network, net.weight_init, net.activation, initialization)
    start_records(net, widths)
    return streams


def start_records(net, widths):
    """Give a net the empty records of a new network.

    Parameters
    ----------
    net : estimator
    widths : tuple of int
        Widths of the input, the hidden layers and the scores.
    """
    net.n_layers_ = len(widths)
    net.n_outputs_ = widths[-1]
    net.t_ = 0
    vars(net).pop("loss_", None)
    net.loss_curve_ = []
    net.history_ = {}
    net.best_loss_ = net.validation_scores_ = net.best_validation_score_ = None
    net._run_state = {}
    store_step_records(net, {})


def _set_up(net, widths, *, scales, incremental):
    """Return a `Setup` to continue in; in ``partial_fit``, perhaps one that waited."""
    old = net._network
    if widths != old.widths:
        raise ValueError(
            f"warm_start and partial_fit continue with a network of widths "
            f"{old.widths}. hidden_layer_sizes and the data now need {widths}. Set "
            "warm_start=False, or clone the estimator."
        )
    key = None
    if incremental and not scales:
        key = key_of_layers(net, widths, old.dtype)
    setup = None if key is None else take(key)
    if setup is None:
        setup = Setup(_new_network(net, widths, old.dtype, scales=scales), key)
    return setup


def _continue_network(net, network):
    """Copy the weights of a net to a network to train; return its random streams."""
    old, net._network = net._network, network
    if not network.has_layout_of(old):
        raise ValueError(
            "warm_start and partial_fit continue with the weights of the last call. "
            "They do not fit the layers that activation (maxout), normalization, "
            "residual or standardize now need. Set warm_start=False, or clone the "
            "estimator."
        )
    has_units = "target_mean_" in vars(net)
    if bool(getattr(net, "standardize_target", False)) != has_units:
        raise ValueError(
            "warm_start and partial_fit continue with a net that was fitted with "
            f"standardize_target={has_units}, and it is {net.standardize_target!r} "
            "now. Set it back, set warm_start=False, or clone the estimator."
        )
    network.restore((old.parameters, old.statistics))
    if "streams" in net._run_state:
        return load_streams(net._run_state["streams"])
    # The last call was a fit without warm_start.
    return later_streams(net.random_state)


def _new_network(net, widths, dtype, *, scales):
    options = check_architecture(net, len(widths) - 2)
    try:
        return Network(widths, dtype=dtype, scaling=scales, **options)
    except (MemoryError, OverflowError, ValueError) as error:
        n_weights = sum(a * b for a, b in pairwise(widths))
        size = n_weights * np.dtype(dtype).itemsize
        if size < LARGE_NETWORK:
            raise
        raise MemoryError(
            f"hidden_layer_sizes={net.hidden_layer_sizes!r} makes {n_weights:,} "
            f"weights, which need {size / 2**30:,.0f} GiB of memory. Training takes "
            f"several times as much. Use fewer units. ({error})"
        ) from error


def _stochastic_run(
    net, data, state, streams, augmentation, loss, *, incremental, **options
):  # fmt: skip
    """Return a `TrainingRun` of mini-batch steps."""
    network, known, progress = net._network, net._run_state, state.progress
    progress.max_epochs = net.max_iter + (0 if incremental else progress.epochs)
    batch_size = check_batch_size(net.batch_size, data.n_rows)
    alpha, penalty = check_penalty(net.penalty, net.l1_ratio, net.alpha)
    optimizer = optimizer_of(net).start(network.parameters, network.n_weights)
    is_same = known.get("optimizer", {}).get("kind") == type(optimizer).__name__
    if is_same:
        optimizer.load(known["optimizer"])
    run = TrainingRun(
        net, network, data, state, _schedule_of(net), streams, optimizer=optimizer,
        ignores_plateau=incremental, incremental=incremental, **options,
    )  # fmt: skip
    run.resume(known if is_same else {})
    run.train = train
    run.train_arguments = {
        "network": network,
        "loss": loss,
        "optimizer": optimizer,
        "data": data,
        "rng": streams["shuffling"] if net.shuffle else None,
        "alpha": alpha,
        "penalty": penalty,
        "batch_size": batch_size,
        "rate": run.rate,
        "on_epoch": run,
        "max_norm": net.max_grad_norm,
        "dropout_rng": None if net.dropout is None else streams["dropout"],
        "deadline": run.deadline,
        "augmentation": augmentation,
    }
    return run


def _lbfgs_run(
    net, data, state, streams, augmentation, loss, *, incremental, **options
):  # fmt: skip
    """Return a `TrainingRun` of L-BFGS, which has no augmentation and no batches."""
    state.progress = Progress()
    run = TrainingRun(
        net, net._network, data, state, Constant(), streams,
        ignores_plateau=True, incremental=incremental, **options,
    )  # fmt: skip
    run.resume({})
    run.train = train_lbfgs
    run.train_arguments = {
        "network": net._network,
        "loss": loss,
        "data": data,
        "alpha": 0 if net.penalty is None else net.alpha,
        "max_fun": net.max_fun,
        "tol": net.tol,
        "on_epoch": run,
        "on_end": run.on_lbfgs_end,
        "on_begin": run.on_epoch_begin,
    }
    return run


def optimizer_of(net):
    """Return the optimizer that the parameters of a net ask for, except lbfgs."""
    solver = setting(net, "solver")
    if solver == "sgd":
        return SGD(net.momentum, net.nesterovs_momentum)
    if solver in ("adam", "adamw"):
        return OPTIMIZERS[solver](net.beta_1, net.beta_2, net.epsilon)
    return resolve("solver", solver, OPTIMIZERS, Optimizer)


def _schedule_of(net):
    # scikit-learn's names have no effect with its 'adam', and so they have none here.
    schedule = setting(net, "learning_rate")
    if setting(net, "solver") == "adam" and schedule in ("invscaling", "adaptive"):
        return Constant()
    if schedule == "invscaling":
        return InverseScaling(net.power_t)
    return resolve("learning_rate", schedule, SCHEDULES, Schedule)
