"""Tabular nets and encoders as ONNX models: text, categories, missing values, dates."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import TabularClassifier, TabularRegressor
from skdl.export import to_onnx
from skdl.preprocessing import TabularEncoder
from tests.export.common import feeds_of, run

pytest.importorskip("onnx", reason="needs onnx: pip install skdl[onnx]")
pytest.importorskip("onnxruntime", reason="needs onnxruntime")
pd = pytest.importorskip("pandas")

N = 200
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({
    "number": RNG.normal(size=N),
    "missing": np.where(RNG.random(N) < 0.2, np.nan, RNG.exponential(size=N)),
    "constant": np.ones(N),
    "two": RNG.choice(["a", "b"], N),
    "town": RNG.choice(np.array(["x", "y", "z", None, "rare"], object), N,
                       p=[0.3, 0.3, 0.19, 0.2, 0.01]),
    "flag": RNG.random(N) > 0.5,
    "code": pd.Categorical(RNG.integers(0, 4, N) * 7),
    "integer": RNG.integers(0, 100_000, N),
    "day": pd.date_range("2020-01-01", periods=N, freq="7h"),
})  # fmt: skip
NEW = FRAME.assign(two=["b", "never seen"] * (N // 2), town=["other", None] * (N // 2))
LABELS = np.where(FRAME["number"] + (FRAME["town"] == "x") > 0, "yes", "no")


def fit(estimator, *data):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Columns of dates")
        return estimator.fit(*data)


@pytest.fixture(scope="module")
def classifier():
    net = TabularClassifier(n_members=8, max_iter=1, random_state=0)
    return fit(net, FRAME, LABELS)


@pytest.mark.parametrize("shown", [None, FRAME])
@pytest.mark.parametrize("rows", [FRAME, NEW, FRAME[:1]])
def test_classifier(classifier, shown, rows):
    model = to_onnx(classifier, shown)
    found = run(model, feeds_of(model, rows))
    p = classifier.predict_proba(rows)
    assert_allclose(found["probabilities"], p, atol=1e-5)
    assert_array_equal(found["label"], classifier.predict(rows))


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regressor(n_outputs):
    y = FRAME[["number", "integer"]].to_numpy()[:, :n_outputs]
    net = fit(TabularRegressor(n_members=2, max_iter=1), FRAME, y.squeeze())
    model = to_onnx(net)
    found = run(model, feeds_of(model, NEW))["variable"]
    assert_allclose(
        found, net.predict(NEW).reshape(N, -1), rtol=1e-5, atol=1e-5 * y.std()
    )


@pytest.mark.parametrize("n_bins", [1, 3])
def test_encoder(n_bins):
    encoder = fit(TabularEncoder(n_bins=n_bins), FRAME)
    model = to_onnx(encoder)
    found = run(model, feeds_of(model, NEW))["variable"]
    assert_allclose(found, encoder.transform(NEW), atol=1e-6)
    # In a tensor of text, the empty string is a missing value.
    feeds = feeds_of(model, NEW)
    feeds["town"] = np.full((N, 1), "", object)
    wanted = encoder.transform(NEW.assign(town=[None] * N))
    assert_allclose(run(model, feeds)["variable"], wanted, atol=1e-6)


def test_types_of_inputs(classifier):
    inputs = to_onnx(classifier).graph.input
    inputs = {one.name: one.type.tensor_type.elem_type for one in inputs}
    FLOAT, STRING, BOOL, DOUBLE, INT64 = 1, 8, 9, 11, 7
    assert inputs == {
        "number": FLOAT, "missing": FLOAT, "constant": FLOAT, "two": STRING,
        "town": STRING, "flag": BOOL, "code": FLOAT, "integer": FLOAT, "day": DOUBLE,
    }  # fmt: skip
    inputs = to_onnx(classifier, FRAME).graph.input
    assert inputs[0].type.tensor_type.elem_type == DOUBLE
    assert inputs[7].type.tensor_type.elem_type == INT64


def test_arrays_of_numbers_of_text_and_of_both():
    numbers = FRAME[["number", "missing"]].to_numpy()
    net = TabularClassifier(n_members=1, max_iter=1).fit(numbers, LABELS)
    p = run(to_onnx(net), numbers.astype(np.float32))["probabilities"]
    assert_allclose(p, net.predict_proba(numbers), atol=1e-5)
    text = FRAME[["two", "two"]].to_numpy(object)
    net = TabularClassifier(n_members=1, max_iter=1).fit(text, LABELS)
    p = run(to_onnx(net), text)["probabilities"]
    assert_allclose(p, net.predict_proba(text), atol=1e-5)
    both = FRAME[["number", "two"]].to_numpy(object)
    net = TabularClassifier(n_members=1, max_iter=1).fit(both, LABELS)
    feeds = {"x0": both[:, :1].astype(np.float32), "x1": both[:, 1:]}
    for model, dtype in (to_onnx(net), np.float32), (to_onnx(net, both), np.float64):
        feeds["x0"] = both[:, :1].astype(dtype)
        p = run(model, feeds)["probabilities"]
        assert_allclose(p, net.predict_proba(both), atol=1e-5)


def test_list_of_rows():
    rows = [[number, "ab"[i % 2]] for i, number in enumerate(FRAME["number"])]
    net = TabularClassifier(n_members=1, max_iter=1).fit(rows, LABELS)
    model = to_onnx(net, rows)
    numbers, texts = zip(*rows, strict=True)
    feeds = {"x0": np.array(numbers)[:, None], "x1": np.array(texts, object)[:, None]}
    p = run(model, feeds)["probabilities"]
    assert_allclose(p, net.predict_proba(rows), atol=1e-5)


@pytest.mark.parametrize("shown", [True, False])
def test_frames_of_polars(shown):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({
        "number": FRAME["number"].to_list(),
        "town": [t if isinstance(t, str) else None for t in FRAME["town"]],
        "flag": FRAME["flag"].to_list(),
    }).with_columns(pl.col("town").cast(pl.Categorical).alias("category"))  # fmt: skip
    net = TabularClassifier(n_members=1, max_iter=1).fit(frame, LABELS)
    town = np.array([town or "" for town in frame["town"]], object)[:, None]
    feeds = {
        "number": frame["number"].to_numpy()[:, None],
        "town": town, "flag": frame["flag"].to_numpy()[:, None], "category": town,
    }  # fmt: skip
    if not shown:
        feeds["number"] = feeds["number"].astype(np.float32)
    p = run(to_onnx(net, frame if shown else None), feeds)["probabilities"]
    assert_allclose(p, net.predict_proba(frame), atol=1e-5)


def test_missing_numbers_of_a_category():
    codes = np.where(RNG.random(N) < 0.3, np.nan, RNG.integers(0, 3, N))
    encoder = TabularEncoder(categorical_features=[0]).fit(codes[:, None])
    rows = np.float32([[0], [2], [np.nan], [9]])
    found = run(to_onnx(encoder), rows)["variable"]
    assert_array_equal(found, encoder.transform(rows))


def test_table_without_information():
    net = TabularClassifier(n_members=1, max_iter=1).fit(np.ones((N, 2)), LABELS)
    rows = np.ones((3, 2), np.float32)
    p = run(to_onnx(net), rows)["probabilities"]
    assert_allclose(p, net.predict_proba(rows), atol=1e-6)


def test_refusals(classifier):
    with pytest.raises(TypeError, match="'two' held text in fit, and the input is num"):
        to_onnx(classifier, FRAME.assign(two=1.0))
    with pytest.raises(TypeError, match="'number' held numbers in fit"):
        to_onnx(classifier, FRAME.assign(number="text"))
    with pytest.raises(ValueError, match="has no output columns"):
        to_onnx(TabularEncoder().fit(np.ones((9, 2))))
    levels = np.array([[1, "a"][i % 2] for i in range(20)] + ["b"] * 9, object)
    with pytest.raises(ValueError, match=r"levels of several types.*astype\(str\)"):
        to_onnx(TabularEncoder().fit(levels[:, None]))
