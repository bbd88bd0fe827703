"""The constructor parameters that every net has, and what each may be."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names

from skdl._parameters import (
    ExplainedParameters,
    check_scorer_names,
    check_values,
    refuse_bools,
)
from skdl._sklearn import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
)
from skdl._version import Versioned
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.checks import check_object
from skdl.engine.hidden_layers import HiddenLayers
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.layers import NORMALIZATIONS, BatchNorm
from skdl.engine.optimizers import OPTIMIZERS
from skdl.engine.penalties import PENALTIES
from skdl.engine.protocols import (
    Activation,
    Augmenter,
    ClassificationLoss,
    Initializer,
    Optimizer,
    Penalty,
    RegressionLoss,
    Schedule,
)
from skdl.engine.schedules import SCHEDULES
from skdl.estimators._resolve import HINTS, OTHERS, canonical
from skdl.estimators._scoring import check_scoring_parameter

__all__ = [
    "CLASSIFIER_CONSTRAINTS",
    "CONSTRAINTS",
    "ActivationName",
    "ClassificationLossName",
    "InitializerName",
    "NetParameters",
    "PenaltyName",
    "RegressionLossName",
    "ScheduleName",
    "Scoring",
    "SolverName",
    "store_parameters",
]

ActivationName = Literal[
    "identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus",
    "silu", "gelu", "maxout",
]  # fmt: skip
SolverName = Literal["lbfgs", "sgd", "adam", "adagrad", "rmsprop", "adamw"]
ScheduleName = Literal[
    "constant", "invscaling", "adaptive", "step", "exponential", "cosine",
    "cosine_restarts", "one_cycle", "warmup", "plateau",
]  # fmt: skip
InitializerName = Literal[
    "auto", "glorot_uniform", "glorot_normal", "he_normal", "lecun_normal",
    "truncated_normal",
]  # fmt: skip
PenaltyName = Literal["l2", "l1", "elasticnet", "l0"]
ClassificationLossName = Literal[
    "log_loss", "softmax", "logistic", "hinge", "squared_hinge", "kl_divergence",
    "squared_error",
]  # fmt: skip
RegressionLossName = Literal[
    "squared_error", "absolute_error", "huber", "quantile", "poisson"
]
Scoring = str | Callable | Sequence[str] | Mapping[str, str | Callable] | None


class Fills(HasMethods):
    """An object with the methods of an initializer. Arrays have a ``fill``, too."""

    def is_satisfied_by(self, val):
        """Return whether a value is such an object."""
        return not isinstance(val, np.ndarray) and super().is_satisfied_by(val)


CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [
        StrOptions(set(ACTIVATIONS)),
        HasMethods(["forward", "backward"]),
        list,
        tuple,
    ],
    "solver": [StrOptions({*OPTIMIZERS, "lbfgs"}), HasMethods("start")],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "learning_rate": [StrOptions(set(SCHEDULES)), HasMethods("factor")],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": [None, Interval(Real, 0, 1, closed="left"), list, tuple],
    "normalization": [None, StrOptions(set(NORMALIZATIONS)), BatchNorm],
    "normalization_position": [StrOptions({"before", "after"})],
    "residual": ["boolean"],
    "weight_init": [
        None,
        StrOptions({"auto", *INITIALIZERS}),
        Interval(Real, 0, None, closed="left"),
        Fills("fill"),
    ],
    "scoring": [
        None,
        StrOptions({"loss", *get_scorer_names()}),
        callable,
        list,
        tuple,
        dict,
    ],
    "validation_split": ["cv_object"],
    "max_time": [None, Interval(Real, 0, None, closed="neither")],
    "max_restarts": [Interval(Integral, 0, None, closed="left")],
    "max_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
    "penalty": [None, StrOptions(set(PENALTIES)), HasMethods(["value", "shrink"])],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "standardize": ["boolean", StrOptions({"auto", "feature", "channel"})],
    "image_shape": [None, "array-like"],
    "augment": [None, HasMethods("start"), callable],
}
REAL_OF_SKLEARN = ("alpha", "learning_rate_init", "power_t", "tol", "momentum")
REAL_OF_SKLEARN += ("validation_fraction", "beta_1", "beta_2", "epsilon")
# Parameters that take objects.
OBJECTS = ("hidden_layer_sizes", "activation", "solver", "learning_rate", "loss")
OBJECTS += ("weight_init", "normalization", "penalty", "augment")
CLASSIFIER_CONSTRAINTS = {
    **CONSTRAINTS,
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    "class_weight": [None, StrOptions({"balanced"}), dict, list],
}


def store_parameters(estimator, values):
    """Store the arguments of a constructor as attributes.

    Parameters
    ----------
    estimator : estimator
    values : dict
        ``locals()`` of the constructor: its arguments, and ``self``.
    """
    vars(estimator).update(
        (name, value) for name, value in values.items() if name != "self"
    )


class NetParameters(Versioned, ExplainedParameters, BaseEstimator):
    """Types of the parameters that every net has, in scikit-learn's order.

    Each public class has a constructor of its own, with the defaults.
    """

    _parameter_constraints: ClassVar[dict] = CONSTRAINTS

    hidden_layer_sizes: int | Sequence[int] | HiddenLayers
    activation: ActivationName | Activation | Sequence
    loss: str | ClassificationLoss | RegressionLoss
    solver: SolverName | Optimizer
    alpha: float
    batch_size: int | Literal["auto"]
    learning_rate: ScheduleName | Schedule
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: int | np.random.RandomState | None
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: int | float
    max_fun: int
    dropout: float | Sequence[float] | None
    normalization: Literal["batch"] | BatchNorm | None
    normalization_position: Literal["before", "after"]
    residual: bool
    weight_init: InitializerName | float | Initializer | None
    max_grad_norm: float | None
    scoring: Scoring
    validation_split: int | object | None
    max_time: float | None
    max_restarts: int
    penalty: PenaltyName | Penalty | None
    l1_ratio: float
    standardize: bool | Literal["auto", "feature", "channel"]
    image_shape: Sequence[int] | None
    augment: Augmenter | Callable | None

    def _validate_values(self, values):
        """Refuse what scikit-learn's checks let pass or say less clearly."""
        for name in values.keys() & OBJECTS:
            value = values[name]
            for one in value if isinstance(value, list | tuple) else [value]:
                check_object(name, one)
        # alpha=True and its like pass in scikit-learn, too.
        refuse_bools(self._parameter_constraints, values, REAL_OF_SKLEARN)
        check_scorer_names(values.get("scoring"), others=("loss",))
        check_values(self, self._canonical(values), HINTS, OTHERS)
        check_scoring_parameter(values.get("scoring"))

    def _canonical(self, values):
        """Return values of parameters, with our names for those of other libraries.

        A name that a parameter of this class does not take stays as the user wrote it.
        """
        named = dict(values)
        for name, value in values.items():
            ours = canonical(name, value)
            if isinstance(ours, str) and any(
                isinstance(constraint, StrOptions) and ours in constraint.options
                for constraint in self._parameter_constraints[name]
            ):
                named[name] = ours
        return named
