"""How large gradients are from the first layer to the output."""

import numpy as np

from skdl.callbacks import Monitor
from skdl.engine.probe import probe
from skdl.estimators._validation import check_training_data
from skdl.inspection._arguments import check_integer, check_lengths
from skdl.inspection._display import (
    COLORS,
    GRAY,
    axes_for,
    named_layers,
    parts_of,
    tidy,
)

__all__ = ["GradientFlowDisplay"]

# Up to so many layers have their full names, and up to so many a name at all.
FEW, MOST = 6, 20


class GradientFlowDisplay:
    """The mean and the largest |gradient| of the weights, layer by layer.

    Where they fall by orders of magnitude towards the first layer, gradients vanish on
    their way back; where they grow, they explode.

    Parameters
    ----------
    gradient_mean, gradient_max : ndarray of shape (n_layers,)
        Of the absolute values.
    layer : sequence of str
        Names of the layers.
    title : str, optional

    Attributes
    ----------
    ax_ : matplotlib axes
    figure_ : matplotlib figure
    lines_ : list of matplotlib line
        The largest, and the mean.

    See Also
    --------
    skdl.callbacks.Monitor : Records the gradients of training.
    """

    def __init__(self, gradient_mean, gradient_max, layer, *, title=None):
        self.gradient_mean = gradient_mean
        self.gradient_max = gradient_max
        self.layer = layer
        self.title = title

    @classmethod
    def from_estimator(
        cls, estimator, X=None, y=None, sample_weight=None, *, step=None, ax=None
    ):
        """Draw the gradients of a net: on rows, or as a `Monitor` recorded them.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside.
        X : array-like of shape (n_samples, n_features), optional
            Rows, for the gradient of their mean loss at the weights of the fitted net,
            without dropout and penalty. Without them it is that of a recorded step.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), optional
            Their targets.
        sample_weight : array-like of shape (n_samples,), optional
        step : int, optional
            Of the records, the last one that is not later; the last one of all by
            default.
        ax : matplotlib axes, optional

        Returns
        -------
        display : GradientFlowDisplay
        """
        parts = parts_of(estimator, cls)
        if X is None and y is not None:
            raise ValueError("X is missing: y is about its rows.")
        if X is None:
            records = Monitor.records_of(parts.net)
            return cls._from_records(records, step).plot(ax=ax)
        if step is not None:
            raise ValueError(
                "step is about what a Monitor recorded, and X about the net as it is: "
                "leave one of them out."
            )
        if y is None:
            raise ValueError("y is missing: the loss of the rows of X needs it.")
        check_lengths(X, y, sample_weight)
        X, y = parts.to_net(X, y)
        gradients = _gradients(parts.net, X, y, sample_weight)
        layers, arrays = zip(*gradients, strict=True)
        sizes = [np.abs(array) for array in arrays]
        means = np.array([one.mean() for one in sizes])
        highest = np.array([one.max() for one in sizes])
        return cls(means, highest, layers).plot(ax=ax)

    @classmethod
    def _from_records(cls, records, step):
        steps = records["step"]
        i = len(steps) - 1
        if step is not None:
            check_integer("step", step, 0)
            i = int(np.searchsorted(steps, step, "right")) - 1
            if i < 0:
                raise ValueError(
                    f"step={step!r} comes before the first one recorded, {steps[0]}."
                )
        return cls(
            records["gradient_mean"][i], records["gradient_max"][i], records["layer"],
            title=f"step {steps[i]}",
        )  # fmt: skip

    def plot(self, ax=None):
        """Draw the gradients.

        Parameters
        ----------
        ax : matplotlib axes, optional

        Returns
        -------
        self : GradientFlowDisplay
        """
        n_layers = len(self.layer)
        width = min(12.0, max(4.5, 2.2 + 0.75 * n_layers))
        (axes,) = axes_for(self, ax, figsize=(width, 3.2))
        self.ax_, self.figure_ = axes, axes.figure
        tidy(axes)
        axes.grid(visible=False, axis="x")
        places, self.lines_ = np.arange(n_layers), []
        for values, label, marker, color in (
            (self.gradient_max, "largest", "^", COLORS["red"]),
            (self.gradient_mean, "mean", "o", COLORS["blue"]),
        ):
            values = np.asarray(values, float)
            (line,) = axes.plot(
                places, np.where(values > 0, values, np.nan), marker=marker,
                color=color, label=label, linewidth=1.3,
            )  # fmt: skip
            self.lines_.append(line)
        axes.set(yscale="log", ylabel="|gradient| of weights", xlabel="layer")
        few, named = n_layers <= FEW, named_layers(n_layers, MOST)
        axes.set_xticks(
            named, [self.layer[i] if few else _short(self.layer[i]) for i in named]
        )
        axes.margins(x=0.12 if few else 0.05, y=0.12)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
        if self.title is not None:
            axes.set_title(self.title, color=GRAY, fontsize="medium")
        return self


def _short(name):
    return name.removeprefix("hidden ")


def _gradients(net, X, y, sample_weight):
    """Return [(name, weight gradient) for each layer] of the mean loss of rows."""
    network = net._network
    y = net._read_targets(y, False, None)
    X, y, weights = check_training_data(
        net, X, y, sample_weight, reset=False, y_numeric=net._y_numeric
    )
    _, targets, table, _ = net._code_targets(y, network.dtype, False, True, None)
    targets = targets if table is None else table[targets]
    records = probe(network, X, targets, weights, net._loss())
    return [(record.name, record.weight_gradient) for record in records]
