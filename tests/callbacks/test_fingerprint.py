"""Equal content has equal marks, other content has others."""

import functools
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
from numpy.lib.format import open_memmap
from scipy.sparse import coo_array, csr_array
from sklearn.metrics import make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import KFold

from skdl.engine import Adam, BatchNorm, Cosine
from tests.callbacks.private_names import _fingerprint as module
from tests.callbacks.private_names import differences, digest, fill_in


class Shift:
    def __init__(self, by):
        self.by = by

    def apply(self, X):
        return X + self.by

    def lower(self, X):
        return X - self.by


def shift_by(by, more=0):
    def shift(X):
        return X + by + more

    return shift


def defined(source, **names):
    """Return the function f, or class C, of a text."""
    names = {"__name__": "a_module", **names}
    exec(source, names)
    return names.get("f", names.get("C"))


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
    lambda: Shift(0.0).apply,
    lambda: Shift(1.0).apply,
    lambda: Shift(1.0).lower,
    lambda: functools.partial(Shift(2.0).apply),
    lambda: functools.partial(Shift(3.0).apply),
    lambda: shift_by(1),
    lambda: shift_by(2),
    lambda: shift_by(ARRAY),
    lambda: shift_by(Shift(1.0).apply),
    lambda: functools.lru_cache(shift_by(1)),
    lambda: functools.lru_cache(shift_by(2)),
    lambda: [1.0].append,
    lambda: [2.0].append,
    lambda: str.upper,
    lambda: dict.fromkeys,
    lambda: defined("def f(X): return X + 1"),
    lambda: defined("def f(X): return X + 2"),
    lambda: defined("def f(X): return X.min()"),
    lambda: defined("def f(X): return X.max()"),
    lambda: defined("def f(X, by=1): return X"),
    lambda: defined("def f(X, by=2): return X"),
    lambda: defined("def f(X, *, by=2): return X"),
    lambda: defined("def f(X): return X + BY", BY=1),
    lambda: defined("def f(X): return X + BY", BY=2),
    lambda: defined("def f(X): return X + BY", BY=ARRAY.copy()),
    lambda: defined("def f(X): return g(X)\ndef g(X): return 1"),
    lambda: defined("def f(X): return g(X)\ndef g(X): return 2"),
    lambda: defined("def f(X): return [x + 1 for x in {1, 2, 3}]"),
    lambda: defined("f = lambda X: (lambda: X + 1)()"),
    lambda: defined("f = lambda X: (lambda: X + 2)()"),
    lambda: defined("class C:\n def g(self): return 1"),
    lambda: defined("class C:\n def g(self): return 2"),
    lambda: defined("class C:\n @property\n def g(self): return 2"),
    lambda: defined("class C:\n @staticmethod\n def g(): return 3"),
    lambda: defined("class C:\n @classmethod\n def g(cls): return cls.h"),
    lambda: SimpleNamespace(a=1),
    lambda: SimpleNamespace(a=2),
    lambda: np.random.RandomState(0),
    lambda: (i for i in range(3)),
]


def test_equal_contents_have_equal_hashes_and_others_do_not():
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
def test_equal_values_of_other_types_have_the_same_hash(first, second):
    assert digest(first) == digest(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("def f(X): return X", "# longer\n\ndef f(X):\n    return X  # as is"),
        # What may differ in each process and changes no number.
        ("p = 'a'\ndef f(X): print(p)", "p = 'b'\ndef f(X): print(p)"),
        ("p = []\ndef f(X): p.append(1)", "p = [1]\ndef f(X): p.append(1)"),
    ],
)
def test_functions_with_the_same_effect_have_the_same_hash(first, second):
    assert digest(defined(first)) == digest(defined(second))


def test_code_of_a_library_counts_by_name(monkeypatch):
    before = digest(r2_score), digest(KFold)
    monkeypatch.setattr(r2_score.__wrapped__, "__code__", (lambda: 3).__code__)
    monkeypatch.setattr(KFold, "split", lambda self: 3)
    assert (digest(r2_score), digest(KFold)) == before


def test_functions_that_call_one_another_are_followed_once():
    """There are 40! ways from the first one to all others."""
    names = ", ".join(f"f{i}" for i in range(40))
    source = "\n".join(f"def f{i}(): return {names}" for i in range(40))
    first = defined(source + "\nf = f0")
    assert digest(first) == digest(defined(source + "\nf = f0"))
    assert digest(first) != digest(defined(source + "\ndef f7(): pass\nf = f0"))


@pytest.mark.slow
def test_another_process_computes_the_same_hashes():
    """Whose hashes of texts differ, and so the order of its sets."""
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.callbacks import test_fingerprint
from tests.callbacks.private_names import digest
print([digest(make()) for make in test_fingerprint.MAKERS])
"""
    out = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for seed in "12"
    }
    (text,) = out
    here = [
        digest(make()) if not isinstance(make(), FunctionType) else None
        for make in MAKERS
    ]
    there = json.loads(text.replace("'", '"'))
    assert [h in (None, t) for h, t in zip(here, there, strict=True)].count(False) == 0


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
    assert module.format_value(list(range(1000))).endswith("...")
    assert len(module.format_value(list(range(1000)))) == 60
    assert module.format_value(Cosine(0.1)) == "Cosine(minimum=0.1)"
    assert module.format_value(Cosine) == "Cosine"
