"""The layers of a network, in the order of the forward pass."""

from skdl.engine.activations import Identity
from skdl.engine.layers.activation import ActivationLayer
from skdl.engine.layers.affine import Affine
from skdl.engine.layers.base import Layer
from skdl.engine.layers.batch_norm import BatchNormLayer
from skdl.engine.layers.dropout import Dropout
from skdl.engine.layers.residual import Fork, Join
from skdl.engine.layers.scaled_affine import ScaledAffine
from skdl.engine.layers.scaling import Scaling

__all__ = ["build_layers"]


def build_layers(
    widths, activations, *, dropout=None, normalization=None,
    normalization_position="before", residual=False, scaling=False, input_scales=False,
):  # fmt: skip
    """Return new layers, which share no array with those of another network.

    A hidden layer is affine map → activation → dropout, with the normalization before
    or after the activation. If `residual` is True, a skip connection leads around each
    hidden layer but the first, which changes from features to units in any case.

    Parameters
    ----------
    widths : sequence of int
        Number of features, of units per hidden layer, and of scores.
    activations : sequence of activation objects
        One per hidden layer.
    dropout : sequence of float, optional
        Rates of the input and of each hidden layer. A rate of 0 adds no layer.
    normalization : BatchNorm, optional
        Settings of the batch normalization. By default, nothing is normalized.
    normalization_position : {'before', 'after'}, default='before'
        Whether the normalization comes before or after the activation.
    residual : bool, default=False
        Whether there are skip connections.
    scaling : bool, default=False
        Whether a `Scaling` of the columns comes first.
    input_scales : bool, default=False
        Whether the first affine layer learns a scale for each column, see
        `ScaledAffine`. There is no gradient with respect to the data then.

    Returns
    -------
    layers : list of Layer
        The layers in the order of a forward pass.
    """
    rates = [0] * (len(widths) - 1) if dropout is None else list(dropout)
    layers: list[Layer] = [Scaling(widths[0])] if scaling else []
    if rates[0]:
        layers.append(Dropout(rates[0], widths[0], before_weights=True))
    for i, function in enumerate(activations):
        fan_in, width = widths[i : i + 2]
        fork = Fork(fan_in) if residual and i else None
        if fork:
            layers.append(fork)
        activation = ActivationLayer(function, width)
        pieces = activation.function.pieces
        if input_scales and i == 0:
            layers.append(ScaledAffine(fan_in, width, pieces))
        else:
            layers.append(Affine(fan_in, width, is_first=i == 0, pieces=pieces))
        if normalization and normalization_position == "before":
            layers.append(BatchNormLayer(normalization, width * pieces))
        layers.append(activation)
        if normalization and normalization_position == "after":
            layers.append(BatchNormLayer(normalization, width))
        if rates[i + 1]:
            layers.append(Dropout(rates[i + 1], width))
        if fork:
            layers.append(Join(fork, width))
    if input_scales and len(widths) == 2:
        layers.append(ScaledAffine(*widths, is_last=True))
    else:
        layers.append(Affine(*widths[-2:], is_first=len(widths) == 2, is_last=True))
    if normalization:
        _find_absorbers(layers)
    return layers


def _find_absorbers(layers):
    """Find, for each layer, the batch normalization that cancels its biases.

    A number that is added to a unit in all rows changes nothing behind a batch
    normalization, if only linear layers lie between the two. Skip connections are
    linear; dropout and activations are not.
    """
    absorber, at_joins = None, []
    for layer in reversed(layers):
        if isinstance(layer, Affine | BatchNormLayer):
            layer.absorber = absorber
        if isinstance(layer, BatchNormLayer):
            absorber = layer
        elif isinstance(layer, Join):
            at_joins.append(absorber)
        elif isinstance(layer, Fork):
            # The output of the layers before it goes both ways.
            absorber = absorber if at_joins.pop() else None
        elif not (isinstance(layer, Affine) or _is_identity(layer)):
            absorber = None


def _is_identity(layer):
    return isinstance(layer, ActivationLayer) and type(layer.function) is Identity
