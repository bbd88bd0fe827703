"""Depth and width as two numbers, for tuners that have no use for tuples."""

from dataclasses import dataclass

from sklearn.base import BaseEstimator

from skdl.engine.checks import check_count

__all__ = ["HiddenLayers"]


@dataclass(eq=False, repr=False)
class HiddenLayers(BaseEstimator):
    """`n_layers` hidden layers of `width` units each, as `hidden_layer_sizes`.

    It reads as the sequence ``[width] * n_layers``, so that scikit-learn's own nets
    take it, too. Both numbers can be searched: ``hidden_layer_sizes__n_layers`` and
    ``hidden_layer_sizes__width``.

    Parameters
    ----------
    n_layers : int, default=1
        At least 0, which gives the linear model.
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

    def check(self):
        """Raise ValueError for settings out of their range."""
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
