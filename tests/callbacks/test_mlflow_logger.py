"""What MLflow shows is the parameters, the history and the model of a fit."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdl
from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback, MLflowLogger

X, y = load_iris(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    """MLflow with a database of its own, and an experiment of its own."""
    mlflow = pytest.importorskip("mlflow", reason="needs mlflow: skdl[mlflow]")
    folder = tmp_path_factory.mktemp("mlflow")
    patch = pytest.MonkeyPatch()
    patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/runs.db")
    made = mlflow.create_experiment("skdl", artifact_location=folder.as_uri())
    mlflow.set_experiment(experiment_id=made)
    yield mlflow
    mlflow.set_tracking_uri(before)
    patch.undo()


@pytest.fixture
def runs(mlflow):
    """A function that returns the runs since the test began."""
    before = {run.info.run_id for run in mlflow.search_runs(output_format="list")}

    def new():
        found = mlflow.search_runs(output_format="list")
        return [run for run in found if run.info.run_id not in before]

    yield new
    while mlflow.active_run():
        mlflow.end_run()


def make(*callbacks, **settings):
    net = MLPClassifier((4,), max_iter=3, random_state=0, **settings)
    return net.set_callbacks(*callbacks)


def test_a_run_of_its_own(mlflow, runs):
    net = make(MLflowLogger(), early_stopping=True).fit(X, y)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params["hidden_layer_sizes"] == "(4,)"
    assert run.data.params["class"] == "MLPClassifier"
    client = mlflow.MlflowClient()
    for name, column in net.history_.items():
        logged = client.get_metric_history(run.info.run_id, name)
        known = ~np.isnan(column)
        assert [one.step for one in logged] == [*np.flatnonzero(known) + 1]
        assert_allclose([one.value for one in logged], np.asarray(column)[known])
    assert mlflow.active_run() is None
    (model,) = mlflow.search_logged_models(
        filter_string=f"source_run_id='{run.info.run_id}'", output_format="list"
    )
    loaded = mlflow.sklearn.load_model(model.model_uri)
    assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))
    info = mlflow.models.get_model_info(model.model_uri)
    assert info.signature.inputs.input_types() == [np.dtype(np.float64)]


def test_names_of_columns_are_in_the_signature(mlflow, runs):
    frame, labels = load_iris(return_X_y=True, as_frame=True)
    make(MLflowLogger()).fit(frame, labels)
    (run,) = runs()
    (model,) = mlflow.search_logged_models(
        filter_string=f"source_run_id='{run.info.run_id}'", output_format="list"
    )
    info = mlflow.models.get_model_info(model.model_uri)
    assert info.signature.inputs.input_names() == list(frame)


def test_the_active_run(mlflow, runs):
    logger = MLflowLogger(log_model=False)
    with mlflow.start_run() as active:
        make(logger).fit(X, y)
        assert mlflow.active_run().info.run_id == active.info.run_id
        with pytest.raises(ValueError, match=r"write MLflowLogger\(nested=True\)"):
            make(logger, alpha=1.0).fit(X, y)
    (run,) = runs()
    assert "loss" in run.data.metrics


def test_runs_below_the_active_run(mlflow, runs):
    net = make(MLflowLogger(log_model=False, nested=True))
    with mlflow.start_run() as active:
        GridSearchCV(net, {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
    found = [run for run in runs() if run.info.run_id != active.info.run_id]
    assert len(found) == 5
    parents = {run.data.tags["mlflow.parentRunId"] for run in found}
    assert parents == {active.info.run_id}


def test_a_fit_that_fails(mlflow, runs):
    def fail(net):
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        make(MLflowLogger(), LambdaCallback(fail)).fit(X, y)
    (run,) = runs()
    assert run.info.status == "FAILED"
    assert "loss" in run.data.metrics
    assert mlflow.active_run() is None


def test_many_epochs_are_few_transactions(mlflow, runs, monkeypatch):
    sizes = []

    def log_batch(client, run_id, metrics, **others):
        sizes.append(len(metrics))

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", log_batch)
    monkeypatch.setattr("skdl.callbacks.mlflow_logger.SECONDS", 1000.0)
    net = make(MLflowLogger(log_model=False)).set_params(max_iter=300, tol=0.0)
    net.set_params(n_iter_no_change=1000).fit(X, y)
    n_numbers = sum(np.isfinite(column).sum() for column in net.history_.values())
    assert sum(sizes) == n_numbers
    assert max(sizes) == 1000
    assert len(sizes) <= n_numbers // 1000 + 4


def test_errors(monkeypatch):
    with pytest.raises(TypeError, match="log_model must be True or False, got 'no'"):
        MLflowLogger(log_model="no")
    with pytest.raises(TypeError, match="nested must be True or False, got 1"):
        MLflowLogger(nested=1)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ImportError, match=r'pip install "skdl\[mlflow\]"'):
        make(MLflowLogger()).fit(X, y)


def test_log_model_with_the_trusted_types(mlflow, runs):
    pipeline = make_pipeline(StandardScaler(), make()).fit(X, y)
    names = {"skops_trusted_types": skdl.trusted_types, "pip_requirements": []}
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(pipeline, name="model", **names)
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert_array_equal(loaded.predict_proba(X), pipeline.predict_proba(X))


def test_autolog_of_a_pipeline(mlflow, runs):
    mlflow.sklearn.autolog(log_models=False, log_datasets=False)
    try:
        make_pipeline(StandardScaler(), make()).fit(X, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    (run,) = runs()
    assert "training_accuracy_score" in run.data.metrics
    assert run.data.params["mlpclassifier__max_iter"] == "3"
