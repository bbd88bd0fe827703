"""The only module that depends on undocumented names and texts of scikit-learn.

If a release of scikit-learn changes one of them, only this file has to change. The
names are assigned, not imported: pyright hides names that a package with types imports
from one without.
"""

from functools import wraps

from sklearn import base, get_config
from sklearn.callback import _transport
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import _search
from sklearn.utils import (
    _available_if,
    _openmp_helpers,
    _optional_dependencies,
    _param_validation,
    metaestimators,
    multiclass,
    validation,
)

# How the error begins that a search raises if all fits of a batch have failed.
ALL_FITS_FAILED = "\nAll the "
# Patterns of warnings of a search: some fits failed; some scores are not finite.
SOME_FITS_FAILED = r"\n\d+ fits failed out"
SCORES_NOT_FINITE = "One or more of the (test|train) scores are non"
# Pattern of the warnings about X with names or without, unlike the X of ``fit``.
ONE_HAS_NAMES = "X (has|does not have valid) feature names"
# Name of the task of one fit of a search.
FIT_OF_A_SEARCH = "candidate-split-evaluation"

__all__ = [
    "ALL_FITS_FAILED",
    "FIT_OF_A_SEARCH",
    "ONE_HAS_NAMES",
    "SCORES_NOT_FINITE",
    "SOME_FITS_FAILED",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "add_callback",
    "available_if",
    "check_categorical_features",
    "check_feature_names_in",
    "check_matplotlib_support",
    "check_method_params",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "close_listener",
    "effective_n_threads",
    "feature_names",
    "fit_context",
    "open_listener",
    "safe_indexing",
    "safe_split",
    "scorer_function",
    "scorer_settings",
    "send",
    "usual_response",
    "validate_parameter_constraints",
]

BaseSearchCV = _search.BaseSearchCV
HasMethods = _param_validation.HasMethods
Interval = _param_validation.Interval
InvalidParameterError = _param_validation.InvalidParameterError
Options = _param_validation.Options
validate_parameter_constraints = _param_validation.validate_parameter_constraints
check_categorical_features = validation._check_categorical_features
check_feature_names_in = validation._check_feature_names_in
check_matplotlib_support = _optional_dependencies.check_matplotlib_support
check_method_params = validation._check_method_params
check_partial_fit_first_call = multiclass._check_partial_fit_first_call
check_sample_weight = validation._check_sample_weight
effective_n_threads = _openmp_helpers._openmp_effective_n_threads
feature_names = validation._get_feature_names
safe_indexing = metaestimators._safe_indexing
safe_split = metaestimators._safe_split
# How callbacks in other processes send messages to the process of the search.
open_listener = _transport.open_listener
close_listener = _transport.close_listener
send = _transport.send


def fit_context(*, prefer_skip_nested_validation):
    """Return a decorator of ``fit`` and ``partial_fit``, which validates parameters.

    scikit-learn's decorator does so in the first call of ``partial_fit`` only. Users
    change the learning rate, or another parameter, between two calls. What else it
    does, for callbacks and for estimators inside, no ``partial_fit`` of skdl needs.

    Parameters
    ----------
    prefer_skip_nested_validation : bool
        Whether estimators inside need no validation.
    """
    decorate = base._fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )

    def decorator(method):
        if method.__name__ != "partial_fit":
            return decorate(method)

        @wraps(method)
        def validated(estimator, *args, **kwargs):
            if not get_config()["skip_parameter_validation"]:
                estimator._validate_params()
            return method(estimator, *args, **kwargs)

        return validated

    return decorator


def add_callback(context, callback):
    """Add a callback to a task and its later subtasks, but not to the estimator.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The task.
    callback : callback
        The callback.
    """
    context._callbacks = [*context._callbacks, callback]


def scorer_function(scorer):
    """Return (function, sign) of a scorer: its metric, and -1 if it is a loss.

    Parameters
    ----------
    scorer : callable
        What ``make_scorer`` returns, or a function (estimator, X, y), which is its own
        metric with the sign 1.
    """
    function = getattr(scorer, "_score_func", scorer)
    return function, getattr(scorer, "_sign", 1)


def scorer_settings(scorer):
    """Return the arguments of ``make_scorer``, besides the metric, for an equal scorer.

    Parameters
    ----------
    scorer : callable
        What ``make_scorer`` returns. Other functions have no settings.
    """
    settings = dict(getattr(scorer, "_kwargs", {}))
    if settings.get("average") == "binary":  # the metric's default
        del settings["average"]
    if getattr(scorer, "_sign", 1) < 0:
        settings["greater_is_better"] = False
    response = getattr(scorer, "_response_method", "predict")
    return (
        settings if response == "predict" else {"response_method": response} | settings
    )


def usual_response(scorer):
    """Return what scikit-learn's own scorer of the same metric reads, or None.

    Parameters
    ----------
    scorer : callable
        What ``make_scorer`` returns.

    Returns
    -------
    response : str, tuple of str or None
        Methods of a classifier; None if no scorer of the metric reads more than labels.
    """
    function, _ = scorer_function(scorer)
    for known in map(get_scorer, get_scorer_names()):
        response = getattr(known, "_response_method", "predict")
        if scorer_function(known)[0] is function and response != "predict":
            return response
    return None


class StrOptions(_param_validation.StrOptions):
    """Names that a parameter takes. Errors list them in alphabetical order.

    Parameters
    ----------
    options : set of str
        The valid names.
    """

    def __init__(self, options):
        super().__init__(options)
        self.options = sorted(options)


class _AvailableIf(_available_if._AvailableIfDescriptor):
    """A method that some objects have. The error of the others says why."""

    def _check(self, obj, owner):
        try:
            super()._check(obj, owner)
        except AttributeError as error:
            if error.__cause__ is None:
                raise
            reason = error.__cause__
            raise AttributeError(f"{error}: {reason}") from reason


def available_if(check):
    """Return a decorator of a method that is there if a check passes.

    As scikit-learn's, but the error that the user sees contains the check's message.

    Parameters
    ----------
    check : callable
        It gets the object, and returns True or raises AttributeError.
    """
    return lambda method: _AvailableIf(method, check, attribute_name=method.__name__)
