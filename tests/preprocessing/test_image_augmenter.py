"""ImageAugmenter: properties of all transforms, and the effect of each."""

import inspect
import pickle
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.preprocessing import ImageAugmenter


@dataclass
class Case:
    """Options of a transform, and whether it leaves an even image as it is."""

    options: dict
    even: bool = True


CASES = {
    "off": Case({}),
    "flip": Case({"horizontal_flip": 0.5}),
    "shift": Case({"shift": 2}),
    "shift by parts": Case({"shift": 1.5}),
    "flip and shift": Case({"horizontal_flip": 0.5, "shift": 2}),
    "shift, edge": Case({"shift": 2, "fill_mode": "edge"}),
    "shift, reflect": Case({"shift": 9, "fill_mode": "reflect"}),
    "rotation": Case({"rotation": 30}),
    "rotation, reflect": Case({"rotation": 180, "fill_mode": "reflect"}),
    "shear": Case({"shear": 20}),
    "scale": Case({"scale": (0.7, 1.4)}),
    "elastic": Case({"elastic_alpha": 20.0, "elastic_sigma": 3.0}),
    "brightness": Case({"brightness": 0.9}, even=False),
    "contrast": Case({"contrast": 1.5}),
    "cutout": Case({"cutout": 3}),
    "mixup": Case({"mixup": 0.3}),
    "all": Case(
        {
            "horizontal_flip": 0.5,
            "scale": (0.8, 1.2),
            "shear": 10,
            "rotation": 10,
            "shift": 1,
            "elastic_alpha": 5.0,
            "brightness": 0.5,
            "contrast": 0.5,
            "cutout": 2,
            "mixup": 1.0,
        },
        even=False,
    ),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
each_shape = pytest.mark.parametrize("shape", [(8, 8, 1), (6, 11, 3)])
N = 25


def pictures(shape, dtype=np.uint8, n=N):
    return np.random.default_rng(5).integers(0, 256, (n, *shape)).astype(dtype)


def transformed(case, images, seed=0, **others):
    state = ImageAugmenter(**case.options, **others).start(
        images.shape[1:], len(images), images.dtype
    )
    found = state.transform(images.copy(), np.random.default_rng(seed))
    return found.copy()


@each_case
@each_shape
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_shape_and_dtype_do_not_change(case, shape, dtype):
    state = ImageAugmenter(**case.options).start(shape, N, dtype)
    rng = np.random.default_rng(0)
    for n in (N, 3, 1, N):
        found = state.transform(pictures(shape, dtype, n), rng)
        assert (found.shape, found.dtype) == ((n, *shape), dtype)
        assert found.flags.c_contiguous
        assert np.isfinite(found).all()
    assert state.mixes == ("mixup" in case.options)


@each_case
def test_equal_seeds_give_equal_images(case):
    images = pictures((6, 7, 3))
    first = transformed(case, images)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert_array_equal(transformed(case, images), first)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    changes = set(case.options) - {"mixup"}
    assert (transformed(case, images, seed=1) != first).any() == bool(changes)


@each_case
@each_shape
def test_bytes_are_rounded_and_clipped_floats(case, shape):
    images = pictures(shape)
    floats = transformed(case, images.astype(np.float32))
    expected = np.clip(np.rint(floats), 0, 255)
    assert_array_equal(transformed(case, images), expected)


@each_case
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_an_even_image_stays_even(case, dtype):
    images = np.full((N, 6, 7, 3), 90, dtype)
    found = transformed(case, images, fill_value=90)
    assert_allclose(np.ptp(found, axis=(1, 2, 3)) if case.even else 0, 0, atol=1e-9)
    if case.even:
        assert_allclose(found, 90)


@each_case
def test_pixels_keep_their_range(case):
    if {"brightness", "contrast"} & set(case.options):
        pytest.skip("changes the range")
    images = pictures((8, 8, 1), np.float64)
    found = transformed(case, images, fill_value=100.0)
    assert found.min() >= images.min()
    assert found.max() <= images.max()


@each_case
@pytest.mark.parametrize("value", [0.0, [10.0, 20.0, 30.0]])
def test_channels_move_together(case, value):
    """Equal channels stay equal, except where they are filled."""
    gray = pictures((8, 9, 1), np.float64)
    images = np.repeat(gray, 3, axis=3)
    found = transformed(case, images, fill_value=value)
    if value == 0.0:
        assert_allclose(found, np.repeat(found[..., :1], 3, axis=3), atol=1e-9)
    elif {"shift", "cutout", "rotation"} & set(case.options):
        differ = (found[..., 0] != found[..., 2]).any()
        assert differ == (case.options.get("fill_mode", "constant") == "constant")


@each_case
def test_clone_pickle_and_printed_form(case):
    augmenter = ImageAugmenter(**case.options)
    before = dict(vars(augmenter))
    augmenter.start((8, 8, 1), 4, np.uint8)
    assert vars(augmenter) == before
    for copy in (clone(augmenter), pickle.loads(pickle.dumps(augmenter))):
        assert copy.get_params() == augmenter.get_params()
    # scikit-learn prints changed parameters; names of equal value may be left out.
    assert eval(repr(augmenter), {"ImageAugmenter": ImageAugmenter}).get_params() == (
        augmenter.get_params()
    )


@each_case
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("as_rows", [True, False])
def test_fit_resample(case, dtype, as_rows):
    shape = (6, 7, 3)
    images = pictures(shape, dtype)
    X = images.reshape(N, -1) if as_rows else images
    X.setflags(write=False)
    y = np.arange(N) % 4 + 10
    y.setflags(write=False)
    augmenter = ImageAugmenter(
        **case.options, image_shape=shape, n_copies=2, random_state=3
    )
    more_X, more_y = augmenter.fit_resample(X, y)
    assert (more_X.shape, more_X.dtype) == ((3 * N, *X.shape[1:]), dtype)
    assert_array_equal(more_X[:N], X)
    if augmenter.mixup:
        assert more_y.shape == (3 * N, 4)
        assert_array_equal(more_y[:N], np.eye(4)[y - 10])
        assert_allclose(more_y.sum(axis=1), 1)
    else:
        assert_array_equal(more_y, np.tile(y, 3))
    copies = more_X[N : 2 * N], more_X[2 * N :]
    if case.options:
        assert (copies[0] != X).any()
        assert (copies[0] != copies[1]).any()
    else:
        assert_array_equal(copies[0], X)
    again_X, again_y = clone(augmenter).fit_resample(X, y)
    assert_array_equal(again_X, more_X)
    assert_array_equal(again_y, more_y)


@each_case
def test_strength_zero_is_the_identity(case):
    """Parameters without a strength switch nothing on."""
    zeros = {name: (1.0, 1.0) if name == "scale" else 0 for name in case.options
             if name in ImageAugmenter.STRENGTHS}  # fmt: skip
    images = pictures((6, 7, 3))
    found = transformed(Case({**case.options, **zeros}), images)
    assert_array_equal(found, images)


def test_flip_with_probability_one():
    images = pictures((5, 6, 3))
    found = transformed(Case({"horizontal_flip": 1.0}), images)
    assert_array_equal(found, np.flip(images, axis=2))


def test_frequency_of_flips():
    images = pictures((3, 4, 1), n=2000)
    found = transformed(Case({"horizontal_flip": 0.3}), images)
    assert abs((found != images).any(axis=(1, 2, 3)).mean() - 0.3) < 0.04


def test_shifts_are_uniform():
    images = np.zeros((2000, 7, 7, 1), np.uint8)
    images[:, 3, 3] = 1
    found = transformed(Case({"shift": 1}), images)
    counts = found.sum(axis=(0, 3))[2:5, 2:5]
    assert counts.sum() == 2000
    assert abs(counts / 2000 - 1 / 9).max() < 0.03


def test_constant_scale():
    images = pictures((9, 9, 1), np.float64)
    found = transformed(Case({"scale": (2.0, 2.0)}), images)
    assert_allclose(found[:, ::2, ::2], images[:, 2:7, 2:7], atol=1e-9)


@pytest.mark.parametrize("name", ["rotation", "shear"])
def test_angles_reach_both_limits(name):
    """Measure the slope of a line by the pixels at its ends."""
    images = np.zeros((400, 41, 41, 1))
    line = (slice(None), 20) if name == "rotation" else (slice(None), slice(None), 20)
    images[line] = 1
    found = transformed(Case({name: 30}), images)[..., 0]
    ends = found[:, :, 30] if name == "rotation" else found[:, 30, :]
    moved = ends @ np.arange(41) / ends.sum(axis=1) - 20
    slopes = np.degrees(np.arctan(moved / 10))
    assert np.abs(slopes).max() < 30.5
    assert_allclose([slopes.min(), slopes.max()], [-30, 30], atol=1.5)
    assert abs(slopes.mean()) < 3


@pytest.mark.parametrize("name", ["brightness", "contrast"])
@pytest.mark.parametrize("strength", [0.4, 2.0])
def test_tones_are_drawn_between_their_limits(name, strength):
    images = np.tile([10.0, 30.0], (1000, 1, 1)).reshape(1000, 1, 2, 1)
    found = transformed(Case({name: strength}), images)
    factors = np.ptp(found, axis=2).ravel() / 20
    limits = max(0, 1 - strength), 1 + strength
    assert_allclose([factors.min(), factors.max()], limits, atol=0.02)
    mean_factors = found.mean(axis=2).ravel() / 20
    assert_allclose(mean_factors, factors if name == "brightness" else 1)


def test_bytes_do_not_wrap_around():
    images = np.full((50, 4, 4, 1), 250, np.uint8)
    found = transformed(Case({"brightness": 0.5}), images)
    assert found.min() > 120
    assert found.max() == 255


def test_centers_of_cutout_are_uniform():
    images = np.ones((3000, 4, 5, 1), np.uint8)
    found = transformed(Case({"cutout": 1}), images)
    counts = (found == 0).sum(axis=(0, 3))
    assert counts.sum() == 3000
    assert abs(counts / 3000 - 1 / 20).max() < 0.02


def test_fill_values_are_rounded_for_integers():
    images = np.full((4, 3, 3, 3), 9, np.uint8)
    found = transformed(Case({"cutout": 3}), images, fill_value=(125.3, 0.5, 254.6))
    filled = (found == [125, 0, 255]).all(axis=-1)
    assert filled.any(axis=(1, 2)).all()
    assert (found[~filled] == 9).all()


def test_constructor_is_keyword_only():
    parameters = inspect.signature(ImageAugmenter).parameters.values()
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
    assert repr(ImageAugmenter(shift=4)) == "ImageAugmenter(shift=4)"


WRONG = {
    "horizontal_flip": [-0.1, 1.1, True, "yes"],
    "scale": [
        2.0,
        (1.2, 0.8),
        (0.0, 1.0),
        (1, 2, 3),
        (1, np.nan),
        "ab",
        None,
        (1e-300, 1.0),
        (1.0, 1e300),
        (True, True),
    ],
    "shear": [-1, 90, np.nan, np.True_],
    "rotation": [-1, 181, np.nan, np.inf, True, "15"],
    "shift": [-1, np.inf, None, True, np.nan],
    "elastic_alpha": [-1.0, np.inf, 1e300, np.nan],
    "elastic_sigma": [0.0, -1.0, 1e-300, 1e300, np.nan],
    "brightness": [-0.5, 1e300, np.nan, True],
    "contrast": [-0.5, "0.5", np.inf],
    "cutout": [-1, 2.5, True, np.nan],
    "mixup": [-1.0, np.inf, np.nan, True],
    "fill_mode": ["wrap", None],
    "fill_value": [np.nan, "black", (), [[1, 2]]],
    "image_shape": [32, (3,), (2, 0), (2.0, 2), (1, 2, 3, 4)],
    "n_copies": [0, 1.5],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]]
)
def test_refuses_wrong_parameters(name, value):
    augmenter = ImageAugmenter(**{name: value})
    message = f"ImageAugmenter: {name} must be .*, got "
    with pytest.raises(ValueError, match=message):
        augmenter.check()
    with pytest.raises(ValueError, match=message):
        augmenter.start((8, 8, 1), 4, np.uint8)
    with pytest.raises(ValueError, match=message):
        augmenter.fit_resample(np.zeros((4, 9)), np.zeros(4))


@pytest.mark.parametrize(
    ("options", "shape", "dtype", "message"),
    [
        ({"fill_value": [1, 2]}, (4, 4, 3), np.uint8, "one for each of 3 channels"),
        ({"fill_value": 256}, (4, 4, 3), np.uint8, "from 0 to 255 for uint8"),
        ({"fill_value": -1}, (4, 4, 3), np.uint8, "from 0 to 255 for uint8"),
        ({"image_shape": (5, 4)}, (4, 4, 1), np.uint8, r"\(5, 4\) does not fit"),
        ({"shift": 2, "mixup": 1.0}, None, np.uint8, r"shift=2 .* image_shape="),
        ({"fill_value": 1e300}, (4, 4, 1), np.float32, "fill_value must be from"),
        ({"shift": 99}, (4, 4, 1), np.uint8, "less than 4 for images of 4 x 4.*got 99"),
        ({"shift": 4}, (4, 9, 1), np.uint8, "less than 4 for images of 4 x 9"),
        ({"shift": 18, "fill_mode": "edge"}, (4, 9, 1), np.uint8, "less than 18 for"),
        ({"shift": 1e300}, (4, 4, 1), np.uint8, "shift must be less than 4"),
        ({"shift": 10**30}, (4, 4, 1), np.uint8, "shift must be less than 4"),
        ({"cutout": 5}, (4, 4, 1), np.uint8, "cutout must be at most 4 for .*got 5"),
        ({}, (4, 4, 1), bool, "dtype bool.*astype"),
        ({}, (4, 4, 1), object, "dtype object"),
        ({}, (4, 4, 1), complex, "dtype complex"),
    ],
)
def test_refuses_images_that_do_not_fit(options, shape, dtype, message):
    with pytest.raises(ValueError, match=message):
        ImageAugmenter(**options).start(shape, 4, dtype)


def test_shift_may_exceed_the_smaller_side_with_edges():
    X = np.arange(30, dtype=np.uint8).reshape(3, 10)
    options = {"shift": 3, "fill_mode": "edge", "image_shape": (1, 10), "cutout": 4}
    X_more, _ = ImageAugmenter(**options, random_state=0).fit_resample(X, np.arange(3))
    assert X_more.shape == (6, 10)


def test_net_refuses_sizes_before_training():
    X = np.arange(64, dtype=np.uint8).reshape(4, 16)
    augment = ImageAugmenter(shift=99)
    net = SoftmaxClassifier((3,), augment=augment, image_shape=(4, 4))
    with pytest.raises(ValueError, match="shift must be less than 4 .* got 99"):
        net.fit(X, [0, 1, 0, 1])
    assert vars(net) == net.get_params(deep=False)
    with pytest.raises(ValueError, match="shift must be less than 4 .* got 99"):
        augment.fit_resample(X.reshape(4, 4, 4), [0, 1, 0, 1])


def test_image_shape_without_channels():
    ImageAugmenter(image_shape=(4, 5), shift=1).start((4, 5, 1), 4, np.uint8)


def test_mixup_of_a_data_frame():
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [3.0, 4.0, 5.0]})
    labels = pd.Series(["x", "y", "x"])
    X, y = ImageAugmenter(mixup=1.0, random_state=0).fit_resample(frame, labels)
    assert (X.shape, y.shape) == ((6, 2), (6, 2))
    assert_allclose(X[:, 1] - X[:, 0], 3)


def test_softmax_classifier_learns_from_mixup():
    X, y = load_digits(return_X_y=True)
    augmenter = ImageAugmenter(mixup=0.2, shift=0.5, image_shape=(8, 8), random_state=0)
    net = SoftmaxClassifier(learning_rate_init=0.01, random_state=0)
    net.fit(*augmenter.fit_resample(X[:500] / 16, y[:500]))
    assert (net.predict(X[500:] / 16) == y[500:]).mean() > 0.88


def test_pipeline_of_imbalanced_learn():
    pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = load_digits(return_X_y=True)
    augmenter = ImageAugmenter(shift=1, image_shape=(8, 8), random_state=0)
    net = SoftmaxClassifier(learning_rate_init=0.01, random_state=0)
    model = pipeline.make_pipeline(augmenter, net).fit(X[:500], y[:500])
    assert model.score(X[500:], y[500:]) > 0.85
    expected = net.fit(*augmenter.fit_resample(X[:500], y[:500])).predict(X[500:])
    assert_array_equal(model.predict(X[500:]), expected)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("shape", [(6, 9, 3), (8, 5, 1)])
def test_copied_and_interpolated_pixels_agree(mode, shape):
    """A tiny rotation makes the augmenter interpolate instead of copy."""
    options = {"horizontal_flip": 0.5, "shift": 3, "fill_mode": mode, "fill_value": 0.5}
    results = []
    for rotation in (0.0, 1e-9):
        augmenter = ImageAugmenter(rotation=rotation, **options)
        state = augmenter.start(shape, 30, np.float64)
        assert (state.warp is None) == (rotation == 0)
        images = np.random.default_rng(0).random((30, *shape))
        results.append(state.transform(images, np.random.default_rng(1)).copy())
    assert_allclose(results[1], results[0], atol=1e-8)


def test_a_float_shift_is_fractional():
    images = np.zeros((50, 9, 9, 1))
    images[:, 4, 4] = 1
    for shift, whole in ((2, True), (2.0, False)):
        state = ImageAugmenter(shift=shift).start((9, 9, 1), 50, np.float64)
        found = state.transform(images.copy(), np.random.default_rng(0))
        assert_allclose(found.sum(axis=(1, 2, 3)), 1)
        assert np.isin(found, [0, 1]).all() == whole
        places = np.tensordot(found[..., 0], np.mgrid[:9, :9], ([1, 2], [1, 2])) - 4
        assert np.abs(places).max() <= 2
        assert places.min() < -1
        assert places.max() > 1


@pytest.mark.parametrize(
    "options",
    [
        {"horizontal_flip": 0.5, "shift": 4},
        {"rotation": 10, "elastic_alpha": 10, "brightness": 0.1, "cutout": 8},
    ],
    ids=["copies", "coordinates"],
)
def test_no_batch_is_allocated(options):
    images = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8)
    state = ImageAugmenter(**options).start((32, 32, 3), 200, np.uint8)
    rng = np.random.default_rng(0)
    state.transform(images, rng)
    tracemalloc.start()
    try:
        state.transform(images, rng)
        assert tracemalloc.get_traced_memory()[1] < images.nbytes / 2
    finally:
        tracemalloc.stop()


def test_results_do_not_depend_on_the_block_size(monkeypatch):
    images = np.random.default_rng(0).random((40, 16, 16, 2))
    options = {"shift": 1.5, "rotation": 20, "elastic_alpha": 5, "contrast": 0.5}
    results = []
    for n_pixels in (1, 1000, 1 << 20):
        monkeypatch.setattr("skdl.preprocessing._augmentation.BLOCK", n_pixels)
        state = ImageAugmenter(**options).start((16, 16, 2), 40, np.float64)
        found = state.transform(images.copy(), np.random.default_rng(1))
        results.append(found.copy())
    assert_allclose(results[1], results[0], atol=1e-12)
    assert_allclose(results[2], results[0], atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "image_shape"),
    [((9, 24), (4, 6)), ((9, 24), (4, 2, 3)), ((9, 4, 6), None), ((9, 4, 2, 3), None)],
)
def test_fit_resample_takes_rows_and_images(shape, image_shape):
    X = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    augmenter = ImageAugmenter(horizontal_flip=1.0, image_shape=image_shape)
    more_X, _ = augmenter.fit_resample(X, np.arange(9))
    images = X.reshape(9, *(image_shape or shape[1:]))
    assert_array_equal(more_X[9:], np.flip(images, axis=2).reshape(shape))


LABELS = np.array(["cat", "ant", "bee"] * 3)


def test_labels_become_probabilities_for_mixup_only():
    X = np.zeros((9, 24))
    _, y = ImageAugmenter().fit_resample(X, LABELS)
    assert_array_equal(y, np.tile(LABELS, 2))
    mixup = ImageAugmenter(mixup=1.0)
    _, y = mixup.fit_resample(X, LABELS)
    assert_array_equal(
        y[:9], (LABELS[:, np.newaxis] == np.unique(LABELS)).astype(float)
    )
    _, y = mixup.fit_resample(X, np.eye(9, dtype=int))
    assert_array_equal(y[:9], np.eye(9))
    assert y.dtype == np.float64
    for numbers in (np.linspace(0, 1, 9, dtype=np.float32), np.ones((9, 2))):
        _, y = mixup.fit_resample(X, numbers)
        assert y.dtype == numbers.dtype
        assert_array_equal(y[:9], numbers)


@pytest.mark.parametrize(
    ("options", "X", "y", "message"),
    [
        ({}, np.ones((9, 24)), None, "requires y to be passed, but the target y is"),
        ({}, np.ones((9, 2, 2, 2, 3)), LABELS, "X must have the shape"),
        ({"image_shape": (5, 5)}, np.ones((9, 24)), LABELS, r"needs 25 .* X has 24"),
        ({}, np.ones((9, 24)), LABELS[:-1], "inconsistent numbers"),
        ({"mixup": 1.0}, np.ones((9, 2)), np.arange(18).reshape(9, 2), "indicator"),
        ({}, np.full((9, 24), np.nan), LABELS, "NaN"),
    ],
)
def test_fit_resample_refuses_wrong_data(options, X, y, message):
    with pytest.raises(ValueError, match=message):
        ImageAugmenter(**options).fit_resample(X, y)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_rows_are_mixed_by_the_shares_of_their_targets(dtype):
    n = 300  # more than one batch
    X = np.random.default_rng(0).integers(0, 256, (n, 8)).astype(dtype)
    more_X, more_y = ImageAugmenter(mixup=0.5, random_state=0).fit_resample(
        X, np.eye(n)
    )
    assert more_X.dtype == dtype
    assert_array_equal(more_X[:n], X)
    assert ((more_y > 0).sum(axis=1) <= 2).all()
    expected = more_y[n:] @ X
    atol = 1e-4 if dtype == np.float32 else 0.5 + 1e-4
    assert_allclose(more_X[n:], expected, atol=atol)


def test_scale_is_off_only_if_both_factors_are_one():
    ImageAugmenter(scale=[1, 1]).start(None, 4, np.float64)
    with pytest.raises(ValueError, match=r"scale=\[1.0, 1.1\] needs images"):
        ImageAugmenter(scale=[1.0, 1.1]).start(None, 4, np.float64)
