"""One file that holds a nested dict of arrays and plain values, and never a pickle.

It is an ``.npz``, so ``numpy.load`` opens it: arrays have dotted names, such as
"parameters" or "optimizer.first_moment", and everything else is text in "values".
"""

import json
import re
import zipfile
from typing import Any
from uuid import uuid4

import numpy as np

from skdl._warn import warn
from skdl.callbacks._safe_file import ReplacedFile, naming

FORMAT = 2
# The first member, whose text lies within the first bytes of the file. It holds a text
# that differs between writers, by which a foreign writer is found.
FIRST = "skdl_checkpoint"
WRITER = re.compile(rb'"writer": "([0-9a-f]{32})"')
PLAIN = (bool, int, float, str)


class StateFile(ReplacedFile):
    """A file that holds the state of a run.

    Parameters
    ----------
    path : path-like
        A file in a folder that exists. A file that is there must be a `StateFile`.

    Attributes
    ----------
    exists : bool
        Whether there was a file when the path was opened.

    Raises
    ------
    OSError
        If the folder does not exist or is not writable.
    ValueError
        If another run has the file open, or it is not a `StateFile`.
    """

    def _prepare(self):
        super()._prepare()
        self.writer = uuid4().hex
        found = self._look()
        self.exists = found is not None
        if found is not None and not WRITER.search(found[1]):
            raise ValueError(
                f"path={self.path!r}: the file there is not a checkpoint, or its "
                "beginning is damaged. Delete it, or take another path."
            )

    def write(self, state):
        """Replace the content by a nested dict of arrays and plain values.

        If another program has changed the file, write to a new one beside it, and warn.
        """
        old_path = self.path
        if self.is_lost:
            self.move()
        with naming(self.path, "cannot be written", "a checkpoint there is intact"):
            self.replace(lambda file: self._write_to(file, state))
        if self.path != old_path:
            warn(
                f"Another program has written to path={old_path!r}. This fit does not "
                f"change that file, and writes to {self.path!r} from now on.",
                UserWarning,
            )

    def _write_to(self, file, state):
        values, arrays = encode(state)
        first = json.dumps({"format": FORMAT, "writer": self.writer})
        members = {FIRST: _as_bytes(first), "values": _as_bytes(json.dumps(values))}
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in [*members.items(), *arrays.items()]:
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    def read(self) -> Any:
        """Return the state in the file; see `read_state`."""
        cure = " Delete it, and training starts from the beginning."
        return read_state(self.path, cure)


def read_state(path, cure=""):
    """Return the state in a file, which another run may be writing to.

    Parameters
    ----------
    path : str
        The file.
    cure : str, default=""
        End of the error about a damaged file: what the user can do.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the file is not a `StateFile`, is cut off, changed, or of another format.
    """
    with (
        naming(path, "cannot be read", "take another path"),
        open(path, "rb") as file,
    ):
        return _read_from(file, path, cure)


def _read_from(file, path, cure):
    try:
        with zipfile.ZipFile(file) as archive:
            # Without compression, the content is never larger than the file.
            if any(member.compress_type for member in archive.infolist()):
                raise ValueError("it is compressed")
            damaged = archive.testzip()
        if damaged:
            raise ValueError(f"wrong checksum of {damaged}")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        if FIRST not in arrays:
            raise ValueError("it is not a checkpoint")
        first = json.loads(arrays.pop(FIRST).tobytes())
        state = None
        if first["format"] == FORMAT:
            state = decode(json.loads(arrays.pop("values").tobytes()), arrays)
    # Damage raises errors of many types: for checksums, texts, shapes, sizes.
    except Exception as error:
        file.seek(0)
        # The name of the first member stands at the beginning of the file.
        if FIRST.encode() not in file.read(100):
            raise ValueError(
                f"The file path={path!r} is not a checkpoint of skdl, or its beginning "
                f"is damaged. A callback writes checkpoints: Checkpoint(path).{cure}"
            ) from error
        raise ValueError(
            f"The checkpoint path={path!r} is cut off or damaged ({error!s:.200})."
            f"{cure}"
        ) from error
    if state is None:
        raise ValueError(
            f"The checkpoint path={path!r} has format {first['format']!r:.20}, and "
            f"this version of skdl reads {FORMAT}."
        )
    return state


def _as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8)


def encode(state):
    """Return (values for JSON, {name: array}) of a nested dict.

    Parameters
    ----------
    state : dict
        Holds arrays without objects, NumPy scalars, None, bool, int, float, str, and
        lists, tuples and dicts (with keys of type str) of such values.
    """
    arrays = {}
    return _encode(state, "", arrays), arrays


def _encode(value, name, arrays):
    if value is None or type(value) in PLAIN:
        return value
    inner = f"{name}." if name else ""
    if isinstance(value, dict) and all(type(key) is str for key in value):
        parts = {k: _encode(v, f"{inner}{k}", arrays) for k, v in value.items()}
        return {"dict": parts}
    if isinstance(value, list) and value and {*map(type, value)} == {float}:
        return {"floats": _store(np.array(value), name, arrays)}
    if isinstance(value, list | tuple):
        parts = [_encode(v, f"{inner}{i}", arrays) for i, v in enumerate(value)]
        return {"list" if isinstance(value, list) else "tuple": parts}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {"array": _store(value, name, arrays)}
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return {"scalar": _store(np.array(value), name, arrays)}
    raise TypeError(
        "A checkpoint holds arrays and plain values, and state_dict() has "
        f"{type(value).__name__} as {name!r}."
    )


def _store(array, name, arrays):
    """Add an array under a name that is still free; return the name."""
    while name in (*arrays, FIRST, "values"):
        name += "_"
    arrays[name] = array
    return name


def decode(value, arrays):
    """Return the nested dict that `encode` was given."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {key: decode(part, arrays) for key, part in content.items()}
    if kind in ("list", "tuple"):
        parts = [decode(part, arrays) for part in content]
        return parts if kind == "list" else tuple(parts)
    array = arrays[content]
    if kind == "array":
        return array
    if kind == "scalar":
        return array[()]
    if (array.dtype, array.ndim) != (np.float64, 1):
        raise ValueError(f"{content} is {array.dtype} of shape {array.shape}")
    return array.tolist()
