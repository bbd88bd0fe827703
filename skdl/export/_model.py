"""A graph as an ONNX model."""

from skdl._version import __version__
from skdl.export._graph import ML, tensor_type

__all__ = ["OPSETS", "build_model", "require_onnx"]

# The versions of the operators: those of onnx 1.13, which ONNX Runtime 1.14 runs.
OPSETS = {"": 18, ML: 3}


def require_onnx():
    """Raise ImportError that says what to install, unless onnx is installed."""
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ImportError('to_onnx needs onnx: pip install "skdl[onnx]".') from error


def build_model(graph, tensors, outputs, name):
    """Return a graph as a model.

    Parameters
    ----------
    graph : Graph
    tensors : list of Tensor
        The inputs.
    outputs : dict
        Name -> `Tensor`.
    name : str
        The name of the graph.
    """
    from onnx import helper, numpy_helper

    outputs = _with_free_names(outputs, {one.name for one in tensors})
    nodes = [
        helper.make_node(
            node.kind, node.inputs, node.outputs, domain=node.domain, **node.attributes
        )
        for node in graph.nodes
    ]
    nodes += [
        helper.make_node("Identity", [outputs[key].name], [key]) for key in outputs
    ]
    constants = [
        numpy_helper.from_array(graph.constants[key], key) for key in graph.constants
    ]
    inputs = [_value(one.name, one) for one in tensors]
    results = [_value(key, outputs[key]) for key in outputs]
    made = helper.make_graph(nodes, name, inputs, results, constants)
    opsets = [helper.make_opsetid(*pair) for pair in OPSETS.items()]
    return helper.make_model(
        made,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="skdl",
        producer_version=__version__,
    )


def _with_free_names(outputs, taken):
    """Return outputs with an underscore after a name that a column has, too."""
    named = {}
    for name, tensor in outputs.items():
        while name in taken:
            name += "_"
        named[name] = tensor
    return named


def _value(name, tensor):
    from onnx import helper

    kind, shape = tensor_type(tensor.dtype), list(tensor.shape)
    if tensor.is_list:
        # The parts may have any number of axes.
        element = helper.make_tensor_type_proto(kind, None)
        return helper.make_value_info(name, helper.make_sequence_type_proto(element))
    return helper.make_tensor_value_info(name, kind, shape)
