"""A fingerprint of a run: a hash of its parameters, its data and its starting point.

`joblib.hash` is not used: it cannot hash lambdas, its hash of a set depends on the hash
seed of the process, and it does not look at the code of functions.
"""

import hashlib
import inspect
import os
import sys
import sysconfig
from dataclasses import asdict
from functools import cache
from numbers import Number
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import numpy as np
from scipy.sparse import issparse

# The placeholder in a path.
FINGERPRINT = "{fingerprint}"
# Parameters that do not change the weights after a given epoch.
INERT = ("verbose", "max_time")
# What may differ between the run in a file and the run that resumes it. It counts in
# paths nevertheless, because two fits of a search may differ in nothing else.
FREE = ("max_iter",)
BLOCK_BYTES = 2**22
GENERATORS = (np.random.RandomState, np.random.Generator, np.random.BitGenerator)


def fingerprint(run):
    """Return {name: (hash, text for people)} of everything that decides how a run ends.

    Each element of X is read once, in blocks of 4 MB. An epoch of training reads all of
    them, too.

    Parameters
    ----------
    run : TrainingRun
        A run before its first epoch.
    """
    net, data, held = run.net, run.data, run.validation
    parts = marks_of_parameters(net)
    parts["X"] = _describe_array(data.X)
    parts["y"] = _describe_array(data.targets)
    parts["sample_weight"] = _describe_array(data.weights)
    parts["validation data"] = ("none", "not given")
    if held is not None:
        n_rows = len(held.targets)
        own = None if held.X is data.X else held.X
        content = own, held.rows, data.rows, held.targets, held.weights
        parts["validation data"] = (digest(content), f"{n_rows} rows")
    streams = {name: rng.bit_generator.state for name, rng in run.streams.items()}
    progress = asdict(run.progress)
    del progress["max_epochs"]
    start = (
        *run.network.snapshot(),
        run.optimizer and run.optimizer.state_dict(),
        progress,
        streams,
    )
    parts["start"] = (digest(start), "the weights, optimizer and random streams")
    return {name: list(part) for name, part in parts.items()}


def marks_of_parameters(net):
    """Return {name: [hash, text for people]} of a net's class and parameters.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    """
    parts = {"estimator": type(net)}
    parameters = net.get_params(deep=False)
    parts |= {name: parameters[name] for name in parameters if name not in INERT}
    return {name: [digest(v), format_value(v)] for name, v in parts.items()}


def path_of(path, run):
    """Return the absolute path of a run, with its fingerprint if the path has one."""
    path = os.path.abspath(os.fspath(path))
    return fill_in(path, fingerprint(run)) if FINGERPRINT in path else path


def fill_in(path, marks):
    """Return a path with a fingerprint in place of the placeholder."""
    return path.replace(FINGERPRINT, digest(marks)[:16])


def differences(before, now):
    """Return a sentence for each part in which two fingerprints differ."""
    names = [
        name
        for name in dict.fromkeys([*before, *now])
        if name not in FREE and before.get(name, [None])[0] != now.get(name, [None])[0]
    ]
    # The starting point depends on the other parts, so it is named only by itself.
    if names == ["start"]:
        return [
            "the weights, optimizer or random streams that fit starts from differ, as "
            "they do after warm_start or with a weight_init of another version"
        ]
    absent = [0, "not there"]
    texts = [(name, before.get(name, absent)[1], now.get(name, absent)[1])
             for name in names if name != "start"]  # fmt: skip
    return [
        f"{name} was {old} and is {new}"
        if old != new
        else f"{name} ({new}) has other values than before"
        for name, old, new in texts
    ]


def _describe_array(array):
    if array is None:
        return ("none", "not given")
    mark = digest(array)
    return mark, f"{array.dtype} of shape {array.shape} with content {mark[:8]}"


def format_value(value):
    """Return a parameter's value as a text of at most 60 characters."""
    if isinstance(value, type):
        return value.__name__
    if inspect.isroutine(value) and hasattr(value, "__qualname__"):
        return f"{value.__qualname__} with content {digest(value)[:8]}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def digest(value):
    """Return a hexadecimal hash of a value, by content, not by identity.

    Arrays count by dtype, shape and elements, functions and classes by
    `parts_of_code`, random generators by their type, and other objects by their
    parameters or by what a pickle would hold.
    """
    hasher = _Hasher()
    _add(hasher, value, ())
    return hasher.hexdigest()


class _Hasher:
    """A hash, and a number for each function and class that it contains already."""

    def __init__(self):
        self.codes = {}
        self.sha = hashlib.sha256()
        self.update, self.hexdigest = self.sha.update, self.sha.hexdigest


def _add(hasher, value, outer):
    """Add a value to a hash; `outer` holds the objects that contain the value."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return _add_text(hasher, repr(value))
    if any(value is container for container in outer):
        return _add_text(hasher, "circle")
    outer = (*outer, value)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return _add_array(hasher, value)
    if issparse(value):
        csr = value.tocsr()
        kind, parts = "csr", (csr.shape, csr.data, csr.indices, csr.indptr)
    elif isinstance(value, np.ndarray):
        kind, parts = "objects", (value.shape, *value.ravel())
    elif isinstance(value, dict):
        kind, parts = "dict", sorted(value.items(), key=lambda item: repr(item[0]))
    elif isinstance(value, list | tuple):
        kind, parts = "list", value
    elif isinstance(value, set | frozenset):
        kind, parts = "set", sorted(map(digest, value))
    elif is_code(value):
        # Each function once: the ways in which functions call each other are too many.
        if value in hasher.codes:
            return _add_text(hasher, f"code {hasher.codes[value]}")
        hasher.codes[value] = len(hasher.codes)
        kind, parts = "code", parts_of_code(value)
    elif isinstance(value, ModuleType):
        kind, parts = "module", [value.__name__]
    else:
        kind, parts = "object", _parts_of_object(value)
    _add_text(hasher, f"{kind} of {len(parts)}")
    for part in parts:
        _add(hasher, part, outer)
    return None


def _parts_of_object(value):
    """Return the class of an object, and its parameters or its pickled state."""
    parts = [type(value)]
    if isinstance(value, GENERATORS):
        return parts
    if hasattr(value, "get_params"):
        return [*parts, value.get_params(deep=False)]
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # a generator, an open file, a lock
        return parts
    if isinstance(reduced, str):
        return [*parts, reduced]
    # The items of subclasses of list and dict are iterators.
    return [*parts, *reduced[:3], *(list(items or ()) for items in reduced[3:5])]


def _add_text(hasher, text):
    encoded = text.encode("utf-8", "surrogatepass")
    hasher.update(f"{len(encoded)}:".encode())
    hasher.update(encoded)


def _add_array(hasher, array):
    """Add an array by blocks of rows; a memory-mapped one is never read as a whole."""
    _add_text(hasher, f"{array.dtype.str} {array.shape}")
    if array.ndim == 0 or not array.size:
        hasher.update(array.tobytes())
        return
    step = max(1, BLOCK_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        block = np.ascontiguousarray(array[start : start + step])
        hasher.update(block.view(np.uint8).data)


LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
LIBRARIES = [Path(folder).resolve() for folder in LIBRARIES]
# Types of the module's variables that count. Others, such as the path of a log, may
# differ between processes without an effect on what a function returns.
COUNTED = (FunctionType, type, Number, np.ndarray)


def is_code(value):
    """Return whether `parts_of_code` takes a value."""
    if isinstance(value, type | CodeType):
        return True
    return inspect.isroutine(value) and hasattr(value, "__qualname__")


def parts_of_code(value):
    """Return the parts that distinguish a function, method or class from others.

    Parameters
    ----------
    value : function, method, builtin, class or code object
        The code to take apart.

    Returns
    -------
    parts : list
        The name, and the object that a method is bound to. A function adds its defaults
        and the variables of the functions around it. A function that is not from an
        installed library adds its code, and the numbers, arrays and functions of its
        module that the code names. Such a class adds its functions and those of its
        bases.
    """
    if isinstance(value, CodeType):
        return [value.co_code, value.co_consts, value.co_names]
    name = f"{getattr(value, '__module__', None)}.{value.__qualname__}"
    if isinstance(value, type):
        return [name, *_methods(value)]
    bound = getattr(value, "__self__", None)
    if isinstance(bound, ModuleType):  # of a builtin function
        bound = None
    function = getattr(value, "__func__", value)
    parts = [name, bound, getattr(function, "__wrapped__", None)]
    if isinstance(function, FunctionType):
        parts += [function.__defaults__, function.__kwdefaults__]
        parts += [_cell_content(cell) for cell in function.__closure__ or ()]
        if not _is_of_library(function.__module__):
            parts += [function.__code__, *_variables(function)]
    return parts


def _cell_content(cell):
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
    """Return whether a module is part of skdl or of an installed library."""
    if name is None or name.split(".")[0] == __name__.split(".")[0]:
        return name is not None
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        return name in sys.builtin_module_names
    path = Path(file).resolve()
    return any(path.is_relative_to(folder) for folder in LIBRARIES)
