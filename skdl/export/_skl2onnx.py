"""Converters of skdl's estimators for skl2onnx, and calls of it.

skl2onnx converts estimators by their class, and pipelines step by step. It finds the
converters of other libraries in a table.
"""

from importlib.util import find_spec

import numpy as np
from sklearn.base import is_classifier

from skdl.ensemble import (
    BaggingEnsembleClassifier,
    BaggingEnsembleRegressor,
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.estimators import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
    TabularClassifier,
    TabularRegressor,
)
from skdl.export._estimators import dtype_of, write
from skdl.export._graph import Graph, Tensor, tensor_type
from skdl.preprocessing import (
    PCAWhitener,
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    Standardizer,
    TabularEncoder,
)

__all__ = ["convert", "register"]

CLASSIFIERS = (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TabularClassifier,
    BaggingEnsembleClassifier,
    CheckpointEnsembleClassifier,
    SeedEnsembleClassifier,
)
OTHERS = (
    MLPRegressor,
    TabularRegressor,
    BaggingEnsembleRegressor,
    CheckpointEnsembleRegressor,
    SeedEnsembleRegressor,
    PCAWhitener,
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    Standardizer,
    TabularEncoder,
)
# The options of skl2onnx's own classifiers.
OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
    "raw_scores": [True, False],
}


def register():
    """Register converters with skl2onnx, if it is installed."""
    if find_spec("skl2onnx") is None:
        return
    from skl2onnx import update_registered_converter as update

    for kind in CLASSIFIERS:
        update(
            kind, f"Skdl{kind.__name__}", _set_types, _convert_one,
            parser=_parse_classifier, options=OPTIONS,
        )  # fmt: skip
    for kind in OTHERS:
        update(kind, f"Skdl{kind.__name__}", _set_types, _convert_one)


def convert(estimator, tensors, opsets):
    """Return what skl2onnx makes of a fitted estimator, with tables of probabilities.

    Parameters
    ----------
    estimator : estimator
        Of any library.
    tensors : list of Tensor
        Its inputs.
    opsets : dict
        Versions of the sets of operators.
    """
    name = type(estimator).__name__
    try:
        from skl2onnx import convert_sklearn
    except ImportError as error:
        raise ImportError(
            f"{name} is not an estimator of skdl, nor a pipeline of those alone, and "
            "skl2onnx converts the others: pip install skl2onnx."
        ) from error
    types = [(one.name, _type_of(one)) for one in tensors]
    options = {id(estimator): {"zipmap": False}} if is_classifier(estimator) else None
    return convert_sklearn(estimator, name, types, target_opset=opsets, options=options)


def _type_of(tensor):
    """Return skl2onnx's type of a tensor."""
    from skl2onnx.common import data_types

    kinds = {
        "float32": data_types.FloatTensorType,
        "float64": data_types.DoubleTensorType,
        "int64": data_types.Int64TensorType,
        "int32": data_types.Int32TensorType,
        "bool": data_types.BooleanTensorType,
        "uint8": data_types.UInt8TensorType,
        "int8": data_types.Int8TensorType,
        "object": data_types.StringTensorType,
    }
    if tensor.dtype.name not in kinds:
        raise ValueError(
            f"The input {tensor.name!r} is {tensor.dtype.name}, and skl2onnx takes "
            f"{', '.join(kinds)}: convert the X that you pass to to_onnx."
        )
    kind = kinds[tensor.dtype.name](list(tensor.shape))
    return data_types.SequenceType(kind) if tensor.is_list else kind


def _tensor_of(variable):
    """Return a `Tensor` for a variable of skl2onnx."""
    from skl2onnx.common import data_types

    kinds = {
        data_types.DoubleTensorType: np.float64,
        data_types.Int64TensorType: np.int64,
        data_types.Int32TensorType: np.int32,
        data_types.BooleanTensorType: np.bool_,
        data_types.UInt8TensorType: np.uint8,
        data_types.Int8TensorType: np.int8,
        data_types.StringTensorType: object,
    }
    dtype = np.dtype(kinds.get(type(variable.type), np.float32))
    return Tensor(variable.full_name, dtype, (None, variable.type.shape[1]))


def _written(operator, unique=None):
    """Return the graph of an operator, and its outputs."""
    estimator = operator.raw_operator
    tensors = [_tensor_of(variable) for variable in operator.inputs]
    defaults = {"nocl": False, "raw_scores": False}
    options = operator.scope_inst.get_options(estimator, defaults, fail=False)
    options = options if is_classifier(estimator) else defaults
    dtype, raw = dtype_of(estimator, tensors), options["raw_scores"]
    graph = Graph(dtype, unique, wants_scores=raw)
    outputs = list(write(graph, estimator, tensors).values())
    if len(outputs) == 2 and len(outputs[1].shape) == 1:
        outputs[1] = _one_column_per_class(graph, estimator, outputs[1])
    if options["nocl"]:
        outputs[0] = _class_numbers(graph, outputs[0])
    return graph, outputs


def _class_numbers(graph, label):
    """Return the class numbers that labels are looked up by: the option 'nocl'."""
    lookup = next(node for node in graph.nodes if label.name in node.outputs)
    if lookup.kind != "Gather":
        return label
    return Tensor(lookup.inputs[1], np.dtype(np.int64), label.shape)


def _one_column_per_class(graph, estimator, score):
    """Return the single score of two classes as one of each, as skl2onnx wants."""
    column = graph.add("Reshape", score.name, np.array([-1, 1]))
    n_classes = len(estimator.classes_)
    if n_classes == 2:
        column = graph.add("Concat", graph.add("Neg", column), column, axis=1)
    return Tensor(column, graph.dtype, (None, n_classes))


def _set_types(operator):
    """Tell skl2onnx the types of the outputs of an operator."""
    _, outputs = _written(operator)
    for variable, tensor in zip(operator.outputs, outputs, strict=True):
        variable.type = _type_of(tensor)


def _convert_one(scope, operator, container):
    """Add the nodes of an estimator to those of skl2onnx."""
    from onnx import numpy_helper

    graph, outputs = _written(operator, scope.get_unique_variable_name)
    for name, array in graph.constants.items():
        if array.dtype.hasobject:
            texts = [text.encode() for text in array.ravel()]
            kind = tensor_type(object)
            container.add_initializer(name, kind, list(array.shape), texts)
        else:
            tensor = numpy_helper.from_array(array, name)
            container.add_initializer(name, None, None, tensor)
    for node in graph.nodes:
        container.add_node(
            node.kind, node.inputs, node.outputs, op_domain=node.domain,
            name=scope.get_unique_operator_name(node.kind), **node.attributes,
        )  # fmt: skip
    for tensor, variable in zip(outputs, operator.outputs, strict=True):
        name = scope.get_unique_operator_name("Identity")
        container.add_node("Identity", tensor.name, variable.full_name, name=name)


def _parse_classifier(scope, model, inputs, custom_parsers=None):
    """Declare the outputs of a classifier; several columns of labels have no map."""
    from skl2onnx import get_model_alias
    from skl2onnx._parse import _parse_sklearn_classifier
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

    if not isinstance(model.classes_, list):
        return _parse_sklearn_classifier(scope, model, inputs, custom_parsers)
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    # `_set_types` sets the types.
    for name, kind in ("label", Int64TensorType), ("probabilities", FloatTensorType):
        operator.outputs.append(scope.declare_local_variable(name, kind()))
    return operator.outputs


register()
