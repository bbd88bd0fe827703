"""ImageAugmenter: what all transforms have in common, and each by its meaning."""

import inspect
import pickle
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
def test_shape_and_dtype_stay(case, shape, dtype):
    state = ImageAugmenter(**case.options).start(shape, N, dtype)
    rng = np.random.default_rng(0)
    for n in (N, 3, 1, N):
        found = state.transform(pictures(shape, dtype, n), rng)
        assert (found.shape, found.dtype) == ((n, *shape), dtype)
        assert found.flags.c_contiguous
        assert np.isfinite(found).all()
    assert state.mixes == ("mixup" in case.options)


@each_case
def test_a_seed_says_it_all(case):
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
def test_colours_move_together(case, value):
    """Equal channels stay equal, up to what is filled in."""
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
    spec = ImageAugmenter(**case.options)
    before = dict(vars(spec))
    spec.start((8, 8, 1), 4, np.uint8)
    assert vars(spec) == before
    for copy in (clone(spec), pickle.loads(pickle.dumps(spec))):
        assert copy.get_params() == spec.get_params()
    # scikit-learn prints changed parameters; names of equal value may be left out.
    assert eval(repr(spec), {"ImageAugmenter": ImageAugmenter}).get_params() == (
        spec.get_params()
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
    spec = ImageAugmenter(**case.options, image_shape=shape, n_copies=2, random_state=3)
    more_X, more_y = spec.fit_resample(X, y)
    assert (more_X.shape, more_X.dtype) == ((3 * N, *X.shape[1:]), dtype)
    assert_array_equal(more_X[:N], X)
    if spec.mixup:
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
    again_X, again_y = clone(spec).fit_resample(X, y)
    assert_array_equal(again_X, more_X)
    assert_array_equal(again_y, more_y)


@each_case
def test_strength_zero_is_the_identity(case):
    """Nothing is switched on by what only says how."""
    zeros = {name: (1.0, 1.0) if name == "scale" else 0 for name in case.options
             if name in ImageAugmenter.STRENGTHS}  # fmt: skip
    images = pictures((6, 7, 3))
    found = transformed(Case({**case.options, **zeros}), images)
    assert_array_equal(found, images)


def test_a_flip_with_certainty():
    images = pictures((5, 6, 3))
    found = transformed(Case({"horizontal_flip": 1.0}), images)
    assert_array_equal(found, np.flip(images, axis=2))


def test_as_many_flips_as_wanted():
    images = pictures((3, 4, 1), n=2000)
    found = transformed(Case({"horizontal_flip": 0.3}), images)
    assert abs((found != images).any(axis=(1, 2, 3)).mean() - 0.3) < 0.04


def test_all_shifts_occur_alike():
    images = np.zeros((2000, 7, 7, 1), np.uint8)
    images[:, 3, 3] = 1
    found = transformed(Case({"shift": 1}), images)
    counts = found.sum(axis=(0, 3))[2:5, 2:5]
    assert counts.sum() == 2000
    assert abs(counts / 2000 - 1 / 9).max() < 0.03


def test_a_certain_scale():
    images = pictures((9, 9, 1), np.float64)
    found = transformed(Case({"scale": (2.0, 2.0)}), images)
    assert_allclose(found[:, ::2, ::2], images[:, 2:7, 2:7], atol=1e-9)


@pytest.mark.parametrize("name", ["rotation", "shear"])
def test_angles_reach_to_both_limits(name):
    """The slope of a line, of which the pixels at its ends say where it is."""
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
    kept = found.mean(axis=2).ravel() / 20
    assert_allclose(kept, factors if name == "brightness" else 1)


def test_no_byte_wraps_around():
    images = np.full((50, 4, 4, 1), 250, np.uint8)
    found = transformed(Case({"brightness": 0.5}), images)
    assert found.min() > 120
    assert found.max() == 255


def test_centres_of_cutout_are_all_pixels():
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
def test_wrong_settings(name, value):
    spec = ImageAugmenter(**{name: value})
    message = f"ImageAugmenter: {name} must be .*, got "
    with pytest.raises(ValueError, match=message):
        spec.check()
    with pytest.raises(ValueError, match=message):
        spec.start((8, 8, 1), 4, np.uint8)
    with pytest.raises(ValueError, match=message):
        spec.fit_resample(np.zeros((4, 9)), np.zeros(4))


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
def test_images_that_do_not_fit(options, shape, dtype, message):
    with pytest.raises(ValueError, match=message):
        ImageAugmenter(**options).start(shape, 4, dtype)


def test_a_shift_may_cross_a_narrow_image_that_has_edges():
    X = np.arange(30, dtype=np.uint8).reshape(3, 10)
    options = {"shift": 3, "fill_mode": "edge", "image_shape": (1, 10), "cutout": 4}
    X_more, _ = ImageAugmenter(**options, random_state=0).fit_resample(X, np.arange(3))
    assert X_more.shape == (6, 10)


def test_a_net_refuses_sizes_before_it_trains():
    X = np.arange(64, dtype=np.uint8).reshape(4, 16)
    augment = ImageAugmenter(shift=99)
    net = SoftmaxClassifier((3,), augment=augment, image_shape=(4, 4))
    with pytest.raises(ValueError, match="shift must be less than 4 .* got 99"):
        net.fit(X, [0, 1, 0, 1])
    assert vars(net) == net.get_params(deep=False)
    with pytest.raises(ValueError, match="shift must be less than 4 .* got 99"):
        augment.fit_resample(X.reshape(4, 4, 4), [0, 1, 0, 1])


def test_image_shape_may_leave_out_one_channel():
    ImageAugmenter(image_shape=(4, 5), shift=1).start((4, 5, 1), 4, np.uint8)


def test_rows_of_a_data_frame_are_mixed():
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [3.0, 4.0, 5.0]})
    labels = pd.Series(["x", "y", "x"])
    X, y = ImageAugmenter(mixup=1.0, random_state=0).fit_resample(frame, labels)
    assert (X.shape, y.shape) == ((6, 2), (6, 2))
    assert_allclose(X[:, 1] - X[:, 0], 3)


def test_mixed_digits_train_a_softmax_classifier():
    X, y = load_digits(return_X_y=True)
    spec = ImageAugmenter(mixup=0.2, shift=0.5, image_shape=(8, 8), random_state=0)
    net = SoftmaxClassifier(learning_rate_init=0.01, random_state=0)
    net.fit(*spec.fit_resample(X[:500] / 16, y[:500]))
    assert (net.predict(X[500:] / 16) == y[500:]).mean() > 0.88


def test_a_pipeline_of_imbalanced_learn():
    pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = load_digits(return_X_y=True)
    augmenter = ImageAugmenter(shift=1, image_shape=(8, 8), random_state=0)
    net = SoftmaxClassifier(learning_rate_init=0.01, random_state=0)
    model = pipeline.make_pipeline(augmenter, net).fit(X[:500], y[:500])
    assert model.score(X[500:], y[500:]) > 0.85
    expected = net.fit(*augmenter.fit_resample(X[:500], y[:500])).predict(X[500:])
    assert_array_equal(model.predict(X[500:]), expected)
