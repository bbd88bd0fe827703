"""What is written is read again, to the last bit, or refused."""

import json
import os
import zipfile

import numpy as np
import pytest

from tests.callbacks.private_names import StateFile, _safe_file, decode, encode
from tests.callbacks.private_names import _npz_file as module

STATE = {
    "none": None,
    "numbers": [True, 3, -0.0, 2**127 + 1, "ä\n\ud800"],
    "floats": [0.1, float("nan"), float("-inf"), 5e-324],
    "scalars": [np.float32(0.1), np.int64(-3), np.float64(0.1), np.bool_(True)],
    "arrays": {
        "float32": np.array([[1, np.nan], [np.inf, -0.0]], np.float32),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(3),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "uint64": np.array([2**64 - 1], np.uint64),
    },
    "tuple": (1, (2.0, [])),
    "empty": {},
    "rng": np.random.PCG64(3).state,
    # Names that meet in the file.
    "values": np.ones(2),
    "skdl_checkpoint": np.ones(3),
    "a.b": np.zeros(1),
    "a": {"b": np.ones(1)},
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.npz"


def assert_equal(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_equal(*pair)
    elif isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert found.tobytes() == expected.tobytes()
    elif isinstance(expected, float):
        assert np.float64(found).tobytes() == np.float64(expected).tobytes()
    else:
        assert found == expected


def test_values_are_json_and_come_back():
    values, arrays = encode(STATE)
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    assert_equal(decode(json.loads(json.dumps(values)), arrays), STATE)


def test_a_file_comes_back(path):
    file = StateFile(path)
    assert not file.exists
    file.write(STATE)
    file.close()
    again = StateFile(path)
    assert again.exists
    assert_equal(again.read(), STATE)
    again.close()
    assert os.listdir(path.parent) == [path.name]


def test_numpy_opens_the_file_without_pickle(path):
    StateFile(path).write({"optimizer": {"moment": np.arange(3)}})
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive) == {"skdl_checkpoint", "values", "optimizer.moment"}
        assert archive["optimizer.moment"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object as 'a.b'"),
        (np.array([None]), "ndarray as 'a.b'"),
        ({3: 1}, "dict as 'a.b'"),
        ([0, {1}], "set as 'a.b.1'"),
    ],
)
def test_values_that_need_a_pickle_are_refused(value, name, path):
    file = StateFile(path)
    file.write({"old": 1})
    with pytest.raises(TypeError, match=f"plain values.* has {name}"):
        file.write({"a": {"b": value}})
    file.close()
    assert os.listdir(path.parent) == [path.name]
    assert file.read() == {"old": 1}


@pytest.mark.parametrize("size", [0, 10, 600, 1500, -1])
def test_a_file_that_is_cut_off_is_refused(size, path):
    StateFile(path).write(STATE)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="damaged.*[Dd]elete it"):
        StateFile(path).read()


def test_a_changed_byte_is_found_or_does_not_matter(path):
    state = {"x": np.arange(40.0), "n": 3}
    file = StateFile(path)
    file.write(state)
    content = path.read_bytes()
    messages = []
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 0x41]) + content[i + 1 :])
        try:
            assert_equal(file.read(), state)
        except ValueError as error:
            messages.append(str(error))
    assert all("damaged" in text or "has format" in text for text in messages)
    assert len(messages) > len(content) / 2


def test_a_format_of_the_future_is_refused(path, monkeypatch):
    now = module.FORMAT
    monkeypatch.setattr(module, "FORMAT", now + 1)
    StateFile(path).write(STATE)
    monkeypatch.setattr(module, "FORMAT", now)
    message = f"has format {now + 1}, .* reads {now}"
    with pytest.raises(ValueError, match=message):
        StateFile(path).read()


def test_leftovers_go_and_other_files_stay(path):
    left = path.with_name(f"{path.name}.{'0' * 32}.tmp")
    others = [path.with_name(name) for name in ("other.npz.tmp", f"a{left.name}")]
    for file in (left, *others):
        file.touch()
    StateFile(path)
    assert not left.exists()
    assert all(other.exists() for other in others)


def test_the_folder_is_synced_after_the_file(path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os,
            name,
            lambda *args, name=name, real=real: (calls.append(name), real(*args)),
        )
    StateFile(path).write({"a": 1})
    assert calls == ["fsync", "replace", "fsync"]


def test_the_second_to_open_a_path_is_refused(path):
    first = StateFile(path)
    first.write({"a": 1})
    left = path.with_name(f"{path.name}.{'0' * 32}.tmp")
    left.touch()
    with pytest.raises(ValueError, match="is in use: another fit writes to it"):
        StateFile(path)
    # What may be the file of a write that is under way.
    assert left.exists()
    first.close()
    StateFile(path)
    assert not left.exists()


def test_without_locks_the_second_writer_moves_aside(path, monkeypatch):
    monkeypatch.setattr(_safe_file, "_lock", lambda *args: False)
    first, second = StateFile(path), StateFile(path)
    first.write({"a": 1})
    first.write({"a": 2})
    with pytest.warns(UserWarning, match="Another program has written to path="):
        second.write({"a": 3})
    assert (first.read(), second.read()) == ({"a": 2}, {"a": 3})
    assert second.path != path
    second.write({"a": 4})
    first.write({"a": 5})
    assert (first.read(), second.read()) == ({"a": 5}, {"a": 4})


def test_a_compressed_file_is_refused(path):
    """A few bytes may stand for gigabytes."""
    StateFile(path).write({"a": 1})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for i, (name, content) in enumerate(members.items()):
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if i else None)
    with pytest.raises(ValueError, match="damaged .it is compressed"):
        StateFile(path).read()


def test_a_deleted_file_is_written_again(path):
    file = StateFile(path)
    file.write({"a": 1})
    path.unlink()
    file.write({"a": 2})
    assert file.read() == {"a": 2}


def test_a_change_of_folder_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = StateFile("state.npz")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    file.write({"a": 1})
    assert (tmp_path / "state.npz").exists()


def test_a_new_file_has_the_usual_permissions(path):
    StateFile(path).write({"a": 1})
    usual = path.with_name("usual")
    usual.touch()
    assert path.stat().st_mode == usual.stat().st_mode
