"""The learning rate range test: one short training at growing learning rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import issparse
from sklearn.base import clone

from skdl._sklearn import check_matplotlib_support
from skdl._text_tables import html_table
from skdl._warn import warn
from skdl.estimators._internal_api import constant_loss, train_discarded, uses_lbfgs
from skdl.inspection._check_arguments import check_integer, check_number
from skdl.inspection._unwrap import unwrap_net
from skdl.inspection.displays._axes import COLORS, Display, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LearningRateDisplay", "find_learning_rate"]

# The width of the smoothing as a share of the steps, and the factor between the rate of
# the lowest loss and the suggestion: benchmarks/learning_rate.py measures their effect.
SMOOTHING = 0.02
MARGIN = 3
# The least share of a linear net's fall below the loss of a constant that the fall of a
# net must have: docs/inspection.md has the measurements.
LEAST_FALL = 0.5
# The number of latest losses whose mean decides whether training has diverged.
RECENT = 5


@dataclass(repr=False, eq=False, kw_only=True)
class LearningRateDisplay(Display):
    """The losses of a learning rate range test, and the suggested rate.

    `find_learning_rate` returns it; ``print`` shows the result as text.

    Parameters
    ----------
    rates : ndarray of shape (n_steps,)
        The learning rate of each step, up to the step at which the loss diverged.
    losses : ndarray of shape (n_steps,)
        The mean loss of each step's batch, before the step and without the penalty.
    smoothed_losses : ndarray of shape (n_steps,)
        The losses averaged over neighbours, with Gaussian weights times the weights of
        the batches: a small last batch of an epoch counts less.
    suggestion : float
        The learning rate to train with; NaN if the loss fell at no rate by more than
        its noise.
    caution : str, default=""
        Why the suggestion will hardly help: a linear net learns much more in the same
        test. Empty otherwise.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the latest `plot`.
    figure_ : matplotlib Figure
        The figure of the latest `plot`.
    lines_ : list of matplotlib Line2D
        The losses, the smoothed losses, and the suggestion.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed_losses: np.ndarray
    suggestion: float
    caution: str = ""

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> LearningRateDisplay:
        """Find the learning rate and draw the test.

        Parameters
        ----------
        estimator : net, or pipeline or fitted search with one inside
            The net to test, as for `find_learning_rate`.
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        ax : matplotlib Axes, optional
            The axes to draw on; a new figure by default.
        **options
            Other parameters of `find_learning_rate`.

        Returns
        -------
        display : LearningRateDisplay
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return find_learning_rate(estimator, X, y, **options).plot(ax=ax)

    def plot(self, ax: Axes | None = None, **line_options: Any) -> LearningRateDisplay:
        """Draw the losses over the learning rates.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            The axes to draw on; a new figure by default.
        **line_options
            Options of matplotlib's ``plot`` for the smoothed losses.

        Returns
        -------
        self : LearningRateDisplay
            The display itself.
        """
        (axes,) = self._new_axes(ax, figsize=(6.0, 3.4))
        tidy(axes)
        options = {"color": COLORS["blue"], "label": "smoothed"} | line_options
        lines = axes.plot(
            self.rates, self.losses, color=options["color"], alpha=0.3, lw=1,
            label="batches",
        )  # fmt: skip
        lines += axes.plot(self.rates, self.smoothed_losses, **options)
        if np.isfinite(self.suggestion):
            label = f"suggestion: {self.suggestion:.2g}"
            lines += [
                axes.axvline(self.suggestion, color=COLORS["red"], ls="--", label=label)
            ]
        # Losses far above the first one are cut off: only their existence matters.
        low, high = self.smoothed_losses.min(), self.smoothed_losses[0]
        margin = max(0.1 * (high - low), 1e-3 * abs(high))
        axes.set(
            xscale="log", xlabel="learning rate", ylabel="loss",
            ylim=(low - margin, high + 3 * margin),
        )  # fmt: skip
        # The lower left is free: losses are high at the lowest rates.
        axes.legend(loc="lower left", frameon=False)
        axes.set_title("learning rate range test", fontsize="medium")
        self.lines_ = lines
        return self

    def __repr__(self) -> str:
        """Show the result, as ``print`` does."""
        return f"{type(self).__name__}: {self}"

    def _repr_html_(self) -> str:
        """Show the numbers as a table in a notebook, and the result as a sentence."""
        low, lowest = self.smoothed_losses.min(), self.smoothed_losses.argmin()
        rows = [
            ["", "value"],
            ["learning rates tried", f"{self.rates[0]:.2g} to {self.rates[-1]:.2g}"],
            ["steps", str(len(self.rates))],
            ["loss at the first rate", f"{self.smoothed_losses[0]:.4g}"],
            ["lowest loss", f"{low:.4g} at {self.rates[lowest]:.2g}"],
            ["suggested learning_rate_init", f"{self.suggestion:.2g}"],
        ]
        return html_table(rows, caption=type(self).__name__, notes=str(self))

    def __str__(self) -> str:
        """Return the tested rates, the fall of the loss and the suggestion as text."""
        tried = (
            f"{len(self.rates)} steps at learning rates from {self.rates[0]:.2g} to "
            f"{self.rates[-1]:.2g}: "
        )
        if not np.isfinite(self.suggestion):
            return tried + "the loss did not fall at any of them."
        k = self.smoothed_losses.argmin()
        return (
            f"{tried}the loss fell from {self.smoothed_losses[0]:.4g} to "
            f"{self.smoothed_losses[k]:.4g} at {self.rates[k]:.2g}. "
            f"Suggested: learning_rate_init={self.suggestion:.2g}"
            f"{self.caution and '. '}{self.caution}"
        )


def find_learning_rate(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    min_rate: float = 1e-5,
    max_rate: float = 10.0,
    n_steps: int = 200,
    random_state: int | np.random.RandomState | None = None,
) -> LearningRateDisplay:
    """Suggest a learning rate by the range test: one run of a few hundred steps.

    A clone of the net trains on batches, as in ``fit``, while the learning rate grows
    by a constant factor from step to step. The loss is flat at rates that are too low,
    then falls, and grows at rates that are too high; the test ends when it diverges.
    The suggestion is a third of the rate at which the smoothed loss is lowest. The rate
    of the steepest descent, which is often used, was too low in most of the cases that
    docs/inspection.md counts.

    A net that does not learn has a lowest loss, too. If its lowest loss is more than
    half of a constant's loss, a linear net takes the same test on scaled columns. If
    the linear net learns more than twice as much, a warning says that the learning rate
    is not the fault.

    The suggestion is for this net and optimizer, this `batch_size`, and a learning rate
    that is constant or falls from there (``learning_rate`` is not used here). For a
    schedule that rises first (`OneCycle`, `Warmup`), it is the peak.

    Parameters
    ----------
    estimator : net, or pipeline or fitted search with one inside
        The net to test, fitted or not, with any solver but 'lbfgs'. It is not changed.
        The transformers of a pipeline are cloned and fitted to X, too.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        Training rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    sample_weight : array-like of shape (n_samples,), optional
        The weights of the rows, as for ``fit`` of the net.
    min_rate : float, default=1e-5
        The learning rate of the first step.
    max_rate : float, default=10.0
        The learning rate of the last step.
    n_steps : int, default=200
        The number of steps, at least 20. Each step is on one batch; a new epoch starts
        when X is used up.
    random_state : int, RandomState instance or None, default=None
        The seed of starting weights and batches; None keeps the net's own.

    Returns
    -------
    display : LearningRateDisplay
        The result, with `rates`, `losses`, `smoothed_losses`, `suggestion`, and
        ``plot()``.

    Raises
    ------
    ValueError
        For invalid arguments, and for data that ``fit`` refuses.

    Warns
    -----
    UserWarning
        If the loss fell at no rate by more than its noise; the suggestion is NaN then.
        If a linear net learns much more in the same test, so that no rate makes this
        net train well; `caution` has the text.

    References
    ----------
    L. Smith, "Cyclical learning rates for training neural networks", WACV 2017. There,
    the rate grows linearly, and validation accuracy takes the place of the loss.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import SoftmaxClassifier, Standardizer
    >>> from skdl.inspection import find_learning_rate
    >>> X, y = load_digits(return_X_y=True)
    >>> model = make_pipeline(Standardizer(), SoftmaxClassifier(50))
    >>> found = find_learning_rate(model, X, y, random_state=0)
    >>> bool(0.003 < found.suggestion < 0.1)
    True
    """
    unwrapped = unwrap_net(estimator)
    net = unwrapped.net
    if uses_lbfgs(net):
        raise ValueError(
            "solver='lbfgs' has no learning rate to find: choose a stochastic solver, "
            "such as 'adam' or 'sgd'."
        )
    check_number("min_rate", min_rate)
    check_number("max_rate", max_rate, min_rate)
    check_integer("n_steps", n_steps, 20)
    net = _without_early_end(net, random_state)
    X, y, _ = unwrapped.transform(X, y, fit=True)
    all_rates = np.geomspace(min_rate, max_rate, n_steps)
    linear = _linear(net, X)
    losses, smoothed, run = _curve(net, X, y, sample_weight, all_rates)
    rates, caution = all_rates[: len(losses)], ""
    suggestion = float(rates[smoothed.argmin()] / MARGIN)
    if not smoothed[0] - smoothed.min() > _noise(losses, smoothed, SMOOTHING * n_steps):
        suggestion = np.nan
        warn(
            f"The loss did not fall at any learning rate from {min_rate:g} to "
            f"{rates[-1]:.2g} by more than its noise: lower min_rate, or raise "
            "max_rate and batch_size, scale the data, and check whether X contains "
            "anything about y. diagnose(net, X, y) looks for other faults.",
            UserWarning,
        )
    elif smoothed.argmin() < n_steps - 1:  # otherwise, max_rate may be too low
        caution = _caution(
            smoothed.min(),
            constant_loss(run),
            lambda: _curve(linear, X, y, sample_weight, all_rates)[1].min(),
        )
        if caution:
            warn(caution, UserWarning)
    return LearningRateDisplay(
        rates=rates, losses=losses, smoothed_losses=smoothed, suggestion=suggestion,
        caution=caution,
    )  # fmt: skip


def _without_early_end(net, random_state):
    """Return a clone that holds out no rows, trains to the end and keeps no results."""
    net = clone(net).set_params(
        early_stopping=False, validation_split=None, scoring=None, max_time=None,
        max_restarts=0, warm_start=False,
    )  # fmt: skip
    net.set_callbacks()
    if random_state is not None:
        net.set_params(random_state=random_state)
    return net


def _linear(net, X):
    """Return a linear net with the loss and the solver of a net, on scaled columns."""
    scaling = "feature" if net.image_shape is None else "channel"
    return clone(net).set_params(
        hidden_layer_sizes=(), activation="relu", dropout=None, normalization=None,
        residual=False, weight_init="auto",
        standardize=False if issparse(X) else scaling,
    )  # fmt: skip


def _caution(lowest, constant, lowest_of_linear):
    """Return a warning about a net that learns much less than a linear net, or "".

    Parameters
    ----------
    lowest : float
        The lowest smoothed loss of the net.
    constant : float
        The loss of the best constant.
    lowest_of_linear : callable
        Returns the lowest smoothed loss of a linear net. It is not called for a net
        that learns enough.
    """
    # The loss of a user may be negative: then shares of it mean nothing.
    if constant - lowest >= LEAST_FALL * constant:
        return ""
    linear = lowest_of_linear()
    if constant - lowest >= LEAST_FALL * (constant - linear):
        return ""
    return (
        f"No learning rate brings the loss below {lowest:.3g} in this test. A constant "
        f"has a loss of {constant:.3g}, and a linear net on scaled columns comes down "
        f"to {linear:.3g}. So the fault is not the learning rate: call "
        "diagnose(net, X, y) first."
    )


def _curve(net, X, y, sample_weight, rates):
    """Return the losses of a range test, the same smoothed, and the training run."""
    losses, weights, run = _losses_at(net, X, y, sample_weight, rates)
    # Losses above the bound would spread to the steps before by the smoothing.
    sigma = SMOOTHING * len(rates)
    bounded = np.minimum(losses, _divergence_bound(losses))
    smoothed = gaussian_filter1d(weights * bounded, sigma)
    return losses, smoothed / gaussian_filter1d(weights, sigma), run


def _losses_at(net, X, y, sample_weight, rates):
    """Train at these rates; return the losses and weights of batches, and the run.

    Both arrays end before the first loss that is not finite.
    """
    test = _RangeTest(rates)
    run = train_discarded(
        net, X, y, sample_weight, rate=test.rate, observer=test,
        on_epoch=lambda epoch: epoch.diverged, max_epochs=len(rates),
    )  # fmt: skip
    losses, weights = np.array(test.losses), np.array(test.weights, float)
    finite = np.logical_and.accumulate(np.isfinite(losses))
    return losses[finite], weights[finite] / weights.max(), run


class _RangeTest:
    """A step observer that records the losses, and ends training when they diverge."""

    def __init__(self, rates):
        self.rates, self.losses, self.weights = rates, [], []

    def rate(self, progress):
        return self.rates[len(self.losses) - 1]

    def wants(self, step):
        return True

    def batch(self, loss, weight):
        self.losses.append(float(loss))
        self.weights.append(weight)

    def before(self, parameters, gradient, objective):
        losses = self.losses
        recent = np.mean(losses[-RECENT:])
        # "not <=" is also true for NaN.
        diverged = len(losses) > 2 * RECENT and not recent <= _divergence_bound(losses)
        diverged |= not np.isfinite(objective)
        return diverged or len(losses) == len(self.rates)

    def after(self, parameters, rate):
        pass


def _divergence_bound(losses):
    """Return the loss above which training has diverged: about four times the first."""
    first = np.mean(losses[:RECENT])
    return first + 3 * max(abs(first), first - np.min(losses))


def _noise(losses, smoothed, sigma):
    """Return the fall of the smoothed loss that its noise alone can produce."""
    before = slice(0, smoothed.argmin() + 1)
    deviation = np.std(losses[before] - smoothed[before])
    # Gaussian weights average over about 2 √π σ neighbours.
    deviation /= np.sqrt(2 * np.sqrt(np.pi) * sigma)
    return max(4 * deviation, 1e-4 * abs(smoothed[0]))
