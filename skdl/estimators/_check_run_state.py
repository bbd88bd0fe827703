"""Whether a state, which may come from a file, is one that a training run can have."""

from numbers import Integral, Real

import numpy as np

from skdl.estimators._random import load_streams

__all__ = ["check_run_state"]

REASONS = (None, "callback", "converged", "diverged", "interrupted", "max_iter")
REASONS += ("max_time",)
# Numbers that may be None as well, until there is one.
OPTIONAL = ("reference_loss", "lowest", "weight")
LARGEST = 2**63


def check_run_state(state, like, max_iter):
    """Raise ValueError unless a state can stand in the place of another one.

    Parameters
    ----------
    state : object
        What to check.
    like : dict
        The state of a run of the same net on the same data before its first epoch.
    max_iter : int
        Epochs that the run may have.
    """
    rest = ("optimizer", "streams", "records", "history", "stop_reason")
    _check_names(state, like, "the state")
    for name in set(like) - set(rest):
        _check_like(state[name], like[name], name)
    _check_optimizer(state["optimizer"], like["optimizer"], "optimizer")
    _check_streams(state["streams"], like["streams"])
    _check_records(state["records"], like["records"], max_iter)
    _check_names(state["history"], like["history"], "history")
    for name, values in state["history"].items():
        _check_numbers(values, state["records"]["n_iter_"], f"history.{name}")
    if state["stop_reason"] not in REASONS:
        raise ValueError(f"stop_reason is {state['stop_reason']!r:.50}.")


def _check_names(value, like, name, optional=()):
    """Refuse what is no dict, lacks a name, or has one that is unknown."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a dict, got {value!r:.50}.")
    lacking = [key for key in like if key not in value and key not in optional]
    if lacking:
        raise ValueError(f"{name} lacks {lacking[0]!r}.")
    unknown = [key for key in value if key not in like and key not in optional]
    if unknown:
        raise ValueError(f"{name} has {unknown[0]!r:.50}, which is unknown.")


def _check_like(value, like, name):
    """Refuse a value of another kind, shape or dtype."""
    if isinstance(like, dict):
        _check_names(value, like, name)
        for key in like:
            check = _check_optimizer if key == "optimizer" else _check_like
            check(value[key], like[key], f"{name}.{key}")
    elif isinstance(like, np.ndarray):
        _check_array(value, like, name)
    elif name.split(".")[-1] in OPTIONAL:
        if value is not None:
            _check_number(value, name)
    elif isinstance(like, bool | np.bool_):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {value!r:.50}.")
    elif isinstance(like, Integral):
        _check_count(value, name)
    else:
        _check_number(value, name)


def _check_optimizer(value, like, name):
    """Check what optimizers have in common; one of a user's own may hold the rest."""
    _check_names(value, like, name)
    for key, one in like.items():
        if isinstance(one, np.ndarray):
            _check_array(value[key], one, f"{name}.{key}")
        elif isinstance(one, Integral) and not isinstance(one, bool):
            _check_count(value[key], f"{name}.{key}")
        elif isinstance(one, Real) and not isinstance(one, bool):
            _check_number(value[key], f"{name}.{key}")


def _check_array(value, like, name):
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name} must be an array, got {value!r:.50}.")
    if (value.shape, value.dtype) != (like.shape, like.dtype):
        raise ValueError(
            f"{name} must be {like.dtype} of shape {like.shape}, got {value.dtype} of "
            f"shape {value.shape}."
        )


def _check_streams(streams, like):
    _check_names(streams, like, "streams")
    try:
        load_streams(streams)
    except Exception as error:  # by NumPy, of many kinds
        raise ValueError(f"streams are not states of {like.keys()}: {error}.") from None


def _check_records(records, like, max_iter):
    """Check the records on the net, which are those before and one for each epoch."""
    _check_names(records, like, "records", optional=["loss_"])
    n_epochs = records["n_iter_"]
    _check_count(n_epochs, "records.n_iter_", max_iter)
    for name, value in records.items():
        before, path = like.get(name, 0.0), f"records.{name}"
        if before is None:
            if value is not None:
                raise ValueError(f"{path} must be None, got {value!r:.50}.")
        elif isinstance(before, list):
            _check_numbers(value, len(before) + n_epochs, path)
        else:
            _check_number(value, path)
    if n_epochs and "loss_" not in records:
        raise ValueError("records lacks 'loss_'.")


def _check_numbers(values, length, name):
    if not isinstance(values, list) or len(values) != length:
        n_values = len(values) if isinstance(values, list) else "none"
        raise ValueError(f"{name} must be a list of {length} numbers, got {n_values}.")
    for value in values:
        _check_number(value, name)


def _check_number(value, name):
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number, got {value!r:.50}.")
    if isinstance(value, Integral) and not -LARGEST < value < LARGEST:
        raise ValueError(f"{name} is out of range.")


def _check_count(value, name, largest=LARGEST):
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value <= largest:
        raise ValueError(
            f"{name} must be an int from 0 to {largest}, got {value!r:.50}."
        )
