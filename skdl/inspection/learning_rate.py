"""The learning rate, found by one short training at rates that grow."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.base import clone

from skdl._sklearn import check_matplotlib_support
from skdl._warn import warn
from skdl.inspection._arguments import check_integer, check_number
from skdl.inspection._display import COLORS, axes_for, tidy
from skdl.inspection._nets import take_apart

__all__ = ["LearningRateDisplay", "find_learning_rate"]

# The width of the smoothing, as a share of the steps, and how far below the rate of the
# lowest loss to go: benchmarks/learning_rate.py measures what they bring.
SMOOTHING = 0.02
MARGIN = 3
# Losses whose mean decides whether training has exploded.
RECENT = 5


class LearningRateDisplay:
    """The losses of a rate range test, and what they suggest.

    `find_learning_rate` makes it; ``print`` tells it in words.

    Parameters
    ----------
    rates : ndarray of shape (n_steps,)
        Of the steps, up to where the loss exploded.
    losses : ndarray of shape (n_steps,)
        The mean loss of each step's batch, before the step and without the penalty.
    smoothed_losses : ndarray of shape (n_steps,)
        Averaged over neighbours, with Gaussian weights times the weights of the
        batches: the last batch of an epoch, which may be small, counts less.
    suggestion : float
        The rate to train with; NaN where the loss fell at none, noise aside.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What `plot` drew into, as are the next two.
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        The losses, the smoothed ones, and the suggestion.
    """

    def __init__(self, *, rates, losses, smoothed_losses, suggestion):
        self.rates = rates
        self.losses = losses
        self.smoothed_losses = smoothed_losses
        self.suggestion = suggestion

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, **options):
        """Find the learning rate and plot how.

        Parameters
        ----------
        estimator : net, or pipeline or fitted search with one inside
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        ax : matplotlib Axes, optional
            Where to draw; by default into a new figure.
        **options
            Of `find_learning_rate`.

        Returns
        -------
        display : LearningRateDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return find_learning_rate(estimator, X, y, **options).plot(ax=ax)

    def plot(self, ax=None, **line_options):
        """Draw the losses over the rates.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default into a new figure.
        **line_options
            Of matplotlib's ``plot``, for the smoothed losses.

        Returns
        -------
        self : LearningRateDisplay
        """
        (ax,) = axes_for(self, ax, figsize=(6.0, 3.4))
        tidy(ax)
        options = {"color": COLORS["blue"], "label": "smoothed"} | line_options
        faint = {"color": options["color"], "alpha": 0.3, "lw": 1, "label": "batches"}
        lines = ax.plot(self.rates, self.losses, **faint)
        lines += ax.plot(self.rates, self.smoothed_losses, **options)
        if np.isfinite(self.suggestion):
            label = f"suggestion: {self.suggestion:.2g}"
            lines += [
                ax.axvline(self.suggestion, color=COLORS["red"], ls="--", label=label)
            ]
        # What lies above the start says no more than that it does.
        low, high = self.smoothed_losses.min(), self.smoothed_losses[0]
        room = max(0.1 * (high - low), 1e-3 * abs(high))
        ax.set(
            xscale="log", xlabel="learning rate", ylabel="loss",
            ylim=(low - room, high + 3 * room),
        )  # fmt: skip
        # Where nothing is learned yet, and the loss is high.
        ax.legend(loc="lower left", frameon=False)
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, lines
        return self

    def __str__(self):
        """Say what was tried, and what came out."""
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
        )


def find_learning_rate(
    estimator, X, y, sample_weight=None, *,
    min_rate=1e-5, max_rate=10.0, n_steps=200, random_state=None,
):  # fmt: skip
    """Suggest a learning rate by the rate range test: one run of a few hundred steps.

    A clone of the net trains on batches, as ``fit`` would, while the rate grows from
    step to step by a constant factor. The loss stays as it is at rates that are too
    low, falls, and explodes at rates that are too high; there the test ends. The
    suggestion is a third of the rate at which the smoothed loss is lowest. The rate of
    the steepest descent, which is often taken, was too low in most of the cases that
    docs/inspection.md counts.

    The suggestion is for this net and optimizer, this `batch_size`, and a rate that is
    constant or falls from there (``learning_rate`` is not used here). Of a rate that
    rises first (`OneCycle`, `Warmup`) it is the peak.

    Parameters
    ----------
    estimator : net, or pipeline or fitted search with one inside
        With any solver but 'lbfgs'. It is not changed, and need not be fitted; the
        transformers of a pipeline are cloned and fitted to X, too.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : array-like of shape (n_samples,), optional
        For the net.
    min_rate : float, default=1e-5
        The first rate.
    max_rate : float, default=10.0
        The last one.
    n_steps : int, default=200
        From the first to the last; at least 20. Steps are on batches, in epochs that
        begin anew when X is used up.
    random_state : int, RandomState instance or None, default=None
        Draws weights and batches; None leaves the net its own.

    Returns
    -------
    display : LearningRateDisplay
        With `rates`, `losses`, `smoothed_losses`, `suggestion`, and ``plot()``.

    Raises
    ------
    ValueError
        For invalid arguments, and those that ``fit`` refuses.

    Warns
    -----
    UserWarning
        If the loss fell at no rate, noise aside: the suggestion is NaN then.

    References
    ----------
    L. Smith, "Cyclical learning rates for training neural networks", WACV 2017. There,
    the rate grows linearly, and validation accuracy is looked at.

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
    parts = take_apart(estimator)
    net = parts.net
    if net.solver == "lbfgs":
        raise ValueError(
            "solver='lbfgs' has no learning rate to find: take a stochastic solver, "
            "such as 'adam' or 'sgd'."
        )
    check_number("min_rate", min_rate)
    check_number("max_rate", max_rate, min_rate)
    check_integer("n_steps", n_steps, 20)
    # What would hold rows out, end the run early, or keep anything.
    net = clone(net).set_params(
        early_stopping=False, validation_split=None, scoring=None, max_time=None,
        max_restarts=0, warm_start=False,
    )  # fmt: skip
    net.set_callbacks()
    if random_state is not None:
        net.set_params(random_state=random_state)
    X, y = parts.to_net(X, y, fit=True)
    rates = np.geomspace(min_rate, max_rate, n_steps)
    losses, weights = _losses_at(net, X, y, sample_weight, rates)
    rates = rates[: len(losses)]
    # An explosion, even where it is cut off, must not reach what came before.
    sigma = SMOOTHING * n_steps
    smoothed = gaussian_filter1d(weights * np.minimum(losses, _bound(losses)), sigma)
    smoothed /= gaussian_filter1d(weights, sigma)
    suggestion = float(rates[smoothed.argmin()] / MARGIN)
    if not smoothed[0] - smoothed.min() > _noise(losses, smoothed, sigma):
        suggestion = np.nan
        warn(
            f"The loss did not fall at any learning rate from {min_rate:g} to "
            f"{rates[-1]:.2g}, noise aside: lower min_rate or raise max_rate and "
            "batch_size, scale the data, and see whether X tells anything about y.",
            UserWarning,
        )
    return LearningRateDisplay(
        rates=rates, losses=losses, smoothed_losses=smoothed, suggestion=suggestion
    )


def _losses_at(net, X, y, sample_weight, rates):
    """Train at these rates, one a step, until the losses explode.

    Return the losses of the batches, and the weights of the batches.
    """
    test = _RangeTest(rates)
    net._validate_params()
    with net._training(X, y, sample_weight, None) as attempts:
        run = net.training_
        start = run.network.snapshot()
        train = next(attempts)
        train(
            rate=test.rate, observer=test, on_epoch=lambda epoch: epoch.diverged,
            max_epochs=len(rates),
        )  # fmt: skip
        # Nothing of this run is a result: no weights to be refused, none to be kept.
        run.network.restore(start)
        run.stop_reason = "callback"
    losses, weights = np.array(test.losses), np.array(test.weights, float)
    finite = np.logical_and.accumulate(np.isfinite(losses))
    return losses[finite], weights[finite] / weights.max()


class _RangeTest:
    """An observer that collects losses, and ends training when they explode."""

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
        # "not <=" finds NaN, too.
        exploded = len(losses) > 2 * RECENT and not recent <= _bound(losses)
        exploded |= not np.isfinite(objective)
        return exploded or len(losses) == len(self.rates)

    def after(self, parameters, rate):
        pass


def _bound(losses):
    """Return the loss above which training has exploded: some four times the first."""
    first = np.mean(losses[:RECENT])
    return first + 3 * max(abs(first), first - np.min(losses))


def _noise(losses, smoothed, sigma):
    """Return what the smoothed loss may fall by though nothing is learned."""
    before = slice(0, smoothed.argmin() + 1)
    deviation = np.std(losses[before] - smoothed[before])
    # Gaussian weights make the mean of some 2 √π σ neighbours of it.
    deviation /= np.sqrt(2 * np.sqrt(np.pi) * sigma)
    return max(4 * deviation, 1e-4 * abs(smoothed[0]))
