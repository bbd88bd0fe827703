"""Parameters of estimators as plain values and arrays, and back, without a pickle.

A file of such values can be read from strangers: `from_plain` makes objects of the
classes in `skdl.trusted_types` alone, with any parameters.
"""

from importlib import import_module
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from skdl._trusted import trusted_types

PLAIN = (type(None), bool, int, float, str)


def name_of_class(kind: type) -> str:
    """Return the full name of a class, as `trusted_types` has it.

    Parameters
    ----------
    kind : type
        The class.

    Examples
    --------
    >>> from skdl._plain_values import name_of_class
    >>> from skdl.engine import Adam
    >>> name_of_class(Adam)
    'skdl.engine.optimizers.Adam'
    """
    return f"{kind.__module__}.{kind.__qualname__}"


def to_plain(value: Any) -> Any:
    """Return a value as nested lists, tuples and dicts of plain values and arrays.

    Parameters
    ----------
    value : object
        A plain value, an array, an object of a class in `trusted_types`, or a list,
        tuple or dict of these. Of anything else, such as a function, the result holds
        only a text: `lost_in` finds it, and `from_plain` refuses it.

    Examples
    --------
    >>> from skdl._plain_values import from_plain, to_plain
    >>> from skdl.engine import StepDecay
    >>> plain = to_plain([0.1, StepDecay(every=3)])
    >>> plain[1]["parameters"]["every"]
    3
    >>> from_plain(plain)
    [0.1, StepDecay(every=3)]
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        return value
    if type(value) in (list, tuple):
        return type(value)(map(to_plain, value))
    if type(value) is dict:
        return {"items": [[to_plain(key), to_plain(value[key])] for key in value]}
    name = name_of_class(type(value))
    if isinstance(value, BaseEstimator) and name in trusted_types:
        parameters = value.get_params(deep=False)
        return {
            "class": name,
            "parameters": {key: to_plain(parameters[key]) for key in parameters},
        }
    return {"lost": f"{' '.join(repr(value).split()):.60}"}


def lost_in(plain: Any) -> str | None:
    """Return the text of the first value that `to_plain` could not keep, or None.

    Parameters
    ----------
    plain : object
        What `to_plain` returned.
    """
    if isinstance(plain, dict):
        if "lost" in plain:
            return str(plain["lost"])
        plain = [*plain.get("items", ()), *dict(plain.get("parameters", {})).values()]
    parts = plain if isinstance(plain, list | tuple) else ()
    return next(filter(None, map(lost_in, parts)), None)


def from_plain(plain: Any) -> Any:
    """Return the value of which `to_plain` made the argument.

    Parameters
    ----------
    plain : object
        What `to_plain` returned. It may come from a file that somebody has forged.

    Raises
    ------
    ValueError
        For a class that is not in `trusted_types`, for parameters that the class does
        not have, and for anything that `to_plain` does not return.
    """
    if isinstance(plain, list | tuple):
        return type(plain)(map(from_plain, plain))
    if not isinstance(plain, dict):
        return plain
    if plain.keys() == {"items"}:
        return {from_plain(key): from_plain(value) for key, value in plain["items"]}
    if plain.keys() != {"class", "parameters"}:
        raise ValueError(f"{plain!r:.60} is not the description of an object.")
    kind = trusted_class(plain["class"])
    parameters = plain["parameters"]
    unknown = sorted(set(parameters) - set(kind._get_param_names()))
    if unknown:
        raise ValueError(f"{kind.__name__} has no parameter {unknown[0]!r:.50}.")
    return kind(**{key: from_plain(parameters[key]) for key in parameters})


def trusted_class(name: Any) -> type[BaseEstimator]:
    """Return an estimator's class by its full name.

    Parameters
    ----------
    name : str
        Such as 'skdl.engine.optimizers.Adam'.

    Raises
    ------
    ValueError
        If it is not the name of an estimator's class in `trusted_types`.
    """
    if name in trusted_types:
        module, _, short = name.rpartition(".")
        kind = getattr(import_module(module), short)
        if issubclass(kind, BaseEstimator):
            return kind
    raise ValueError(f"{name!r:.80} is not the class of an estimator of skdl.")
