"""Depth and width as two numbers, for tuners that have no use for tuples."""

from dataclasses import dataclass

from skdl.engine.checks import check_count
from skdl.engine.specification import Specification, explain_settings

__all__ = ["HiddenLayers"]


@explain_settings
@dataclass(eq=False, repr=False)
class HiddenLayers(Specification):
    """`n_layers` hidden layers of `width` units each, as `hidden_layer_sizes`.

    The object behaves as the sequence ``[width] * n_layers``, which scikit-learn's own
    nets take, too. Both numbers can be searched: ``hidden_layer_sizes__n_layers`` and
    ``hidden_layer_sizes__width``.

    Parameters
    ----------
    n_layers : int, default=1
        Number of hidden layers, at least 0. 0 gives the linear model.
    width : int, default=100
        Units of each hidden layer, at least 1.

    Examples
    --------
    >>> from skdl import MLPClassifier
    >>> from skdl.engine import HiddenLayers
    >>> net = MLPClassifier(HiddenLayers(n_layers=2, width=50))
    >>> list(net.set_params(hidden_layer_sizes__width=30).hidden_layer_sizes)
    [30, 30]
    """

    n_layers: int = 1
    width: int = 100

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_count(self, "n_layers", 0)
        check_count(self, "width")

    def __len__(self):
        """Return the number of hidden layers."""
        return self.n_layers

    def __iter__(self):
        """Yield the width of each hidden layer."""
        return iter([self.width] * self.n_layers)

    def __getitem__(self, index):
        """Return the width of one hidden layer, or a list for a slice."""
        return ([self.width] * self.n_layers)[index]
