"""What every net takes as X, and leaves as it was."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csc_matrix, csr_array, csr_matrix

from skdl import LogisticClassifier, MLPClassifier, MLPRegressor, SVMClassifier
from skdl.ensemble import BaggingEnsembleClassifier, SeedEnsembleRegressor
from tests.estimators.common import fit, flat, make, scores


@pytest.mark.parametrize(
    ("given", "computed"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.uint8, np.float32),
        (np.int64, np.float64),
        (np.int16, np.float64),
        (bool, np.float64),
    ],
)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_dtype_of_parameters_and_outputs(Net, given, computed, solver, X, y):
    X = np.abs(np.rint(2 * X)).astype(given)
    net = fit(make(Net, solver=solver), X, y, np.ones(len(X)))
    assert {a.dtype for a in net.coefs_ + net.intercepts_} == {np.dtype(computed)}
    assert scores(net, X).dtype == computed
    if hasattr(net, "predict_proba"):
        assert net.predict_proba(X).dtype == computed
        assert net.predict_log_proba(X).dtype == computed


def test_float16_and_uint8_train_as_their_float32(Net, X, y):
    X = np.abs(np.rint(2 * X)).astype(np.uint8)
    expected = flat(fit(make(Net), X.astype(np.float32), y))
    for dtype in (np.uint8, np.float16):
        assert_array_equal(flat(fit(make(Net), X.astype(dtype), y)), expected)


def test_float32_net_predicts_float64_rows_in_float32(Net, X, y):
    net = fit(make(Net), X.astype(np.float32), y)
    assert scores(net, X).dtype == np.float32


@pytest.mark.parametrize("kind", [csr_matrix, csc_matrix, csr_array, csc_array])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_equals_dense(Net, kind, solver, X, y):
    X = np.where(X > 0.5, X, 0)
    dense = fit(make(Net, solver=solver), X, y)
    sparse = fit(make(Net, solver=solver), kind(X), y)
    assert_allclose(flat(sparse), flat(dense), rtol=1e-6, atol=1e-9)
    assert_allclose(scores(dense, kind(X)), scores(dense, X), rtol=1e-9, atol=1e-12)
    assert_allclose(sparse.predict(kind(X)), sparse.predict(X), rtol=1e-9)


def test_sparse_input_is_not_modified(Net, X, y):
    X = csr_array(np.where(X > 0.5, X, 0))
    before = X.copy()
    fit(make(Net), X, y).predict(X)
    for name in ("data", "indices", "indptr"):
        assert_array_equal(getattr(X, name), getattr(before, name))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_memory_mapped_read_only_x(Net, dtype, X, y, tmp_path):
    X = np.abs(np.rint(2 * X)).astype(dtype)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    net = fit(make(Net), mapped, y)
    assert_array_equal(flat(net), flat(fit(make(Net), X, y)))
    assert_array_equal(net.predict(mapped), net.predict(X))


def test_read_only_arrays(Net, X, y):
    arrays = [X, y, np.ones(len(X))]
    for array in arrays:
        array.setflags(write=False)
    assert len(fit(make(Net), *arrays).predict(X)) == len(X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_inputs_are_not_modified(Net, solver, dtype, X, y):
    arrays = [X.astype(dtype), y.astype(dtype), np.full(len(X), 2, dtype)]
    before = [array.copy() for array in arrays]
    net = fit(make(Net, solver=solver), *arrays)
    net.predict(arrays[0])
    if hasattr(net, "predict_log_proba"):
        net.predict_log_proba(arrays[0])
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)


def test_order_of_memory_does_not_matter(Net, X, y):
    expected = flat(fit(make(Net), X, y))
    strided = np.repeat(X, 2, axis=1)[:, ::2]
    for other in (np.asfortranarray(X), strided):
        assert_array_equal(flat(fit(make(Net), other, y)), expected)


def test_lists_give_what_arrays_give(Net, X, y):
    net = fit(make(Net), X.tolist(), y.tolist(), [1.0] * len(X))
    assert_array_equal(flat(net), flat(fit(make(Net), X, y, np.ones(len(X)))))
    assert not hasattr(net, "feature_names_in_")


def test_data_frame_names_are_kept_and_compared(Net, X, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    net = fit(make(Net), frame, pd.Series(y))
    assert net.feature_names_in_.tolist() == list("abcd")
    assert net.n_features_in_ == 4
    assert_array_equal(net.predict(frame), fit(make(Net), X, y).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="must be in the same order"):
        net.predict(frame[list("dcba")])


def test_wrong_number_of_features_is_refused(Net, X, y):
    net = fit(make(Net), X, y)
    with pytest.raises(ValueError, match="X has 3 features, but .* expecting 4"):
        net.predict(X[:, :3])


def test_fitted_attributes(Net, X, y):
    net = fit(make(Net, hidden_layer_sizes=(6, 5)), X, y)
    n_outputs = 1 if Net is MLPRegressor else 3
    widths = [4, 6, 5, n_outputs]
    shapes = list(itertools.pairwise(widths))
    assert [w.shape for w in net.coefs_] == shapes
    assert [b.shape for b in net.intercepts_] == [(width,) for width in widths[1:]]
    assert (net.n_layers_, net.n_outputs_) == (4, n_outputs)
    assert (net.n_iter_, net.t_) == (4, 4 * len(X))
    assert len(net.loss_curve_) == 4
    assert net.loss_ == net.loss_curve_[-1]
    assert net.best_loss_ == min(net.loss_curve_)
    assert type(net.loss_) is np.float64
    out = {LogisticClassifier: "logistic", MLPRegressor: "identity"}
    out[SVMClassifier] = "identity"
    assert net.out_activation_ == out.get(Net, "softmax")


def test_unfitted_net_has_no_fitted_attributes(Net):
    net = make(Net, hidden_layer_sizes=())
    for name in ("coefs_", "intercepts_", "coef_", "intercept_"):
        assert not hasattr(net, name)


def test_coef_is_for_linear_models_only(Net, X, y):
    net = fit(make(Net), X, y)
    with pytest.raises(AttributeError, match="hidden_layer_sizes=\\(\\)"):
        net.coef_  # noqa: B018
    assert not hasattr(net, "intercept_")


def test_coefs_are_views_of_what_predicts(Net, X, y):
    net = fit(make(Net), X, y)
    net.coefs_[-1][...] = 0
    net.intercepts_[-1][...] = 0
    assert_array_equal(scores(net, X), np.zeros_like(scores(net, X)))


def test_hidden_layer_sizes_may_be_one_integer_or_any_sequence(X, y):
    expected = flat(fit(make(MLPClassifier, hidden_layer_sizes=(6,)), X, y))
    for sizes in (6, [6], np.array([6]), np.int64(6)):
        net = fit(make(MLPClassifier, hidden_layer_sizes=sizes), X, y)
        assert_array_equal(flat(net), expected)


def test_predictions_from_eight_threads_equal_one_alone(Net, X, y):
    net = fit(make(Net), X, y)
    large = np.tile(X, (40, 1))
    blocks = [large * k for k in range(1, 25)]
    expected = [scores(net, block) for block in blocks]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda block: scores(net, block), blocks))
    for result, alone in zip(results, expected, strict=True):
        assert_array_equal(result, alone)


def test_predictions_do_not_depend_on_the_block(Net, X, y):
    net = fit(make(Net), X, y)
    large = np.tile(X, (140, 1))  # more rows than a pass of prediction takes
    assert_allclose(scores(net, large)[-60:], scores(net, X), rtol=1e-10, atol=1e-12)


BYTES = np.arange(0, 240, 10, dtype=np.uint8).reshape(12, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: MLPClassifier((3,), max_iter=1),
        lambda: MLPRegressor(hidden_layer_sizes=3, max_iter=1),
        lambda: SeedEnsembleRegressor(MLPRegressor(max_iter=1), n_members=2),
        lambda: BaggingEnsembleClassifier(
            MLPClassifier((3,), max_iter=1), n_members=2, cv=2
        ),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_floats_after_bytes_are_a_warning(make, kind):
    y = np.arange(12) % 2
    net = make().fit(kind(BYTES), y)
    scaled = kind(BYTES / 255)
    for rows in (net, pickle.loads(pickle.dumps(net))):
        with pytest.warns(UserWarning, match="floats up to 0.902, which the net ta"):
            rows.predict(scaled)
    # Equal rows, black rows, and rows after a fit to the same floats give no warning.
    net.predict(kind(BYTES.astype(float)))
    net.predict(kind(np.eye(2)))
    net.fit(scaled, y).predict(scaled)
    make().fit(kind((BYTES > 100).astype(np.uint8)), y).predict(scaled)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_floats_after_bytes_in_other_calls_are_a_warning():
    y = np.arange(12) % 2
    net = MLPClassifier((3,), max_iter=1)
    with pytest.warns(UserWarning, match="which the net takes for black pixels"):
        net.fit(BYTES, y, X_val=BYTES / 255, y_val=y)
    with pytest.warns(UserWarning, match="which the net takes for black pixels"):
        net.partial_fit(BYTES / 255, y)
    net.fit(BYTES / 255, y, X_val=BYTES / 255, y_val=y)
