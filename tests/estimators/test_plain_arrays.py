"""Arrays of floats with integer labels pass quick checks, with equal results."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPRegressor
from skdl.engine.column_scales import ColumnScales, are_scaled
from skdl.estimators._labels import class_numbers, unique_labels
from tests.estimators.common import fit, make

EXTREMES = {
    "int8": np.array([-128, 127, 0, 127], np.int8),
    "uint8": np.array([0, 255, 7, 7], np.uint8),
    "large": np.array([2**63 + 5, 2**64 - 1, 2**63], np.uint64),
    "large and close": np.array([2**64 - 1, 2**64 - 3], np.uint64),
    "lowest": np.array([-(2**63), -(2**63) + 1]),
    "far apart": np.array([-(2**63), 2**63 - 1, 0]),
    "negative": np.array([-5, -3, -5, -9], np.int32),
    "bool": np.array([True, False, True]),
    "one class": np.array([7, 7]),
    "text": np.array(["b", "a", "b"]),
    "floats": np.array([2.0, -1.0, 2.0]),
}


@pytest.mark.parametrize("labels", EXTREMES.values(), ids=EXTREMES)
def test_classes_and_their_numbers_are_those_of_numpy(labels):
    classes, numbers = np.unique(labels, return_inverse=True)
    assert_array_equal(unique_labels(labels), classes)
    assert unique_labels(labels).dtype == classes.dtype
    assert_array_equal(class_numbers(classes, labels), numbers)
    # Labels of another type of integers than the classes.
    if labels.dtype.kind == "i":
        other = labels.astype(np.int64)
        assert_array_equal(class_numbers(classes, other), numbers)


def test_plain_arrays_give_the_net_of_all_others(Net, X, y):
    plain = fit(make(Net), X, y)
    other = fit(make(Net), X.tolist(), y.tolist())
    assert plain.n_features_in_ == other.n_features_in_ == X.shape[1]
    for one, same in zip(plain.coefs_, other.coefs_, strict=True):
        assert_array_equal(one, same)


def test_an_array_after_a_frame_has_no_names(Net, X, y):
    frame = pd.DataFrame(X, columns=[*"abcdefghijkl"[: X.shape[1]]])
    net = fit(make(Net), frame, y)
    assert "feature_names_in_" in vars(net)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        net.partial_fit(X, y)
    assert "feature_names_in_" not in vars(fit(net, X, y))


CASES = {
    "scaled": (lambda X: X, True),
    "pixels": (lambda X: np.clip(X, 0, 1), True),
    "one large": (lambda X: X * [1, 1, 30], False),
    "one small": (lambda X: X * [1, 1, 1e-4], False),
    "short rows": (lambda X: X * 1e-4, False),
    "tiny": (lambda X: X * 1e-30, False),
    "huge": (lambda X: X * 1e30, False),
    "zeros": (lambda X: X * [1, 0, 1], False),
    "constant": (lambda X: X * 0 + 5, True),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_quick_look_at_scales_finds_no_less_than_the_thorough_one(
    change, expected, dtype
):
    X = change(np.random.default_rng(0).normal(size=(60, 3)))
    with np.errstate(over="ignore", under="ignore"):
        X = X.astype(dtype)
    if np.isfinite(X).all():
        assert are_scaled(X) == expected
        assert not (are_scaled(X) and len(ColumnScales.of(X).unscaled))


def test_frames_of_floats_are_predicted_as_their_arrays():
    frame = pd.DataFrame(
        np.random.default_rng(0).normal(size=(30, 3)), columns=[*"abc"]
    )
    net = fit(make(MLPRegressor), frame, frame.a)
    expected = net.predict(frame.astype(object))
    assert_array_equal(net.predict(frame), expected)
    pl = pytest.importorskip("polars")
    assert_array_equal(net.predict(pl.DataFrame(frame.to_dict("list"))), expected)
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(frame[["b", "a", "c"]])
    with pytest.raises(ValueError, match="contains NaN in column 'b', first in row 0"):
        net.predict(frame.assign(b=np.nan))
    with pytest.warns(UserWarning, match="X has feature names, but"):
        fit(net, frame.to_numpy(), frame.a).predict(frame)
