"""The constructor parameters that every net has, and what each may be."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names

from skdl._sklearn import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from skdl._version import Versioned
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.checks import check_object
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.layers import NORMALIZATIONS, BatchNorm
from skdl.engine.optimizers import OPTIMIZERS
from skdl.engine.penalties import PENALTIES
from skdl.engine.schedules import SCHEDULES
from skdl.estimators._checks import hint_at

__all__ = ["CLASSIFIER_CONSTRAINTS", "CONSTRAINTS", "NetParameters"]

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
        HasMethods("fill"),
    ],
    "scoring": [None, StrOptions({"loss", *get_scorer_names()}), callable],
    "validation_split": ["cv_object"],
    "max_time": [None, Interval(Real, 0, None, closed="neither")],
    "max_restarts": [Interval(Integral, 0, None, closed="left")],
    "max_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
    "penalty": [None, StrOptions(set(PENALTIES)), HasMethods(["value", "shrink"])],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "standardize": ["boolean", StrOptions({"feature", "channel"})],
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


# Declared fields instead of five long constructors: @dataclass writes an __init__ with
# a signature of its own, which is all that scikit-learn reads, and which only stores.
@dataclass(eq=False, repr=False)
class NetParameters(Versioned, BaseEstimator):
    """Fields in scikit-learn's order, with scikit-learn's defaults.

    `hidden_layer_sizes` and `activation`, which scikit-learn takes by position too, are
    declared by the subclasses: the regressor has its loss before them.
    """

    _parameter_constraints: ClassVar[dict] = CONSTRAINTS

    def _validate_params(self):
        """Refuse what scikit-learn's validation lets pass or says less clearly."""
        for name in OBJECTS:
            value = getattr(self, name, None)
            for one in value if isinstance(value, list | tuple) else [value]:
                check_object(name, one)
        for name, constraints in self._parameter_constraints.items():
            value = getattr(self, name, None)
            number = any(isinstance(one, Interval) for one in constraints)
            # To Python, True is 1; alpha=True and its like pass in scikit-learn, too.
            if number and isinstance(value, bool) and name not in REAL_OF_SKLEARN:
                raise ValueError(f"{name} must be a number and no bool, got {value!r}.")
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise hint_at(self, error) from None

    _: KW_ONLY
    solver: str | object = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str | object = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: int | np.random.RandomState | None = None
    tol: float = 1e-4
    verbose: bool | int = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int | float = 10
    max_fun: int = 15000
    # Ours begin here.
    dropout: float | Sequence[float] | None = None
    normalization: str | BatchNorm | None = None
    normalization_position: str = "before"
    residual: bool = False
    weight_init: str | float | object | None = None
    max_grad_norm: float | None = None
    scoring: str | Callable | None = None
    validation_split: int | object | None = None
    max_time: float | None = None
    max_restarts: int = 0
    penalty: str | object | None = "l2"
    l1_ratio: float = 0.15
    standardize: bool | str = False
    image_shape: Sequence[int] | None = None
    augment: object | Callable | None = None
