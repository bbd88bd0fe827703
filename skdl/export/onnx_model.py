"""Fitted estimators as ONNX models."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdl.export._estimators import default_inputs, dtype_of, write, writer_of
from skdl.export._graph import Graph
from skdl.export._inputs import inputs_like, inputs_of
from skdl.export._model import OPSETS, build_model, require_onnx
from skdl.export._skl2onnx import convert

__all__ = ["to_onnx"]


def to_onnx(estimator: Any, X: Any = None) -> Any:
    """Return a fitted estimator as an ONNX model, for servers without Python.

    The model predicts as the estimator does, to the rounding of float32. It takes nets
    of every activation, loss and kind of y, ensembles, `TabularClassifier` and
    `TabularRegressor` with their tables, the transformers of `skdl.preprocessing` but
    `ImageAugmenter`, pipelines of these, and what a search has found. Anything else,
    such as a pipeline with scikit-learn's steps, is passed to skl2onnx, which knows
    the estimators of skdl once `skdl.export` is imported.

    It needs onnx: ``pip install "skdl[onnx]"``.

    Parameters
    ----------
    estimator : estimator
        A fitted one.
    X : data frame or array-like of shape (n_samples, n_features), optional
        Some rows, whose types the inputs get: each column of a data frame is an input
        of its own, and an array is one input, "X". With an input of float64, the model
        computes in float64. By default there is an input for each name in
        `feature_names_in_`, or one input "X" if the columns have no names, of float32;
        text for the columns of tabular nets that held text.

    Returns
    -------
    model : onnx.ModelProto
        It has opset 18, and opset 3 of ai.onnx.ml. ``model.SerializeToString()`` makes
        the bytes that ONNX Runtime takes. The outputs are:

        - of a classifier "label", int64 or text, and "probabilities" of the shape of
          ``predict_proba``; or "scores" as ``decision_function``, if there are no
          probabilities. Several columns of labels give a list of probabilities, as
          ``predict_proba`` does; columns of different types give text.
        - of a regressor and of a transformer "variable", with a column for each output,
          also for a single one. Several quantiles are the last axis.

        In a tensor of text, the empty string stands for a missing value. If a column of
        X has the name of an output, an underscore follows the name of the output.

    Raises
    ------
    ImportError
        Without onnx; for other estimators without skl2onnx.
    ValueError
        For a loss or an activation that is Python code of your own, and for an X whose
        columns are not those of ``fit``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.export import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((10,), random_state=0, tol=0.01).fit(X, y)
    >>> model = to_onnx(net)  # doctest: +SKIP
    >>> [output.name for output in model.graph.output]  # doctest: +SKIP
    ['label', 'probabilities']
    """
    require_onnx()
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    check_is_fitted(estimator)
    if writer_of(estimator) is None:
        return convert(estimator, _inputs_of_any(estimator, X), OPSETS)
    tensors = default_inputs(estimator) if X is None else inputs_like(X)
    names = [one.name for one in tensors]
    graph = Graph(dtype_of(estimator, tensors), taken=names)
    outputs = write(graph, estimator, tensors)
    return build_model(graph, tensors, outputs, type(estimator).__name__)


def _inputs_of_any(estimator, X):
    """Return the inputs of an estimator of which only skl2onnx knows the types."""
    if X is not None:
        return inputs_like(X)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        raise ValueError(
            f"{type(estimator).__name__} was fitted to a data frame, and only its rows "
            "tell the types of the inputs: call to_onnx(estimator, X)."
        )
    return inputs_of(None, [np.dtype(np.float32)] * estimator.n_features_in_)
