"""The file of one run: locked, checked for foreign writers, and written safely."""

import os
import re
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

# Windows also refuses reading in a locked range of bytes. This byte lies behind the end
# of every file.
LOCKED_BYTE = 2**40
# Bytes at the start of a file by which it is recognized.
HEAD_BYTES = 512
# Open locks of this process; a forked process must not hold them as well.
OPEN_LOCKS = weakref.WeakSet()


def check_path(path, name="path"):
    """Raise unless the parameter `path` of a callback, or another one, is a path."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{name} must be a str or path-like, got {path!r}.")
    # An empty path would mean the current folder.
    if path == "" or "\0" in str(path):
        raise ValueError(f"{name} must name a file or folder, got {path!r}.")


def check_flag(name, value):
    """Raise unless a parameter is a bool: the text "no" would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_stream(file):
    """Raise unless the parameter `file` of a callback is None or a text stream."""
    if file is not None and not callable(getattr(file, "write", None)):
        raise TypeError(
            f"file must be a text stream, such as open('log.txt', 'w'), got {file!r}."
        )


@contextmanager
def naming(path, problem, cure):
    """Add the path, the problem and a cure to an error of the operating system.

    Parameters
    ----------
    path : str or path-like
        The path that the error message names.
    problem : str
        Text before the system's own message, such as "cannot be read".
    cure : str
        Text after it: what the user should do.
    """
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"path={os.fspath(path)!r} {problem} ({error.strerror or error}): {cure}",
        ) from error


class FileLock:
    """An exclusive lock on a file; the system releases it when the process ends.

    The lock excludes other processes and other threads. A process that is forked from
    this one does not hold it.

    Parameters
    ----------
    path : str
        The file to lock. It is created if it does not exist, and never written to.
    shown_path : str
        The path that error messages name.
    temporary : bool, default=False
        Whether to delete the file when the lock is released.

    Attributes
    ----------
    excludes : bool
        False on a file system without locks, where the lock has no effect.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If another lock on the file exists.
    """

    def __init__(self, path, shown_path, temporary=False):
        self.path, self.temporary = path, temporary
        self.descriptor, self.is_ours = None, False
        OPEN_LOCKS.add(self)
        try:
            while not self.is_ours:
                # An attribute from the start: `close` finds it whenever Ctrl-C comes.
                self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
                self.excludes = _lock(self.descriptor, shown_path)
                # The previous holder may have deleted the file after we opened it.
                self.is_ours = _is_at(self.descriptor, path)
                if not self.is_ours:
                    self.close()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Release the lock. A second call does nothing."""
        if self.descriptor is None:
            return
        delete = self.temporary and self.is_ours and _is_at(self.descriptor, self.path)
        # Delete while the lock is held, where the system can delete open files.
        if delete and fcntl:
            _delete(self.path)
        if self.is_ours:
            _unlock(self.descriptor)
        descriptor, self.descriptor = self.descriptor, None
        os.close(descriptor)
        if delete and not fcntl:
            _delete(self.path)

    def __del__(self):
        """Release the lock when nothing refers to it any more."""
        self.close()


def _delete(path):
    with suppress(OSError):
        os.unlink(path)


def _is_at(descriptor, path):
    """Return whether an open file is the one that the path leads to now."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _lock(descriptor, shown_path):
    """Lock an open file; return whether its file system supports locks."""
    try:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        raise ValueError(
            f"path={shown_path!r} is in use: another fit writes to it. Wait for its "
            "end, or give each fit a path of its own: '{fingerprint}' in the path is "
            "replaced by a text that differs between fits."
        ) from None
    except OSError:
        return False
    return True


def _unlock(descriptor):
    with suppress(OSError):
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        else:
            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


def _close_in_child():
    """Close the descriptors that a fork has copied; the parent keeps its locks."""
    for lock in OPEN_LOCKS:
        if lock.descriptor is not None:
            descriptor, lock.descriptor = lock.descriptor, None
            os.close(descriptor)
    OPEN_LOCKS.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


class RunFile:
    """A file that one run writes to, and no other one.

    A lock keeps other fits from writing. Other programs ignore locks, and some file
    systems have none. So a run also stores the size and the first bytes of the file
    after each of its writes. If they have changed, another program has written to it.

    Attributes
    ----------
    path : str
        The absolute path.
    is_lost : bool
        Whether another program has changed the file since the last write of this run,
        or this process is a fork of the one that opened the file.
    """

    def __init__(self, path):
        self._open(path)

    def _open(self, path):
        self.path, self.process, self.lock = path, os.getpid(), None
        try:
            self._take_lock()
            self._prepare()
        except BaseException:
            self.close()
            raise
        self._remember()

    def _take_lock(self):
        raise NotImplementedError

    def _prepare(self):
        """Check the file that the path leads to."""

    @property
    def is_lost(self):
        """Whether another program has changed the file, or this process is a fork."""
        return self.process != os.getpid() or self._look() != self._remembered

    def _remember(self):
        self._remembered = self._look()

    def _look(self):
        """Return (size, first bytes) of the file, or None if it does not exist."""
        try:
            with (
                naming(self.path, "cannot be read", "take another path"),
                open(self.path, "rb") as file,
            ):
                return os.fstat(file.fileno()).st_size, file.read(HEAD_BYTES)
        except FileNotFoundError:
            return None

    def move(self):
        """Open a new file beside this one; at the same path if nothing is there."""
        self.close()
        path = self.path
        if os.path.lexists(path):
            stem, ending = os.path.splitext(path)
            path = f"{stem}-{uuid4().hex[:8]}{ending}"
        self._open(path)

    def close(self):
        """Let other runs open the path."""
        if self.lock is not None:
            self.lock.close()


class TextFile(RunFile):
    """A text file that grows by lines, and is locked itself.

    Attributes
    ----------
    is_begun : bool
        Whether this run has written to it.
    """

    def _take_lock(self):
        self.is_begun = False
        with naming(self.path, "takes no log", "name a file in a folder that exists"):
            self.lock = FileLock(self.path, self.path)

    def write(self, text, mode="a"):
        """Append a text, or with mode "w" replace the content by it."""
        # Opened for each write: an open file would not survive a pickle or a fork.
        with (
            naming(self.path, "takes no log", "take another path"),
            open(self.path, mode, encoding="utf-8", newline="\n") as file,
        ):
            file.write(text)
        self.is_begun = True
        self._remember()


class ReplacedFile(RunFile):
    """A binary file that is replaced as a whole or not at all.

    A crash leaves the old content or the new one. It may also leave files ``*.tmp`` and
    ``*.lock`` beside it, which the next run that opens the path deletes.

    Parameters
    ----------
    path : path-like
        A file in a folder that exists. The target of a symbolic link is locked and
        replaced.
    """

    def __init__(self, path):
        self._open(os.path.realpath(path))

    def _take_lock(self):
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f"path={self.path!r}: the folder {folder!r} does not exist. Create it, "
                "or take another path."
            )
        if os.path.isdir(self.path):
            raise IsADirectoryError(
                f"path={self.path!r} is a folder: add the name of a file."
            )
        with naming(
            self.path, "lies in a folder that takes no files", "take another path"
        ):
            self.lock = FileLock(f"{self.path}.lock", self.path, temporary=True)

    def _prepare(self):
        if not self.lock.excludes:
            return
        # The lock is ours, so temporary files are left from processes that died.
        folder, name = os.path.split(self.path)
        pattern = re.compile(re.escape(name) + r"\.[0-9a-f]{32}\.tmp")
        for path in Path(folder).iterdir():
            if pattern.fullmatch(path.name):
                _delete(path)

    def replace(self, write_to):
        """Replace the content by what ``write_to(file)`` writes."""
        temporary = f"{self.path}.{uuid4().hex}.tmp"
        try:
            with open(temporary, "xb") as file:
                write_to(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            _delete(temporary)
            raise
        self._sync_folder()
        self._remember()

    def _sync_folder(self):
        """Make the new name survive a power cut, where the system can do that."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        folder = os.open(os.path.dirname(self.path), os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
