"""Pickles of Python 2 are read, and run nothing."""

import os
import pickle
import pickletools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets._batch_pickle import read_batch_pickle
from tests.datasets.formats import pictures, planes, python2_pickle, python_batch

(IMAGES, LABELS), *_ = pictures()
BATCH = python_batch(IMAGES, LABELS)


def test_the_batch_of_these_tests_is_one_of_python_2():
    codes = [(code.name, argument) for code, argument, _ in pickletools.genops(BATCH)]
    assert codes[0] == ("PROTO", 2)
    names = {argument for name, argument in codes if name == "GLOBAL"}
    assert names == {
        "numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"
    }  # fmt: skip
    assert not [name for name, _ in codes if "UNICODE" in name or "BYTES" in name]
    # Python itself agrees about what is in it.
    batch = pickle.loads(BATCH.replace(b"numpy.core", b"numpy._core"), encoding="bytes")
    assert_array_equal(batch[b"data"], planes(IMAGES))


def test_a_batch():
    rows, labels = read_batch_pickle(BATCH, "batch")
    assert_array_equal(rows, planes(IMAGES))
    assert rows.dtype == np.uint8
    assert labels == LABELS.tolist()


def test_an_array_in_the_order_of_fortran():
    data = np.asfortranarray(planes(IMAGES))
    rows, _ = read_batch_pickle(python2_pickle({b"data": data, b"labels": []}), "")
    assert_array_equal(rows, data)


class Evil:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("call", [(os.mkdir,), (eval, "1 + 1"), (np.load,)])
def test_nothing_is_called(tmp_path, call):
    folder = tmp_path / "made"
    call = (*call, str(folder)) if len(call) == 1 else call
    content = {b"data": planes(IMAGES), b"labels": [], b"more": Evil(*call)}
    message = "data_batch_1 is truncated, .* a batch has no use for"
    with pytest.raises(ValueError, match=message):
        read_batch_pickle(pickle.dumps(content, protocol=2), "data_batch_1")
    with pytest.raises(ValueError, match=message):
        read_batch_pickle(python2_pickle(content), "data_batch_1")
    assert not folder.exists()


def test_a_pickle_cannot_change_what_the_next_one_meets():
    # BUILD sets attributes: here of the function that stands for dtype, whose defaults
    # would be arguments of the next call.
    attack = b"\x80\x02cnumpy\ndtype\n(N}X\x0c\x00\x00\x00__defaults__K\x01\x85stb."
    with pytest.raises(ValueError, match="no pickled batch"):
        read_batch_pickle(attack, "batch")
    assert read_batch_pickle(BATCH, "batch")[1] == LABELS.tolist()


BAD = {
    "no dict": [1, 2],
    "no data": {b"labels": [1]},
    "no labels": {b"data": planes(IMAGES)},
    "a list as data": {b"data": [1, 2], b"labels": [1]},
    "text as labels": {b"data": planes(IMAGES), b"labels": [b"cat"]},
    "fractions": {b"data": planes(IMAGES), b"labels": [0.5]},
    "floats": {b"data": planes(IMAGES).astype(float), b"labels": [1, 2, 3]},
    "signed bytes": {b"data": planes(IMAGES).view(np.int8), b"labels": [1, 2, 3]},
    "objects": {b"data": np.array([None, {}]), b"labels": [1, 2]},
}


@pytest.mark.parametrize("case", BAD)
def test_other_content(case):
    message = "file is truncated, damaged or no pickled batch"
    with pytest.raises(ValueError, match=message):
        read_batch_pickle(python2_pickle(BAD[case]), "file")


def test_truncated_anywhere():
    for n in [*range(200), *range(200, len(BATCH), 97), len(BATCH) - 1]:
        with pytest.raises(ValueError, match="file is truncated"):
            read_batch_pickle(BATCH[:n], "file")


def test_random_damage_is_an_error_or_changes_values_only():
    rng = np.random.default_rng(0)
    n_errors = 0
    for _ in range(300):
        data = bytearray(BATCH)
        data[rng.integers(160)] = rng.integers(256)
        try:
            read_batch_pickle(bytes(data), "file")
        except ValueError:
            n_errors += 1
    assert n_errors > 100
