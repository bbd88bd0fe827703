"""Blocks: they cover the vectors, share nothing but scratch, and change no result."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import blocks as module
from skdl.engine.blocks import blocks_of, scalar_array
from tests.engine.cases import OPTIMIZERS, each


@pytest.mark.parametrize("size", [0, 1, 4, 5, 8, 9, 23])
def test_blocks_cover_each_array_once(monkeypatch, size):
    monkeypatch.setattr(module, "BLOCK", 4)
    x, y = np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32)
    blocks = blocks_of(x, y)
    for i, array in enumerate((x, y)):
        parts = [block[i] for block in blocks]
        assert all(np.shares_memory(part, array) for part in parts)
        assert_array_equal(np.concatenate([*parts, array[:0]]), array)
    for part, _, scratch in blocks:
        assert scratch.shape == part.shape
        assert scratch.size <= 4
        assert scratch.dtype == np.float32
    assert len({scratch.ctypes.data for *_, scratch in blocks}) == min(1, size)


def test_scratch_that_stays_is_cut_like_the_arrays(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 4)
    x, kept = np.zeros(10), np.zeros(10)
    for part, scratch in blocks_of(x, scratch=kept):
        assert part.shape == scratch.shape
        scratch += np.arange(10)[part.ctypes.data // 8 - x.ctypes.data // 8 :][:4]
    assert_array_equal(kept, np.arange(10))


def test_blocks_of_a_stack_are_those_of_one_vector():
    stack = np.zeros((3, 5))
    ((flat, _),) = blocks_of(stack)
    flat[...] = 1
    assert_array_equal(stack, 1)


def test_numbers_have_the_parameters_type():
    one = scalar_array(np.zeros(2, np.float32), 0.5)
    assert one.shape == ()
    assert (np.ones(2, np.float32) * one).dtype == np.float32


@each("optimizer", OPTIMIZERS)
def test_blocks_change_no_bit_of_a_step(monkeypatch, optimizer):
    results = []
    for size in (10_000, 7):
        monkeypatch.setattr(module, "BLOCK", size)
        rng = np.random.default_rng(0)
        w = rng.normal(size=50)
        state = optimizer.start(w, 30)
        for _ in range(3):
            state.step(w, rng.normal(size=50), 0.1)
        results.append(w)
    assert_array_equal(*results)


@each("optimizer", OPTIMIZERS)
def test_a_state_follows_other_vectors_and_copies(optimizer):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=5), rng.normal(size=(4, 5))

    def steps(swap):
        w = start.copy()
        state = optimizer.start(w, 3)
        for i, g in enumerate(gradients):
            if swap and i == 2:
                w, state = w.copy(), pickle.loads(pickle.dumps(state))
            # A new array for each gradient, as a test or a user may hand them.
            state.step(w, g.copy(), 0.1)
        return w

    assert_array_equal(steps(True), steps(False))


def test_a_pickled_state_holds_no_blocks():
    w = np.zeros(10_000)
    state = OPTIMIZERS["adam"].start(w)
    state.step(w, np.ones(10_000), 0.1)
    assert len(pickle.dumps(state)) < 2.2 * w.nbytes
