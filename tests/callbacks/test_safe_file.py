"""One run holds a lock on its file, and errors of the disk name the path."""

import os
import signal
import threading

import pytest

from tests.callbacks.private_names import FileLock, _safe_file, naming

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "a.lock")


def assert_in_use(path):
    with pytest.raises(ValueError, match="path='a' is in use: another fit"):
        FileLock(path, "a")


@pytest.mark.parametrize("temporary", [False, True])
def test_a_second_lock_is_refused(temporary, path):
    lock = FileLock(path, "a", temporary)
    assert lock.excludes
    assert_in_use(path)
    thread = threading.Thread(target=assert_in_use, args=[path])
    thread.start()
    thread.join()
    lock.close()
    lock.close()
    assert os.path.exists(path) is not temporary
    FileLock(path, "a").close()


def test_a_lock_without_references_is_released(path):
    FileLock(path, "a")
    FileLock(path, "a").close()


def test_a_file_that_its_holder_removes_is_not_taken(path, monkeypatch):
    """Between the opening and the lock the other one may end."""
    first = FileLock(path, "a", temporary=True)
    lock, calls = _safe_file._lock, []

    def late(descriptor, of):
        if not calls:
            first.close()
        calls.append(descriptor)
        return lock(descriptor, of)

    monkeypatch.setattr(_safe_file, "_lock", late)
    second = FileLock(path, "a", temporary=True)
    assert len(calls) == 2
    assert os.path.exists(path)
    monkeypatch.undo()
    assert_in_use(path)
    second.close()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_killed_process_holds_no_lock(path):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        kept = FileLock(path, "a", temporary=True)
        os.write(writer, b"1" if kept.excludes else b"0")
        signal.pause()
    assert os.read(reader, 1) == b"1"
    assert_in_use(path)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert os.path.exists(path)
    FileLock(path, "a", temporary=True).close()
    assert not os.path.exists(path)
    os.close(reader)
    os.close(writer)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_neither_holds_nor_releases(path):
    lock = FileLock(path, "a", temporary=True)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        lock.close()
        os.write(writer, b"1")
        signal.pause()
    os.read(reader, 1)
    assert_in_use(path)
    lock.close()
    # While the child lives.
    FileLock(path, "a").close()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)


def test_a_file_system_without_locks_keeps_nobody_out(path, monkeypatch):
    def refuse(*args):
        raise OSError(38, "Function not implemented")

    pytest.importorskip("fcntl")
    monkeypatch.setattr(_safe_file.fcntl, "flock", refuse)
    locks = [FileLock(path, "a", temporary=True) for _ in range(2)]
    assert not any(lock.excludes for lock in locks)
    for lock in locks:
        lock.close()
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left"), PermissionError(13, "No"), OSError("x")]
)
def test_errors_name_the_path(error):
    with (
        pytest.raises(type(error)) as caught,
        naming("a.npz", "cannot be written", "take another"),
    ):
        raise error
    words = error.strerror or error
    said = f"path='a.npz' cannot be written ({words}): take another"
    assert caught.value.strerror == said
    assert caught.value.errno == error.errno
