"""The base class of layers."""

import numpy as np

__all__ = ["Layer", "layer_names", "squared", "transposed"]


class Layer:
    """Base class of layers.

    Its methods run when a network or a workspace is built, never during a pass.

    Attributes
    ----------
    weight_shapes : sequence of tuple
        Shapes of the parameters that a penalty takes.
    offset_shapes : sequence of tuple
        Shapes of the other parameters: biases, and γ and β of a normalization.
    statistic_shapes : sequence of tuple
        Shapes of the arrays that training records and prediction uses.
    training_only : bool
        Whether prediction skips the layer.
    before_weights : bool
        Whether only the data come before the layer: no gradient has to pass it.
    absorber : Layer or None
        The batch normalization behind the layer that cancels its biases. Their gradient
        is then set to zero, because Adam would scale up what rounding leaves of it.
    """

    weight_shapes: tuple = ()
    offset_shapes: tuple = ()
    statistic_shapes: tuple = ()
    training_only = False
    before_weights = False
    absorber: "Layer | None" = None

    def attach(self, *views):
        """Store views of the network's arrays.

        Parameters
        ----------
        *views : ndarray
            Views of the parameters, in the order of their shapes, then of the
            statistics.
        """

    def reset(self):
        """Set parameters and statistics that are not drawn at random to their start."""

    def join(self, layers):
        """Take over, in a stack, the settings that may differ between its networks.

        Parameters
        ----------
        layers : sequence of Layer
            The layers of single networks in this layer's place.
        """

    def buffers(self, workspace, *gradients):
        """Allocate the memory of one workspace.

        Parameters
        ----------
        workspace : Workspace
            The number of rows, the dtype, and whether it is for training.
        *gradients : ndarray
            In training, where the gradients of the parameters go.

        Returns
        -------
        buffers : object
            What `bind` takes.
        """
        raise NotImplementedError

    def bind(self, buffers):
        """Return what a network calls in a pass.

        The two functions look up nothing that does not change: a step of a small
        network takes some 50 µs.

        Parameters
        ----------
        buffers : object
            What `buffers` returned.

        Returns
        -------
        forward : callable
            Takes the input X and returns the output A.
        backward : callable
            Takes the gradient of the output, dA, and returns that of the input. It also
            fills the gradients of the parameters. It may be None for buffers that are
            not for training.
        """
        raise NotImplementedError

    def affine_map(self):
        """Return (scale, shift) if the layer predicts x · scale + shift, else None.

        Returns
        -------
        scale, shift : ndarray of shape (..., 1, width), in float64
            One number per unit.
        """
        return None

    def squared_paths(self, squares, skipped):
        """Propagate sums of squared paths from the layer's outputs to its inputs.

        A path leads from one unit to the scores; it weighs the product of the weights
        along it.

        Parameters
        ----------
        squares : ndarray of shape (..., width of the output, 1)
            For each output, the sum over its paths of their squared weights, in
            float64.
        skipped : dict from Fork to ndarray
            The sums of skip connections, from where they join to where they fork.

        Returns
        -------
        squares : ndarray of shape (..., width of the input, 1)
            The same for each input.
        """
        raise TypeError(f"no importances through a {type(self).__name__}")


def layer_names(n_layers: int) -> list[str]:
    """Return "hidden 1", "hidden 2" … and "output".

    Parameters
    ----------
    n_layers : int
        Number of affine layers, the output included.

    Examples
    --------
    >>> from skdl.engine.layers import layer_names
    >>> layer_names(3)
    ['hidden 1', 'hidden 2', 'output']
    """
    return [*(f"hidden {i + 1}" for i in range(n_layers - 1)), "output"]


def transposed(X):
    """Return X with its last two axes exchanged, without a copy.

    Parameters
    ----------
    X : ndarray of shape (..., m, n), or CSR array
        A matrix, or a stack of matrices.
    """
    return X.T if X.ndim == 2 else X.swapaxes(-1, -2)


def squared(array):
    """Return the squares of an array in float64.

    Parameters
    ----------
    array : ndarray
        Any array of floats.
    """
    return np.square(array, dtype=np.float64)
