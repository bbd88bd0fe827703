"""The subject of a diagnosis: net, sample, names and folds."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine import Adam
from tests.inspection.private_names import copy_net, make_subject

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (60, 4))
Y = np.repeat([0, 1, 2], [30, 29, 1])
Z = RNG.normal(5, 3, 60)


def test_copy_net_copies_parameters_and_nothing_else():
    solver = Adam(beta_1=0.5)
    net = SoftmaxClassifier(3, solver=solver).set_callbacks(LambdaCallback(print))
    net.n_iter_ = 7
    copy = copy_net(net, alpha=2)
    assert copy.hidden_layer_sizes == 3
    assert copy.alpha == 2
    assert copy.solver is not solver
    assert copy.solver.beta_1 == 0.5
    assert not hasattr(copy, "n_iter_")
    assert not hasattr(copy, "_skl_callbacks")


def test_rows_are_drawn_with_their_numbers():
    subject = make_subject(SoftmaxClassifier(), X, Y, 20, 0)
    assert subject.X.shape == (20, 4)
    assert len(np.unique(subject.row_numbers)) == 20
    assert_array_equal(subject.X, X[subject.row_numbers])
    assert_array_equal(subject.y, Y[subject.row_numbers])
    assert_array_equal(subject.all_y, Y)
    other = make_subject(SoftmaxClassifier(), X, Y, 20, 1)
    assert set(other.row_numbers) != set(subject.row_numbers)


def test_rows_are_held_out_by_class():
    subject = make_subject(SoftmaxClassifier(), X, Y, 99, 0)
    rows = np.append(subject.train, subject.held_out)
    assert_array_equal(np.sort(rows), np.arange(60))
    sizes = np.bincount(Y[subject.held_out], minlength=3)
    assert_array_equal(sizes, [10, 10, 0], strict=False)
    folds = subject.folds(3, 0)
    # The only row of a class is never held out.
    held_out = np.concatenate([fold[1] for fold in folds])
    assert_array_equal(np.sort(held_out), np.arange(59))
    for train, held_out in folds:
        assert not set(train) & set(held_out)
        assert 59 in train


def test_classes_with_fewer_rows_than_folds():
    y = np.repeat([0, 1, 2], [20, 2, 1])
    subject = make_subject(SoftmaxClassifier(), X[:23], y, 99, 0)
    held_out = np.concatenate([fold[1] for fold in subject.folds(5, 0)])
    assert_array_equal(np.sort(held_out), np.arange(22))
    single = make_subject(SoftmaxClassifier(), X[:4], np.arange(4), 99, 0)
    assert len(single.held_out) == 0
    assert_array_equal(np.sort(single.train), np.arange(4))


@pytest.mark.parametrize("max_rows", [99, 20])
def test_a_frame_of_polars_keeps_its_names(max_rows):
    frame = pl.DataFrame(X, schema=["a", "b", "c", "d"])
    subject = make_subject(SoftmaxClassifier(), frame, pl.Series(Y), max_rows, 0)
    assert subject.names == list("abcd")
    assert_array_equal(subject.X, X[subject.row_numbers])
    assert_array_equal(subject.y, Y[subject.row_numbers])
    by_name = ColumnTransformer([("scale", StandardScaler(), ["d", "b"])])
    model = make_pipeline(by_name, SoftmaxClassifier())
    names = make_subject(model, frame, Y, max_rows, 0).names
    assert names == ["scale__d", "scale__b"]


def test_transformers_come_first():
    pipeline = make_pipeline(StandardScaler(), SoftmaxClassifier())
    subject = make_subject(pipeline, X, Y, 99, 0)
    assert_allclose(subject.X, StandardScaler().fit_transform(X))
    assert not hasattr(pipeline[0], "mean_")
    pipeline.set_params(softmaxclassifier__solver="lbfgs").fit(X, Y)
    subject = make_subject(pipeline, X + 1, Y, 99, 0)
    assert_allclose(subject.X, pipeline[:-1].transform(X + 1))
    assert subject.is_fitted


def test_targets_are_transformed():
    expected = StandardScaler().fit_transform(Z[:, np.newaxis])[:, 0]
    inner = make_pipeline(StandardScaler(), MLPRegressor())
    for outer in (
        TransformedTargetRegressor(inner, transformer=StandardScaler()),
        make_pipeline(
            StandardScaler(),
            TransformedTargetRegressor(MLPRegressor(), transformer=StandardScaler()),
        ),
    ):
        subject = make_subject(outer, X, Z, 99, 0)
        assert_allclose(subject.y, expected)
        assert_allclose(subject.X.std(axis=0), 1)
    logs = TransformedTargetRegressor(
        MLPRegressor(), func=np.log1p, inverse_func=np.expm1
    )
    assert_allclose(make_subject(logs, X, Z**2, 99, 0).y, np.log1p(Z**2))


def test_names_of_columns():
    frame = pd.DataFrame({"size": X[:, 0], "kind": np.where(Y, "a", "b")})
    columns = ColumnTransformer(
        [("one", OneHotEncoder(sparse_output=False), ["kind"])], remainder="passthrough"
    )
    pipeline = make_pipeline(columns, SoftmaxClassifier())
    names = make_subject(pipeline, frame, Y, 99, 0).names
    assert names == ["one__kind_a", "one__kind_b", "remainder__size"]
    plain = [0, 1, 2, 3]
    scaled = make_pipeline(StandardScaler(), SoftmaxClassifier())
    assert make_subject(scaled, X, Y, 99, 0).names == plain
    assert make_subject(SoftmaxClassifier(), X.tolist(), Y, 99, 0).names == plain


@pytest.mark.parametrize(
    ("net", "y", "kind"),
    [
        (SoftmaxClassifier(), Y, "labels"),
        (SoftmaxClassifier(), Y[:, np.newaxis], "labels"),
        (SoftmaxClassifier(), np.eye(3)[Y], "soft"),
        (LogisticClassifier(), np.eye(3, dtype=int)[Y], "indicator"),
        (LogisticClassifier(), csr_array(np.eye(3, dtype=int)[Y]), "indicator"),
        (LogisticClassifier(), np.column_stack([Y, Y]), "columns"),
        (MLPRegressor(), Z, "numbers"),
    ],
)
def test_kinds_of_targets(net, y, kind):
    subject = make_subject(net, X, y, 99, 0)
    assert subject.kind == kind
    if kind in ("labels", "soft"):
        assert_array_equal(subject.class_numbers, Y)
    else:
        assert subject.class_numbers is None
