"""Equal content has equal marks, other content has others."""

import functools
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.lib.format import open_memmap
from scipy.sparse import coo_array, csr_array
from sklearn.metrics import make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import KFold

from skdl.callbacks import _fingerprint as module
from skdl.callbacks._fingerprint import differences, digest, fill_in
from skdl.engine import Adam, BatchNorm, Cosine

ARRAY = np.arange(12.0).reshape(4, 3)
# Each of these is made twice, and differs from all others.
MAKERS = [
    lambda: None,
    lambda: 0,
    lambda: False,
    lambda: 0.5,
    lambda: float("nan"),
    lambda: 2**100,
    lambda: "None",
    lambda: b"a",
    lambda: ["a", "b"],
    lambda: ["ab"],
    lambda: [["a"], "b"],
    lambda: [],
    lambda: {},
    lambda: {"a": 1, "b": 2},
    lambda: {0: 1, "a": None},
    lambda: {"a", "b"},
    lambda: ARRAY.copy(),
    lambda: ARRAY.astype("f4"),
    lambda: ARRAY.reshape(3, 4),
    lambda: ARRAY + 1e-12,
    lambda: np.array(["a", None], object),
    lambda: np.array(["b", None], object),
    lambda: np.zeros((0, 3)),
    lambda: csr_array(ARRAY),
    lambda: csr_array(ARRAY[:, ::-1]),
    lambda: Adam(),
    lambda: Adam(beta_1=0.8),
    lambda: Cosine(0.1),
    lambda: BatchNorm(),
    lambda: KFold(3),
    lambda: KFold(3, shuffle=True, random_state=0),
    lambda: make_scorer(r2_score),
    lambda: make_scorer(mean_absolute_error),
    lambda: make_scorer(mean_absolute_error, greater_is_better=False),
    lambda: functools.partial(r2_score, force_finite=False),
    lambda: r2_score,
    lambda: np.tanh,
    lambda: Cosine,
    lambda: SimpleNamespace(a=1),
    lambda: SimpleNamespace(a=2),
    lambda: np.random.RandomState(0),
    lambda: (i for i in range(3)),
]


def test_marks_tell_contents_apart_and_nothing_else():
    marks = [digest(make()) for make in MAKERS]
    assert marks == [digest(make()) for make in MAKERS]
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (0.5, np.float64(0.5)),
        (3, np.int64(3)),
        ((1, 2), [1, 2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (ARRAY, np.asfortranarray(ARRAY)),
        (ARRAY, np.repeat(ARRAY, 2, axis=0)[::2]),
        (csr_array(ARRAY), coo_array(ARRAY)),
        (np.random.RandomState(0), np.random.RandomState(1)),
    ],
)
def test_what_means_the_same_has_the_same_mark(first, second):
    assert digest(first) == digest(second)


def test_circles_end():
    circle = [1]
    circle.append(circle)
    assert digest(circle) == digest(circle)
    assert digest(circle) != digest([1, [1]])


def test_blocks_do_not_matter(monkeypatch):
    X = np.random.default_rng(0).normal(size=(103, 7))
    expected = digest(X)
    for size in (1, 100, 1000):
        monkeypatch.setattr(module, "BLOCK_BYTES", size)
        assert digest(X) == expected


@pytest.mark.parametrize("fortran_order", [False, True])
def test_an_array_on_disk_is_not_brought_into_memory(fortran_order, tmp_path):
    X = open_memmap(
        tmp_path / "X.npy",
        "w+",
        np.float32,
        (200_000, 25),
        fortran_order=fortran_order,
    )
    X[::1000] = 3
    tracemalloc.start()
    try:
        mark = digest(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert X.nbytes == 20_000_000
    assert peak < 10_000_000
    assert mark == digest(np.ascontiguousarray(X))


def test_differences_are_named_and_their_consequences_are_not():
    before = {"alpha": ["1", "0.1"], "X": ["2", "old"], "start": ["3", "weights"]}
    assert differences(before, before) == []
    assert differences(before, before | {"start": ["9", ""]}) == [
        "the weights, optimizer or random streams that fit starts from differ, as they "
        "do after warm_start or with a weight_init of another version"
    ]
    after = before | {"alpha": ["5", "0.2"], "start": ["9", ""]}
    assert differences(before, after) == ["alpha was 0.1 and is 0.2"]
    # Of another version, which has other parameters.
    assert differences(before, before | {"new": ["5", "3"]}) == [
        "new was not there and is 3"
    ]
    assert differences(before | {"new": ["5", "3"]}, before) == [
        "new was 3 and is not there"
    ]


def test_fill_in():
    marks = {"alpha": ["1", "0.1"]}
    assert fill_in("a/{b}.npz", marks) == "a/{b}.npz"
    path = fill_in("a/{fingerprint}.npz", marks)
    assert len(path) == len("a/.npz") + 16
    assert path != fill_in("a/{fingerprint}.npz", {"alpha": ["2", "0.2"]})


def test_texts_are_short():
    assert module._said(list(range(1000))).endswith("...")
    assert len(module._said(list(range(1000)))) == 60
    assert module._said(Cosine(0.1)) == "Cosine(minimum=0.1)"
    assert module._said(Cosine) == "Cosine"
