"""Batches: every row once, in order or shuffled, converted, in the same memory."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array, issparse

from skdl.engine import Augmentation, Batches, Data
from tests.engine.cases import peak_bytes

N = 23
F32 = np.dtype(np.float32)
BATCH_SIZES = [1, 5, 23, 40]


def numbered(X=None, **kwargs):
    """Return data whose row numbers stand in X, in the targets and in the weights."""
    number = np.arange(N)
    X = np.column_stack([number, number + 100]) if X is None else X
    kwargs.setdefault("targets", number.astype(F32)[:, None])
    kwargs.setdefault("weights", number.astype(F32)[:, None])
    return Data(X, **kwargs)


def collect(data, batch_size=5, rng=None, dtype=F32, batches=None):
    """Return copies of an epoch's batches."""
    batches = Batches(data, batch_size, dtype) if batches is None else batches
    return [
        tuple(None if a is None else a.copy() for a in batch)
        for batch in batches.epoch(rng)
    ]


def row_numbers(epoch):
    return np.concatenate([X[:, 0] for X, _, _ in epoch]).astype(int)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("seed", [None, 0])
@pytest.mark.parametrize("rows", [None, np.array([20, 3, 7, 11, 12, 4, 0])])
def test_every_row_once_and_its_parts_together(batch_size, seed, rows):
    data = numbered(rows=rows)
    rng = None if seed is None else np.random.default_rng(seed)
    epoch = collect(data, batch_size, rng)
    used = np.arange(N) if rows is None else rows
    assert data.n_rows == len(used)
    sizes = [len(X) for X, _, _ in epoch]
    assert sum(sizes) == len(used)
    assert set(sizes[:-1]) <= {batch_size}
    assert 0 < sizes[-1] <= batch_size
    found = row_numbers(epoch)
    if seed is None:
        assert_array_equal(found, used)
    else:
        assert_array_equal(np.sort(found), np.sort(used))
        assert (found != used).any()
    for X, targets, weights in epoch:
        assert_array_equal(X[:, 1], X[:, 0] + 100)
        assert_array_equal(targets[:, 0], X[:, 0])
        assert_array_equal(weights[:, 0], X[:, 0])


def test_rng_alone_decides_the_order():
    data = numbered(rows=np.arange(N)[::-1].copy())
    rows = data.rows.copy()
    batches = Batches(data, 5, F32)
    first = row_numbers(collect(data, rng=np.random.default_rng(1), batches=batches))
    np.random.default_rng(5).random(3)
    again = row_numbers(collect(data, rng=np.random.default_rng(1), batches=batches))
    other = row_numbers(collect(data, rng=np.random.default_rng(2), batches=batches))
    assert_array_equal(first, again)
    assert (first != other).any()
    assert_array_equal(data.rows, rows)
    rng = np.random.default_rng(1)
    epochs = [row_numbers(collect(data, rng=rng, batches=batches)) for _ in range(2)]
    assert (epochs[0] != epochs[1]).any()


@pytest.mark.parametrize(
    "source", [np.uint8, np.float16, np.int64, np.bool_, np.float32, np.float64]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_have_the_dtype_of_the_network(source, dtype):
    X = (np.arange(N * 3).reshape(N, 3) * 0.75).astype(source)
    data = Data(X, np.zeros((N, 1), dtype))
    epoch = collect(data, dtype=np.dtype(dtype))
    assert {batch.dtype for batch, _, _ in epoch} == {np.dtype(dtype)}
    assert_array_equal(np.concatenate([b for b, _, _ in epoch]), X.astype(dtype))
    assert data.X is X
    assert {weights for _, _, weights in epoch} == {None}


@pytest.mark.parametrize("order", ["C", "F"])
def test_memmap_and_read_only_input(tmp_path, order):
    values = np.arange(N * 2, dtype=np.uint8).reshape(N, 2)
    np.save(tmp_path / "X.npy", np.asarray(values, order=order))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert isinstance(X, np.memmap)
    data = Data(X, np.zeros((N, 1), F32))
    data.targets.flags.writeable = False
    epoch = collect(data)
    assert_array_equal(np.concatenate([batch for batch, _, _ in epoch]), values)


def misaligned(X):
    memory = np.empty(X.nbytes + 1, np.uint8)[1:]
    view = memory.view(X.dtype).reshape(X.shape)
    view[...] = X
    return view


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "columns": lambda X: np.hstack([X, X])[:, : X.shape[1]],
    "every other column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "misaligned": misaligned,
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_cut_out_of_any_layout_without_a_copy_of_the_whole(layout, dtype):
    X = np.random.default_rng(0).normal(size=(9000, 20)).astype(F32)
    weights = layout(np.abs(X[:, 2:3]).astype(dtype))
    data = Data(layout(X), layout(X[:, :2]), weights=weights)
    batches = Batches(data, 100, np.dtype(dtype))
    order = np.random.default_rng(1).permutation(9000)
    epoch = batches.epoch(np.random.default_rng(1))
    for i, (rows, targets, weights) in enumerate(epoch):
        used = order[100 * i : 100 * i + 100]
        assert_array_equal(rows, X[used])
        assert_array_equal(targets, X[used, :2])
        assert_array_equal(weights, np.abs(X[used, 2:3]))
    # The order of the rows, and a batch or two.
    peak = peak_bytes(lambda: sum(1 for _ in batches.epoch()))
    assert peak < order.nbytes + 60_000 < X.nbytes / 5


@pytest.mark.parametrize("source", [np.uint8, np.float32])
def test_batches_share_their_memory(source):
    X = np.arange(N * 2).reshape(N, 2).astype(source)
    data = numbered(X, targets=np.arange(N) % 3, table=np.eye(3, dtype=F32))
    batches = Batches(data, 5, F32)
    addresses = set()
    for _ in range(2):
        for batch in batches.epoch(np.random.default_rng(0)):
            addresses.add(tuple(a.ctypes.data for a in batch))
            for own in (data.X, data.targets, data.table, data.weights):
                assert not any(np.shares_memory(a, own) for a in batch)
    assert len(addresses) == 1


@pytest.mark.parametrize("codes", [np.int64, np.int32, np.uint8])
def test_table_turns_codes_into_rows(codes):
    table = np.array([[0, 1], [2, 3], [4, 5]], F32)
    y = (np.arange(N) % 3).astype(codes)
    data = numbered(targets=y, table=table)
    for X, targets, _ in collect(data, rng=np.random.default_rng(0)):
        assert targets.dtype == F32
        assert_array_equal(targets, table[X[:, 0].astype(int) % 3])


@pytest.mark.parametrize("source", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize("seed", [None, 0])
def test_sparse_rows(source, seed):
    dense = np.column_stack([np.arange(N), np.arange(N) + 100]).astype(source)
    data = numbered(csr_array(dense))
    rng = None if seed is None else np.random.default_rng(seed)
    batches = list(Batches(data, 5, F32).epoch(rng))
    epoch = [(X.toarray(), targets, weights) for X, targets, weights in batches]
    assert all(issparse(X) and X.dtype == F32 for X, _, _ in batches)
    assert_array_equal(np.sort(row_numbers(epoch)), np.arange(N))
    assert_array_equal(epoch[-1][0][:, 0], epoch[-1][1][:, 0])
    assert [len(X) for X, _, _ in epoch] == [5, 5, 5, 5, 3]


def test_weights_of_another_dtype_are_refused():
    with pytest.raises(
        ValueError, match="of dtype float32 and not all zero, got dtype float64"
    ):
        Batches(numbered(weights=np.ones((N, 1), np.float64)), 5, F32)


def test_weights_that_are_all_zero_are_refused():
    data = Data(np.ones((4, 2)), np.zeros((4, 1)), weights=np.zeros((4, 1)))
    with pytest.raises(ValueError, match="not all zero"):
        Batches(data, 2, np.dtype(np.float64))


class Recorder:
    """An augmenter that adds 1 to all pixels, and notes what it gets."""

    def __init__(self, mixes=False):
        self.mixes = mixes
        self.started, self.seen, self.mixed = [], [], []

    def start(self, *args):
        self.started.append(args)
        return self

    def transform(self, images, rng):
        self.seen.append(images.copy())
        images += 1
        return images

    def mix(self, X, targets, rng):
        self.mixed.append((X.copy(), targets.copy()))
        X[...] = 0.5 * X + 0.5 * X[::-1]
        targets[...] = 0.5 * targets + 0.5 * targets[::-1]


IMAGES = np.arange(N * 12, dtype=np.uint8).reshape(N, 12)


def augmented(augmenter, X=IMAGES, shape=(2, 2, 3), raw=False, dtype=F32, **kwargs):
    """Return the batches of an epoch whose rows pass through an augmenter."""
    rng = np.random.default_rng(0)
    augmentation = Augmentation(augmenter, X.shape[1], shape, 5, X.dtype, rng)
    batches = Batches(numbered(X, **kwargs), 5, np.dtype(dtype), raw, augmentation)
    return collect(None, batches=batches)


@pytest.mark.parametrize("source", [np.uint8, F32, np.float64])
@pytest.mark.parametrize("raw", [False, True])
def test_rows_are_augmented_in_their_own_dtype(source, raw):
    recorder, X = Recorder(), IMAGES.astype(source)
    rows = np.arange(N)[::-2]
    epoch = augmented(recorder, X, raw=raw, rows=rows)
    assert recorder.started == [((2, 2, 3), 5, np.dtype(source))]
    assert {images.dtype for images in recorder.seen} == {np.dtype(source)}
    assert {images.shape[1:] for images in recorder.seen} == {(2, 2, 3)}
    assert max(len(images) for images in recorder.seen) == 5
    seen = np.concatenate(recorder.seen).reshape(-1, 12)
    assert_array_equal(seen, X[rows])
    found = np.concatenate([X for X, _, _ in epoch])
    assert found.dtype == (source if raw else F32)
    assert_array_equal(found, X[rows] + 1)
    assert_array_equal(X, IMAGES)


def test_a_function_augments_and_may_return_a_view():
    flipped = augmented(lambda images, rng: images[:, :, ::-1])
    expected = IMAGES.reshape(N, 2, 2, 3)[:, :, ::-1].reshape(N, 12)
    assert_array_equal(np.concatenate([X for X, _, _ in flipped]), expected)
    noise = augmented(lambda rows, rng: rows + rng.normal(size=rows.shape),
                      IMAGES.astype(float), None)  # fmt: skip
    rng = np.random.default_rng(0)
    for i, (X, _, _) in enumerate(noise):
        expected = IMAGES[5 * i : 5 * i + 5] + rng.normal(size=X.shape)
        assert_array_equal(X, expected.astype(F32))


@pytest.mark.parametrize("raw", [False, True])
def test_mixing_comes_after_conversion_and_coding(raw):
    recorder = Recorder(mixes=True)
    labels, table = np.arange(N) % 3, np.eye(3, dtype=F32)
    epoch = augmented(recorder, raw=raw, targets=labels, table=table)
    assert len(recorder.mixed) == len(epoch)
    for i, ((X, targets), (mixed, new_targets, weights)) in enumerate(
        zip(recorder.mixed, epoch, strict=True)
    ):
        part = slice(5 * i, 5 * i + 5)
        assert X.dtype == targets.dtype == F32
        assert_array_equal(X, IMAGES[part] + np.uint8(1))
        assert_array_equal(targets, table[labels[part]])
        assert_array_equal(mixed, 0.5 * X + 0.5 * X[::-1])
        assert_array_equal(new_targets, 0.5 * targets + 0.5 * targets[::-1])
        assert_array_equal(weights[:, 0], np.arange(N)[part])
    assert_array_equal(table, np.eye(3))


@pytest.mark.parametrize("width", [1, 2])
def test_mixing_leaves_the_users_targets_as_they_are(width):
    targets = np.random.default_rng(0).normal(size=(N, width))
    before = targets.copy()
    epoch = augmented(
        Recorder(mixes=True), IMAGES.astype(float), dtype=float, targets=targets,
        weights=None,
    )  # fmt: skip
    assert_array_equal(targets, before)
    assert (np.concatenate([t for _, t, _ in epoch]) != before).any()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda images, rng: images / 2, r"float64 of shape \(5, 2, 2, 3\)"),
        (lambda images, rng: images[:, 1:], r"uint8 of shape \(5, 1, 2, 3\)"),
        (lambda images, rng: images[1:], r"uint8 of shape \(4, 2, 2, 3\)"),
        (lambda images, rng: images.reshape(len(images), -1), r"shape \(5, 12\)"),
        (lambda images, rng: None, "returned NoneType"),
        (lambda images, rng: images.tolist(), "returned list"),
    ],
)
def test_what_an_augmenter_must_not_return(function, said):
    with pytest.raises(ValueError, match=rf"uint8 of shape \(5, 2, 2, 3\).*{said}"):
        augmented(function)


def test_no_batch_is_allocated_for_an_augmenter():
    X = np.zeros((2000, 1000), np.uint8)
    augmentation = Augmentation(Recorder(), 1000, None, 500, X.dtype, None)
    augmentation.transform = lambda images, rng: images[:, ::-1]
    data = Data(X, np.zeros((2000, 1), F32))
    batches = Batches(data, 500, F32, augmentation=augmentation)
    assert peak_bytes(lambda: sum(1 for _ in batches.epoch())) < 500 * 1000 / 4
