"""What a function or a class does, as far as that can be read off it."""

import inspect
import sys
import sysconfig
from functools import cache
from numbers import Number
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import numpy as np

__all__ = ["is_code", "parts_of_code"]

PLACES = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
PLACES = [Path(place).resolve() for place in PLACES]
# Variables of a module that count. Others, such as the path of a log, may differ from
# process to process without any effect on what a function returns.
COUNTED = (FunctionType, type, Number, np.ndarray)


def is_code(thing):
    """Tell whether `parts_of_code` takes something."""
    if isinstance(thing, type | CodeType):
        return True
    return inspect.isroutine(thing) and hasattr(thing, "__qualname__")


def parts_of_code(thing):
    """Return what tells a function, method or class from others.

    Parameters
    ----------
    thing : function, method, builtin, class or code object

    Returns
    -------
    parts : list
        Its name and the object that it is bound to. Of a function also its defaults and
        what it has from the functions around it. Of one that is not of an installed
        library also its code, and the numbers, arrays and functions of its module that
        the code names; of such a class, its functions and those of its bases.
    """
    if isinstance(thing, CodeType):
        return [thing.co_code, thing.co_consts, thing.co_names]
    name = f"{getattr(thing, '__module__', None)}.{thing.__qualname__}"
    if isinstance(thing, type):
        return [name, *_methods(thing)]
    bound = getattr(thing, "__self__", None)
    if isinstance(bound, ModuleType):  # of a builtin function
        bound = None
    function = getattr(thing, "__func__", thing)
    parts = [name, bound, getattr(function, "__wrapped__", None)]
    if isinstance(function, FunctionType):
        parts += [function.__defaults__, function.__kwdefaults__]
        parts += [_content(cell) for cell in function.__closure__ or ()]
        if not _is_of_library(function.__module__):
            parts += [function.__code__, *_variables(function)]
    return parts


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return "empty"


def _variables(function):
    """Return (name, value) of the module's variables that the code names."""
    found = function.__globals__
    names = sorted(name for name in set(_names(function.__code__)) if name in found)
    return [(name, found[name]) for name in names if isinstance(found[name], COUNTED)]


def _names(code):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _methods(cls):
    for base in cls.__mro__:
        if _is_of_library(base.__module__):
            continue
        for name, member in sorted(vars(base).items()):
            function = getattr(member, "fget", getattr(member, "__func__", member))
            if isinstance(function, FunctionType):
                yield name, type(member), function


@cache
def _is_of_library(name):
    """Tell whether a module is this library's, or was installed: it has a version."""
    if name is None or name.split(".")[0] == __name__.split(".")[0]:
        return name is not None
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        return name in sys.builtin_module_names
    path = Path(file).resolve()
    return any(path.is_relative_to(place) for place in PLACES)
