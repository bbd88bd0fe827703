"""The regressor: one net for numbers, in one or several columns."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_arguments, explain_parameters
from skdl._inputs import check_numbers
from skdl._missing_names import Missing
from skdl._sklearn import HasMethods, StrOptions, available_if, fit_context
from skdl._typing import MatrixLike
from skdl.engine.hidden_layers import HiddenLayers
from skdl.engine.layers import BatchNorm
from skdl.engine.losses import REGRESSION_LOSSES
from skdl.engine.protocols import (
    Activation,
    Augmenter,
    Initializer,
    Optimizer,
    Penalty,
    RegressionLoss,
    Schedule,
)
from skdl.estimators._base import BaseNet, has_partial_fit
from skdl.estimators._parameters import (
    CONSTRAINTS,
    ActivationName,
    InitializerName,
    PenaltyName,
    RegressionLossName,
    ScheduleName,
    Scoring,
    SolverName,
    store_parameters,
)
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._numbers import needs_counts
from skdl.estimators.validation_set import ValidationSet

__all__ = ["MLPRegressor"]


@explain_parameters
class MLPRegressor(RegressorMixin, BaseNet):
    """Multi-layer perceptron regressor, with scikit-learn's parameters and more.

    The objective is Σ_i w_i J_i / Σ_i w_i + alpha / Σ_i w_i · R(W) over batches of
    rows, R being the `penalty`, by default ½‖W‖². J_i sums over the outputs.
    scikit-learn reports their mean as ``loss_``, but its stochastic solvers follow the
    gradient of the sum, so that only the reported number differs; `tol` is compared
    with the mean here, too (with 'poisson', the sum). Its 'lbfgs' gets the mean with
    the gradient of the sum, and ends elsewhere with several outputs; ours gets the sum
    with its gradient.

    The parameters are grouped: the network (from `loss`), the data
    (from `standardize`), optimization (from `solver`), stopping (from `max_iter`) and
    regularization (from `alpha`).

    Parameters
    ----------
    loss : {'squared_error', 'absolute_error', 'huber', 'quantile', 'poisson'} or loss \
object, default='squared_error'
        Loss function of the predictions s_j and the targets y_j:

        - 'squared_error': half of it, J = ½ Σ_j (s_j - y_j)²;
        - 'absolute_error': J = Σ_j |s_j - y_j|, for medians;
        - 'huber': squared for errors up to 1, absolute beyond; ``Huber(delta)`` of
          `skdl.engine` sets where the two meet;
        - 'quantile': the median by the pinball loss, J = ½ Σ_j |s_j - y_j|;
          ``Quantile([0.1, 0.9])`` of `skdl.engine` is for other quantiles, of which
          several are predicted at once and never cross;
        - 'poisson': half the Poisson deviance with the log link, J = Σ_j y_j log(y_j /
          μ_j) - y_j + μ_j, μ_j = exp(s_j); needs y ≥ 0;
        - an object of your own needs the methods that `skdl.engine.losses` describes.
    hidden_layer_sizes : int, sequence of int or HiddenLayers, default=(100,)
        Number of units in each hidden layer. ``()`` gives a linear model. With
        ``skdl.engine.HiddenLayers(n_layers, width)``, depth and width are two numbers
        that a search can vary, as in ``hidden_layer_sizes__width``.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', \
'softplus', 'silu', 'gelu', 'maxout'}, activation object, \
or list of these, default='relu'
        Activation function of the hidden layers; a list has one for each layer. Objects
        of `skdl.engine` (`LeakyRelu`, `Elu`, `Maxout` …) have settings. An object of
        your own needs the methods ``forward`` and ``backward`` that
        `skdl.engine.activations` describes.
    normalization : {'batch'}, BatchNorm or None, default=None
        Batch normalization of the hidden layers. An object `skdl.engine.BatchNorm` has
        settings. Predictions use running means and variances. Not available with
        'lbfgs'.
    normalization_position : {'before', 'after'}, default='before'
        Whether the normalization comes before or after the activation function.
    residual : bool, default=False
        Whether each hidden layer but the first has a skip connection, which adds its
        input to its output. Where their widths differ, a learned matrix adapts the
        input (see `projections_`). The starting weights are then smaller, so that
        activations do not grow with depth.
    weight_init : {'auto', 'glorot_uniform', 'glorot_normal', 'he_normal', \
'lecun_normal', 'truncated_normal'}, float, initializer object or None, default=None
        Initialization of the weights. 'auto' draws normal weights, with variance 2 /
        fan_in (He) after ReLU-like units and 1 / fan_in (LeCun) elsewhere. A number is
        the standard deviation of normal weights. In all these cases biases start at 0.
        None is scikit-learn's initialization, which draws the biases, too. The default
        of MLPClassifier and MLPRegressor is None, so that they start as scikit-learn's
        do; that of the other nets is 'auto'.
    standardize : bool or {'auto', 'feature', 'channel'}, default=False
        Whether the net standardizes its input, (X - mean) / std, in training and in
        every prediction. X itself stays as it is, for example in uint8. True and
        'feature' standardize by column; 'channel' uses one mean and one standard
        deviation for each channel of `image_shape`. 'auto' leaves a sparse X and the X
        of a linear model as they are. With hidden layers, it takes 'channel' if
        `image_shape` is given, one mean and one standard deviation of all columns if X
        is uint8 (pixels that hardly vary must not become large), and else 'feature'.
        The default of MLPClassifier and MLPRegressor is False, as scikit-learn's nets
        leave X as it is; that of the other nets is 'auto'. The moments are computed
        from the training rows, without validation rows, as in `Standardizer`: with the
        population variance, weighted by `sample_weight`, and with 1 as the standard
        deviation of constant columns. ``partial_fit`` merges the moments of its rows
        before it trains on them; a warm start keeps those of the first ``fit``. Except
        by 'auto', a sparse X is refused.
    standardize_target : bool, default=False
        Whether the net learns y in units of its standard deviation, (y - mean) / std,
        each output in its own. Predictions and scores are in the units of y. The loss,
        in `loss_curve_` and `history_`, is in the units that are learned, and so are
        `tol`, ``Huber(delta)``, and the loss that `alpha` is weighed against. Mean and
        deviation are those of the training rows, without validation rows, with the
        population variance, weighted by `sample_weight`; a constant output has the
        deviation 1. ``partial_fit`` and warm starts keep those of the first call, whose
        rows should therefore be typical. Not available with 'poisson', whose numbers
        must not become negative.
    image_shape : sequence of two or three int or None, default=None
        Shape (height, width, channels) of the images, if the rows of X are images.
        Pixels follow each other, with the channels of a pixel side by side, as
        ``images.reshape(len(images), -1)`` has them. (height, width) means one channel.
        `standardize` and `augment` use it.
    augment : augmenter object, callable or None, default=None
        Random changes of the training rows, drawn afresh in each epoch and applied
        before `standardize`. Validation rows and predictions are never changed. A
        function ``f(images, rng)`` gets an array of shape (n, height, width, channels),
        or of rows without `image_shape`, in the dtype of X, and a
        `numpy.random.Generator`. It may change the array, and returns one of the same
        shape and dtype. An object with ``start`` may mix rows and their targets, too
        (mixup), if the loss has a meaning for mixed targets: cross-entropies and all
        losses of numbers have one, hinge losses have not. A mixed row keeps its own
        weight, by `sample_weight` and class. Not available for a sparse X or with
        'lbfgs'.
    solver : {'lbfgs', 'sgd', 'adam', 'adagrad', 'rmsprop', 'adamw'} or \
optimizer object, default='adam'
        Optimization algorithm. 'sgd' is gradient descent with momentum; 'lbfgs'
        evaluates all rows at once and suits small data. Objects of `skdl.engine`
        (`Adagrad`, `RMSprop`, `Adam`, `AdamW`, `SGD`) have settings of their own, which
        replace `momentum`, `beta_1` and so on, and which a search can vary, as in
        ``solver__decay``.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, the name of another \
schedule, or schedule object, default='constant'
        Learning rate schedule. 'invscaling' divides the rate by
        (rows seen + 1) ** power_t, with rows counted by their weights; 'adaptive'
        divides it by 5 on each plateau, down to 1e-6. As in scikit-learn, neither has
        an effect with 'adam'. Schedules of `skdl.engine` are objects (`StepDecay`,
        `Exponential`, `Cosine`, `CosineRestarts`, `OneCycle`, `Warmup`,
        `ReduceOnPlateau`, `InverseScaling`, `Adaptive`), or names for their defaults:
        'step', 'exponential', 'cosine', 'cosine_restarts', 'one_cycle', 'warmup',
        'plateau'. They apply to every solver but 'lbfgs', which refuses them.
    learning_rate_init : float, default=0.001
        Learning rate that the schedule multiplies. Not used by 'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    batch_size : int or 'auto', default='auto'
        Number of rows in a mini-batch; 'auto' is min(200, n_samples).
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    momentum : float, default=0.9
        Momentum of 'sgd', in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether 'sgd' uses Nesterov's momentum.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of the first and second moment in 'adam' and 'adamw', in [0, 1).
    epsilon : float, default=1e-8
        Small number that prevents division by zero in 'adam' and 'adamw'.
    max_grad_norm : float or None, default=None
        Largest norm c of the gradient g; a longer gradient is scaled to length c, g · c
        / max(c, ‖g‖). Not available with 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers. Initialization, shuffling, the validation split,
        dropout and `augment` draw from independent streams of it. The same integer
        gives the same bits for the same number of BLAS threads and, with
        ``weight_init=None``, the starting weights of scikit-learn.
    warm_start : bool, default=False
        Whether ``fit`` resumes from the last call, with its parameters, optimizer
        state, schedule and random streams. scikit-learn resumes from the parameters
        only.
    max_restarts : int, default=0
        Largest number of restarts after a divergence. Each restart begins from the last
        good weights (those before the epoch of the lowest loss), at a tenth of the
        rate. Its epochs count towards `max_iter`. Not available with 'lbfgs'.
    verbose : bool, default=False
        Whether to print the loss of each epoch, as scikit-learn does. The callback
        `TrainingTable` prints a table in place of it.
    max_iter : int, default=200
        Largest number of epochs, or of iterations of 'lbfgs'.
    max_fun : int, default=15000
        Largest number of evaluations of the objective by 'lbfgs'.
    max_time : float or None, default=None
        Time limit in seconds for each call of ``fit`` or ``partial_fit``. Training ends
        after the batch (with 'lbfgs', the iteration) that reaches it.
    tol : float, default=1e-4
        Smallest improvement that counts. An epoch that improves the loss (with early
        stopping, the score) by less is stalled. With several outputs of a regressor,
        the mean of their losses counts. 'lbfgs' ends when no element of the gradient is
        larger.
    n_iter_no_change : int or inf, default=10
        Patience: training ends when more than this number of epochs in a row are
        stalled.
    early_stopping : bool, default=False
        Whether to monitor a score on validation rows in place of the loss. Training
        ends when the score no longer improves, and the parameters of the best epoch are
        restored. The rows are `X_val` of ``fit``, or the first split of
        `validation_split`, or a random `validation_fraction` of X. As in scikit-learn
        it has no effect with 'lbfgs', unless `X_val`, `validation_split` or `scoring`
        is given.
    validation_fraction : float, default=0.1
        Fraction of the rows that early stopping holds out, stratified by class if
        possible.
    validation_split : int, splitter, iterable or None, default=None
        Cross-validation splitter of scikit-learn, or its number of folds. Its first
        split gives the training rows and the validation rows; rows in neither part are
        not used. Validation results are in `history_`, also without `early_stopping`.
        For groups, pass ``list(splitter.split(X, y, groups))``.
    scoring : str, callable, list, tuple, dict or None, default=None
        Metric of the validation rows. None is accuracy or R², as in scikit-learn;
        'loss' is the negated mean loss without the penalty. Otherwise it is the name of
        a scorer of scikit-learn, or ``scorer(net, X, y)``. A list of names, or a dict
        from names to scorers, records several metrics; early stopping monitors the
        first one.
    alpha : float, default=0.0001
        Strength of the penalty. The objective is the mean loss plus alpha / batch
        weight · R(W), where `penalty` sets R (by default ½‖W‖²), W are all weights
        without the biases, and the batch weight is the number of rows in the batch (all
        rows with 'lbfgs') or the sum of their weights. A strength λ on the mean loss,
        as textbooks have it, is ``alpha = λ * batch_size``.
    penalty : {'l2', 'l1', 'elasticnet', 'l0'}, penalty object or None, default='l2'
        Penalty R(W) on the weights: ½‖W‖² for 'l2'; ‖W‖₁ for 'l1'; l1_ratio · ‖W‖₁ + (1
        - l1_ratio) · ½‖W‖² for 'elasticnet'; the number of weights that are not zero
        for 'l0'. ‖W‖² acts through the gradient. The others threshold each weight after
        the step, in proportion to the solver's own step for it, and make weights
        exactly 0. 'l0' has many local minima, and good ones need long steps: 'sgd' or
        'adagrad'. With None, `alpha` is not used. 'lbfgs' refuses all but 'l2' and
        None. With 'adamw' the penalty acts in addition to the solver's weight decay.
        Objects of `skdl.engine` have settings of their own, as in
        ``ElasticNetPenalty(l1_ratio=0.3)``.
    l1_ratio : float, default=0.15
        Weight of ‖W‖₁ in 'elasticnet', in [0, 1].
    dropout : float, sequence of float or None, default=None
        Dropout rate, the fraction of units that are set to 0 in a batch, in [0, 1): one
        for all hidden layers, or a sequence that begins with the rate of the input and
        has one for each hidden layer. The remaining units are scaled up, so that
        predictions need no correction. At the input, a sparse X draws only for the
        values that it stores, so the same X as a dense array drops other values for the
        same `random_state`. Not available with 'lbfgs'.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer: views of one flat vector. The matrices of k maxout pieces
        lie side by side: (fan_in, k · units). ``net.coefs_[i] = W`` copies W into the
        net, and so does ``net.coefs_ = [...]``; shapes stay, and values must be finite.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer: views of the same vector, which can be set in the same
        way.
    input_mean_, input_scale_ : ndarray of shape (n_features_in_,)
        Mean and standard deviation of the columns of X, with `standardize` only. The
        weights of the first layer, and `coef_`, apply to the standardized columns.
    target_mean_, target_scale_ : ndarray of shape (n_targets,)
        Mean and standard deviation of each output, with `standardize_target` only. The
        net learns (y - target_mean_) / target_scale_: the weights and biases of the
        last layer, and `coef_` and `intercept_`, are in these units.
    projections_ : list of ndarray or None
        Matrix of each skip connection, with ``residual=True``; None between equal
        widths.
    n_zero_weights_ : int
        Number of weights that are exactly 0, as 'l1', 'elasticnet' and 'l0' make them.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Share of each column of X in the weights; the shares sum to 1. A path leads from
        a column through the units to a score. The share is in proportion to the root of
        the sum, over all paths, of the squared product of the weights on the path: the
        path norm of B. Neyshabur et al., "Norm-based capacity control in neural
        networks", COLT 2015. Like `coef_`, it is per unit of a column, so columns must
        be on one scale; with `standardize` they are. It depends on the weights only:
        the weights of a useless column keep their starting values, unless a penalty
        shrinks them.
        `sklearn.inspection.permutation_importance` needs data, but has neither
        limitation.
    loss_ : float
        Mean objective of the last epoch; NaN if the first epoch was interrupted.
    loss_curve_ : list of float
        Objective of each epoch, penalty included.
    best_loss_ : float or None
        Smallest element of `loss_curve_`; None with early stopping.
    validation_scores_ : list of float or None
        Score of each epoch on the validation rows, with early stopping.
    best_validation_score_ : float or None
        Largest element of `validation_scores_`.
    history_ : dict of ndarray of shape (n_epochs,)
        Records of each epoch, over all calls that resumed from one another:

        - 'loss', as in `loss_curve_`;
        - 'validation_loss', without the penalty, and 'validation_score'. Both are NaN
          without validation rows. With several metrics in `scoring`, the score is that
          of the first one, and each has a record 'validation_<name>';
        - 'learning_rate', NaN with 'lbfgs';
        - 'gradient_norm', before clipping, and 'update_ratio', ‖Δw‖ / ‖w‖, of the last
          step. Both are NaN if the epoch ended before that step;
        - 'time' in seconds, without the time of callbacks.
    stop_reason_ : str or None
        Reason why training ended: 'converged', 'max_iter', 'max_fun', 'max_time',
        'callback', 'interrupted', or 'diverged' if early stopping had a best epoch to
        restore; None after a ``partial_fit`` that did not end it.
    training_ : TrainingRun
        State of the run, while ``fit`` runs, for callbacks: epoch, learning rate,
        optimizer and random streams.
    n_iter_ : int
        Number of epochs (or iterations) of the last call.
    t_ : int
        Number of rows seen in all calls.
    n_layers_ : int
        Number of layers, including input and output.
    n_outputs_ : int
        Number of raw scores per row.
    out_activation_ : str or list of str
        Name of the link from scores to predictions; a list if columns of labels differ.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if all of them are strings.
    coef_, intercept_ : ndarray
        Weights and bias of a linear model (``hidden_layer_sizes=()``) only; with
        `standardize`, of the columns (X - input_mean_) / input_scale_.

    See Also
    --------
    sklearn.neural_network.MLPRegressor : The regressor that this one can replace.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010 (how the weights start).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdl import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = MLPRegressor(
    ...     hidden_layer_sizes=(), solver="lbfgs", standardize=True,
    ...     standardize_target=True, random_state=0,
    ... )
    >>> round(net.fit(X, y).score(X, y), 3)
    0.518
    >>> net.target_mean_.round(1), net.target_scale_.round(1)
    (array([152.1]), array([77.]))
    """

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "loss": [
            StrOptions(set(REGRESSION_LOSSES)),
            HasMethods(["encode", "rows_and_gradient", "predictions"]),
        ],
        "standardize_target": ["boolean"],
    }
    _y_numeric: ClassVar[bool] = True
    _is_drop_in: ClassVar[bool] = True

    standardize_target: bool

    def __init__(
        self,
        loss: RegressionLossName | RegressionLoss = "squared_error",
        hidden_layer_sizes: int | Sequence[int] | HiddenLayers = (100,),
        activation: ActivationName
        | Activation
        | Sequence[ActivationName | Activation] = "relu",
        *,
        solver: SolverName | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: ScheduleName | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        dropout: float | Sequence[float] | None = None,
        normalization: Literal["batch"] | BatchNorm | None = None,
        normalization_position: Literal["before", "after"] = "before",
        residual: bool = False,
        weight_init: InitializerName | float | Initializer | None = None,
        max_grad_norm: float | None = None,
        scoring: Scoring = None,
        validation_split: int | object | None = None,
        max_time: float | None = None,
        max_restarts: int = 0,
        penalty: PenaltyName | Penalty | None = "l2",
        l1_ratio: float = 0.15,
        standardize: bool | Literal["auto", "feature", "channel"] = False,
        image_shape: Sequence[int] | None = None,
        augment: Augmenter | Callable | None = None,
        standardize_target: bool = False,
    ) -> None:
        store_parameters(self, locals())

    @available_if(has_partial_fit)
    @fit_context(prefer_skip_nested_validation=True)
    @explain_arguments
    def partial_fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | ValidationSet | None = None,
        y_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on X and y, from the state that the last call left.

        k calls on the same data give the parameters of ``fit`` with ``max_iter=k``.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to train on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Validation rows, as in ``fit``. With `early_stopping`, when more than
            `n_iter_no_change` calls in a row have not improved the score, the
            parameters of the best call are restored, and `stop_reason_` is "converged".
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
            Targets of the validation rows.
        sample_weight_val : array-like of shape (n_rows,), optional
            Weights of the validation rows.

        Returns
        -------
        self : object
            The net.
        """
        validation = X_val, y_val, sample_weight_val
        return self._partial_fit(X, y, sample_weight, validation)

    predict_interval = Missing(
        "TabularRegressor has it. This net predicts the ends of an interval with "
        "loss=Quantile([0.05, 0.95]); Quantile is in skdl.engine."
    )

    @explain_arguments
    def predict(self, X: MatrixLike) -> np.ndarray:
        """Return the predicted values of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predicted values. Several quantiles add an axis, along which values
            increase: (n_samples, n_quantiles) or (n_samples, n_outputs, n_quantiles).
        """
        return self._at_rest()._decode(X, "decode")

    @explain_arguments
    def score(
        self, X: MatrixLike, y: MatrixLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Return R² of the predictions; with a quantile loss, D² of the pinball loss.

        D² is 1 - loss / loss of the best constant, which is the quantile of y. Like R²,
        it is at most 1, and 0 for that constant. Several quantiles and several outputs
        are averaged.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True values.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        score : float
            R² or D².

        See Also
        --------
        sklearn.metrics.d2_pinball_score : D² of a single quantile.
        """
        check_is_fitted(self)
        check_numbers(y, "y")
        net = self._at_rest()
        return targets_of(net).score_predictions(y, net.predict(X), sample_weight)

    @property
    def coef_(self) -> np.ndarray:
        """Weights of a linear model, (n_features,) or (n_outputs, n_features)."""
        weights, _ = self._linear_layer("coef_")
        return weights[:, 0] if weights.shape[1] == 1 else weights.T

    @property
    def intercept_(self) -> float | np.ndarray:
        """Bias of a linear model: a number, or of shape (n_outputs,)."""
        _, biases = self._linear_layer("intercept_")
        return biases[0] if len(biases) == 1 else biases

    def __sklearn_tags__(self):
        """Accept several outputs per row; require counts with the Poisson loss."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = needs_counts(self)
        return tags
