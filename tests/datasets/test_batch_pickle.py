"""Pickles of Python 2 are read, and run nothing."""

import os
import pickle
import pickletools
import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.datasets.formats import pictures, planes, python2_pickle, python_batch
from tests.datasets.private_names import read_batch_pickle

(IMAGES, LABELS), *_ = pictures()
BATCH = python_batch(IMAGES, LABELS)


def test_batches_of_these_tests_are_pickles_of_python_2():
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


def test_batch():
    rows, labels = read_batch_pickle(BATCH, "batch")
    assert_array_equal(rows, planes(IMAGES))
    assert rows.dtype == np.uint8
    assert labels == LABELS.tolist()


def test_array_in_fortran_order():
    data = np.asfortranarray(planes(IMAGES))
    rows, _ = read_batch_pickle(python2_pickle({b"data": data, b"labels": []}), "")
    assert_array_equal(rows, data)


class Evil:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("call", [(os.mkdir,), (eval, "1 + 1"), (np.load,)])
def test_no_function_is_called(tmp_path, call):
    folder = tmp_path / "made"
    call = (*call, str(folder)) if len(call) == 1 else call
    content = {b"data": planes(IMAGES), b"labels": [], b"more": Evil(*call)}
    message = "data_batch_1 is truncated, .* a batch does not use the name"
    with pytest.raises(ValueError, match=message):
        read_batch_pickle(pickle.dumps(content, protocol=2), "data_batch_1")
    with pytest.raises(ValueError, match=message):
        read_batch_pickle(python2_pickle(content), "data_batch_1")
    assert not folder.exists()


def test_pickles_do_not_share_state():
    # BUILD sets attributes: here of the function that stands for dtype, whose defaults
    # would be arguments of the next call.
    attack = b"\x80\x02cnumpy\ndtype\n(N}X\x0c\x00\x00\x00__defaults__K\x01\x85stb."
    with pytest.raises(ValueError, match="not a pickled batch"):
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
    message = "file is truncated, damaged or not a pickled batch"
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


def laughs(n_levels, n_times=10):
    """Return the instructions of a tuple of ten times the tuple before, by the memo."""
    return (
        b"(" * n_levels
        + b"N"
        + b"".join(
            b"q%c" % k + b"h%c" % k * (n_times - 1) + b"t" for k in range(n_levels)
        )
    )


def array(shape, data, *, code=b"U\x02u1", items=b"K\x03U\x01|NNNKxKxK\x00"):
    """Return the instructions that make an array as Python 2 did."""
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01" + shape + b"cnumpy\ndtype\n" + code + b"K\x00K\x01\x87R"
        b"(" + items + b"tb\x89" + data + b"tb"
    )


def batch_of(data, labels=b"]"):
    return b"\x80\x02}(U\x04data" + data + b"U\x06labels" + labels + b"u."


INT, HUGE = struct.Struct("<i").pack, struct.pack("<Q", 2**60)
DOUBLED = laughs(200, 2)
BIG, NEGATIVE = b"J" + INT(2**31 - 1), b"J" + INT(-1)
ATTACKS = {
    "a memo of 4 GB": b"Nr" + struct.pack("<I", 0x0FFFFFFF) + b".",
    "the largest memo": b"Nr\xff\xff\xff\xff.",
    "a memo by text": b"Np268435455\n.",
    "doubled tuples": b"\x80\x02}N" + b"2\x86" * 40 + b"Ns.",
    "doubled tuples as a key": b"\x80\x02}" + DOUBLED + b"Ns.",
    "doubled tuples as data": batch_of(DOUBLED),
    "doubled tuples as labels": batch_of(array(b"K\x00K\x00\x86", b"U\x00"), DOUBLED),
    "doubled tuples as a label": batch_of(
        array(b"K\x01K\x01\x86", b"U\x01a"), b"](" + DOUBLED + b"e"
    ),
    "laughs as a dtype": batch_of(array(b"K\x01K\x01\x86", b"U\x01a", code=laughs(30))),
    "laughs as a shape": batch_of(array(laughs(30), b"U\x01a")),
    "laughs as bytes": batch_of(array(b"K\x01K\x01\x86", laughs(30))),
    "laughs called": laughs(30) + b")R.",
    "laughs that get a state": laughs(30) + b"Nb.",
    "a deep tuple": b"}N" + b"\x85" * 1_000_000 + b"Ns.",
    "deep lists": b"]" * 3000 + b"a" * 2999 + b".",
    "deep dicts": b"}K\x00" * 3000 + b"s" * 3000 + b".",
    "a list in itself": batch_of(b"]q\x00h\x00a", b"h\x00"),
    "a dict in itself": b"}q\x00U\x04datah\x00sU\x06labelsh\x00s.",
    "marks": b"(" * 1_000_000 + b".",
    "frozensets": b"\x80\x04(N\x91" + b"\x85(h\x00\x91" * 30 + b".",
    "a set": b"\x80\x04\x8f(K\x01\x90.",
    "a long number": b"\x80\x02\x8b" + INT(2**31 - 1) + b".",
    "a number of 255 bytes": b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".",
    "a number as text": b"L" + b"9" * 100_000 + b"L\n.",
    "text of 2**60 bytes": b"\x80\x04\x8d" + HUGE + b".",
    "bytes of 2**60 bytes": b"\x80\x04\x8e" + HUGE + b".",
    "a bytearray of 2**60 bytes": b"\x80\x05\x96" + HUGE + b".",
    "a frame of 2**60 bytes": b"\x80\x04\x95" + HUGE + b".",
    "bytes of 2 GB": b"\x80\x02T" + INT(2**31 - 1) + b".",
    "bytes of less than none": b"\x80\x02T" + INT(-1) + b".",
    "an extension": b"\x80\x02\x82\x01.",
    "a name from the stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "an instance": b"(ios\nsystem\n.",
    "an object": b"\x80\x02(cnumpy\nndarray\no.",
    "a new object": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "a persistent name": b"U\x01aQ.",
    "a buffer from elsewhere": b"\x80\x05\x97.",
    "a name without end": b"c" + b"numpy" * 1_000_000,
    "a shape of 2**62 bytes": batch_of(array(BIG * 2 + b"\x86", b"U\x01a")),
    "a shape of no columns": batch_of(array(BIG + b"K\x00\x86", b"U\x00")),
    "a negative shape": batch_of(array(NEGATIVE * 2 + b"\x86", b"U\x01a")),
    "a shape of three axes": batch_of(array(b"K\x01K\x01K\x01\x87", b"U\x01a")),
    "fewer bytes than the shape": batch_of(array(b"K\x02K\x02\x86", b"U\x03abc")),
    "more bytes than the shape": batch_of(array(b"K\x02K\x02\x86", b"U\x05abcde")),
    "an array of objects": batch_of(array(b"K\x01K\x01\x86", b"]", code=b"U\x02O8")),
    "an array of records": batch_of(
        array(b"K\x01K\x01\x86", b"U\x01a", code=b"](U\x01fU\x02O8\x86e")
    ),
    "an array without content": batch_of(
        b"cnumpy.core.multiarray\n_reconstruct\n)R", b"]"
    ),
    "a dtype called without a code": b"cnumpy\ndtype\n)R.",
    "a long text as a key": b"}T" + INT(1000) + b"a" * 1000 + b"Ns.",
    "keys without a value": b"}(U\x01au.",
    "no mark": b"K\x01e.",
    "nothing on the stack": b".",
    "a memo that is not there": b"h\x07.",
    "nothing": b"",
    "what follows the memo's end": b"q\x00.",
}  # fmt: skip


@pytest.mark.parametrize("case", ATTACKS)
def test_attack_is_an_error_at_once(case):
    message = "data_batch_1 is truncated, damaged or not a pickled batch"
    with pytest.raises(ValueError, match=message) as caught:
        read_batch_pickle(ATTACKS[case], "data_batch_1")
    # What the file has built is neither shown nor kept.
    assert len(str(caught.value)) < 400
    assert caught.value.__context__ is None


def test_arrays_of_the_attacks_are_read_if_correct():
    data = array(b"K\x02K\x03\x86", b"U\x06abcdef")
    rows, labels = read_batch_pickle(batch_of(data, b"](K\x07\x8a\x01\x08e"), "batch")
    assert_array_equal(rows, [[97, 98, 99], [100, 101, 102]])
    assert labels == [7, 8]


def test_real_batch_has_fewer_instructions_than_allowed():
    n = 10_000
    names = [b"leptodactylus_s_%06d.png" % i for i in range(n)]
    data = python2_pickle({b"labels": [9] * n, b"filenames": names,
                           b"data": np.zeros((n, 1), np.uint8)})  # fmt: skip
    rows, labels = read_batch_pickle(data, "batch")
    assert rows.shape == (n, 1)
    assert labels == [9] * n
