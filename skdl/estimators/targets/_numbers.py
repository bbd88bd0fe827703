"""Targets of a regressor: numbers, in one or several columns."""

from copy import copy
from functools import cached_property

import numpy as np
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils import column_or_1d

from skdl.engine.losses import REGRESSION_LOSSES, Poisson, Quantile
from skdl.estimators._check_input import check_loss
from skdl.estimators._resolve import setting, shared
from skdl.estimators._standardize import target_units
from skdl.estimators.targets._base import Targets
from skdl.estimators.targets._plain_scores import are_plain, r2

__all__ = ["UNITS", "Numbers", "check_units", "needs_counts"]

# What a net knows of its targets with `standardize_target`.
UNITS = ("target_mean_", "target_scale_")


class Numbers(Targets):
    """Numbers, in one or several columns, for a regressor.

    With `standardize_target`, the net has the mean and the standard deviation of each
    output: `encode` subtracts and divides, `decode` multiplies and adds.
    """

    @cached_property
    def loss(self):
        """Loss object over all scores."""
        loss = setting(self.net, "loss")
        if isinstance(loss, str):
            return shared(REGRESSION_LOSSES[loss])
        return check_loss(loss)

    @property
    def n_averaged(self):
        """Number of outputs, for `tol` is compared with their mean in scikit-learn.

        Its Poisson loss alone is a sum there, too.
        """
        return 1 if self.are_counts else self.net.n_outputs_

    @property
    def are_counts(self):
        """Whether the loss refuses negative numbers."""
        return needs_counts(self.net)

    def read(self, y, *, all_classes=False):
        """Return numbers, dense, (n_samples,) or (n_samples, n_outputs)."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)  # refuses a sparse one, as scikit-learn's
        if not isinstance(y, np.ndarray):
            y = y.toarray()
        if self.are_counts and y.min() < 0:
            raise ValueError(f"loss='poisson' needs y >= 0, got {y.min()}.")
        return y

    @property
    def fitted_attributes(self):
        """Dict of the mean and the deviation of each output, if the net has them."""
        known = vars(self.net)
        return {name: known[name] for name in UNITS if name in known}

    def learn_units(self, y, sample_weight, rows):
        """Learn mean and deviation of each output; see `Targets.learn_units`."""
        if not self.net.standardize_target:
            return False
        vars(self.net).update(target_units(y, sample_weight, rows))
        return True

    def encode(self, y, dtype):
        """Return (targets, table, n_scores) of the loss."""
        y = y.reshape(len(y), -1)
        units = self.fitted_attributes
        # Another number of outputs gets other targets, whose width callers refuse.
        if units and y.shape[1] == len(units["target_mean_"]):
            y = (y - units["target_mean_"]) / units["target_scale_"]
        targets, table = self.loss.encode(y, dtype)
        return targets, table, targets.shape[1]

    def decode(self, scores):
        """Return the predicted numbers, without the axis of a single output."""
        predictions = self.loss.predictions(scores)
        if units := self.fitted_attributes:
            # One number per output, in the second axis; a third one has quantiles.
            shape = (-1,) + (1,) * (predictions.ndim - 2)
            mean, scale = (
                units[name].astype(predictions.dtype).reshape(shape) for name in UNITS
            )
            predictions = predictions * scale + mean
        return predictions[:, 0] if predictions.shape[1] == 1 else predictions

    def score_units(self, n_scores):
        """Return how much of y a raw score of 1 is, for each score, (n_scores,)."""
        scale = self.fitted_attributes.get("target_scale_", np.ones(1))
        return np.repeat(scale, n_scores // len(scale))

    @property
    def metric(self):
        """Name of the metric that `score` returns."""
        return "D²" if isinstance(self.loss, Quantile) else "R²"

    def score(self, y, decisions, sample_weight=None):
        """Return R²; with a quantile loss, D² of the pinball loss.

        D² is the mean over the quantiles.
        """
        if not isinstance(self.loss, Quantile):
            return r2(y, decisions, sample_weight)
        levels = self.loss.levels
        if len(levels) == 1:
            decisions = decisions[..., np.newaxis]
        scores = [
            d2_pinball_score(
                y, decisions[..., i], sample_weight=sample_weight, alpha=level
            )
            for i, level in enumerate(levels)
        ]
        return float(np.mean(scores))

    def _score_predictions(self, y, predictions, sample_weight):
        """Score what ``predict`` returned on the user's y, of any container."""
        if isinstance(self.loss, Quantile):
            return self.score(y, predictions, sample_weight)
        if sample_weight is None and are_plain(y, predictions, "iuf"):
            return r2(y, predictions, None)
        return r2_score(y, predictions, sample_weight=sample_weight)

    def ideal_net(self, rows):
        """Return a copy that predicts the mean of the rows' numbers."""
        net = copy(self.net)
        mean = np.mean(rows.codes, axis=0)
        if isinstance(self.loss, Quantile) and len(self.loss.levels) > 1:
            mean = np.repeat(np.expand_dims(mean, -1), len(self.loss.levels), axis=-1)

        def predict(X):  # scikit-learn asks for this name
            return np.repeat(mean[np.newaxis], len(rows.codes), axis=0)

        net.predict = predict
        return net


def check_units(net):
    """Refuse to standardize counts, which must not become negative.

    Parameters
    ----------
    net : estimator
    """
    if net._y_numeric and net.standardize_target and needs_counts(net):
        raise ValueError(
            f"standardize_target={net.standardize_target!r} makes numbers below the "
            f"mean negative, and loss={net.loss!r} needs y >= 0: set "
            "standardize_target=False. Its logarithm takes counts of any size."
        )


def needs_counts(net):
    """Tell whether a regressor's loss refuses negative numbers.

    Parameters
    ----------
    net : estimator
    """
    return setting(net, "loss") == "poisson" or isinstance(net.loss, Poisson)
