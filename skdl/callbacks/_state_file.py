"""One file that holds a nested dict of arrays and plain values, and never a pickle.

It is an ``.npz``, so ``numpy.load`` opens it: arrays stand there under dotted names,
such as "parameters" or "optimizer.first_moment", and all else as text in "values".
"""

import json
import os
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np

from skdl._warn import warn
from skdl.callbacks._file_lock import FileLock, naming

__all__ = ["StateFile", "decode", "encode"]

FORMAT = 1
# The first member, whose text lies within the first bytes of the file.
FIRST = "skdl_checkpoint"
WRITER = re.compile(rb'"writer": "([0-9a-f]{32})"')
HEAD_BYTES = 512
PLAIN = (bool, int, float, str)


class StateFile:
    """A file that is replaced as a whole or not at all, and locked while it is open.

    A crash leaves the old content or the new one. Files ``*.tmp`` and ``*.lock`` may be
    left beside it, which the next one to open the path removes.

    Parameters
    ----------
    path : path-like
        In a folder that exists. A file there must be one of this kind. Of a symbolic
        link it is the target that is locked and replaced.

    Raises
    ------
    OSError
        If the folder does not exist, or takes no files.
    ValueError
        If another one has the file open, or it is of another kind.
    """

    def __init__(self, path):
        self._open(path)

    def _open(self, path):
        self.path = Path(os.path.realpath(path))
        self.writer = uuid4().hex
        self.process = os.getpid()
        folder = self.path.parent
        if not folder.is_dir():
            raise FileNotFoundError(
                f"path={str(path)!r}: there is no folder {str(folder)!r}. Make it "
                "first, or take another path."
            )
        if self.path.is_dir():
            raise IsADirectoryError(
                f"path={str(path)!r} is a folder: add the name of a file."
            )
        with naming(path, "lies in a folder that takes no files", "take another path"):
            self.lock = FileLock(f"{self.path}.lock", path, temporary=True)
        try:
            self._look(path)
        except BaseException:
            self.close()
            raise

    def _look(self, path):
        if self.lock.excludes:
            self._remove_leftovers()
        self.last_writer = self._read_writer()
        if self.last_writer == "":
            raise ValueError(
                f"path={str(path)!r}: the file there is not a checkpoint, or its "
                "beginning is damaged. Delete it, or take another path."
            )

    @property
    def exists(self):
        """Whether there was something to read when the path was opened."""
        return self.last_writer is not None

    def close(self):
        """Let others open the path."""
        self.lock.close()

    def _remove_leftovers(self):
        """Remove what writers left who died: with the lock, there is no other one."""
        pattern = re.compile(re.escape(self.path.name) + r"\.[0-9a-f]{32}\.tmp")
        for path in self.path.parent.iterdir():
            if pattern.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()

    def _temporary(self):
        return self.path.with_name(f"{self.path.name}.{self.writer}.tmp")

    def _read_writer(self):
        """Return who wrote the file: None if there is none, "" if it is not ours."""
        try:
            with (
                naming(self.path, "cannot be read", "take another path"),
                open(self.path, "rb") as file,
            ):
                found = WRITER.search(file.read(HEAD_BYTES))
        except FileNotFoundError:
            return None
        return found[1].decode() if found else ""

    @property
    def is_lost(self):
        """Whether somebody else has written to the path, or this process is a fork."""
        forked = self.process != os.getpid()
        return forked or self._read_writer() not in (None, self.last_writer)

    def write(self, state):
        """Replace the content by a nested dict of arrays and plain values.

        If the file is lost, write to a new one beside it, and warn.
        """
        lost = self.path if self.is_lost else None
        if lost:
            self.close()
            self._open(lost.with_name(f"{lost.stem}-{uuid4().hex[:8]}{lost.suffix}"))
        with naming(self.path, "cannot be written", "a checkpoint there is intact"):
            self._replace(state)
        self.last_writer = self.writer
        if lost:
            warn(
                f"Something else has written to path={str(lost)!r}. This fit leaves "
                f"that file alone and writes to {str(self.path)!r} from now on.",
                UserWarning,
            )

    def _replace(self, state):
        temporary = self._temporary()
        try:
            with open(temporary, "xb") as file:
                self._write_to(file, state)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        self._sync_folder()

    def _sync_folder(self):
        """Make the new name last through a power cut, where the system can do that."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        folder = os.open(self.path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write_to(self, file, state):
        values, arrays = encode(state)
        first = json.dumps({"format": FORMAT, "writer": self.writer})
        members = {FIRST: _as_bytes(first), "values": _as_bytes(json.dumps(values))}
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in [*members.items(), *arrays.items()]:
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    def read(self):
        """Return what was written last.

        Raises
        ------
        ValueError
            If the file is cut off, changed, or of a format of the future.
        """
        with (
            naming(self.path, "cannot be read", "take another path"),
            open(self.path, "rb") as file,
        ):
            return self._read_from(file)

    def _read_from(self, file):
        try:
            with zipfile.ZipFile(file) as archive:
                # What is not compressed takes no more memory than the file is long.
                if any(member.compress_type for member in archive.infolist()):
                    raise ValueError("it is compressed")
                damaged = archive.testzip()
            if damaged:
                raise ValueError(f"wrong checksum of {damaged}")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            first = json.loads(arrays.pop(FIRST).tobytes())
            state = None
            if first["format"] == FORMAT:
                state = decode(json.loads(arrays.pop("values").tobytes()), arrays)
        # Damage shows in many ways: as wrong checksums, texts, shapes, sizes.
        except Exception as error:
            raise ValueError(
                f"The checkpoint path={str(self.path)!r} is cut off or damaged "
                f"({error!s:.200}). Delete it, and training starts from the beginning."
            ) from error
        if state is None:
            raise ValueError(
                f"The checkpoint path={str(self.path)!r} has format "
                f"{first['format']!r:.20}, and this version of skdl reads {FORMAT}."
            )
        return state


def _as_bytes(text):
    return np.frombuffer(text.encode(), np.uint8)


def encode(state):
    """Return (values for JSON, {name: array}) of a nested dict.

    Parameters
    ----------
    state : dict
        Of arrays without objects, NumPy scalars, None, bool, int, float, str, and of
        lists, tuples and dicts with keys of type str, which hold the like.
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
        return {"floats": _keep(np.array(value), name, arrays)}
    if isinstance(value, list | tuple):
        parts = [_encode(v, f"{inner}{i}", arrays) for i, v in enumerate(value)]
        return {"list" if isinstance(value, list) else "tuple": parts}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {"array": _keep(value, name, arrays)}
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return {"scalar": _keep(np.array(value), name, arrays)}
    raise TypeError(
        f"A checkpoint holds arrays and plain values, and state_dict() has "
        f"{type(value).__name__} as {name!r}."
    )


def _keep(array, name, arrays):
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
