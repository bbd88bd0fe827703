"""The nodes and constants of an ONNX model, while it is written."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ML", "Graph", "Node", "Tensor", "tensor_type"]

# The domain of the operators for tables and text.
ML = "ai.onnx.ml"


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph with a row for each sample, or a list of tensors.

    Attributes
    ----------
    name : str
        Its name in the graph.
    dtype : numpy.dtype
        object stands for text.
    shape : tuple of int or None
        Lengths of the axes; None for the number of rows.
    is_list : bool
        Whether it is a list of tensors, as of several columns of labels.
    """

    name: str
    dtype: np.dtype
    shape: tuple
    is_list: bool = False

    @property
    def is_text(self):
        """Whether the elements are text."""
        return self.dtype.hasobject


@dataclass(frozen=True)
class Node:
    """One operation.

    Attributes
    ----------
    kind : str
        The operator.
    inputs, outputs : list of str
        Names of tensors.
    domain : str
        The set of operators; "" is ONNX's own.
    attributes : dict
        Settings of the operator.
    """

    kind: str
    inputs: list
    outputs: list
    domain: str
    attributes: dict


class Graph:
    """Nodes and constants in the order in which they were added.

    Operators are chosen so that opset 13 and all later ones understand them alike.

    Parameters
    ----------
    dtype : numpy.dtype
        float32 or float64, in which the graph computes.
    unique : callable, optional
        Turns a word into a name that no other tensor has.
    taken : collection of str, default=()
        Names of the inputs, which no other tensor gets.
    wants_scores : bool, default=False
        Whether classifiers give what ``decision_function`` returns in place of
        probabilities.
    """

    def __init__(
        self,
        dtype: Any,
        unique: Callable[[str], str] | None = None,
        *,
        taken: Collection[str] = (),
        wants_scores: bool = False,
    ) -> None:
        self.dtype, self.wants_scores = np.dtype(dtype), wants_scores
        self.nodes: list[Node] = []
        self.constants: dict[str, np.ndarray] = {}
        self._counts: Counter = Counter()
        self._taken = set(taken)
        self._unique = unique or self._next

    def _next(self, word):
        while True:
            self._counts[word] += 1
            name = f"skdl_{word}_{self._counts[word]}"
            if name not in self._taken:
                return name

    def add(self, kind, *inputs, domain="", n_outputs=1, **attributes):
        """Add a node; return the name of its output, or a list of names.

        Parameters
        ----------
        kind : str
            The operator.
        *inputs : str or ndarray
            Names of tensors. An array becomes a constant.
        domain : str, default=""
            The set of operators.
        n_outputs : int, default=1
            Number of outputs.
        **attributes
            Settings of the operator.
        """
        names = [x if isinstance(x, str) else self._constant(x) for x in inputs]
        outputs = [self._unique(kind.lower()) for _ in range(n_outputs)]
        self.nodes.append(Node(kind, names, outputs, domain, attributes))
        return outputs[0] if n_outputs == 1 else outputs

    def _constant(self, array):
        name = self._unique("constant")
        self.constants[name] = np.ascontiguousarray(array).reshape(np.shape(array))
        return name

    def numbers(self, values):
        """Return values as an array of the graph's dtype."""
        return np.asarray(values, self.dtype)

    def cast(self, x, dtype):
        """Add a node that converts a tensor; return the name of its output."""
        return self.add("Cast", x, to=tensor_type(dtype))

    def flat(self, x):
        """Add a node that leaves one axis; return the name of its output."""
        return self.add("Reshape", x, np.array([-1]))

    def sum(self, x, axis):
        """Add a node that sums over an axis; return the name of its output."""
        return self.add("ReduceSum", x, np.array([axis]), keepdims=0)

    def is_positive(self, x):
        """Add a node that tells which numbers are above 0."""
        return self.add("Greater", x, self.numbers(0))


def tensor_type(dtype):
    """Return ONNX's number of a dtype; object stands for text."""
    from onnx import TensorProto, helper

    dtype = np.dtype(dtype)
    if dtype.hasobject:
        return int(TensorProto.STRING)
    return int(helper.np_dtype_to_tensor_dtype(dtype))
