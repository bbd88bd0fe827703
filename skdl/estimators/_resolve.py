"""Parameters that take a name or an object: names of other libraries, and errors.

A name of another library that means exactly the same is accepted (`ALIASES`), in any
spelling: "ReLU" is "relu", and "sigmoid" is "logistic". The parameter keeps what the
user wrote; whoever reads it asks `setting`. Other names only help errors (`RELATED`).
"""

from collections.abc import Mapping
from functools import cache
from numbers import Integral, Real

from sklearn.metrics import get_scorer_names

from skdl._parameters import plain_name, suggestion
from skdl._sklearn import InvalidParameterError
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.checks import check_object
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.layers import NORMALIZATIONS
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skdl.engine.optimizers import OPTIMIZERS
from skdl.engine.penalties import PENALTIES
from skdl.engine.schedules import SCHEDULES
from skdl.engine.specification import complete

__all__ = [
    "ALIASES",
    "HINTS",
    "OTHERS",
    "canonical",
    "check_scorer_names",
    "resolve",
    "setting",
    "uses_lbfgs",
]

# The names that each parameter takes.
NAMES = {
    "activation": [*ACTIVATIONS],
    "learning_rate": [*SCHEDULES],
    "loss": [*CLASSIFICATION_LOSSES, "log_loss", *REGRESSION_LOSSES],
    "normalization": [*NORMALIZATIONS],
    "penalty": [*PENALTIES],
    "solver": [*OPTIMIZERS, "lbfgs"],
    "weight_init": ["auto", *INITIALIZERS],
}
# Names of other libraries with exactly the same meaning, as `plain_name` returns them.
ALIASES = {
    "activation": {
        "sigmoid": "logistic",
        "swish": "silu",
        "linear": "identity",
        "lrelu": "leaky_relu",
    },
    "learning_rate": {
        "stepdecay": "step",
        "steplr": "step",
        "reduceonplateau": "plateau",
        "reducelronplateau": "plateau",
        "exponentialdecay": "exponential",
        "exponentiallr": "exponential",
        "cosineannealing": "cosine",
        "cosineannealinglr": "cosine",
        "cosinedecay": "cosine",
        "cosineannealingwarmrestarts": "cosine_restarts",
        "cosinedecayrestarts": "cosine_restarts",
        "sgdr": "cosine_restarts",
        "onecyclelr": "one_cycle",
        "inversescaling": "invscaling",
    },
    "loss": {
        "mse": "squared_error",
        "meansquarederror": "squared_error",
        "l2loss": "squared_error",
        "mae": "absolute_error",
        "meanabsoluteerror": "absolute_error",
        "l1loss": "absolute_error",
        "pinball": "quantile",
        "crossentropy": "log_loss",
        "categoricalcrossentropy": "softmax",
        "sparsecategoricalcrossentropy": "softmax",
        "binarycrossentropy": "logistic",
        "bce": "logistic",
        "kldiv": "kl_divergence",
        "kld": "kl_divergence",
    },
    "normalization": {
        "batchnorm": "batch",
        "batchnormalization": "batch",
        "bn": "batch",
    },
    "penalty": {"lasso": "l1", "ridge": "l2", "weightdecay": "l2"},
    "weight_init": {
        "he": "he_normal",
        "kaiming": "he_normal",
        "kaimingnormal": "he_normal",
        "glorot": "glorot_uniform",
        "xavier": "glorot_uniform",
        "xavieruniform": "glorot_uniform",
        "xaviernormal": "glorot_normal",
        "lecun": "lecun_normal",
    },
}
# Names that come close to one of ours, for "Did you mean ...?".
RELATED = {
    "adamax": "adam",
    "momentum": "sgd",
    "nesterov": "sgd",
    "bfgs": "lbfgs",
    "nadam": "adam",
    "prelu": "leaky_relu",
    "mish": "silu",
    "hardsigmoid": "logistic",
    "heuniform": "he_normal",
    "kaiminguniform": "he_normal",
    "lecununiform": "lecun_normal",
    "smoothl1": "huber",
    "lineardecay": "cosine",
}
OTHERS = {name: RELATED | ALIASES.get(name, {}) for name in NAMES}
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


@cache
def _canonical_name(parameter, name):
    ours = {plain_name(own): own for own in NAMES[parameter]}
    return (ours | ALIASES.get(parameter, {})).get(plain_name(name), name)


def canonical(parameter, value):
    """Return our name of what a parameter holds; objects and unknown names as they are.

    Parameters
    ----------
    parameter : str
        A key of `NAMES`, or another parameter, whose value stays as it is.
    value : object
        What the user gave.

    Examples
    --------
    >>> from skdl.estimators._resolve import canonical
    >>> canonical("activation", "Sigmoid"), canonical("solver", "L-BFGS")
    ('logistic', 'lbfgs')
    """
    if parameter == "activation" and isinstance(value, list | tuple):
        return type(value)([canonical(parameter, one) for one in value])
    if isinstance(value, str) and parameter in NAMES:
        return _canonical_name(parameter, value)
    return value


def setting(net, parameter):
    """Return our name of what a parameter of a net holds; see `canonical`.

    Parameters
    ----------
    net : estimator
    parameter : str
        Name of the parameter.
    """
    return canonical(parameter, getattr(net, parameter))


def uses_lbfgs(net):
    """Tell whether a net is trained by L-BFGS, on all rows at once.

    Parameters
    ----------
    net : estimator
    """
    return setting(net, "solver") == "lbfgs"


def resolve(parameter, value, registry, kind):
    """Return the object that a parameter stands for.

    Parameters
    ----------
    parameter : str
        Name of the parameter, for errors.
    value : str or object
        A name in the registry, or an object.
    registry : dict from str to class
        The names that the parameter takes. Their classes are called without arguments.
    kind : subclass of Specification
        The base class of such objects: the methods that an object needs, and defaults
        for what it may leave out.

    Returns
    -------
    thing : object
        Complete (see `skdl.engine.specification.complete`), and with valid settings.

    Raises
    ------
    ValueError
        For an unknown name, a class, an object without the methods, or a setting
        outside of its range.
    """
    name = canonical(parameter, value)
    if isinstance(name, str) and name in registry:
        return registry[name]()
    check_object(parameter, value)
    if isinstance(value, str) or not _has_methods(value, kind):
        methods = " and ".join(kind.REQUIRED)
        raise ValueError(
            f"{parameter} must be among {sorted(registry)} or an object with the "
            f"methods {methods}, got {value!r}."
            f"{suggestion(value, registry, OTHERS.get(parameter, RELATED))}"
        )
    thing = complete(value, kind)
    thing.check()
    return thing


def _has_methods(value, kind):
    return all(callable(getattr(value, name, None)) for name in kind.REQUIRED)


def check_scorer_names(scoring):
    """Refuse the name of a scorer that does not exist.

    Parameters
    ----------
    scoring : object
        The parameter of that name: a name, or several in a list or dict. Anything else
        passes.

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
        names = names or ["loss", *get_scorer_names()]
        if name not in names:
            raise InvalidParameterError(
                f"scoring={name!r} is not the name of a scorer."
                f"{suggestion(name, names, RELATED_SCORERS, n=3)} Other values are "
                "'loss', None, a function scorer(estimator, X, y), and the names that "
                "sklearn.metrics.get_scorer_names() lists."
            )


def _is_real(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _about_learning_rate(value):
    if _is_real(value):
        return (
            "learning_rate is the schedule: write the rate as "
            f"learning_rate_init={value!r}."
        )
    return ""


def _about_initial_rate(value):
    name = canonical("learning_rate", value)
    if isinstance(name, str) and name in SCHEDULES:
        return f"The schedule is another parameter: learning_rate={value!r}."
    return ""


def _about_validation_split(value):
    if not _is_real(value):
        return ""
    return (
        "validation_split takes a splitter. To hold out a share of the rows, set "
        f"early_stopping=True and validation_fraction={value!r}."
    )


def _about_early_stopping(value):
    if isinstance(value, Integral):
        return (
            "The patience is another parameter: early_stopping=True, "
            f"n_iter_no_change={value!r}."
        )
    return ""


def _about_normalization(value):
    return "Write normalization='batch'." if value is True else ""


# Parameter -> function of its wrong value, which returns what to write instead.
HINTS = {
    "learning_rate": _about_learning_rate,
    "learning_rate_init": _about_initial_rate,
    "validation_split": _about_validation_split,
    "early_stopping": _about_early_stopping,
    "normalization": _about_normalization,
}
