"""TabularEncoder: the code of each kind of column, from every kind of table."""

import datetime as dt
import pickle
import tracemalloc
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import get_tags

import skdl
from skdl import MLPClassifier, ValidationSet
from skdl.preprocessing import (
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TabularEncoder,
)

N = 40
RNG = np.random.default_rng(0)
COLUMNS = {
    "age": [float(x) if i % 7 else None for i, x in enumerate(RNG.integers(18, 90, N))],
    "visits": RNG.integers(0, 50, N).tolist(),
    "town": [["Aachen", "Bonn", "Trier", None][i] for i in RNG.integers(0, 4, N)],
    "smoker": RNG.random(N) < 0.5,
    "sex": RNG.choice(["f", "m"], N).tolist(),
    "empty": [None] * N,
    "constant": [3] * N,
}


def frames():
    """Return the same table in every container, and as an array and a list."""
    columns = {name: list(values) for name, values in COLUMNS.items()}
    rows = np.array(list(zip(*columns.values(), strict=True)), dtype=object)
    tables = {
        "pandas": pd.DataFrame(columns),
        "pandas nullable": pd.DataFrame(columns).convert_dtypes(),
        "pandas objects": pd.DataFrame(columns, dtype=object),
        "pandas category": pd.DataFrame(columns).astype({"town": "category"}),
        "polars": pl.DataFrame(columns),
        "polars category": pl.DataFrame(columns).with_columns(
            pl.col("town").cast(pl.Categorical), pl.col("sex").cast(pl.Enum(["m", "f"]))
        ),
        "array": rows,
        "list": rows.tolist(),
    }
    try:
        import pyarrow as pa
    except ImportError:
        return tables
    return tables | {"pyarrow": pa.table(columns)}


FRAMES = frames()
NAMES = ["age", "missingindicator_age", *(f"age_bin{t}" for t in range(8))]
NAMES += ["visits", *(f"visits_bin{t}" for t in range(8))]
NAMES += ["town_Aachen", "town_Bonn", "town_Trier", "town_missing"]
NAMES += ["smoker_True", "sex_m"]


def column(*values):
    """Return a table of one column of objects."""
    return np.array(values, dtype=object).reshape(-1, 1)


def encoded(values, **options):
    """Return the code of the column it is fitted on."""
    X = values if hasattr(values, "columns") else column(*values)
    return TabularEncoder(**options).fit(X).transform(X)


@pytest.mark.parametrize("kind", FRAMES)
def test_every_container_gives_the_same_code(kind):
    X = FRAMES[kind]
    encoder = TabularEncoder().fit(X)
    Z = encoder.transform(X)
    expected = TabularEncoder().fit_transform(FRAMES["pandas"])
    assert (Z.dtype, Z.flags.c_contiguous) == (np.float32, True)
    assert_array_equal(Z, expected)
    names = NAMES
    if not hasattr(X, "columns"):
        for i, name in enumerate(COLUMNS):
            names = [new.replace(name, f"x{i}") for new in names]
    assert encoder.get_feature_names_out().tolist() == names
    assert encoder.n_features_in_ == len(COLUMNS)


@pytest.mark.parametrize(
    "kind", [kind for kind in FRAMES if kind not in ("list", "array")]
)
def test_a_container_reads_what_another_has_fitted(kind):
    expected = TabularEncoder().fit_transform(FRAMES["pandas"])
    encoder = TabularEncoder().fit(FRAMES["pandas"])
    assert_array_equal(encoder.transform(FRAMES[kind]), expected)


def test_numbers_have_the_code_of_the_parts():
    X = np.random.default_rng(1).standard_cauchy((90, 3))
    parts = make_union(SmoothClipScaler(), PiecewiseLinearEncoder())
    expected = parts.fit_transform(X)
    order = np.r_[0, 3:11, 1, 11:19, 2, 19:27]
    assert_allclose(encoded(pd.DataFrame(X)), expected[:, order], rtol=1e-6, atol=1e-7)


def test_numbers_by_the_formula():
    x = np.array([0.0, 1, 2, 3, 4, 5, 6, 100])
    Z = encoded(x, n_bins=4)
    z = (x - np.median(x)) / (np.quantile(x, 0.75) - np.quantile(x, 0.25))
    assert_allclose(Z[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-6)
    edges = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
    bins = np.clip((x[:, np.newaxis] - edges[:-1]) / np.diff(edges), 0, 1)
    assert_allclose(Z[:, 1:], 0.7 * (bins - bins.mean(axis=0)), atol=1e-7)


def test_missing_numbers_have_the_code_of_the_median_and_an_indicator():
    x = [1.0, 2.0, 3.0, 4.0, 5.0, None]
    encoder = TabularEncoder(n_bins=4).fit(column(*x))
    Z = encoder.transform(column(3.0, None))
    assert_array_equal(Z[:, 1], [0, 1])
    assert_array_equal(np.delete(Z[0], 1), np.delete(Z[1], 1))
    # Without missing numbers in fit there is no indicator.
    encoder = TabularEncoder(n_bins=4).fit(column(*x[:5]))
    assert_array_equal(*encoder.transform(column(3.0, None)))


@pytest.mark.parametrize(
    ("values", "n_columns"),
    [
        ([2, 2, 2], 0),
        ([2, 2, None], 1),  # the indicator
        ([None, None], 0),
        ([np.nan, np.nan], 0),
        ([0, 1, 1], 1),  # two values have no bins
        ([0] * 30 + [1, 2], 1),  # all quantiles but one are equal
        ([0] * 10 + [1] * 10 + [2] * 10, 3),
        (["a"] * 9, 0),
        (["a"] * 9 + ["b"], 1),
        (["a", None], 1),
        (["a"] * 5 + ["b"] * 4 + [None] * 5, 2),
        (["a", "b", "c"], 0),
        ([True, False], 1),
        ([True, True], 0),
        ([True, False, None] * 5, 3),
    ],
)
def test_number_of_columns(values, n_columns):
    assert encoded(values).shape == (len(values), n_columns)


def test_no_quartile_gives_half_the_range():
    Z = encoded([0.0] * 10 + [8.0], n_bins=1)
    assert_allclose(Z[[0, -1], 0], [0, 2 / np.sqrt(1 + 4 / 9)], rtol=1e-6)


def test_two_levels_are_one_column_of_signs():
    encoder = TabularEncoder().fit(column("no", "yes", "no"))
    Z = encoder.transform(column("yes", "no", "perhaps", None))
    assert_array_equal(Z[:, 0], [1, -1, 0, 0])


def test_rare_and_unknown_levels_are_zero_in_all_columns():
    X = column(*["a"] * 5 + ["b"] * 6 + ["rare"] * 4)
    encoder = TabularEncoder().fit(X)
    Z = encoder.transform(column("a", "b", "rare", "new", None))
    assert_array_equal(Z, [[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]])
    assert encoder.categories_ == [["a", "b"]]
    assert encoded(X.ravel(), min_frequency=4).shape[1] == 3


def test_max_categories_keeps_the_most_frequent():
    X = column(*"aabbbccdddd")
    encoder = TabularEncoder(min_frequency=1, max_categories=3).fit(X)
    assert encoder.categories_ == [["a", "b", "d"]]
    assert TabularEncoder(max_categories=3, min_frequency=1).fit(
        X[::-1]
    ).categories_ == [["a", "b", "d"]]


@pytest.mark.parametrize(
    "missing", [None, np.nan, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT")]
)
def test_missing_values_of_every_kind(missing):
    towns = TabularEncoder().fit(column(*["a", "b", None] * 5))
    assert_array_equal(towns.transform(column(missing)), [[0, 0, 1]])
    numbers = TabularEncoder().fit(column(1.0, 2.0, None))
    assert_array_equal(numbers.transform(column(missing)), [[0, 1]])
    assert_array_equal(encoded([1.0, missing, 2.0]), encoded([1.0, None, 2.0]))
    assert_array_equal(encoded(["a", missing] * 5), encoded(["a", None] * 5))


def test_booleans_and_numbers_of_the_same_value_are_the_same_level():
    encoder = TabularEncoder().fit(np.array([[True], [False]]))
    assert_array_equal(encoder.transform([[1.0], [0.0]]), [[1], [-1]])
    encoder = TabularEncoder(n_bins=1).fit([[1], [0]])
    assert_array_equal(encoder.transform(np.array([[True]])), encoder.transform([[1]]))


@pytest.mark.parametrize(
    ("chosen", "kinds"),
    [
        ("from_dtype", ["number", "category", "category"]),
        (None, ["number", "number", "category"]),
        ([0], ["category", "number", "category"]),
        (["floor"], ["category", "number", "category"]),
        ([False, True, False], ["number", "category", "category"]),
    ],
)
def test_categorical_features(chosen, kinds):
    X = pd.DataFrame(
        {"floor": [0, 1, 2] * 5, "code": [7, 8, 9] * 5, "word": ["a"] * 15}
    )
    X["code"] = X["code"].astype("category")
    encoder = TabularEncoder(categorical_features=chosen).fit(X)
    assert encoder.kinds_ == kinds


def test_numbers_as_categories():
    X = np.array([[1.0, 2.0, np.nan] * 5]).T
    encoder = TabularEncoder(categorical_features=[0]).fit(X)
    assert encoder.get_feature_names_out().tolist() == [
        "x0_1.0",
        "x0_2.0",
        "x0_missing",
    ]
    assert_array_equal(encoder.transform([[2], [None]]), [[0, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("chosen", [["floor"], [7], [True], [1.5], "all", ["x", 1]])
def test_wrong_categorical_features(chosen):
    with pytest.raises(ValueError, match="categorical_features"):
        TabularEncoder(categorical_features=chosen).fit(np.eye(3))


DAYS = [dt.date(2024, 1, 1), dt.date(2024, 3, 1), None, dt.date(2025, 1, 1)]


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"day": DAYS}),
        pd.DataFrame({"day": pd.to_datetime(pd.Series(DAYS))}),
        pd.DataFrame({"day": pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("UTC")}),
        pl.DataFrame({"day": DAYS}),
        pl.DataFrame({"day": DAYS}).cast(pl.Datetime("ms")),
        pd.DataFrame({"day": pd.to_datetime(pd.Series(DAYS))}, dtype=object),
        np.array(DAYS, "datetime64[D]").reshape(-1, 1),
    ],
)
def test_dates_are_days_with_a_warning(X):
    with pytest.warns(UserWarning, match=r"encoded as numbers of days: ('day'|0)\."):
        encoder = TabularEncoder().fit(X)
    assert encoder.kinds_ == ["date"]
    assert encoder.center_[0] == (dt.date(2024, 3, 1) - dt.date(1970, 1, 1)).days
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(encoder.transform(X)[:, 1], [0, 0, 1, 0])


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([dt.timedelta(hours=6), dt.timedelta(hours=12), None], 0.375),
        ([dt.time(6), dt.time(12), dt.time(18)], 0.5),
        ([np.timedelta64(1, "h"), np.timedelta64(3, "h")], 1 / 12),
        ([dt.datetime(1970, 1, 3, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))], 2),
        ([np.datetime64("1970-01-02T12")], 1.5),
    ],
)
def test_durations_and_times_are_days(values, median):
    with pytest.warns(UserWarning, match="numbers of days"):
        encoder = TabularEncoder().fit(column(*values))
    assert_allclose(encoder.center_, median)


def test_numbers_as_text_are_warned_about():
    numbers = [f"{x:.3f}" for x in RNG.normal(size=20)]
    with pytest.warns(UserWarning, match=r"numbers as text: 'a', 'b'\. .*to_numeric"):
        TabularEncoder().fit(pd.DataFrame({"a": numbers, "b": [*numbers[1:], None]}))
    # No warning for frequent codes, and for columns that hold a word.
    TabularEncoder().fit(column(*["52062", "53111", "54290"] * 5))
    TabularEncoder().fit(column(*numbers, "unknown"))


def test_objects_of_numbers_are_numbers():
    X = column(1, 2.5, np.float32(3), Decimal("4.5"), None)
    encoder = TabularEncoder().fit(X)
    assert (encoder.kinds_, encoder.center_[0]) == (["number"], 2.75)


def test_mixed_objects_are_a_category():
    X = column(*[1, "none", dt.date(2024, 1, 1)] * 5)
    encoder = TabularEncoder().fit(X)
    assert encoder.categories_ == [[1, "2024-01-01", "none"]]
    assert_array_equal(encoder.transform(X)[:3], [[1, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_intervals_are_levels():
    X = pd.DataFrame({"age": pd.cut(pd.Series([1, 2, 3] * 5), [0, 1, 2, 3])})
    encoder = TabularEncoder().fit(X)
    assert encoder.categories_ == [["(0, 1]", "(1, 2]", "(2, 3]"]]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (csr_array(np.eye(3)), TypeError, "Sparse data"),
        (pl.DataFrame({"a": [1]}).lazy(), TypeError, r"pass X\.collect\(\)"),
        (pd.Series([1.0, 2.0]), ValueError, "2-dimensional"),
        ([1, 2, 3], ValueError, "Expected 2D array"),
        (
            pd.DataFrame({"a": [1.0, np.inf]}),
            ValueError,
            "infinity, first in column 'a'",
        ),
        (np.array([[1.0], [np.inf]]), ValueError, "infinity"),
        (pd.DataFrame({"a": []}), ValueError, r"0 sample\(s\)"),
        (pd.DataFrame(index=range(3)), ValueError, r"0 feature\(s\)"),
        (pd.DataFrame({"a": [[1], [2]]}), TypeError, "'a' holds values of type list"),
        (column({"b": 1}), TypeError, "0 holds values of type dict"),
        (pd.DataFrame({"a": [1j]}), TypeError, "type complex"),
        ([[1e308], [-1e308]], ValueError, "Column 0 ranges from"),
    ],
)
def test_refused_tables(X, error, message):
    encoder = TabularEncoder().fit(FRAMES["pandas"])
    before = pickle.dumps(encoder)
    with pytest.raises(error, match=message):
        encoder.fit(X)
    assert pickle.dumps(encoder) == before
    new = TabularEncoder()
    with pytest.raises(error, match=message):
        new.fit(X)
    assert vars(new) == vars(TabularEncoder())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"age": ["old"] * N},
            TypeError,
            "'age' held numbers in fit, and holds a categ",
        ),
        (
            {"town": [7] * N},
            TypeError,
            "'town' held text in fit, and holds numbers now",
        ),
        (
            {"smoker": ["yes"] * N},
            TypeError,
            "'smoker' held numbers in fit, and holds t",
        ),
        ({"visits": DAYS * (N // 4)}, TypeError, "holds dates or durations now"),
        ({"visits": [np.inf] * N}, ValueError, "infinity, first in column 'visits'"),
        ({"new": [1] * N}, ValueError, "unseen at fit time"),
    ],
)
def test_transform_refuses_columns_of_another_kind(change, error, message):
    encoder = TabularEncoder().fit(FRAMES["pandas"])
    with pytest.raises(error, match=message):
        encoder.transform(FRAMES["pandas"].assign(**change))


def test_transform_checks_the_order_of_the_columns():
    encoder = TabularEncoder().fit(FRAMES["pandas"])
    with pytest.raises(ValueError, match="same order"):
        encoder.transform(FRAMES["pandas"][list(COLUMNS)[::-1]])


def test_a_column_without_values_may_have_any_dtype():
    encoder = TabularEncoder().fit(FRAMES["pandas"])
    row = pd.DataFrame({name: [None] for name in COLUMNS})
    Z = encoder.transform(row)
    assert_array_equal(Z, encoder.transform(row.astype(float)))
    assert Z[0, 1] == Z[0, NAMES.index("town_missing")] == 1


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_set_output(output):
    encoder = TabularEncoder().set_output(transform=output)
    Z = encoder.fit_transform(FRAMES[output])
    assert type(Z) is type(FRAMES[output])
    assert list(Z.columns) == NAMES
    assert {str(dtype).lower() for dtype in Z.dtypes} == {"float32"}


def test_names_of_columns_are_unique():
    X = pd.DataFrame({"a": [*"xyz"] * 5, "a_x": range(15)})
    X.loc[0, "a"] = None
    encoder = TabularEncoder(n_bins=1).fit(X)
    assert encoder.get_feature_names_out().tolist() == ["a_y", "a_z", "a_x"]
    X.loc[0, "a"] = "x"
    names = encoder.fit(X).get_feature_names_out().tolist()
    assert names == ["a_x", "a_y", "a_z", "a_x_"]


def test_large_offsets_and_units_lose_no_digits():
    x = np.random.default_rng(2).normal(size=50)
    expected = encoded(x)
    assert_allclose(encoded(1e9 + x), expected, atol=1e-5)
    for unit in (1e-300, 1e300):
        assert_allclose(encoded(unit * x), expected, rtol=1e-6, atol=1e-7)
    encoder = TabularEncoder().fit(column(*x))
    Z = encoder.transform([[1e308], [-1e308]])
    assert_allclose(Z[:, 0], [3, -3], rtol=1e-6)


def test_copies_give_the_same_code():
    X = FRAMES["pandas"]
    encoder = TabularEncoder(n_bins=4).fit(X)
    Z = encoder.transform(X)
    assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(X), Z)
    content = skops.io.dumps(encoder)
    loaded = skops.io.loads(content, trusted=skdl.trusted_types)
    assert_array_equal(loaded.transform(X), Z)
    assert_array_equal(clone(encoder).fit_transform(X), Z)


def test_a_pipeline_takes_data_frames_and_validation_sets():
    X, y = FRAMES["pandas"], np.arange(N) % 2
    encoder = TabularEncoder().fit(X)
    assert_array_equal(encoder.transform(ValidationSet(X, y)).X, encoder.transform(X))
    net = MLPClassifier(4, solver="lbfgs", max_iter=9, random_state=0, tol=1.0)
    model = make_pipeline(TabularEncoder(), net).fit(X, y)
    assert model.predict(FRAMES["polars"]).shape == (N,)


def test_transform_needs_memory_for_one_column_at_a_time():
    X = np.random.default_rng(3).normal(size=(20_000, 12))
    encoder = TabularEncoder().fit(X[:500])
    tracemalloc.start()
    Z = encoder.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - Z.nbytes < 6 * X[:, 0].nbytes


def test_tags():
    tags = get_tags(TabularEncoder())
    assert tags.input_tags.allow_nan
    assert tags.input_tags.categorical


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame,
        lambda frame: frame.to_numpy(),
        lambda frame: frame.to_numpy().tolist(),
        lambda frame: pl.DataFrame(frame[["number"]]),
    ],
)
def test_blocks_are_the_parts_of_the_whole(convert):
    values = [1.0, None, 3.0, "a", 2.0, "b", "a"] * 3
    X = convert(pd.DataFrame({"mixed": values, "number": np.arange(21.0)}))
    encoder = TabularEncoder(min_frequency=1).fit(X)
    blocks = list(encoder.transform_blocks(X, n_rows=4))
    assert [len(block) for block in blocks] == [4, 4, 4, 4, 4, 1]
    assert_array_equal(np.concatenate(blocks), encoder.transform(X))


def test_blocks_are_refused_before_the_first():
    encoder = TabularEncoder().fit(pd.DataFrame({"x": np.arange(9.0)}))
    late = pd.DataFrame({"x": [*np.arange(8.0), np.inf]})
    with pytest.raises(ValueError, match="first in column 'x', row 8"):
        next(encoder.transform_blocks(late, n_rows=3))
