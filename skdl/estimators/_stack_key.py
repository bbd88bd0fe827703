"""Which fits can share a stack, as far as parameters and shapes of arrays tell."""

from numbers import Real

import numpy as np
from scipy.sparse import issparse

from skdl.engine.optimizers import SGD
from skdl.engine.specification import Specification
from skdl.engine.stacked_steps import sharp_kind
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._base import BaseNet
from skdl.estimators._callbacks import callbacks_of
from skdl.estimators._check_input import check_penalty
from skdl.estimators._resolve import setting, uses_lbfgs
from skdl.estimators._stack_size import is_too_wide
from skdl.estimators._standardize import scales_columns

__all__ = ["objects_key", "rows_key", "stack_key"]


def stack_key(call):
    """Return what the nets of a stack agree in, as far as parameters and shapes tell.

    Parameters
    ----------
    call : Call

    Returns
    -------
    key : hashable, or None
        Calls of equal keys can train in one stack. None for a call that trains alone:
        with lbfgs, callbacks, a time budget, printed progress, a sparse X, layers that
        fill the cache, or objects of a user's own class whose formulas take one
        network.
    """
    net = call.net
    own = isinstance(net, BaseNet) and type(net).__module__.startswith("skdl.")
    if not own or uses_lbfgs(net) or net.max_time is not None or net.verbose:
        return None
    if callbacks_of(net) or "fit" in vars(net) or issparse(call.X):
        return None
    try:
        key = _key_of_parameters(net) + _key_of_data(call)
        hash(key)
        hidden = check_hidden_layers(net.hidden_layer_sizes)
        if is_too_wide((np.shape(call.X)[1], *hidden)):
            return None
    except (AttributeError, IndexError, TypeError, ValueError):
        return None  # ``fit`` raises an error that says more
    return key


def _key_of_parameters(net):
    """Return the parameters that are equal in a stack; raise for what cannot stack."""
    solver = setting(net, "solver")
    if solver == "sgd":
        solver = SGD(net.momentum, net.nesterovs_momentum)
    if isinstance(solver, SGD):
        solver = "sgd", bool(solver.momentum), bool(solver.nesterov)
    elif not isinstance(solver, str):
        _frozen(solver)
        solver = type(solver)
    penalty = check_penalty(setting(net, "penalty"), net.l1_ratio, net.alpha)[1]
    if sharp_kind(penalty) is None:
        raise TypeError("penalty")
    dropout = net.dropout
    dropout = bool(dropout) if isinstance(dropout, Real) else _frozen(dropout)
    if isinstance(dropout, tuple):
        dropout = tuple(bool(rate) for rate in dropout)
    return (
        type(net),
        tuple(check_hidden_layers(net.hidden_layer_sizes)),
        _frozen(setting(net, "activation")),
        _frozen(setting(net, "loss")),
        _frozen(setting(net, "normalization")),
        net.normalization_position,
        bool(net.residual),
        dropout or None,
        solver,
        net.batch_size,
    )


def _key_of_data(call):
    """Return what is known of the rows before they are checked."""
    net, X = call.net, call.X
    shape = np.shape(X)
    n_rows = shape[0] if call.rows is None else len(call.rows)
    split = net.validation_split
    split = split if split is None or isinstance(split, int) else "splitter"
    given = call.X_val is not None
    holds_out = split is not None or (net.early_stopping and not given)
    fraction = net.validation_fraction if holds_out and split is None else split
    dtype = getattr(X, "dtype", None)
    return (
        scales_columns(net, X),
        n_rows,
        shape[1],
        str(dtype),
        np.shape(call.y)[1:],
        given,
        holds_out,
        fraction,
    )


def _frozen(value):
    """Return a hashable description of a parameter; raise for an unknown object."""
    if value is None or isinstance(value, str | Real):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_frozen(one) for one in value)
    own = isinstance(value, Specification)
    if not own or not type(value).__module__.startswith("skdl.engine"):
        raise TypeError(f"{value!r} may not take several networks")
    settings = sorted(vars(value).items())
    return type(value), *((name, _frozen(one)) for name, one in settings)


def rows_key(call):
    """Return what identifies the rows of X that a call trains on.

    Parameters
    ----------
    call : Call
    """
    return id(call.X), id(call.rows)


def objects_key(call):
    """Return what identifies the other objects on which the checks of rows depend.

    Parameters
    ----------
    call : Call
    """
    net = call.net
    return type(net), _frozen(setting(net, "loss")), id(call.y), id(call.sample_weight)
