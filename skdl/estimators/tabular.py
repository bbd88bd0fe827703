"""Nets for tables: data frames in, tuned defaults, calibrated on held-out rows."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from skdl._arguments import explain_arguments, explain_parameters
from skdl._inputs import check_numbers, check_weight_sizes
from skdl._parameters import ExplainedParameters
from skdl._sklearn import Interval, StrOptions, check_sample_weight, fit_context
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.engine.prediction import by_passes, raw_scores
from skdl.estimators._check_input import WEIGHTS
from skdl.estimators._class_weight import check_class_weight, class_weights
from skdl.estimators._labels import as_labels, unique_labels
from skdl.estimators._tabular_training import (
    NO_FOLD,
    Plan,
    best_temperature,
    fold_numbers,
    train,
)
from skdl.preprocessing import TabularEncoder

__all__ = ["TabularClassifier", "TabularRegressor"]

# Numbers of members and of epochs.
PRESETS = {"fast": (2, 15), "default": (4, 30), "best": (8, 60)}
# Held-out rows for `feature_importances_`.
MAX_PERMUTED = 500
CONSTRAINTS: dict = {
    "preset": [StrOptions(set(PRESETS))],
    "n_members": [None, Interval(Integral, 1, None, closed="left")],
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "n_bins": [Interval(Integral, 1, None, closed="left")],
    "max_iter": [None, Interval(Integral, 1, None, closed="left")],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "max_time": [None, Interval(Real, 0, None, closed="neither")],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


class _BaseTabular(Versioned, ExplainedParameters, BaseEstimator):
    """What the classifier and the regressor share."""

    preset: str
    n_members: int | None
    hidden_layer_sizes: Any
    n_bins: int
    max_iter: int | None
    learning_rate_init: float
    dropout: Any
    categorical_features: Any
    max_time: float | None
    random_state: Any
    verbose: Any
    _default_dropout: ClassVar[float]

    def _plan(self, smoothing=0.0):
        n_members, n_epochs = PRESETS[self.preset]
        hidden = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=object))
        sizes = hidden.tolist()
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise ValueError(
                "hidden_layer_sizes must be positive integers, one for each hidden "
                f"layer, got {self.hidden_layer_sizes!r}."
            )
        is_auto = isinstance(self.dropout, str)
        return Plan(
            n_members=n_members if self.n_members is None else self.n_members,
            hidden=tuple(int(size) for size in sizes),
            n_epochs=n_epochs if self.max_iter is None else self.max_iter,
            rate=self.learning_rate_init,
            dropout=self._default_dropout if is_auto else self.dropout,
            smoothing=smoothing,
            max_time=self.max_time,
            verbose=bool(self.verbose),
        )

    def _learn_table(self, X, y):
        """Fit the encoder; return the code of the table."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None."
            )
        validate_data(self, X, reset=True, skip_check_array=True)
        self._encoder = TabularEncoder(
            categorical_features=self.categorical_features, n_bins=self.n_bins
        ).fit(X)
        self.n_features_in_ = self._encoder.n_features_in_
        return self._encoded(X)

    def _encoded(self, X):
        Z = self._encoder.transform(X)
        # A table without information gets a column of zeros.
        return Z if Z.shape[1] else np.zeros((len(Z), 1), np.float32)

    def _checked_code(self, X):
        """Return the code of rows to predict."""
        check_is_fitted(self)
        if np.ndim(X) == 2:  # The encoder refuses other arrays.
            validate_data(self, X, reset=False, skip_check_array=True)
        return self._encoded(X)

    def _checked_weights(self, sample_weight, Z):
        if sample_weight is None:
            return np.ones(len(Z))
        check_numbers(sample_weight, "sample_weight")
        weights = check_sample_weight(
            sample_weight, Z, dtype=np.float64, ensure_non_negative=True
        )
        check_weight_sizes(weights, *WEIGHTS)
        if not weights.any():
            raise ValueError("sample_weight must have a positive weight, got zeros.")
        return weights

    def _learn(self, Z, y, weights, n_classes, plan):
        """Train on the rows of positive weight; store what every tabular net has."""
        rng = np.random.default_rng(
            check_random_state(self.random_state).randint(2**31 - 1, size=4)
        )
        used = np.flatnonzero(weights)
        if len(used) < len(Z):
            Z, y, weights = Z[used], y[used], weights[used]
        weights = weights / weights.mean()
        strata = None
        if n_classes is not None:
            strata = np.unique(y, return_inverse=True)[1]
        folds = fold_numbers(plan.n_members, strata, len(Z), rng)
        result = train(Z, y, weights, folds, n_classes, plan, rng)
        self._network = result.network
        self.best_iteration_, self.history_ = result.best_iteration, result.history
        self.n_iter_ = result.n_epochs
        return used, Z, y, weights, folds, result.scores, rng

    def _learn_importances(self, Z, y, folds, loss, rng):
        """Store the mean increase of a loss when a column of held-out rows is mixed."""
        self.feature_importances_ = np.zeros(self.n_features_in_)
        if folds is None:
            return
        network, n_members = self._network, len(self._network.parameters)
        rows = np.flatnonzero(folds != NO_FOLD)
        rows = rng.permutation(rows)[:MAX_PERMUTED]
        Z, y, own = Z[rows].copy(), y[rows], folds[rows]
        at = np.arange(len(rows))

        def held_out_loss():
            return loss(raw_scores(network, Z)[own % n_members, at], y)

        base, stop = held_out_loss(), 0
        for i, width in enumerate(_widths(self._encoder)):
            part = slice(stop, stop + width)
            stop += width
            if width:
                kept = Z[:, part].copy()
                Z[:, part] = kept[rng.permutation(len(rows))]
                self.feature_importances_[i] = held_out_loss() - base
                Z[:, part] = kept

    def __sklearn_tags__(self) -> Any:
        """Return tags: missing values and categories are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def _widths(encoder):
    """Return the number of columns of code of each column."""
    widths = []
    for i, kind in enumerate(encoder.kinds_):
        if kind == "category":
            levels = encoder.categories_[i]
            widths.append(1 if encoder.is_binary_[i] else len(levels))
        else:
            own = int(encoder.scale_[i] > 0) + int(encoder.has_indicator_[i])
            widths.append(own + len(encoder.bin_means_[i]))
    return widths


@explain_parameters
@dataclass(eq=False, repr=False)
class TabularClassifier(ClassifierMixin, _BaseTabular):
    """A classifier of tables."""

    _: KW_ONLY
    preset: str = "default"
    n_members: int | None = None
    hidden_layer_sizes: Any = (128, 128)
    n_bins: int = 8
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

    _default_dropout: ClassVar[float] = 0.1
    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "calibrate": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @fit_context(prefer_skip_nested_validation=True)
    @explain_arguments
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the net to a table and its labels."""
        with unchanged_on_error(self):
            self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        plan = self._plan(self.label_smoothing)
        Z = self._learn_table(X, y)
        labels = column_or_1d(y, warn=True)
        check_consistent_length(Z, labels)
        if labels.dtype.kind == "f":
            check_array(labels, ensure_2d=False, input_name="y")
        labels = as_labels(labels)
        check_classification_targets(labels)
        self.classes_ = unique_labels(labels)
        codes = np.searchsorted(self.classes_, labels)
        weights = self._checked_weights(sample_weight, Z)
        check_class_weight(self.class_weight, None)
        weights *= class_weights(
            self.class_weight, codes, self.classes_, sample_weight=weights
        )
        used, Z, y, weights, folds, scores, rng = self._learn(
            Z, codes, weights, len(self.classes_), plan
        )
        self.temperature_ = 1.0
        self.oof_prediction_ = self.oof_score_ = None
        if folds is not None:
            known = folds != NO_FOLD
            if self.calibrate and len(self.classes_) > 1:
                self.temperature_ = best_temperature(
                    scores[known], y[known], weights[known]
                )
            shape = len(codes), len(self.classes_)
            self.oof_prediction_ = np.full(shape, np.nan, np.float32)
            log_p = log_softmax(self.temperature_ * scores, axis=1)
            self.oof_prediction_[used] = np.exp(log_p)
            right = scores[known].argmax(axis=1) == y[known]
            self.oof_score_ = float(np.average(right, weights=weights[known]))

        def loss(scores, y):
            log_p = log_softmax(self.temperature_ * scores, axis=1)
            return -float(log_p[np.arange(len(y)), y].mean(dtype=np.float64))

        self._learn_importances(Z, y, folds, loss, rng)

    def _log_probabilities(self, X):
        Z = self._checked_code(X)

        def mean(scores):
            log_p = log_softmax(self.temperature_ * scores.astype(np.float64), axis=-1)
            return logsumexp(log_p, axis=0) - np.log(len(log_p))

        return by_passes(self._network, Z, mean)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class."""
        return np.exp(self._log_probabilities(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of each probability."""
        return self._log_probabilities(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logarithms of the probabilities; for two classes their difference."""
        log_p = self._log_probabilities(X)
        return log_p[:, 1] - log_p[:, 0] if log_p.shape[1] == 2 else log_p

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row."""
        winners = self._log_probabilities(X).argmax(axis=1)
        return self.classes_[winners]


@explain_parameters
@dataclass(eq=False, repr=False)
class TabularRegressor(RegressorMixin, _BaseTabular):
    """A regressor of tables."""

    _: KW_ONLY
    preset: str = "default"
    n_members: int | None = None
    hidden_layer_sizes: Any = (128, 128)
    n_bins: int = 8
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
        """Fit the net to a table and its numbers."""
        with unchanged_on_error(self):
            self._fit(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight):
        plan = self._plan()
        Z = self._learn_table(X, y)
        check_numbers(y, "y")
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(Z, y)
        y = column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y
        self._is_flat = y.ndim == 1
        columns = y.reshape(len(y), -1)
        weights = self._checked_weights(sample_weight, Z)
        self._mean = np.average(columns, axis=0, weights=weights)
        self._std = np.average((columns - self._mean) ** 2, axis=0, weights=weights)
        self._std = np.sqrt(self._std)
        self._std[self._std == 0] = 1
        scaled = ((columns - self._mean) / self._std).astype(np.float32)
        used, Z, scaled, weights, folds, scores, rng = self._learn(
            Z, scaled, weights, None, plan
        )
        self.oof_prediction_ = self.oof_score_ = None
        self._residuals = self._residual_weights = None
        if folds is not None:
            known = folds != NO_FOLD
            held_out = np.full(columns.shape, np.nan)
            held_out[used] = self._unscaled(scores)
            self._residuals = np.abs(held_out - columns)[used][known]
            self._residual_weights = weights[known]
            spread = (columns[used][known] - self._mean) ** 2
            explained = 1 - np.average(
                self._residuals**2, axis=0, weights=weights[known]
            ) / np.maximum(np.average(spread, axis=0, weights=weights[known]), 1e-300)
            self.oof_score_ = float(explained.mean())
            self.oof_prediction_ = held_out[:, 0] if self._is_flat else held_out
        self._learn_importances(
            Z, scaled, folds, lambda s, t: float(np.square(s - t).mean()), rng
        )

    def _unscaled(self, scores):
        return scores.astype(np.float64) * self._std + self._mean

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the mean of the members' predictions."""
        Z = self._checked_code(X)
        scores = raw_scores(self._network, Z).astype(np.float64)
        y = self._unscaled(scores.mean(axis=0))
        std = scores.std(axis=0) * self._std
        if self._is_flat:
            y, std = y[:, 0], std[:, 0]
        return (y, std) if return_std else y

    def predict_interval(self, X: Any, coverage: float = 0.9) -> tuple:
        """Return the bounds of intervals that contain a share of the targets."""
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must be in (0, 1), got {coverage!r}.")
        y = self.predict(X)
        if self._residuals is None:
            raise ValueError(
                "predict_interval needs held-out rows: fit on at least 8 rows."
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
        half = half[0] if self._is_flat else half
        return y - half, y + half

    def __sklearn_tags__(self) -> Any:
        """Return tags: several targets are allowed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
