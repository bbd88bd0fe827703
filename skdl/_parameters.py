"""Values of parameters that are refused: what the user meant, and what to write."""

import math
from collections.abc import Mapping
from functools import cache
from numbers import Integral
from operator import is_
from weakref import WeakKeyDictionary

from sklearn.metrics import get_scorer_names

from skdl._arguments import advice
from skdl._sklearn import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from skdl._text import (
    NO_NAMES,
    UP_TO,
    did_you_mean,
    exceeds_floats,
    repr_of_number,
)

__all__ = [
    "N_MEMBERS",
    "ExplainedParameters",
    "check_scorer_names",
    "check_values",
    "refuse_bools",
]

# Members of an ensemble or a tabular net. More of them fill the memory.
N_MEMBERS = Interval(Integral, 1, 10_000, closed="both")
# Names of other libraries -> scorers of scikit-learn.
RELATED_SCORERS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "prauc": "average_precision",
    "auprc": "average_precision",
    "ap": "average_precision",
    "logloss": "neg_log_loss",
    "crossentropy": "neg_log_loss",
    "brier": "neg_brier_score",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "rsquared": "r2",
    "mcc": "matthews_corrcoef",
}


def hint_at(estimator, error, hints=NO_NAMES, others=NO_NAMES):
    """Return scikit-learn's error about a parameter, with what to write instead.

    Parameters
    ----------
    estimator : estimator
        The estimator whose parameters are wrong.
    error : InvalidParameterError
        What scikit-learn says.
    hints : dict of str to callable
        Parameter -> function of its value, which returns a sentence or nothing.
    others : dict of str to dict
        Parameter -> names of other libraries, as `did_you_mean` takes them.

    Returns
    -------
    error : InvalidParameterError
        The same text, followed by a hint if there is one.
    """
    name = str(error).split("'")[1]
    value = getattr(estimator, name, None)
    constraints = estimator._parameter_constraints.get(name, [])
    special = hints[name](value) if name in hints else ""
    hint = f" {special}" if special else _hint(name, value, constraints, others)
    return InvalidParameterError(f"{error}{hint}")


def check_values(estimator, values, hints=NO_NAMES, others=NO_NAMES):
    """Refuse values of parameters that their constraints exclude.

    Parameters
    ----------
    estimator : estimator
        It has the constraints, as ``_parameter_constraints`` of scikit-learn.
    values : dict
        Values of some parameters, with our names for those of other libraries.
    hints, others
        As for `hint_at`.

    Raises
    ------
    InvalidParameterError
        With the parameter, what it may be, the value, and what to write instead.
    """
    constraints = estimator._parameter_constraints
    # To scikit-learn, integers beyond all floats are in ranges without an end.
    beyond = {
        name: value
        for name, value in values.items()
        if exceeds_floats(value)
        and any(isinstance(one, Interval) for one in constraints.get(name, ()))
    }
    ends = {
        name: math.inf if value > 0 else -math.inf for name, value in beyond.items()
    }
    try:
        validate_parameter_constraints(
            constraints, values | ends, type(estimator).__name__
        )
    except InvalidParameterError as error:
        name = str(error).split("'")[1]
        if name in beyond:
            said = str(error).removesuffix(f"{ends[name]!r} instead.")
            shown = repr_of_number(beyond[name])
            raise InvalidParameterError(f"{said}{shown} instead. {UP_TO}") from None
        raise hint_at(estimator, error, hints, others) from None


def _hint(parameter, value, constraints, others):
    if isinstance(value, str) and value.lower() == "none" and None in constraints:
        return f" Write {parameter}=None, without quotes."
    if "boolean" in constraints and str(value).lower() in ("true", "false"):
        return f" Write {parameter}={value.capitalize()}, without quotes."
    numbers = [one for one in constraints if isinstance(one, Interval)]
    if numbers and isinstance(value, float) and value.is_integer():
        is_allowed = any(int(value) in one for one in numbers)
        return f" Write {parameter}={int(value)}." if is_allowed else ""
    if numbers and isinstance(value, str) and _is_number(value):
        return f" Write {parameter}={value}, without quotes."
    options = [one.options for one in constraints if isinstance(one, StrOptions)]
    names = [name for some in options for name in some]
    return did_you_mean(value, names, others.get(parameter, NO_NAMES))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_scorer_names(scoring, others=()):
    """Refuse the name of a scorer that does not exist.

    Parameters
    ----------
    scoring : object
        The parameter of that name: a name, or several in a list or dict. Anything else
        passes.
    others : sequence of str
        Names that the estimator takes beside those of scikit-learn.

    Raises
    ------
    ValueError
        With the closest names, for scikit-learn has 60.
    """
    if isinstance(scoring, Mapping):
        scoring = list(scoring.values())
    names = None
    for name in scoring if isinstance(scoring, list | tuple | set) else [scoring]:
        if not isinstance(name, str):
            continue
        names = names or [*others, *get_scorer_names()]
        if name not in names:
            allowed = ", ".join(map(repr, [*others, None]))
            raise InvalidParameterError(
                f"scoring={name!r} is not the name of a scorer."
                f"{did_you_mean(name, names, RELATED_SCORERS, n=3)} Other values are "
                f"{allowed}, a function scorer(estimator, X, y), and the names that "
                "sklearn.metrics.get_scorer_names() lists."
            )


# For each class the last value of each parameter that passed its checks, if the value
# cannot change.
PASSED: WeakKeyDictionary[type, dict] = WeakKeyDictionary()
IMMUTABLE = {type(None), bool, int, float, str}
UNKNOWN = object()


def refuse_bools(constraints, values, except_for=()):
    """Refuse True and False, which are 1 and 0 to Python, where a number is meant.

    Parameters
    ----------
    constraints : dict
        What each parameter may be, as scikit-learn's ``_parameter_constraints``.
    values : dict
        Values of parameters.
    except_for : sequence of str, default=()
        Parameters that may hold a bool in place of a number.

    Raises
    ------
    ValueError
        With the parameter and its value.
    """
    for name, value in values.items():
        if not isinstance(value, bool) or name in except_for:
            continue
        allowed = constraints.get(name, ())
        is_number = any(isinstance(one, Interval) for one in allowed)
        if is_number and "boolean" not in allowed:
            raise ValueError(f"{name} must be a number and no bool, got {value!r}.")


class ExplainedParameters:
    """Mixin for estimators whose errors about parameters say what to write instead.

    A class may have `_related_names` and `_hints`: the names of other libraries and the
    functions of a wrong value that `hint_at` takes.
    """

    _related_names, _hints = NO_NAMES, NO_NAMES

    @classmethod
    @cache
    def _get_param_names(cls):
        # Searches clone nets by the hundred, and reading a signature takes its time.
        return super()._get_param_names()

    def set_params(self, **params):
        """Set parameters; raise for an unknown one before any is set.

        Parameters
        ----------
        **params : dict
            Parameters of the estimator, and ``component__parameter`` of its parts.

        Returns
        -------
        self : estimator
            The estimator itself.
        """
        known = self._get_param_names()
        for name, value in params.items():
            part, _, setting = name.partition("__")
            if part in known:
                owner = params.get(part, getattr(self, part, None))
                if setting and not hasattr(owner, "set_params"):
                    raise AttributeError(
                        f"{name} needs an object as {part}, got {part}={owner!r}, "
                        "which has no parameters"
                    )
                continue
            nested = [path for path in self.get_params() if "__" in path]
            if meant := advice(name, value, known, nested=nested):
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}: {meant}."
                )
            super().set_params(**{name: value})  # raises scikit-learn's error
        return super().set_params(**params)

    def _validate_params(self):
        """Refuse wrong values of parameters.

        Values that passed before, such as the defaults, get no second check: all checks
        together take longer than an epoch of a small net.
        """
        known, passed = vars(self), PASSED.get(type(self), {})
        constraints = self._parameter_constraints
        if len(passed) == len(constraints) and all(
            map(is_, map(known.get, passed), passed.values())
        ):
            return
        values = {
            name: value
            for name, value in known.items()
            if value is not passed.get(name, UNKNOWN)
            and name in constraints
            and not _is_equal(value, passed.get(name, UNKNOWN))
        }
        if values:
            self._validate_values(dict(sorted(values.items())))
            new = {name: v for name, v in values.items() if _cannot_change(v)}
            # A new dict, since another thread may be reading the old one.
            PASSED[type(self)] = passed | new

    def _validate_values(self, values):
        """Refuse wrong values of some parameters, given as a dict."""
        check_scorer_names(values.get("scoring"))
        refuse_bools(self._parameter_constraints, values)
        check_values(self, values, self._hints, self._related_names)


def _cannot_change(value):
    if type(value) is tuple:
        return all(type(one) in IMMUTABLE for one in value)
    return type(value) in IMMUTABLE


def _is_equal(value, other):
    # (True, 2) == (1, 2), but only one of them is right.
    kind = type(value)
    return kind is type(other) and kind is not tuple and value == other
