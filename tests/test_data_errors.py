"""Explanations of errors: of any container, and never an error themselves."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, MLPRegressor, Standardizer

X = np.random.default_rng(0).normal(size=(12, 3))
DAYS = pd.date_range("2020-01-01", periods=12)
PY_DAYS = [day.date() for day in DAYS]
FRAME = pd.DataFrame(X, columns=list("abc"))
POLARS = pl.DataFrame(X, schema=list("abc"))


def objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


class Hostile:
    """A container that can be read as an array, and in no other way."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __len__(self):
        return len(self.values)

    def __getattr__(self, name):
        if name in ("columns", "column_names", "get_columns", "collect", "type"):
            raise RuntimeError(f"no {name}")
        raise AttributeError(name)

    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["a", None, pd.NA], "y contains None, first in row 1 "),
        ([1.5, pd.NA, None], "y contains NaN, first in row 1 "),
        (["a", "b", pd.NaT], "y contains NaN, first in row 2 "),
        (["a", float("nan"), "b"], "y contains NaN, first in row 1 "),
        (["a", 1, 2.5], "text, first in row 0, beside numbers, first in row 1 "),
    ],
)
def test_missing_and_mixed_labels_are_named(values, words):
    with pytest.raises(ValueError, match=words):
        MLPClassifier().fit(X[: len(values)], objects(values))


DATES = {
    "pandas": (FRAME.assign(b=DAYS), "'b' (datetime64"),
    "pandas, all": (pd.DataFrame({"b": DAYS}), "'b' (datetime64"),
    "pandas, zone": (pd.DataFrame({"b": DAYS.tz_localize("UTC")}), "'b' (datetime64"),
    "pandas, durations": (pd.DataFrame({"b": DAYS - DAYS[0]}), "'b' (timedelta64"),
    "pandas, periods": (FRAME.assign(b=DAYS.to_period("D")), "'b' (period[D])"),
    "pandas, date": (FRAME.assign(b=objects(PY_DAYS)), "'b' (object)"),
    "pandas, datetime64 as objects": (
        FRAME.assign(b=pd.Series(objects(list(DAYS.values)), dtype=object)),
        "'b' (object)",
    ),
    "pandas, categories": (FRAME.assign(b=pd.Categorical(DAYS)), "'b' (category)"),
    "polars Date": (POLARS.with_columns(b=pl.Series(PY_DAYS)), "'b' (Date)"),
    "polars Datetime": (
        POLARS.with_columns(b=pl.Series(DAYS.to_pydatetime().tolist())),
        "'b' (Datetime",
    ),
    "polars Duration": (
        POLARS.with_columns(b=pl.Series([datetime.timedelta(1)] * 12)),
        "'b' (Duration",
    ),
    "polars Time": (POLARS.with_columns(b=pl.Series([datetime.time(1)] * 12)), "'b' ("),
    "array": (np.column_stack([DAYS.values] * 2), "0 (datetime64"),
    "array of durations": ((DAYS - DAYS[0]).values[:, None], "0 (timedelta64"),
    "array of objects": (
        np.column_stack([X.astype(object), objects(PY_DAYS)]),
        "3 (object)",
    ),
    "list": ([[day] for day in DAYS.values], "0 (object)"),
}


@pytest.mark.parametrize("case", DATES.values(), ids=DATES.keys())
@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor, Standardizer])
def test_dates_in_X_are_refused(Estimator, case):
    dates, column = case
    with pytest.raises(TypeError, match="Convert dates and durations") as caught:
        Estimator().fit(dates, np.arange(12) % 2)
    assert f"These columns contain no numbers: {column}" in str(caught.value)


def test_pyarrow_dates():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": X[:, 0], "b": pa.array(PY_DAYS)})
    with pytest.raises(TypeError, match=r"contain no numbers: 'b' \(date32\[day\]\)"):
        MLPClassifier().fit(table, np.arange(12) % 2)


def test_tables_without_dates_are_accepted():
    net, y = MLPClassifier(2, max_iter=1), np.arange(12) % 2
    for table in (X, FRAME, POLARS, X.tolist(), sp.csr_array(X), FRAME.astype(object)):
        with pytest.warns(ConvergenceWarning):
            net.fit(table, y)


NO_NUMBERS = {
    "'?'": [1.5] * 11 + ["?"],
    "''": [1.5] * 11 + [""],
    "text and '?'": ["1.5"] * 11 + ["?"],
    "NA": [1.5] * 11 + [pd.NA],
    "a list": [1.5] * 11 + [[1]],
}


@pytest.mark.parametrize("values", NO_NUMBERS.values(), ids=NO_NUMBERS.keys())
@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor, Standardizer])
def test_the_first_that_is_no_number_is_named(Estimator, values):
    column = pd.Series(objects(values), dtype=object)
    for table, name in (
        (FRAME.assign(b=column), "'b'"),
        (np.column_stack([X[:, 0], column]), "1"),
    ):
        with pytest.raises((TypeError, ValueError)) as caught:
            Estimator().fit(table, np.arange(12) % 2)
        message = str(caught.value)
        assert f"Column {name} (object) holds {values[-1]!r} in row 11" in message
        assert "pd.to_numeric(column, errors='coerce')" in message
        assert "OneHotEncoder" not in message


def test_columns_of_words_and_others_are_told_apart():
    frame = FRAME.assign(b=["u", "v"] * 6, c=["1,5"] * 12)
    with pytest.raises(ValueError, match="could not convert") as caught:
        MLPClassifier().fit(frame, np.arange(12) % 2)
    message = str(caught.value)
    assert "These columns contain no numbers: 'b' (" in message
    assert "holds '1,5' in row 0" in message
    assert "decimal=','" in message
    twice = pd.DataFrame(frame.to_numpy(), columns=list("aab"))
    with pytest.raises(ValueError, match=r"These columns contain no numbers: 'a' \("):
        MLPClassifier().fit(twice, np.arange(12) % 2)


def test_columns_with_nan_are_named():
    wrong = FRAME.copy()
    wrong.loc[7, "b"] = wrong.loc[9, "c"] = np.nan
    y = np.arange(12) % 2
    for table, names in (
        (wrong, "'b', 'c'"),
        (wrong.convert_dtypes(), "'b', 'c'"),
        (pl.DataFrame(wrong.to_dict("list")), "'b', 'c'"),
        (wrong.to_numpy(), "1, 2"),
        (wrong.to_numpy().tolist(), "1, 2"),
        (sp.csr_matrix(wrong.to_numpy()), "1, 2"),
    ):
        with pytest.raises(ValueError, match="Input X contains NaN") as caught:
            MLPClassifier().fit(table, y)
        message = str(caught.value)
        assert message.startswith(f"Input X contains NaN in columns {names}, first in")
        assert "row 7 (counted from 0). Fill the gaps by sklearn.impute." in message
        assert len(message) < 250
        assert caught.value.__suppress_context__
    with pytest.raises(ValueError, match="^Input X contains infinity in column 1, fir"):
        MLPClassifier().fit(np.array([[1, np.inf]] * 12), y)


@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor, Standardizer])
def test_one_dimension_is_not_printed(Estimator):
    with pytest.raises(ValueError, match="^Expected 2D array, got 1D array of 36 val"):
        Estimator().fit(X.ravel(), np.arange(12) % 2)


def test_the_column_of_words_comes_before_the_words_of_numpy():
    frame = FRAME.assign(b=["u", "v"] * 6)
    with pytest.raises(ValueError, match="^These columns contain no numbers: 'b'"):
        MLPClassifier().fit(frame, np.arange(12) % 2)


@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor, Standardizer])
def test_hostile_containers_bring_the_original_error(Estimator):
    wrong = X.astype(object)
    wrong[3, 1] = "?"
    with pytest.raises(ValueError, match=r"^could not convert string to float: '\?'"):
        Estimator().fit(Hostile(wrong), np.arange(12) % 2)
    lazy = POLARS.lazy()
    with pytest.raises(TypeError, match=r"X is a LazyFrame.*X\.collect\(\)"):
        Estimator().fit(lazy, np.arange(12) % 2)


def test_hostile_targets_bring_the_original_error():
    for Net in (MLPClassifier, MLPRegressor):
        with pytest.raises(TypeError, match=r"y is a LazyFrame.*y\.collect\(\)"):
            Net().fit(X, POLARS.lazy())
        with pytest.raises(TypeError, match="at least 1 dimension"):
            Net().fit(X, object())


def test_hostile_values_bring_the_original_error():
    class Unspeakable:
        def __repr__(self):
            raise RuntimeError("no repr")

    y = objects([Unspeakable() for _ in X])
    with pytest.raises(ValueError, match="holds an object of type Unspeakable in row"):
        MLPClassifier().fit(X, y)
    table = X.astype(object)
    table[2, 1] = Unspeakable()
    with pytest.raises(TypeError, match="float"):
        MLPClassifier().fit(table, np.arange(12) % 2)
