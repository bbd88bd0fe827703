"""Values out of those of several nets."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skdl._inputs import check_numbers
from skdl.engine.losses import Quantile
from skdl.ensemble._base import BaseEnsemble
from skdl.estimators.mlp_regressor import MLPRegressor

__all__ = ["EnsembleRegressor"]


@dataclass(eq=False, repr=False)
class EnsembleRegressor(RegressorMixin, BaseEnsemble):
    """What becomes of the members' predictions."""

    _kind: ClassVar[type] = MLPRegressor
    _kind_name: ClassVar[str] = "regressors"
    _default: ClassVar[type] = MLPRegressor

    _: KW_ONLY
    voting: str = "mean"
    weights: str | None = None

    def predict(self, X, return_std=False):
        """Return the mean or the median of the members' predictions.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return their standard deviation, too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Several quantiles add an axis, as in the nets' own predictions.
        std : ndarray of the shape of y
            Only with `return_std`: the root of the members' mean squared deviation from
            their mean, weighted as the mean is. It says how much they disagree, and
            nothing about the noise in y.
        """
        scores = self._member_scores(X)
        if return_std and len(scores) == 1:
            raise ValueError("return_std=True needs several members, and there is one.")
        each = np.stack([self._nets[0]._predictions(one) for one in scores])
        weights = self._vote_weights()
        if weights is None:
            weights = np.ones(len(each))
        mean = _mean(each, weights)
        y = mean if self.voting == "mean" else np.median(each, axis=0)
        if not return_std:
            return y
        return y, np.sqrt(_mean(np.square(each - mean), weights))

    def score(self, X, y, sample_weight=None):
        """Return R² of the predictions; with a quantile loss, D² of the pinball loss.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        check_numbers(y, "y")
        net = self._nets[0]
        if isinstance(net._loss(), Quantile):
            return net._d2(y, self.predict(X), sample_weight)
        return super().score(X, y, sample_weight)

    def _check_voting(self):
        if self.voting == "median" and self.weights is not None:
            raise ValueError(
                f"weights={self.weights!r} are for voting='mean': the median has none."
            )


def _mean(values, weights):
    """Return the weighted mean over the first axis, in the dtype of the values."""
    shares = np.asarray(weights / np.sum(weights), values.dtype)
    return np.tensordot(shares, values, axes=1)
