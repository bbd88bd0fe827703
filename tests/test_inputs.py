"""Whatever holds the numbers: every estimator makes the same of it."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
    TabularClassifier,
)
from skdl.ensemble import SeedEnsembleClassifier, SeedEnsembleRegressor
from skdl.estimators._internal_api import Indicator, LabelColumns, targets_of
from skdl.preprocessing import TabularEncoder
from tests.pairwise import parametrize_pairwise

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]
TRANSFORMERS = [Standardizer, PCAWhitener]
EVERY = pytest.mark.parametrize("Estimator", [*NETS, *TRANSFORMERS])
EVERY_NET = pytest.mark.parametrize("Net", NETS)


def every_other(table):
    """Let each row meet every other estimator: nets have their checks in common."""
    pairs = [
        pytest.param(Estimator, row, id=f"{Estimator.__name__}-{row[0]}")
        for i, row in enumerate(table.items())
        for j, Estimator in enumerate([*NETS, *TRANSFORMERS])
        if (i + j) % 2 == 0
    ]
    return pytest.mark.parametrize(("Estimator", "case"), pairs)


N = 60
# Small whole numbers: every dtype holds them.
NUMBERS = np.random.default_rng(0).integers(0, 5, (N, 4)).astype(float)
BITS = (NUMBERS > 2).astype(float)
CLASSES = NUMBERS[:, :3].argmax(axis=1)
NAMES = list("abcd")


def new(Estimator):
    if Estimator in TRANSFORMERS:
        return Estimator()
    # Batches that do not fit, and both batches and a full pass are looked at.
    return Estimator(
        hidden_layer_sizes=(6,), max_iter=3, batch_size=25, random_state=0,
        standardize=False,
    )  # fmt: skip


def fit(estimator, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*args)


def answers(estimator, X):
    methods = ("predict", "predict_proba", "decision_function", "transform")
    return [getattr(estimator, name)(X) for name in methods if hasattr(estimator, name)]


def to_file(X, tmp_path):
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def raw_memmap(X, tmp_path):
    X.tofile(tmp_path / "X.bin")
    return np.memmap(tmp_path / "X.bin", X.dtype, "r", shape=X.shape)


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def misaligned(X):
    view = np.empty(X.nbytes + 1, np.uint8)[1:].view(X.dtype).reshape(X.shape)
    view[...] = X
    return view


def long_indices(X):
    X = sp.csr_array(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def unsorted(X):
    """Return X with the elements of each row stored backwards."""
    X = sp.csr_array(X)
    X = sp.csr_array((X.data[::-1], X.indices[::-1], X.nnz - X.indptr[::-1]), X.shape)
    X = X[::-1]
    X.has_sorted_indices = False
    return X


def stored_zeros(X):
    stored = sp.csr_array(X + 1)
    stored.data -= 1
    return stored


def as_pandas(dtype, **options):
    return lambda X: pd.DataFrame(X, columns=NAMES, **options).astype(dtype)


def as_polars(dtype):
    return lambda X: pl.DataFrame(X, schema=NAMES).cast(dtype)


# How X is given, and the dtype of the plain array that it stands for in a net.
DENSE = {
    "list of lists": (np.ndarray.tolist, "f8"),
    "tuple of tuples": (lambda X: tuple(map(tuple, X.tolist())), "f8"),
    "list of arrays": (list, "f8"),
    "list of int lists": (lambda X: X.astype(int).tolist(), "f8"),
    "object array": (lambda X: X.astype(object), "f8"),
    "Fortran": (np.asfortranarray, "f8"),
    "Fortran float32": (lambda X: np.asfortranarray(X, np.float32), "f4"),
    "every other column": (lambda X: np.repeat(X, 2, axis=1)[:, ::2], "f8"),
    "every other row": (lambda X: np.repeat(X, 2, axis=0)[::2], "f8"),
    "backwards": (lambda X: X[::-1, ::-1].copy()[::-1, ::-1], "f8"),
    "misaligned": (misaligned, "f8"),
    "misaligned float32": (lambda X: misaligned(X.astype("f4")), "f4"),
    "read-only": (read_only, "f8"),
    "read-only float32": (lambda X: read_only(X.astype("f4")), "f4"),
    **{
        f"{dtype}": (lambda X, dtype=dtype: X.astype(dtype), computed)
        for dtype, computed in {
            "float16": "f4", "float32": "f4", "float64": "f8", "longdouble": "f8",
            "int8": "f8", "int16": "f8", "int32": "f8", "int64": "f8",
            "uint8": "f4", "uint16": "f8", "uint32": "f8", "uint64": "f8", "bool": "f8",
            ">f2": "f8", ">f4": "f8", ">f8": "f8", ">i4": "f8", ">u2": "f8",
        }.items()
    },
    "pandas": (as_pandas("float64"), "f8"),
    "pandas float32": (as_pandas("float32"), "f4"),
    "pandas other index": (as_pandas("float64", index=range(N, 0, -1)), "f8"),
    "pandas int": (as_pandas("int16"), "f8"),
    "pandas uint8": (as_pandas("uint8"), "f4"),
    "pandas bool": (as_pandas("bool"), "f8"),
    "pandas nullable Float64": (as_pandas("Float64"), "f8"),
    "pandas nullable Float32": (as_pandas("Float32"), "f4"),
    "pandas nullable Int64": (as_pandas("Int64"), "f8"),
    "pandas nullable boolean, bool": (as_pandas("boolean"), "f8"),
    "pandas object": (as_pandas("object"), "f8"),
    "pandas categories of numbers": (as_pandas("category"), "f8"),
    "pandas mixed": (as_pandas({"a": "int8", "b": "float32", "c": "uint8"}), "f8"),
    "polars": (as_polars(pl.Float64), "f8"),
    "polars Float32": (as_polars(pl.Float32), "f4"),
    "polars Int16": (as_polars(pl.Int16), "f8"),
    "polars UInt8": (as_polars(pl.UInt8), "f8"),
    "polars Boolean, bool": (as_polars(pl.Boolean), "f8"),
}  # fmt: skip
MAPPED = {
    "npy float64": (lambda X, path: to_file(X, path), "f8"),
    "npy float32": (lambda X, path: to_file(X.astype("f4"), path), "f4"),
    "npy Fortran": (lambda X, path: to_file(np.asfortranarray(X), path), "f8"),
    "npy uint8": (lambda X, path: to_file(X.astype("u1"), path), "f4"),
    "npy int64": (lambda X, path: to_file(X.astype("i8"), path), "f8"),
    "memmap float32": (lambda X, path: raw_memmap(X.astype("f4"), path), "f4"),
    "memmap float16": (lambda X, path: raw_memmap(X.astype("f2"), path), "f4"),
}
SPARSE = {
    **{
        f"{kind.__name__} {dtype}": (
            lambda X, kind=kind, dtype=dtype: kind(X.astype(dtype)),
            computed,
        )
        for kind in (
            sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix,
            sp.coo_array, sp.coo_matrix,
        )
        for dtype, computed in {"f8": "f8", "f4": "f4", "u1": "f4", "i8": "f8"}.items()
    },
    "bool": (lambda X: sp.csr_array(X.astype(bool)), "f8"),
    "lil": (sp.lil_array, "f8"),
    "64-bit indices": (long_indices, "f8"),
    "unsorted indices": (unsorted, "f8"),
    "stored zeros": (stored_zeros, "f8"),
}  # fmt: skip


def ids(table):
    return {"argvalues": table.items(), "ids": table.keys()}


def plain(name, computed):
    return (BITS if "bool" in name else NUMBERS).astype(computed)


def assert_equal(estimator, given, expected):
    """Compare answers: of nets to the bit, as their batches are copies."""
    # Transformers add up the columns, in the order in which they lie in memory.
    tolerance = 0 if type(estimator) in NETS else 1e-12
    for one, other in zip(given, expected, strict=True):
        assert_allclose(one, other, rtol=tolerance, atol=tolerance)
        assert one.dtype == other.dtype


@every_other(DENSE)
def test_dense_forms(Estimator, case):
    name, (form, computed) = case
    if Estimator in TRANSFORMERS and name.split()[-1] in ("float16", "uint8"):
        computed = "f8"
    X = plain(name, computed)
    given = form(plain(name, "f8"))
    expected = fit(new(Estimator), X, CLASSES)
    estimator = fit(new(Estimator), given, CLASSES)
    assert_equal(estimator, answers(estimator, given), answers(expected, X))
    # What it was fitted on and what it predicts from need not be alike.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        if Estimator in NETS:
            assert_equal(estimator, answers(estimator, X), answers(expected, X))


@EVERY
@pytest.mark.parametrize("case", **ids(MAPPED))
def test_memory_mapped_forms(Estimator, case, tmp_path):
    name, (form, computed) = case
    if Estimator in TRANSFORMERS and name.split()[-1] in ("float16", "uint8"):
        computed = "f8"
    X, given = plain(name, computed), form(NUMBERS, tmp_path)
    assert not given.flags.writeable
    expected = fit(new(Estimator), X, CLASSES)
    estimator = fit(new(Estimator), given, CLASSES)
    assert_equal(estimator, answers(estimator, given), answers(expected, X))


@EVERY_NET
@pytest.mark.parametrize("case", **ids(SPARSE))
def test_sparse_forms(Net, case):
    name, (form, computed) = case
    X = plain(name, computed)
    given = form(plain(name, "f8"))
    expected, net = (fit(new(Net), each, CLASSES) for each in (X, given))
    tolerance = {"f4": 1e-5, "f8": 1e-10}[computed]
    for one, other in zip(answers(net, given), answers(expected, X), strict=True):
        assert one.dtype == other.dtype
        assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def test_the_sparse_forms_are_what_they_say():
    assert long_indices(NUMBERS).indices.dtype == np.int64
    assert_array_equal(unsorted(NUMBERS).toarray(), NUMBERS)
    assert (np.diff(unsorted(NUMBERS).indices[:2]) < 0).all()
    assert stored_zeros(NUMBERS).nnz == NUMBERS.size


@pytest.mark.parametrize("Transformer", TRANSFORMERS)
@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_matrix, sp.coo_array])
def test_transformers_refuse_sparse_rows(Transformer, kind):
    message = "[Ss]parse.*X.toarray|dense data is required"
    for method in ("fit", "partial_fit"):
        with pytest.raises((TypeError, ValueError), match=message):
            getattr(Transformer(), method)(kind(NUMBERS))
    with pytest.raises((TypeError, ValueError), match=message):
        Transformer().fit(NUMBERS).transform(kind(NUMBERS))


WORDS = np.array(["ant", "bee", "cat"])[CLASSES]
# How y is given, and the plain array that it stands for.
TARGETS = {
    "list": (CLASSES.tolist(), CLASSES),
    "tuple": (tuple(CLASSES.tolist()), CLASSES),
    "Series": (pd.Series(CLASSES, index=range(N, 0, -1)), CLASSES),
    "nullable Series": (pd.Series(CLASSES, dtype="Int64"), CLASSES.astype(float)),
    "polars Series": (pl.Series(CLASSES), CLASSES),
    "int8": (CLASSES.astype(np.int8), CLASSES),
    "uint8": (CLASSES.astype(np.uint8), CLASSES),
    "float": (CLASSES.astype(float), CLASSES),
    "float16": (CLASSES.astype(np.float16), CLASSES),
    "big-endian": (CLASSES.astype(">i4"), CLASSES),
    "big-endian float": (CLASSES.astype(">f4"), CLASSES),
    "strided": (np.repeat(CLASSES, 3)[::3], CLASSES),
    "read-only": (read_only(CLASSES), CLASSES),
    "bool": (CLASSES > 1, (CLASSES > 1).astype(int)),
    "nullable bool": (pd.Series(CLASSES > 1, dtype="boolean"), CLASSES > 1),
}
LABELS = {
    "list": WORDS.tolist(),
    "object": WORDS.astype(object),
    "Series": pd.Series(WORDS),
    "string Series": pd.Series(WORDS, dtype="string"),
    "categories": pd.Series(WORDS, dtype="category"),
    "polars": pl.Series(WORDS),
    "polars categories": pl.Series(WORDS, dtype=pl.Categorical),
    "tuple": tuple(WORDS.tolist()),
    "object Series": pd.Series(WORDS.astype(object), dtype=object),
    "Categorical": pd.Categorical(WORDS),
    "wide": WORDS.astype("U50"),
}
# scikit-learn does not know NumPy's dtype of text.
NEW_LABELS = {**LABELS, "NumPy's text": WORDS.astype(np.dtypes.StringDType())}


@parametrize_pairwise(
    Net=NETS,
    case={name: (name, form) for name, form in TARGETS.items()},
    solver=["adam", "lbfgs"],
)
def test_targets(Net, solver, case):
    _, (given, expected) = case
    nets = [fit(new(Net).set_params(solver=solver), NUMBERS, y)
            for y in (given, expected)]  # fmt: skip
    assert_array_equal(nets[0]._network.parameters, nets[1]._network.parameters)
    assert_array_equal(nets[0].predict(NUMBERS), nets[1].predict(NUMBERS))


@pytest.mark.parametrize("Net", [Net for Net in NETS if Net is not MLPRegressor])
@pytest.mark.parametrize("labels", NEW_LABELS.values(), ids=NEW_LABELS.keys())
def test_words(Net, labels):
    net, expected = (fit(new(Net), NUMBERS, y) for y in (labels, WORDS))
    assert_array_equal(net.classes_, expected.classes_)
    assert_array_equal(net.predict(NUMBERS), expected.predict(NUMBERS))
    assert net.classes_.dtype == net.predict(NUMBERS).dtype == "<U3"


def without(labels, missing):
    y = np.asarray(labels).astype(object)
    y[[4, 9]] = missing
    return y


def mixed(labels):
    """Return labels as a column of a frame that also has another type."""
    return pd.DataFrame({"a": labels, "b": "x"}).to_numpy()[:, 0]


SAME_AS_THEIRS = {
    **LABELS,
    "numbers as list": CLASSES.tolist(),
    "int8": CLASSES.astype(np.int8),
    "floats": CLASSES.astype(float),
    "categories of numbers": pd.Categorical(CLASSES),
    "nullable": pd.Series(CLASSES, dtype="Int64"),
    "bool": CLASSES > 1,
    "nullable bool": pd.Series(CLASSES > 1, dtype="boolean"),
    "polars bool": pl.Series(CLASSES > 1),
    "text beside numbers": [*CLASSES.tolist()[1:], "a"],
    "dates": np.array(["2020", "2021", "2022"], "M8[D]")[CLASSES],
    "one class": ["a"] * N,
}


@pytest.mark.parametrize("labels", SAME_AS_THEIRS.values(), ids=SAME_AS_THEIRS.keys())
def test_classes_are_scikit_learns(labels):
    theirs = fit(TheirMLPClassifier((2,), max_iter=1), NUMBERS, labels)
    net = MLPClassifier((2,), max_iter=1)
    ensemble = SeedEnsembleClassifier(net, n_members=2)
    for model in (net, ensemble):
        fit(model, NUMBERS, labels)
        assert_array_equal(model.classes_, theirs.classes_)
        assert model.classes_.dtype == theirs.classes_.dtype
        predicted = model.predict(NUMBERS)
        assert predicted.dtype == theirs.predict(NUMBERS).dtype
        assert 0 <= model.score(NUMBERS, labels) <= 1


@pytest.mark.parametrize("labels", [CLASSES, CLASSES > 1, CLASSES.astype(float)])
def test_numbers_in_object_columns_are_labels(labels):
    """In one column as in several, where they come from a frame of many types."""
    one, two = mixed(labels), np.column_stack([mixed(labels)] * 2)
    net, plain = (
        fit(MLPClassifier((2,), max_iter=1, random_state=0), NUMBERS, y)
        for y in (one, labels)
    )
    assert net.classes_.dtype == labels.dtype
    assert net.score(NUMBERS, one) == plain.score(NUMBERS, labels)
    several = fit(MLPClassifier((2,), max_iter=1), NUMBERS, two.copy() + 0)
    assert isinstance(targets_of(several), Indicator | LabelColumns)
    batch = MLPClassifier((2,), random_state=0)
    batch.partial_fit(NUMBERS, one, classes=np.unique(labels).astype(object))
    assert batch.classes_.dtype == labels.dtype


def objects(values):
    array = np.empty(len(values), object)
    array[:] = list(values)
    return array


def test_a_frame_of_categories():
    frame = pd.DataFrame({"a": pd.Categorical(WORDS), "b": CLASSES > 1})
    net = fit(MLPClassifier((2,), max_iter=1), NUMBERS, frame)
    assert [classes.dtype.kind for classes in net.classes_] == ["U", "b"]
    assert 0 <= net.score(NUMBERS, frame) <= 1


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csc_array])
def test_a_sparse_indicator_matrix(form):
    y = form(BITS[:, :2].astype(int))
    net = MLPClassifier((2,), max_iter=1, random_state=0)
    for model in (net, SeedEnsembleClassifier(net, n_members=2)):
        fit(model, NUMBERS, y)
        assert model.score(NUMBERS, y) == model.score(NUMBERS, y.toarray())


NO_LABELS = {
    "intervals": (objects(pd.cut(pd.Series(CLASSES), 3)), "object of type Interval"),
    "dates": (objects(pd.date_range("2020", periods=N).date), "object of type date"),
    "mixed": (objects([*CLASSES[1:], "a"]), "text, first in row 59, beside numbers"),
    "large": (objects([2**70, 0] * (N // 2)), "integers beyond 64 bits"),
}


@pytest.mark.parametrize("case", **ids(NO_LABELS))
def test_other_objects_are_no_labels(case):
    _, (labels, message) = case
    for name, y in (("y", labels), ("Column 1 of y", np.stack([WORDS, labels], 1))):
        with pytest.raises(
            ValueError, match=f"Unknown label type: .*{name} .*{message}"
        ):
            MLPClassifier().fit(NUMBERS, y)


MISSING = {
    "Series": (pd.Series(WORDS).where(CLASSES > 0), "NaN"),
    "string Series": (pd.Series(WORDS, dtype="string").where(CLASSES > 0), "NaN"),
    "categories": (pd.Series(WORDS, dtype="category").where(CLASSES > 0), "NaN"),
    "NA": (without(WORDS, pd.NA), "NaN"),
    "polars": (pl.Series(without(WORDS, None).tolist()), "None"),
    "NumPy's text": (
        np.array(without(WORDS, None), np.dtypes.StringDType(na_object=None)),
        "None",
    ),
    "NaT": (np.array(["2020", "NaT"] * (N // 2), "M8[D]"), "NaT"),
}


@pytest.mark.parametrize("case", **ids(MISSING))
def test_missing_labels_are_named(case):
    _, (labels, name) = case
    row = int(np.argmax(pd.isna(pd.Series(np.asarray(labels)))))
    with pytest.raises(ValueError, match=f"y contains {name}, first in row {row} "):
        MLPClassifier().fit(NUMBERS, labels)


@pytest.mark.parametrize("form", [sp.csr_array, sp.csc_matrix, sp.coo_array])
def test_a_sparse_column_is_no_labels(form):
    for y in (form(CLASSES[:, None]), form(CLASSES[:, None] > 0)):
        with pytest.raises(TypeError, match=r"Sparse data was passed for y.*toarray"):
            MLPClassifier().fit(NUMBERS, y)
        with pytest.raises(TypeError, match="Sparse data was passed"):
            MLPRegressor().fit(NUMBERS, y)


DAYS = pd.date_range("2020-01-01", periods=N)
NO_TARGETS = {
    "dates": (DAYS.values, "dates or durations"),
    "durations": ((DAYS - DAYS[0]).values, "dates or durations"),
    "Series": (pd.Series(DAYS), "dates or durations"),
    "objects": (objects(DAYS.date), "dates or durations"),
    "polars": (pl.Series(DAYS.date.tolist()), "dates or durations"),
    "frame": (pd.DataFrame({"a": NUMBERS[:, 0], "b": DAYS}), "dates or durations"),
    "polars frame": (
        pl.DataFrame({"a": NUMBERS[:, 0], "b": DAYS.date.tolist()}),
        "dates or durations",
    ),
    "text": (CLASSES.astype(str), "text, '.' in row 0"),
    "text in a list": (CLASSES.astype(str).tolist(), "text, '.' in row 0"),
    "text in a Series": (pd.Series(CLASSES.astype(str)), "text, '.' in row 0"),
    "one text": (objects([*CLASSES[1:], "7"]), "text, '7' in row 59"),
    "bytes": (CLASSES.astype("S"), "text, b'.' in row 0"),
    "two columns": (NUMBERS[:, :2].astype(str), "text, '.*' in row 0"),
}


def test_missing_targets_of_a_regressor_are_named():
    for missing in (None, pd.NA, np.nan):
        y = without(CLASSES, missing)
        with pytest.raises(ValueError, match="Input y contains NaN, first in row 4 "):
            MLPRegressor().fit(NUMBERS, y)


def test_scores_of_dates_are_refused():
    net = fit(MLPRegressor(hidden_layer_sizes=(2,), max_iter=1), NUMBERS, CLASSES)
    ensemble = fit(SeedEnsembleRegressor(net, n_members=2), NUMBERS, CLASSES)
    for model in (net, ensemble):
        with pytest.raises(ValueError, match="y holds dates or durations"):
            model.score(NUMBERS, DAYS)


@pytest.mark.parametrize("case", **ids(NO_TARGETS))
def test_targets_of_a_regressor_are_numbers(case):
    _, (y, message) = case
    with pytest.raises(ValueError, match=f"y holds {message}.* must hold numbers"):
        MLPRegressor().fit(NUMBERS, y)
    with pytest.raises(ValueError, match=f"validation data .* y holds {message}"):
        MLPRegressor(max_iter=1).fit(NUMBERS, y=CLASSES, X_val=NUMBERS, y_val=y)
    with pytest.raises(ValueError, match=f"y holds {message}.* must hold numbers"):
        MLPRegressor().partial_fit(NUMBERS, y)


def test_weights_are_numbers():
    for weights in ((DAYS - DAYS[0]).values, CLASSES.astype(str)):
        with pytest.raises(
            ValueError, match="sample_weight holds .* must hold numbers"
        ):
            MLPClassifier().fit(NUMBERS, CLASSES, weights)


def test_a_column_as_y_warns(recwarn):
    for Net in NETS:
        frame = pd.DataFrame({"y": CLASSES})
        with pytest.warns(DataConversionWarning):
            net = fit(new(Net), NUMBERS, frame)
        expected = fit(new(Net), NUMBERS, CLASSES)
        assert_array_equal(net.predict(NUMBERS), expected.predict(NUMBERS))


ROW_WEIGHTS = 1.0 + CLASSES
WEIGHTS = {
    "list": ROW_WEIGHTS.tolist(),
    "Series": pd.Series(ROW_WEIGHTS, index=range(N, 0, -1)),
    "polars": pl.Series(ROW_WEIGHTS),
    "int": ROW_WEIGHTS.astype(int),
    "float16": ROW_WEIGHTS.astype(np.float16),
    "big-endian": ROW_WEIGHTS.astype(">f8"),
    "strided": np.repeat(ROW_WEIGHTS, 2)[::2],
    "read-only": read_only(ROW_WEIGHTS),
}


@EVERY
@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_weights(Estimator, weights):
    given, expected = (
        fit(new(Estimator), NUMBERS, CLASSES, each) for each in (weights, ROW_WEIGHTS)
    )
    assert_equal(given, answers(given, NUMBERS), answers(expected, NUMBERS))
    unweighted = fit(new(Estimator), NUMBERS, CLASSES)
    assert any(
        (one != other).any()
        for one, other in zip(
            answers(given, NUMBERS), answers(unweighted, NUMBERS), strict=True
        )
    )


def with_value(value, dtype=float):
    X = NUMBERS.astype(dtype)
    X[7, 2] = value
    return X


FRAME = pd.DataFrame(NUMBERS, columns=NAMES)
POLARS = pl.DataFrame(NUMBERS, schema=NAMES)
LETTERS = np.array(["u", "v"] * (N // 2))
NO_NUMBERS = r"These columns contain no numbers: 'b' \({}.*\).*OneHotEncoder"
BAD = {
    "NaN": (with_value(np.nan), "Input X contains NaN"),
    "inf": (with_value(np.inf), "Input X contains infinity"),
    "float16 inf": (with_value(np.inf, np.float16), "Input X contains infinity"),
    "big-endian NaN": (with_value(np.nan, ">f4"), "Input X contains NaN"),
    "Fortran NaN": (np.asfortranarray(with_value(np.nan)), "Input X contains NaN"),
    "too large": (with_value(10**400, object), "X holds an integer of 401 digits"),
    "None": (with_value(None, object), "Input X contains NaN"),
    "None in lists": (with_value(None, object).tolist(), "Input X contains NaN"),
    "no data": (None, "Expected 2D array, got scalar"),
    "words": (with_value("ant", object), "could not convert string to float: 'ant'"),
    "complex": (NUMBERS + 1j, "Complex data not supported"),
    "1-D": (NUMBERS[0], "Expected 2D array, got 1D array"),
    "3-D": (NUMBERS[None], "Found array with dim 3"),
    "ragged": ([[1.0], [2.0, 3.0]], "inhomogeneous shape"),
    "pandas NaN": (FRAME.where(FRAME < 3), "Input X contains NaN"),
    "pandas NA": (FRAME.astype("Int64").where(FRAME < 3), "Input X contains NaN"),
    "pandas Float32 NA": (
        FRAME.astype("Float32").where(FRAME < 3),
        "Input X contains NaN",
    ),
    "polars Float32 null": (
        POLARS.cast(pl.Float32).select(pl.all().replace(3, None)),
        "Input X contains NaN",
    ),
    "pandas boolean NA": (
        (FRAME > 1).astype("boolean").where(FRAME < 3),
        "Input X contains NaN",
    ),
    "pandas words": (FRAME.assign(b=LETTERS), NO_NUMBERS.format("(object|str)")),
    "pandas string": (
        FRAME.assign(b=pd.Series(LETTERS, dtype="string")),
        NO_NUMBERS.format("string"),
    ),
    "pandas categories": (
        FRAME.assign(b=pd.Categorical(LETTERS)),
        NO_NUMBERS.format("category"),
    ),
    "pandas dates": (
        FRAME.assign(b=pd.date_range("2020-01-01", periods=N)),
        r"These columns contain no numbers: 'b' \(datetime64.*\).*Convert dates",
    ),
    "polars null": (
        POLARS.with_columns(b=pl.Series([1.0, None] * (N // 2))),
        "Input X contains NaN",
    ),
    "polars words": (
        POLARS.with_columns(b=pl.Series(LETTERS)),
        NO_NUMBERS.format("String"),
    ),
    "polars categories": (
        POLARS.with_columns(b=pl.Series(LETTERS, dtype=pl.Categorical)),
        NO_NUMBERS.format("Categorical"),
    ),
}


@EVERY
@pytest.mark.parametrize("case", **ids(BAD))
def test_bad_data_is_refused_by_fit_and_afterwards(Estimator, case):
    _, (X, message) = case
    if Estimator is Standardizer and "NaN" in message:
        fitted = Standardizer().fit(X)  # for it, NaN is a missing value
        expected = pd.DataFrame(X, dtype=float).mean().to_numpy()
        assert_allclose(fitted.mean_, expected)
        assert np.isnan(fitted.transform(X)).any()
        return
    expected = (ValueError, TypeError)
    estimator = new(Estimator)
    before = dict(vars(estimator))
    with pytest.raises(expected, match=message):
        estimator.fit(X, CLASSES)
    assert vars(estimator) == before
    fit(estimator, NUMBERS, CLASSES)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X has feature names")
        use = getattr(estimator, "predict", None) or estimator.transform
        with pytest.raises(expected, match=message):
            use(X)


@EVERY_NET
@pytest.mark.parametrize("form", [sp.csr_array, sp.csc_matrix, sp.coo_array])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_sparse_data_is_refused(Net, form, value):
    with pytest.raises(ValueError, match="Input X contains (NaN|infinity)"):
        new(Net).fit(form(with_value(value)), CLASSES)
    with pytest.raises(ValueError, match="Complex data not supported"):
        new(Net).fit(form(NUMBERS + 1j), CLASSES)


BAD_TARGETS = {
    "NaN": (without(CLASSES, np.nan), "Input (y )?contains NaN"),
    "NaN of floats": (without(CLASSES, np.nan).astype(float), "Input y contains NaN"),
    "NA": (pd.Series(without(CLASSES, None), dtype="Int64"), "Input y contains NaN"),
    "infinity": (without(CLASSES, np.inf).astype(float), "Input y contains infinity"),
    "complex": (CLASSES + 1j, "Complex data not supported"),
    "3-D": (CLASSES[:, None, None], "dim 3"),
}


@EVERY_NET
@pytest.mark.parametrize("case", **ids(BAD_TARGETS))
def test_bad_targets_are_refused(Net, case):
    _, (y, message) = case
    with pytest.raises(ValueError, match=message):
        new(Net).fit(NUMBERS, y)


@pytest.mark.parametrize("Net", [SoftmaxClassifier, MLPRegressor, TabularClassifier])
def test_names_in_place_of_data_are_refused(Net):
    table = pd.DataFrame(NUMBERS, columns=list(NAMES))
    for X in (NUMBERS, table):
        with pytest.raises(
            TypeError, match="y is 'a', but must hold a target for each"
        ):
            Net().fit(X, "a")
    with pytest.raises(ValueError, match="X is 'a.csv', .* as in X = pd.read_csv"):
        Net().fit("a.csv", CLASSES)
    if Net is not TabularClassifier:
        with pytest.raises(TypeError, match="y_val is 'a', but must hold a target"):
            Net().fit(table, CLASSES, X_val=table, y_val="a")


@EVERY_NET
@pytest.mark.parametrize("labels", [CLASSES, WORDS], ids=["numbers", "words"])
def test_none_in_y_is_refused(Net, labels):
    y = without(labels, None)
    message = "Input y contains None, first in row 4"
    if not is_classifier(Net()):
        message = "Input y contains NaN|y holds text, '(ant|bee|cat)' in row 0"
    for each in (y, y.tolist()):
        with pytest.raises(ValueError, match=message):
            new(Net).fit(NUMBERS, each)


def test_lazy_weights_are_refused_by_name():
    lazy = pl.LazyFrame({"w": [1.0, 2.0]})
    with pytest.raises(TypeError, match=r"pass sample_weight\.collect\(\)"):
        MLPClassifier().fit([[0.0], [1.0]], [0, 1], sample_weight=lazy)


class Foreign:
    """An array of another library, with what scikit-learn looks at."""

    __module__ = "cupy.core"

    def __init__(self, array):
        self.array = np.asarray(array)
        self.shape, self.ndim = self.array.shape, self.array.ndim

    def __array_namespace__(self):
        raise AssertionError("nobody may compute with this array")

    def __len__(self):
        return len(self.array)


@pytest.mark.parametrize(
    "call",
    [
        lambda X, y: MLPClassifier().fit(Foreign(X), y),
        lambda X, y: MLPClassifier(max_iter=1).fit(X, y).predict(Foreign(X)),
        lambda X, y: Standardizer().fit(Foreign(X)),
        lambda X, y: TabularEncoder().fit(Foreign(X)),
        lambda X, y: TabularClassifier().fit(Foreign(X), y),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_arrays_of_other_libraries_are_refused_under_dispatch(call, monkeypatch):
    X, y = np.arange(6.0).reshape(-1, 1), [0, 1] * 3
    config = {**get_config(), "array_api_dispatch": True}
    monkeypatch.setattr("skdl._inputs.get_config", lambda: config)
    message = r"X is an array of cupy, and skdl computes with NumPy.*pass X\.get\(\)\."
    with pytest.raises(TypeError, match=message):
        call(X, y)


def test_targets_of_other_libraries_are_refused_under_dispatch(monkeypatch):
    X, y = np.arange(6.0).reshape(-1, 1), Foreign([0, 1] * 3)
    config = {**get_config(), "array_api_dispatch": True}
    monkeypatch.setattr("skdl._inputs.get_config", lambda: config)
    for net in MLPClassifier(), MLPRegressor(), TabularClassifier():
        with pytest.raises(TypeError, match="y is an array of cupy"):
            net.fit(X, y)


@pytest.mark.parametrize("form", [np.asarray, pl.DataFrame])
def test_predictions_do_not_touch_the_filters_of_warnings(form, monkeypatch):
    # The filters belong to the process: other threads would see the change.
    X = np.random.default_rng(0).normal(size=(8, 2))
    net = MLPRegressor(hidden_layer_sizes=(2,), max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(form(X), X[:, 0])
    rows, expected = form(X), net.predict(form(X))
    with monkeypatch.context() as patch:
        patch.setattr(warnings, "catch_warnings", None)
        predicted = net.predict(rows)
    assert_array_equal(predicted, expected)


def test_a_missing_name_of_a_column_is_another_name():
    X = pd.DataFrame(np.eye(2), columns=["a", "b"])
    scaler = Standardizer().fit(X)
    X.columns = ["a", pd.NA]
    with pytest.raises((TypeError, ValueError), match="[Ff]eature names"):
        scaler.transform(X)


@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_values_whose_squares_overflow_are_finite(order):
    X = np.array([[3e30, -1e30], [1e30, 2e30]], np.float32)
    X = (
        np.repeat(X, 2, axis=1)[:, ::2]
        if order == "strided"
        else np.array(X, order=order)
    )
    scaler = Standardizer().fit(X.astype(float))
    assert_allclose(scaler.transform(X), [[1, -1], [-1, 1]], rtol=1e-6)
    X[1, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        scaler.transform(X)
