"""What makes two runs the same: options, data, and the point they start from."""

import hashlib
import inspect
from dataclasses import asdict
from types import ModuleType

import numpy as np
from scipy.sparse import issparse

from skdl.callbacks._code import is_code, parts_of_code

__all__ = ["FINGERPRINT", "differences", "digest", "fill_in", "fingerprint"]

# The placeholder in a path.
FINGERPRINT = "{fingerprint}"
# Parameters that do not change a single bit of the weights after a given epoch.
INERT = ("verbose", "max_time")
BLOCK_BYTES = 2**22
GENERATORS = (np.random.RandomState, np.random.Generator, np.random.BitGenerator)


def fingerprint(run):
    """Return {name: (digest, text for people)} of all that decides how a run ends.

    Each element of X is read once, in blocks of 4 MB, however many there are: an epoch
    of training reads all of them, too.

    Parameters
    ----------
    run : TrainingRun
        That has not yet begun to train.
    """
    net, data, held = run.net, run.data, run.held
    parts = {"estimator": type(net)}
    parameters = net.get_params(deep=False)
    parts |= {name: parameters[name] for name in parameters if name not in INERT}
    parts = {name: (digest(value), _said(value)) for name, value in parts.items()}
    parts["X"] = _content(data.X)
    parts["y"] = _content(data.targets)
    parts["sample_weight"] = _content(data.weights)
    parts["validation data"] = ("none", "none")
    if held is not None:
        n_rows = len(held.targets)
        own = None if held.X is data.X else held.X
        content = own, held.rows, data.rows, held.targets, held.weights
        parts["validation data"] = (digest(content), f"{n_rows} rows")
    streams = {name: rng.bit_generator.state for name, rng in run.streams.items()}
    start = (
        *run.network.snapshot(),
        run.optimizer and run.optimizer.state_dict(),
        asdict(run.progress),
        streams,
    )
    parts["start"] = (digest(start), "the weights, optimizer and random streams")
    return {name: list(part) for name, part in parts.items()}


def differences(before, now):
    """Return sentences, one for each part in which two fingerprints differ."""
    names = [
        name
        for name in dict.fromkeys([*before, *now])
        if before.get(name, [None])[0] != now.get(name, [None])[0]
    ]
    # What it starts from follows from the others, where these differ.
    if names == ["start"]:
        return [
            "the weights, optimizer or random streams that fit starts from differ, as "
            "they do after warm_start or with a weight_init of another version"
        ]
    return [
        f"{name} was {before.get(name, [0, 'not there'])[1]} and is "
        f"{now.get(name, [0, 'not there'])[1]}"
        for name in names
        if name != "start"
    ]


def fill_in(path, marks):
    """Return a path with the fingerprint in place of its placeholder."""
    return path.replace(FINGERPRINT, digest(marks)[:16])


def _content(array):
    if array is None:
        return ("none", "none")
    mark = digest(array)
    return mark, f"{array.dtype} of shape {array.shape} with content {mark[:8]}"


def _said(value):
    if isinstance(value, type):
        return value.__name__
    if inspect.isroutine(value) and hasattr(value, "__qualname__"):
        return f"{value.__qualname__} with content {digest(value)[:8]}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def digest(value):
    """Return a hexadecimal hash of a value, by content, not by identity.

    Arrays count by dtype, shape and elements, functions and classes by `parts_of_code`,
    random generators by their type, and other objects by their parameters or by what a
    pickle would hold.
    """
    hasher = _Hasher()
    _add(hasher, value, ())
    return hasher.hexdigest()


class _Hasher:
    """A hash, and the number of each function and class that is in it already."""

    def __init__(self):
        self.codes = {}
        self.sha = hashlib.sha256()
        self.update, self.hexdigest = self.sha.update, self.sha.hexdigest


def _add(hasher, value, outer):
    """Feed a value to a hasher; `outer` holds the objects that it is a part of."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return _token(hasher, repr(value))
    if any(value is one for one in outer):
        return _token(hasher, "circle")
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
        # Once: functions call one another in more ways than could be followed.
        if value in hasher.codes:
            return _token(hasher, f"code {hasher.codes[value]}")
        hasher.codes[value] = len(hasher.codes)
        kind, parts = "code", parts_of_code(value)
    elif isinstance(value, ModuleType):
        kind, parts = "module", [value.__name__]
    else:
        kind, parts = "object", _parts(value)
    _token(hasher, f"{kind} of {len(parts)}")
    for part in parts:
        _add(hasher, part, outer)
    return None


def _parts(value):
    """Return what an object of some class consists of."""
    parts = [type(value)]
    if isinstance(value, GENERATORS):
        return parts
    if hasattr(value, "get_params"):
        return [*parts, value.get_params(deep=False)]
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # of a generator, an open file, a lock
        return parts
    if isinstance(reduced, str):
        return [*parts, reduced]
    # Items of lists and dicts come as iterators.
    return [*parts, *reduced[:3], *(list(items or ()) for items in reduced[3:5])]


def _token(hasher, text):
    encoded = text.encode("utf-8", "surrogatepass")
    hasher.update(f"{len(encoded)}:".encode())
    hasher.update(encoded)


def _add_array(hasher, array):
    """Feed an array by blocks of rows: of one on disk, no more is ever in memory."""
    _token(hasher, f"{array.dtype.str} {array.shape}")
    if array.ndim == 0 or not array.size:
        hasher.update(array.tobytes())
        return
    step = max(1, BLOCK_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        block = np.ascontiguousarray(array[start : start + step])
        hasher.update(block.view(np.uint8).data)
