"""A stack of fully connected layers over one flat parameter vector."""

import math
from functools import lru_cache
from operator import is_
from typing import NamedTuple

import numpy as np

from skdl.engine.aligned import aligned_zeros
from skdl.engine.blocks import copy_equal
from skdl.engine.initializers import glorot_uniform
from skdl.engine.layers import Affine, Dropout, Scaling, build_layers
from skdl.engine.layers.residual import initialize_blocks

__all__ = ["Network"]


class Network:
    """Affine layers with activations between them; the last one gives raw scores.

    All parameters are in one contiguous array: first the weights of all layers, then
    the rest (biases, and γ and β of a normalization). So the weights are one slice, an
    optimizer needs a few operations on whole vectors, and a checkpoint is one array.
    The layers hold views.

    Parameters
    ----------
    widths : sequence of int
        Number of features, of units per hidden layer, and of scores.
    activations : sequence of activation objects
        One per hidden layer.
    dtype : numpy.dtype
        float32 or float64.
    n_networks : int, optional
        If given, every array has a leading axis of this length: a stack of independent
        networks, which are evaluated in one pass.
    **options
        Further arguments of `skdl.engine.layers.build_layers`: dropout, normalization,
        skip connections, scaling of the columns, learned scales of the columns.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
        All parameters, weights first.
    n_weights : int
        Number of weights.
    statistics : ndarray of shape (n_statistics,) or (n_networks, n_statistics)
        Running statistics and the like, which prediction uses. Empty without
        normalization and scaling.
    layers : list of Layer
        All layers, in the order of the forward pass.
    affine : list of Affine
        The affine layers among them. The last one outputs the scores.
    scaling : Scaling or None
        The layer that standardizes the columns. It takes rows of any dtype; all other
        networks take rows of their own dtype.
    """

    def __init__(self, widths, activations, dtype, n_networks=None, **options):
        self.widths = tuple(map(int, widths))
        self.activations = list(activations)
        self.dtype = np.dtype(dtype)
        self.stack = () if n_networks is None else (int(n_networks),)
        self.options = options
        self._build()
        places = self._places
        shape = *self.stack, places.n_parameters
        self.parameters = aligned_zeros(shape, self.dtype)
        self.statistics = np.zeros((*self.stack, places.n_statistics), self.dtype)
        self.attach()
        for layer in self.layers:
            layer.reset()

    def _build(self):
        """Make the layers, and lay out their arrays in the flat ones."""
        self.layers = build_layers(self.widths, self.activations, **self.options)
        self.affine = [layer for layer in self.layers if isinstance(layer, Affine)]
        first = self.layers[0]
        self.scaling = first if isinstance(first, Scaling) else None
        self._places = _places_of(
            tuple(
                (layer.weight_shapes, layer.offset_shapes, layer.statistic_shapes)
                for layer in self.layers
            )
        )
        self.n_weights = self._places.n_weights

    def attach(self):
        """Give each layer its views of `parameters` and `statistics`."""
        parameters = self.views(self.parameters)
        statistics = self._cut(self.statistics, self._places.statistics)
        for layer, *views in zip(self.layers, parameters, statistics, strict=True):
            layer.attach(*views[0], *views[1])

    def views(self, vector):
        """Return the parts of a flat vector, a list of views for each layer.

        Parameters
        ----------
        vector : ndarray of the shape of `parameters`
            Parameters, or their gradient.
        """
        return self._cut(vector, self._places.parameters)

    def _cut(self, vector, places):
        if not self.stack:  # half the time
            return [
                [vector[part].reshape(shape) for part, shape in layer]
                for layer in places
            ]
        return [
            [vector[..., part].reshape(*self.stack, *shape) for part, shape in layer]
            for layer in places
        ]

    @property
    def layout(self):
        """Shapes of all arrays. Networks of equal layout can exchange parameters.

        Dropout has no arrays: it may come and go.
        """
        return [
            (layer.weight_shapes, layer.offset_shapes, layer.statistic_shapes)
            for layer in self.layers
            if not isinstance(layer, Dropout)
        ]

    def has_layout_of(self, other):
        """Return whether two networks can exchange parameters.

        Parameters
        ----------
        other : Network
            A network of the same widths and dtype.
        """
        # Cached places: the same object for the same shapes.
        is_alike = self._places is other._places and all(
            map(is_, map(type, self.layers), map(type, other.layers))
        )
        return is_alike or self.layout == other.layout

    def snapshot(self):
        """Return a copy of everything that training changes."""
        return self.parameters.copy(), self.statistics.copy()

    def restore(self, snapshot):
        """Copy back a snapshot.

        Parameters
        ----------
        snapshot : tuple
            What ``snapshot`` of a network of this layout returned.
        """
        arrays = (self.parameters, self.statistics)
        for array, saved in zip(arrays, snapshot, strict=True):
            copy_equal(array, saved)

    def move(self, parameters, statistics):
        """Copy everything that training changes into other arrays, and hold those.

        The layers keep their views of the old arrays until `attach` is called.

        Parameters
        ----------
        parameters, statistics : ndarray
            Arrays of the shapes of the old ones, which may be views of larger arrays.
        """
        copy_equal(parameters, self.parameters)
        copy_equal(statistics, self.statistics)
        self.parameters, self.statistics = parameters, statistics

    def is_finite(self):
        """Return whether no parameter and no statistic is infinite or NaN."""
        return all(map(_is_finite, (self.parameters, self.statistics)))

    def __getstate__(self):
        """Leave out the layers, whose views would be stored as copies, and the dtype.

        The parameters have the dtype. skops trusts arrays, but no dtype.
        """
        built = {"layers", "affine", "scaling", "_places", "dtype"}
        return {key: value for key, value in vars(self).items() if key not in built}

    def __setstate__(self, state):
        """Build the layers; refuse arrays that do not fit them."""
        vars(self).update(state)
        self.dtype = self.parameters.dtype
        self._build()
        self._check_size("parameters", self._places.n_parameters)
        self._check_size("statistics", self._places.n_statistics)
        self.attach()

    def _check_size(self, name, size):
        array, shape = getattr(self, name), (*self.stack, size)
        if array.shape != shape or array.dtype != self.dtype or array.dtype.kind != "f":
            raise ValueError(
                f"A network of widths {self.widths} has {name} of shape {shape}, and "
                f"the state to load has {array.dtype} of shape {array.shape}: the file "
                "is damaged or forged."
            )
        if array.strides[-1] != array.itemsize:
            # Parts of rows that are not contiguous would be copies, not views.
            setattr(self, name, np.ascontiguousarray(array))

    def initialize(self, rng, gain=6.0, initializers=None):
        """Draw all weights from rng, layer by layer.

        Parameters
        ----------
        rng : numpy.random.Generator or numpy.random.RandomState
            Draws the weights.
        gain : float, default=6.0
            The gain of `glorot_uniform`, which draws weights and biases if there are no
            initializers.
        initializers : sequence of initializer objects, optional
            One for each affine layer, which draws its weights. Biases start at 0 then.
        """
        for i, layer in enumerate(self.affine):
            # Each piece of a maxout unit is a linear function of its own.
            for weights, biases in layer.split_pieces():
                if initializers is None:
                    glorot_uniform(weights, biases, rng, gain)
                else:
                    initializers[i].fill(weights, rng)
                    biases[...] = 0
        initialize_blocks(self.layers, rng)

    @property
    def takes_any_dtype(self):
        """Whether the first layer converts rows itself, as a scaling does."""
        return self.scaling is not None

    def as_input(self, X):
        """Return X in a dtype that the first layer takes.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features), or CSR array
            Rows of any real dtype.
        """
        return X if self.takes_any_dtype else X.astype(self.dtype, copy=False)

    def scores(self, X, workspace):
        """Return the raw scores of rows X, in the workspace's memory.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features), or CSR array
            The rows, in the network's dtype. With a `scaling`, in any real dtype.
        workspace : Workspace
            Made for n_rows rows.

        Returns
        -------
        scores : ndarray of shape (..., n_rows, n_scores)
            A buffer of the workspace. The next pass overwrites it.
        """
        for forward in workspace.forward_passes:
            X = forward(X)
        return X

    def loss_and_gradient(self, X, targets, weights, loss, workspace):
        """Return the mean loss of a batch; its gradient fills `workspace.gradient`.

        The mean loss is Σ_i w_i J_i / Σ_i w_i, where J_i is the loss of row i.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features), or CSR array
            The rows of the batch.
        targets : ndarray of shape (n_rows, n_targets)
            Their targets, as the loss encodes them.
        weights : ndarray of shape (n_rows, 1), or None for ones
            Their weights. The sum must not be zero.
        loss : loss object
            See `skdl.engine.losses`.
        workspace : Workspace
            Made with ``training=True`` for n_rows rows.

        Returns
        -------
        value : float, or ndarray of shape (n_networks,)
            The mean loss.
        """
        workspace.weigh(weights)
        A = X
        for forward in workspace.forward_passes:
            A = forward(A)
        rows, gradient = workspace.rows, workspace.score_gradient
        loss.rows_and_gradient(A, targets, rows, gradient)
        np.multiply(gradient, workspace.shares, gradient)
        value = workspace.mean_of_rows()
        for backward in workspace.backward_passes:
            gradient = backward(gradient)
        return value


def _is_finite(array):
    # The sum of squares is finite only if all values are, and takes a tenth of the
    # time; but it can overflow. Unlike `dot`, `vdot` does not warn then.
    return math.isfinite(np.vdot(array, array)) or bool(np.isfinite(array).all())


class _Places(NamedTuple):
    """Where the arrays of the layers are in the flat arrays of a network.

    Attributes
    ----------
    parameters, statistics : list of list of (slice, shape)
        The places in `Network.parameters` and `Network.statistics`, for each layer.
    n_weights, n_parameters, n_statistics : int
        The weights are the first `n_weights` of the parameters.
    """

    parameters: list
    statistics: list
    n_weights: int
    n_parameters: int
    n_statistics: int


@lru_cache(maxsize=256)
def _places_of(shapes):
    """Return the `_Places` of layers; cached, since each partial_fit makes a network.

    Parameters
    ----------
    shapes : tuple
        (weight shapes, offset shapes, statistic shapes) of each layer.
    """
    weights, offsets, statistics = zip(*shapes, strict=True)
    weight_places, n_weights = _lay_out(weights)
    offset_places, n_parameters = _lay_out(offsets, n_weights)
    parameters = [w + o for w, o in zip(weight_places, offset_places, strict=True)]
    statistic_places, n_statistics = _lay_out(statistics)
    return _Places(parameters, statistic_places, n_weights, n_parameters, n_statistics)


def _lay_out(shapes_of_layers, start=0):
    """Return [[(slice, shape), …] for each layer], and where the last one ends."""
    places = []
    for shapes in shapes_of_layers:
        places.append([])
        for shape in shapes:
            stop = start + math.prod(shape)
            places[-1].append((slice(start, stop), shape))
            start = stop
    return places, start
