"""Refuse a state, which may come from a file, that a training run cannot have."""

from dataclasses import is_dataclass
from numbers import Integral, Real
from typing import get_args, get_origin, get_type_hints

import numpy as np

from skdl.estimators._random import load_streams
from skdl.estimators._run_state import RunState

REASONS = (None, "callback", "converged", "diverged", "interrupted", "max_iter")
REASONS += ("max_time",)
LARGEST = 2**63


def check_run_state(state, like, max_iter):
    """Raise ValueError unless a state fits the fields of `RunState` and the run.

    Parameters
    ----------
    state : object
        What to check.
    like : dict
        The state of a run of the same net on the same data before its first epoch:
        arrays must have its shapes and dtypes.
    max_iter : int
        Epochs that the run may have.
    """
    _check_fields(state, RunState, like, "the state")
    _check_records(state["records"], like["records"], max_iter)
    for name, values in state["history"].items():
        _check_length(values, state["records"]["n_iter_"], f"history.{name}")
    if state["stop_reason"] not in REASONS:
        raise ValueError(f"stop_reason is {state['stop_reason']!r:.50}.")
    if state["stop_reason"] != "diverged":
        _check_no_nan(state, "")
    if state["learning_rate"] < 0:
        raise ValueError(f"learning_rate is negative: {state['learning_rate']!r:.50}.")


def _check_fields(value, kind, like, name):
    """Check a dict of the fields of a dataclass by their annotations."""
    hints = get_type_hints(kind)
    check_names(value, hints, name)
    prefix = "" if kind is RunState else f"{name}."
    for key, hint in hints.items():
        _check_field(value[key], hint, like[key], f"{prefix}{key}")


def _check_field(value, hint, like, name):
    options = get_args(hint)
    if type(None) in options:
        # Whether there is an array or a dict does not change while training runs.
        if value is None and not isinstance(like, np.ndarray | dict):
            return
        (hint,) = (option for option in options if option is not type(None))
    if name == "streams":
        _check_streams(value, like)
    elif is_dataclass(hint):
        _check_fields(value, hint, like, name)
    elif hint is dict:
        _check_dict(value, like, name)
    elif get_origin(hint) is dict:
        check_names(value, like, name)
        for key in like:
            _check_field(value[key], get_args(hint)[1], like[key], f"{name}.{key}")
    elif get_origin(hint) is list:
        _check_numbers(value, name)
    else:
        _check_like(value, hint, like, name)


def _check_dict(value, like, name):
    """Check a dict whose names and kinds of values follow from the run."""
    if like is None:
        raise ValueError(f"{name} must be None, got {value!r:.50}.")
    check_names(value, like, name)
    for key, inner in like.items():
        path = f"{name}.{key}"
        if isinstance(inner, dict):
            _check_dict(value[key], inner, path)
        else:
            _check_like(value[key], type(inner), inner, path)


def _check_streams(value, like):
    check_names(value, like, "streams")
    streams = load_streams(value)
    try:
        for name in like:
            streams[name]
    except Exception as error:  # NumPy raises many kinds
        names = list(like)
        raise ValueError(f"streams are not states of {names}: {error}.") from None


def _check_like(value, kind, like, name):
    """Check a number, a flag, a text or an array; other kinds may be a user's own."""
    if issubclass(kind, np.ndarray):
        _check_array(value, like, name)
    elif issubclass(kind, bool | np.bool_):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {value!r:.50}.")
    elif issubclass(kind, Integral):
        check_count(value, name)
    elif issubclass(kind, Real):
        _check_number(value, name)
    elif issubclass(kind, str) and not isinstance(value, str):
        raise ValueError(f"{name} must be a text, got {value!r:.50}.")


def check_names(value, names, path):
    """Refuse a value that is not a dict, lacks a name, or has an unknown one."""
    if not isinstance(value, dict):
        raise ValueError(f"{path} must be a dict, got {value!r:.50}.")
    lacking = [name for name in names if name not in value]
    if lacking:
        raise ValueError(f"{path} lacks {lacking[0]!r}.")
    unknown = [name for name in value if name not in names]
    if unknown:
        raise ValueError(f"{path} has {unknown[0]!r:.50}, which is unknown.")


def _check_records(records, like, max_iter):
    """Check that lists have their length before the run plus one value per epoch."""
    n_epochs = records["n_iter_"]
    check_count(n_epochs, "records.n_iter_", max_iter)
    for name, value in records.items():
        before, path = like[name], f"records.{name}"
        if (before is None) != (value is None):
            needs = "None" if before is None else "a value"
            raise ValueError(f"{path} must be {needs}, got {value!r:.50}.")
        if isinstance(before, list):
            _check_length(value, len(before) + n_epochs, path)


def _check_array(value, like, name):
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name} must be an array, got {value!r:.50}.")
    if (value.shape, value.dtype) != (like.shape, like.dtype):
        raise ValueError(
            f"{name} must be {like.dtype} of shape {like.shape}, got {value.dtype} of "
            f"shape {value.shape}."
        )


def _check_no_nan(value, name):
    """Refuse NaN in arrays: only a run that diverged can have it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_no_nan(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, np.ndarray) and np.isnan(value).any():
        raise ValueError(f"{name} contains NaN, but the run did not diverge.")


def _check_numbers(values, name):
    if not isinstance(values, list):
        raise ValueError(f"{name} must be a list of numbers, got {values!r:.50}.")
    for value in values:
        _check_number(value, name)


def _check_length(values, length, name):
    if len(values) != length:
        raise ValueError(
            f"{name} must be a list of {length} numbers, got {len(values)}."
        )


def _check_number(value, name):
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number, got {value!r:.50}.")
    if isinstance(value, Integral) and not -LARGEST < value < LARGEST:
        raise ValueError(f"{name} is out of range.")


def check_count(value, name, largest=LARGEST):
    """Refuse a value that is not an int from 0 to the largest that is allowed."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value <= largest:
        raise ValueError(
            f"{name} must be an int from 0 to {largest}, got {value!r:.50}."
        )
