"""A lock on a file for as long as a fit writes there, and errors that name the path."""

import os
import weakref
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

__all__ = ["FileLock", "naming"]

# Far behind the end of any file: Windows locks a range of bytes against reading, too.
PLACE = 2**40
# Open locks of this process. A process forked from it must not hold them as well.
HELD = weakref.WeakSet()


class FileLock:
    """An exclusive lock, which the system releases when the process dies, however.

    It excludes other processes and other threads. A process that is forked from this
    one does not hold the lock.

    Parameters
    ----------
    path : str
        Of the file to lock. It is made if it does not exist, and not written to.
    of : str
        The path to name in the error.
    temporary : bool, default=False
        Whether the file goes away with the lock.

    Attributes
    ----------
    excludes : bool
        False on a file system without locks, where nobody is kept out.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If somebody holds the lock.
    """

    def __init__(self, path, of, temporary=False):
        self.path, self.temporary = path, temporary
        self.descriptor, self.is_ours = None, False
        HELD.add(self)
        try:
            while not self.is_ours:
                # In the object at once: wherever Ctrl-C comes, `close` finds it.
                self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
                self.excludes = _lock(self.descriptor, of)
                # Who held the lock before may have removed the file in between.
                self.is_ours = _is_at(self.descriptor, path)
                if not self.is_ours:
                    self.close()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Let others have the file; a second time, do nothing."""
        if self.descriptor is None:
            return
        gone = self.temporary and self.is_ours and _is_at(self.descriptor, self.path)
        # Removed while it is locked, where the system removes files that are open.
        if gone and fcntl:
            _remove(self.path)
        if self.is_ours:
            _unlock(self.descriptor)
        descriptor, self.descriptor = self.descriptor, None
        os.close(descriptor)
        if gone and not fcntl:
            _remove(self.path)

    def __del__(self):
        """Release a lock that nobody refers to any more."""
        self.close()


def _remove(path):
    with suppress(OSError):
        os.unlink(path)


def _is_at(descriptor, path):
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _lock(descriptor, of):
    """Lock an open file; return whether its file system has locks at all."""
    try:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(descriptor, PLACE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        raise ValueError(
            f"path={of!r} is in use: another fit writes to it. Wait for its end, or "
            "give each fit a path of its own: '{fingerprint}' in the path stands for "
            "a text that differs between them."
        ) from None
    except OSError:
        return False
    return True


def _unlock(descriptor):
    with suppress(OSError):
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        else:
            os.lseek(descriptor, PLACE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


def _leave_to_parent():
    """Close what a fork has copied; the lock stays with the process that took it."""
    for lock in HELD:
        if lock.descriptor is not None:
            descriptor, lock.descriptor = lock.descriptor, None
            os.close(descriptor)
    HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


@contextmanager
def naming(path, problem, cure):
    """Have an error of the system say which path it is about, and what to do.

    Parameters
    ----------
    path : str or path-like
    problem, cure : str
        What comes before and after the system's own words.
    """
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"path={os.fspath(path)!r} {problem} ({error.strerror or error}): {cure}",
        ) from error
