"""Nets for tables: data frames in, tuned defaults, calibrated on held-out rows."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from skdl._arguments import explain_arguments, explain_parameters
from skdl._data_errors import or_nothing
from skdl._inputs import check_numbers, check_weights, refuse_missing
from skdl._numbers_of_rows import check_numbers_of_rows, numbers_of_rows_named
from skdl._sklearn import Interval, StrOptions, fit_context
from skdl._transaction import unchanged_on_error
from skdl.engine.prediction import by_passes, raw_scores
from skdl.estimators._callbacks import (
    CALLBACK_ATTRIBUTES,
)
from skdl.estimators._class_weight import (
    check_class_weight,
    class_weights,
    refuse_zeros,
)
from skdl.estimators._labels import as_labels, unique_labels, warn_if_many_classes
from skdl.estimators._tabular_base import CONSTRAINTS, BaseTabular
from skdl.estimators._tabular_group import Rows
from skdl.estimators._tabular_intervals import error_ratio
from skdl.estimators._tabular_mixture import (
    best_mixture,
    best_shares,
    mixed_log_probabilities,
)
from skdl.estimators._tabular_rows import distinct_rows

__all__ = ["TabularClassifier", "TabularRegressor"]

# Held-out rows for the ratio of errors that intervals need.
MAX_COMPARED = 2000


@explain_parameters
@dataclass(eq=False, repr=False)
class TabularClassifier(ClassifierMixin, BaseTabular):
    """A classifier of tables: several small nets, calibrated on held-out rows.

    Data frames or arrays go in as they are: numbers, categories, missing values
    [1]_ [2]_. The probabilities are calibrated by one temperature [3]_.

    Parameters
    ----------
    preset : {'fast', 'default', 'best'}, default='default'
        Numbers of members and epochs: 4 and 30, 10 and 45, or 30 and 90. `n_members`
        and `max_iter` take precedence.
    n_members : int, optional
        Number of networks, at most 10,000. Each holds out rows of its own; with fewer
        than 4 members, some rows are held out by none. From 8 members on, a third of
        them, but at least 4, are a second group: they see no bins of numbers. From 24
        on, another third learns labels without smoothing. Held-out rows decide how much
        a group counts.
    hidden_layer_sizes : 'auto', int or sequence of int, default='auto'
        Widths of the hidden layers. 'auto' is (64, 64) for fewer than 4,000 rows, and
        (128, 128) for more.
    n_bins : 'auto' or int, default='auto'
        Number of quantile bins of each number, see `TabularEncoder`. 'auto' is 16, but
        8 for more than 100 columns.
    max_iter : int, optional
        Most epochs. The default is that of the preset. Small tables get more, because
        an epoch counts as at least 11 steps: 600 rows in batches of 64 make 9 steps, so
        45 epochs become 55. Training ends earlier when the held-out loss grows.
    learning_rate_init : float, default=0.03
        The largest learning rate. It rises over the first 5 % of the steps, and falls
        to 0 by a cosine.
    dropout : 'auto' or float, default='auto'
        Rate of dropout of hidden units; 'auto' is 0.05.
    label_smoothing : float, default=0.1
        Share of each label that is spread over all classes.
    categorical_features : "from_dtype", None, or array-like, default="from_dtype"
        Columns of numbers that are categories, see `TabularEncoder`.
    calibrate : bool, default=True
        Whether to multiply the scores by the temperature that fits held-out rows best.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes.
    max_time : float, optional
        Seconds that training may take. After the first epoch, the number of epochs is
        lowered to fit.
    random_state : int, RandomState instance or None, default=None
        Source of the parameters, the folds, the order of rows and the dropout.
    verbose : bool or int, default=False
        Whether to print a row for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    oof_prediction_ : ndarray of shape (n_samples, n_classes), or None
        Prediction of each training row by the member that holds it out, or by one of
        each group; NaN where none does, and for rows of weight 0. None without
        held-out rows.
    oof_score_ : float or None
        Accuracy of these predictions. A member is trained without its held-out rows, so
        it is a little worse than the mean of all; on the other hand, the epoch and the
        temperature are chosen on these rows.
    temperature_ : float
        The factor of the scores.
    member_weights_ : ndarray of shape (n_members,)
        Weights of the members in the mean. All members of a group have the same.
    best_iteration_ : int
        The epoch whose parameters are kept, counted from 1: their mean over its steps.
        A second group has its own.
    n_iter_ : int
        Number of epochs of training.
    history_ : dict of ndarray of shape (n_iter_,)
        Records of each epoch: 'loss', 'validation_loss' and 'validation_score' of the
        held-out rows (NaN in epochs that were not judged), 'learning_rate' of the last
        step, and 'time' in seconds, without that of callbacks.
    stop_reason_ : str
        Reason why training ended: 'max_iter', 'converged' (the held-out loss grew),
        'max_time', 'callback' or 'interrupted'.
    training_ : TabularRun
        State of the run, while ``fit`` runs, for callbacks.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Mean increase of the held-out loss when the values of a column are permuted
        among 500 held-out rows. `fit` computes them.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if all are strings.

    See Also
    --------
    TabularRegressor : The same for numbers.
    skdl.preprocessing.TabularEncoder : The code of the table by itself.

    Notes
    -----
    `TabularEncoder` encodes numbers, categories and missing values: X needs no
    pipeline. Levels in at least two rows have a column: at most 1,000 of a category, or
    255 if the code of the table would have more than 10 million elements. Members are
    small networks with learned scales of their inputs; those of a group train on the
    same batches. Each has a weight of 0 for the rows that it holds out. The only row of
    a class is held out by none. Nothing is held out at all if fewer than 8 different
    rows, or rows of only one of several classes, remain.

    Rows that are equal in X and y count as one row with the sum of their weights, if
    weights differ, or if that sum is at least 1.2 on average: a weight of 2 is then the
    same as a row that occurs twice. The row is held out as a whole, so copies do not
    make the estimate better than it is. But if a tenth of the repeated rows occur with
    another y, too, X takes only a few values, which new rows will have as well: then
    one of the equal rows is held out, or a part of them for each fold. Weights enter
    the loss and the held-out loss, not the encoder.

    Ctrl-C ends training, and keeps what it has learned; in a search or an ensemble it
    ends the whole series.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical
       features in tabular deep learning", NeurIPS 2022.
    .. [3] C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural
       networks", ICML 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skdl import TabularClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> net = TabularClassifier(preset="fast", random_state=0).fit(X, y)
    >>> net.score(X, y) > 0.95
    True
    """

    _: KW_ONLY
    preset: str = "default"
    n_members: int | None = None
    hidden_layer_sizes: Any = "auto"
    n_bins: int | str = "auto"
    max_iter: int | None = None
    learning_rate_init: float = 0.03
    dropout: float | str = "auto"
    label_smoothing: float = 0.1
    categorical_features: str | Sequence | ArrayLike | None = "from_dtype"
    calibrate: bool = True
    class_weight: Any = None
    max_time: float | None = None
    random_state: int | np.random.RandomState | None = None
    verbose: int | bool = False

    _default_dropout: ClassVar[float] = 0.05
    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "calibrate": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @fit_context(prefer_skip_nested_validation=True)
    @explain_arguments
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the net to a table and its labels.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,)
            Labels: text, integers or booleans.
        sample_weight : array-like of shape (n_samples,), optional
            How many times each row counts.

        Returns
        -------
        self : TabularClassifier
            The fitted net.

        Raises
        ------
        ValueError
            For an invalid parameter, table or target, and if training diverges. The
            net does not change in these cases.
        """
        with unchanged_on_error(self, except_for=CALLBACK_ATTRIBUTES):
            self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        plan, given = self._plan(self.label_smoothing), (X, y, sample_weight)
        table = self._read(X, y)
        refuse_missing(y, numeric=False)
        labels = column_or_1d(y, warn=True)
        check_numbers_of_rows(X=table, y=labels)
        if labels.dtype.kind == "f":
            check_array(labels, ensure_2d=False, input_name="y")
        labels = as_labels(labels)
        kind = type_of_target(labels, input_name="y")
        if kind not in ("binary", "multiclass"):
            hint = " For numbers, use TabularRegressor." if kind == "continuous" else ""
            raise ValueError(
                f"Unknown label type: {kind!r}. y must hold one class label per row "
                f"(strings, integers or booleans).{hint}"
            )
        self.classes_ = unique_labels(labels)
        warn_if_many_classes(self.classes_, len(labels), "TabularRegressor")
        codes = np.searchsorted(self.classes_, labels)
        weights = check_weights(sample_weight, table)
        check_class_weight(self.class_weight, None)
        factors = class_weights(
            self.class_weight, codes, self.classes_, sample_weight=weights
        )
        refuse_zeros(weights * factors, self.class_weight)
        different = distinct_rows(
            table, self._are_categories(table), codes, weights, factors
        )
        places, n_classes = different.places, len(self.classes_)
        rows = Rows(
            self._encode(different.of(table)),
            codes[places],
            different.weights * factors[places],
            different.kept,
            n_classes,
        )
        calibrates = self.calibrate and n_classes > 1
        held_out = self._learn(rows, different.numbers, plan, given, calibrates)
        self.temperature_, shares = 1.0, held_out.equal_shares
        self.oof_prediction_ = self.oof_score_ = None
        if held_out.known is not None:
            known, scores = held_out.known, held_out.scores
            y, weights = rows.y[known], rows.weights[known]
            self.temperature_, shares = best_mixture(scores, y, weights, calibrates)
            log_p = mixed_log_probabilities(np.stack(scores), shares, self.temperature_)
            p = np.exp(log_p).astype(np.float32)
            self.oof_prediction_ = held_out.by_row_of_fit(p)
            right = log_p.argmax(axis=1) == y
            self.oof_score_ = float(np.average(right, weights=weights))
        self.member_weights_ = held_out.member_weights(shares)

        def losses(scores, y):
            log_p = mixed_log_probabilities(np.stack(scores), shares, self.temperature_)
            return -log_p[np.arange(len(y)), y]

        self._learn_importances(held_out, losses)

    @explain_arguments
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows that are classified correctly.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        accuracy : float
            Weighted share of correct rows.
        """
        y = or_nothing(as_labels, y, nothing=y)
        with numbers_of_rows_named(X=X, y=y, sample_weight=sample_weight):
            return float(super().score(X, y, sample_weight))

    def _log_probabilities(self, X) -> Any:
        def mean(scores):
            return mixed_log_probabilities(
                scores, self.member_weights_, self.temperature_
            )

        return self._by_blocks(X, lambda Z: by_passes(self._network_for(Z), Z, mean))

    @explain_arguments
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Mean of the members' probabilities, weighted by `member_weights_`.
        """
        return np.exp(self._log_probabilities(X))

    @explain_arguments
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of each probability.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Computed in log space.
        """
        return self._log_probabilities(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return logarithms of probabilities; for two classes their difference.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,)
            The largest wins in `predict`. For two classes, a positive
            score stands for the second one.
        """
        log_p = self._log_probabilities(X)
        return log_p[:, 1] - log_p[:, 0] if log_p.shape[1] == 2 else log_p

    @explain_arguments
    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.
        """
        winners = self._log_probabilities(X).argmax(axis=1)
        return self.classes_[winners]


@explain_parameters
@dataclass(eq=False, repr=False)
class TabularRegressor(RegressorMixin, BaseTabular):
    """A regressor of tables: several small nets, and intervals from held-out rows.

    Data frames or arrays go in as they are: numbers, categories, missing values
    [1]_ [2]_.

    Parameters
    ----------
    preset : {'fast', 'default', 'best'}, default='default'
        Numbers of members and epochs: 4 and 30, 10 and 45, or 30 and 90. `n_members`
        and `max_iter` take precedence.
    n_members : int, optional
        Number of networks, at most 10,000. Each holds out rows of its own; with fewer
        than 4 members, some rows are held out by none. From 8 members on, a third of
        them, but at least 4, are a second group: they see no bins of numbers. From 24
        on, another third is a group, too. Held-out rows decide how much each group
        counts.
    hidden_layer_sizes : 'auto', int or sequence of int, default='auto'
        Widths of the hidden layers. 'auto' is (64, 64) for fewer than 4,000 rows, and
        (128, 128) for more.
    n_bins : 'auto' or int, default='auto'
        Number of quantile bins of each number, see `TabularEncoder`. 'auto' is 16, but
        8 for more than 100 columns.
    max_iter : int, optional
        Most epochs. The default is that of the preset. Small tables get more, because
        an epoch counts as at least 11 steps: 600 rows in batches of 64 make 9 steps, so
        45 epochs become 55. Training ends earlier when the held-out loss grows.
    learning_rate_init : float, default=0.03
        The largest learning rate. It rises over the first 5 % of the steps, and falls
        to 0 by a cosine.
    dropout : 'auto' or float, default='auto'
        Rate of dropout of hidden units; 'auto' is 0.
    categorical_features : "from_dtype", None, or array-like, default="from_dtype"
        Columns of numbers that are categories, see `TabularEncoder`.
    max_time : float, optional
        Seconds that training may take. After the first epoch, the number of epochs is
        lowered to fit.
    random_state : int, RandomState instance or None, default=None
        Source of the parameters, the folds, the order of rows and the dropout.
    verbose : bool or int, default=False
        Whether to print a row for each epoch.

    Attributes
    ----------
    oof_prediction_ : ndarray of the shape of y, or None
        Prediction of each training row by the member that holds it out, or by one of
        each group; NaN where none does, and for rows of weight 0. None without
        held-out rows.
    oof_score_ : float or None
        R² of these predictions. A member is trained without its held-out rows, so
        it is a little worse than the mean of all; on the other hand, the epoch is
        chosen on these rows.
    member_weights_ : ndarray of shape (n_members,)
        Weights of the members in the mean. All members of a group have the same.
    best_iteration_ : int
        The epoch whose parameters are kept, counted from 1: their mean over its steps.
        A second group has its own.
    n_iter_ : int
        Number of epochs of training.
    history_ : dict of ndarray of shape (n_iter_,)
        Records of each epoch: 'loss', 'validation_loss' and 'validation_score' of the
        held-out rows (NaN in epochs that were not judged), 'learning_rate' of the last
        step, and 'time' in seconds, without that of callbacks.
    stop_reason_ : str
        Reason why training ended: 'max_iter', 'converged' (the held-out loss grew),
        'max_time', 'callback' or 'interrupted'.
    training_ : TabularRun
        State of the run, while ``fit`` runs, for callbacks.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Mean increase of the held-out loss when the values of a column are permuted
        among 500 held-out rows. `fit` computes them.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if all are strings.

    See Also
    --------
    TabularClassifier : The same for classes.
    skdl.preprocessing.TabularEncoder : The code of the table by itself.

    Notes
    -----
    `TabularEncoder` encodes numbers, categories and missing values: X needs no
    pipeline. Levels in at least two rows have a column: at most 1,000 of a category, or
    255 if the code of the table would have more than 10 million elements. Members are
    small networks with learned scales of their inputs; those of a group train on the
    same batches. Each has a weight of 0 for the rows that it holds out. With
    fewer than 8 different rows, nothing is held out.

    Rows that are equal in X and y count as one row with the sum of their weights, if
    weights differ, or if that sum is at least 1.2 on average: a weight of 2 is then the
    same as a row that occurs twice. The row is held out as a whole, so copies do not
    make the estimate better than it is. But if a tenth of the repeated rows occur with
    another y, too, X takes only a few values, which new rows will have as well: then
    one of the equal rows is held out, or a part of them for each fold. Weights enter
    the loss and the held-out loss, not the encoder.

    Ctrl-C ends training, and keeps what it has learned; in a search or an ensemble it
    ends the whole series.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical
       features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdl import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> net = TabularRegressor(preset="fast", random_state=0).fit(X, y)
    >>> low, high = net.predict_interval(X, coverage=0.8)
    >>> bool((low < high).all())
    True
    """

    _: KW_ONLY
    preset: str = "default"
    n_members: int | None = None
    hidden_layer_sizes: Any = "auto"
    n_bins: int | str = "auto"
    max_iter: int | None = None
    learning_rate_init: float = 0.03
    dropout: float | str = "auto"
    categorical_features: str | Sequence | ArrayLike | None = "from_dtype"
    max_time: float | None = None
    random_state: int | np.random.RandomState | None = None
    verbose: int | bool = False

    _default_dropout: ClassVar[float] = 0.0
    _parameter_constraints: ClassVar[dict] = CONSTRAINTS

    @fit_context(prefer_skip_nested_validation=True)
    @explain_arguments
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the net to a table and its numbers.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), optional
            How many times each row counts.

        Returns
        -------
        self : TabularRegressor
            The fitted net.

        Raises
        ------
        ValueError
            For an invalid parameter, table or target, and if training diverges. The
            net does not change in these cases.
        """
        with unchanged_on_error(self, except_for=CALLBACK_ATTRIBUTES):
            self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        plan, given = self._plan(), (X, y, sample_weight)
        table = self._read(X, y)
        check_numbers(y, "y")
        refuse_missing(y, numeric=True)
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_numbers_of_rows(X=table, y=y)
        y = column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y
        self._is_flat = y.ndim == 1
        columns = y.reshape(len(y), -1)
        weights = check_weights(sample_weight, table)
        different = distinct_rows(table, self._are_categories(table), columns, weights)
        columns, weights = columns[different.places], different.weights
        with np.errstate(over="ignore", invalid="ignore"):
            self._mean = np.average(columns, axis=0, weights=weights)
            variance = np.average((columns - self._mean) ** 2, axis=0, weights=weights)
        if not np.isfinite(variance).all():
            raise ValueError(
                "The variance of y overflows float64: the largest |y| is "
                f"{np.abs(columns).max():.3g}. Divide y by it."
            )
        self._std = np.sqrt(variance)
        self._std[self._std == 0] = 1
        scaled = ((columns - self._mean) / self._std).astype(np.float32)
        Z = self._encode(different.of(table))
        rows = Rows(Z, scaled, weights, different.kept, None)
        held_out = self._learn(rows, different.numbers, plan, given)
        shares = held_out.equal_shares
        self.oof_prediction_ = self.oof_score_ = None
        self._residuals: Any = None
        self._residual_weights: Any = None
        self._error_ratio: Any = None
        if held_out.known is not None:
            known, scores = held_out.known, held_out.scores
            y, weights = columns[known], rows.weights[known]
            shares = best_shares(scores, rows.y[known], weights)
            predicted = self._unscaled(np.tensordot(shares, scores, axes=1))
            self._residuals, self._residual_weights = np.abs(predicted - y), weights
            self._learn_error_ratio(held_out, shares)
            self.oof_score_ = r2_score(y, predicted, sample_weight=weights)
            self.oof_prediction_ = held_out.by_row_of_fit(predicted)
            if self._is_flat:
                self.oof_prediction_ = self.oof_prediction_[:, 0]
        self.member_weights_ = held_out.member_weights(shares)

        def losses(scores, y):
            errors = np.tensordot(shares, scores, axes=1) - y
            return np.square(errors).mean(axis=1)

        self._learn_importances(held_out, losses)

    def _learn_error_ratio(self, held_out, shares):
        """Store how much smaller errors of the mean are than those of held-out rows."""
        chosen = held_out.rng.permutation(held_out.known)[:MAX_COMPARED]
        rows = held_out.rows
        scores = raw_scores(self._network, rows.X, rows=chosen).astype(np.float64)
        ends = np.cumsum(held_out.sizes)[:-1]
        self._error_ratio = error_ratio(
            np.split(scores, ends),
            [group.folds[chosen] for group in held_out.groups],
            shares,
            rows.y[chosen],
            rows.weights[chosen],
        )

    def _unscaled(self, scores):
        return scores.astype(np.float64) * self._std + self._mean

    @explain_arguments
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² of the predictions, the mean over the outputs.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        score : float
            1 for perfect predictions, 0 for the mean of y.
        """
        check_numbers(y, "y")
        with numbers_of_rows_named(X=X, y=y, sample_weight=sample_weight):
            return float(super().score(X, y, sample_weight))

    @explain_arguments
    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the weighted mean of the members' predictions.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.
        return_std : bool, default=False
            Whether to return the standard deviation of the predictions, too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions.
        std : ndarray of the shape of y
            Only with `return_std`: how much the members disagree, not the noise in y.
        """

        def moments(Z):
            scores = raw_scores(self._network_for(Z), Z).astype(np.float64)
            weights = self.member_weights_
            mean = np.tensordot(weights, scores, axes=1)
            variance = np.tensordot(weights, np.square(scores - mean), axes=1)
            return np.stack([mean, np.sqrt(variance)], axis=1)

        mean, std = np.moveaxis(self._by_blocks(X, moments), 1, 0)
        y, std = self._unscaled(mean), std * self._std
        if self._is_flat:
            y, std = y[:, 0], std[:, 0]
        return (y, std) if return_std else y

    @explain_arguments
    def predict_interval(self, X: Any, coverage: float = 0.9) -> tuple:
        """Return the bounds of intervals that contain a share of the targets.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Rows with the columns of `fit`.
        coverage : float, default=0.9
            The share, between 0 and 1.

        Returns
        -------
        low, high : ndarray of the shape of the predictions
            Prediction minus and plus a quantile of the absolute errors on held-out
            rows, times the ratio of the error of the members' mean to that on these.
            All intervals of an output have the same width.

        Raises
        ------
        ValueError
            If coverage is out of range, or `fit` held out no rows.
        """
        if not (isinstance(coverage, Real) and 0 < coverage < 1):
            raise ValueError(
                "coverage is the share of rows in the interval, between 0 and 1, as "
                f"in coverage=0.9; got {coverage!r}."
            )
        y = self.predict(X)
        if self._residuals is None:
            raise ValueError(
                "predict_interval needs held-out rows: fit on at least 8 different "
                "rows."
            )
        n = len(self._residuals)
        share = min(1, coverage * (n + 1) / n)
        half = np.quantile(
            self._residuals,
            share,
            axis=0,
            weights=np.broadcast_to(
                self._residual_weights[:, None], self._residuals.shape
            ),
            method="inverted_cdf",
        )
        half = half * self._error_ratio
        half = half[0] if self._is_flat else half
        return y - half, y + half

    def __sklearn_tags__(self) -> Any:
        """Return tags: several targets are allowed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
