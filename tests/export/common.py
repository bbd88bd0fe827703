"""What the tests of exported models share."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning


def fitted(estimator, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(estimator).fit(*data)


def session(model):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    onnx.checker.check_model(model, full_check=True)
    return runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def run(model, rows):
    """Return the outputs by name for a matrix of rows, or for a dict of inputs."""
    one = session(model)
    names = [output.name for output in one.get_outputs()]
    feeds = rows if isinstance(rows, dict) else {"X": rows}
    return dict(zip(names, one.run(None, feeds), strict=True))


TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}


def feeds_of(model, frame):
    """Return the inputs of a model for the rows of a data frame of pandas."""
    feeds = {}
    for one in session(model).get_inputs():
        values = frame[[one.name]]
        if one.type == "tensor(string)":
            values = values.astype(object).where(values.notna(), "")
        elif frame[one.name].dtype.kind == "M":
            values = (values - np.datetime64(0, "D")) / np.timedelta64(1, "D")
        feeds[one.name] = values.to_numpy().astype(TYPES[one.type])
    return feeds
