"""The drop-in superset of scikit-learn's MLPRegressor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdl._inputs import check_numbers
from skdl._sklearn import HasMethods, StrOptions, fit_context
from skdl.engine.losses import REGRESSION_LOSSES
from skdl.estimators._base import BaseNet, has_partial_fit
from skdl.estimators._docs import documented
from skdl.estimators._parameters import CONSTRAINTS
from skdl.estimators._targets import needs_counts, targets_of

__all__ = ["MLPRegressor"]


@documented
@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, BaseNet):
    """Multi-layer perceptron regressor, with scikit-learn's parameters and more.

    The objective is Σ_i w_i J_i / Σ_i w_i + alpha / Σ_i w_i · R(W) over batches of
    rows, R being the `penalty`, by default ½‖W‖². J_i sums over the outputs.
    scikit-learn reports their mean as ``loss_``, but its stochastic solvers follow the
    gradient of the sum, so that only the reported number differs; `tol` is compared
    with the mean here, too (with 'poisson', the sum). Its 'lbfgs' gets the mean with
    the gradient of the sum, and ends elsewhere with several outputs; ours gets the sum
    with its gradient.

    Parameters
    ----------
    loss : {'squared_error', 'absolute_error', 'huber', 'quantile', 'poisson'} or loss \
object, default='squared_error'
        - 'squared_error': half of it, J = ½ Σ_j (s_j - y_j)²;
        - 'absolute_error': J = Σ_j |s_j - y_j|, for medians;
        - 'huber': squared for errors up to 1, absolute beyond; ``Huber(delta)`` of
          `skdl.engine` sets where the two meet;
        - 'quantile': the median by the pinball loss, J = ½ Σ_j |s_j - y_j|;
          ``Quantile([0.1, 0.9])`` of `skdl.engine` is for other quantiles, of which
          several are predicted at once and never cross;
        - 'poisson': half the Poisson deviance with the log link,
          J = Σ_j y_j log(y_j / μ_j) - y_j + μ_j, μ_j = exp(s_j); needs y ≥ 0.
    {parameters}

    Attributes
    ----------
    {attributes}
    {linear}

    See Also
    --------
    sklearn.neural_network.MLPRegressor : Whose place it takes.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010 (how the weights start).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import MLPRegressor, Standardizer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", random_state=0)
    >>> model = make_pipeline(Standardizer(), net).fit(X, y)
    >>> round(model.score(X, y), 3)
    0.518
    """

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "loss": [
            StrOptions(set(REGRESSION_LOSSES)),
            HasMethods(["encode", "rows_and_gradient", "predictions"]),
        ],
    }
    _y_numeric: ClassVar[bool] = True

    loss: str | object = "squared_error"
    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: str | object | Sequence = "relu"

    @available_if(has_partial_fit)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X, y, sample_weight=None, *,
        X_val=None, y_val=None, sample_weight_val=None,
    ):  # fmt: skip
        """Make one pass over X and y, from where the last call ended.

        k calls on the same data give the parameters of ``fit`` with ``max_iter=k``.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional

        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Rows to validate on, as in ``fit``. With `early_stopping`, once more calls
            than `n_iter_no_change` in a row did not improve their score, the best
            call's parameters come back, and `stop_reason_` says "converged".
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
        sample_weight_val : array-like of shape (n_rows,), optional

        Returns
        -------
        self : object
        """
        return self._partial_fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    def predict(self, X):
        """Return the predicted values of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Several quantiles add an axis, over which values increase: (n_samples,
            n_quantiles) or (n_samples, n_outputs, n_quantiles).
        """
        return self._at_rest()._decode(X, "decode")

    def score(self, X, y, sample_weight=None):
        """Return R² of the predictions; with a quantile loss, D² of the pinball loss.

        D² is 1 minus the loss relative to that of the best constant, y's quantile; of
        several quantiles it is the mean. Like R² it is at most 1, and 0 for that
        constant. Several outputs are averaged.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        score : float

        See Also
        --------
        sklearn.metrics.d2_pinball_score : Of one quantile.
        """
        check_is_fitted(self)
        check_numbers(y, "y")
        net = self._at_rest()
        return targets_of(net).score_predictions(y, net.predict(X), sample_weight)

    @property
    def coef_(self):
        """Weights of a linear model, (n_features,) or (n_outputs, n_features)."""
        weights, _ = self._linear_layer("coef_")
        return weights[:, 0] if weights.shape[1] == 1 else weights.T

    @property
    def intercept_(self):
        """Bias of a linear model: a number, or of shape (n_outputs,)."""
        _, biases = self._linear_layer("intercept_")
        return biases[0] if len(biases) == 1 else biases

    def __sklearn_tags__(self):
        """Several outputs per row; counts for the Poisson loss."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = needs_counts(self)
        return tags
