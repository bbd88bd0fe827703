"""Parameters that take a name or an object: names of other libraries, and errors.

A name of another library that means exactly the same is accepted (`ALIASES`), in any
spelling: "ReLU" is "relu", and "sigmoid" is "logistic". The parameter keeps what the
user wrote; whoever reads it asks `setting`. Other names only help errors (`RELATED`).
"""

import re
from functools import cache
from numbers import Integral, Real

import numpy as np

from skdl._text import did_you_mean, plain_name
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.checks import check_object
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.layers import NORMALIZATIONS
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, Loss
from skdl.engine.optimizers import OPTIMIZERS
from skdl.engine.penalties import PENALTIES
from skdl.engine.schedules import SCHEDULES
from skdl.engine.specification import complete

__all__ = [
    "ALIASES",
    "HINTS",
    "OTHERS",
    "canonical",
    "loss_kind",
    "resolve",
    "setting",
    "shared",
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
    "l1l2": "elasticnet",
    "l2l1": "elasticnet",
}
OTHERS = {name: RELATED | ALIASES.get(name, {}) for name in NAMES}


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


def loss_kind(net):
    """Return the class of a classifier's loss, or its loss object: for its abilities.

    The parameter `loss` alone decides, as the classes may not be known yet.

    Parameters
    ----------
    net : estimator
    """
    loss = setting(net, "loss")
    if not isinstance(loss, str):
        return complete(loss, Loss)
    name = "logistic" if loss == "log_loss" else loss
    return CLASSIFICATION_LOSSES.get(name, Loss)


@cache
def shared(kind):
    """Return an object with the default settings of a class: one for all nets.

    Nothing changes the settings of an object that stands for a name, and a call of
    ``partial_fit`` needs several of them.

    Parameters
    ----------
    kind : subclass of Specification
    """
    return kind()


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
        return shared(registry[name])
    check_object(parameter, value)
    if isinstance(value, str) or not _has_methods(value, kind):
        methods = " and ".join(kind.REQUIRED)
        raise ValueError(
            f"{parameter} must be among {sorted(registry)} or an object with the "
            f"methods {methods}, got {value!r}."
            f"{did_you_mean(value, registry, OTHERS.get(parameter, RELATED))}"
        )
    thing = complete(value, kind)
    thing.check()
    return thing


def _has_methods(value, kind):
    return all(callable(getattr(value, name, None)) for name in kind.REQUIRED)


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
    if isinstance(value, str) and plain_name(value) in ("auto", "find", "lrfind"):
        return (
            "skdl.inspection.find_learning_rate(net, X, y).suggestion is a rate for a "
            "net and its data."
        )
    return ""


def _about_validation_split(value):
    if not _is_real(value):
        return ""
    share = value if 0 < value < 1 else 0.1
    return (
        "validation_split takes a splitter. To hold out a share of the rows, set "
        f"early_stopping=True and validation_fraction={share!r}."
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


def _about_activation(value):
    if isinstance(value, str) and plain_name(value) == "softmax":
        return (
            "The loss decides what the output is: log_loss makes it the softmax for "
            "several classes. The activation is that of the hidden layers."
        )
    name = getattr(value, "__name__", type(value).__name__)
    ours = canonical("activation", name)
    if not callable(value) or isinstance(value, type):
        return ""
    if ours in ACTIVATIONS:
        return f"Write activation={ours!r}."
    return (
        "A function has no gradient: write an object with the methods forward and "
        "backward."
    )


def _are_widths(value):
    """Return whether a value is a number of units, or several."""
    widths = value if isinstance(value, list | tuple) else [value]
    return bool(widths) and all(
        isinstance(n, Integral) and not isinstance(n, bool) and n > 0 for n in widths
    )


def _about_loss(value):
    if _are_widths(value):
        return (
            "loss is the first parameter of regressors, as in scikit-learn: write "
            f"hidden_layer_sizes={value!r}."
        )
    if isinstance(value, list | tuple) and all(map(_is_real, value)):
        levels = [float(level) for level in value]
        return f"Several quantiles are loss=Quantile({levels}), from skdl.engine."
    name = canonical("loss", value)
    if (
        isinstance(value, str) and name in {*CLASSIFICATION_LOSSES, "log_loss"}
    ) or isinstance(value, tuple(CLASSIFICATION_LOSSES.values())):
        return f"{value!r} is a loss of classifiers, such as MLPClassifier."
    if (isinstance(value, str) and name in REGRESSION_LOSSES) or isinstance(
        value, tuple(REGRESSION_LOSSES.values())
    ):
        return f"{value!r} is a loss of regressors, such as MLPRegressor."
    return ""


def _about_hidden_layers(value):
    if isinstance(value, Integral) and not isinstance(value, bool):
        return "Write the number of units, as in 100, or () for a linear model."
    if not isinstance(value, str):
        return ""
    widths = [int(text) for text in re.findall(r"\d+", value)]
    return (
        f"Write hidden_layer_sizes={tuple(widths)}, without quotes." if widths else ""
    )


def _about_dropout(value):
    if _is_real(value) and 1 < value < 100:
        return f"Write a percentage as a share: dropout={value / 100:g}."
    return ""


def _about_standardize(value):
    is_near = bool(did_you_mean(value, ["auto", "channel", "feature"]))
    return "Write standardize=True." if isinstance(value, str) and not is_near else ""


def _about_augment(value):
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        settings = ", ".join(f"{name}={value[name]!r}" for name in value)
    elif value is True or isinstance(value, str):
        settings = "..."
    else:
        return ""
    return f"Write augment=ImageAugmenter({settings}), which is in skdl.preprocessing."


def _about_image_shape(value):
    if isinstance(value, Integral):
        return "Write (height, width, channels), or (height, width) for one channel."
    return ""


def _about_weight_init(value):
    if isinstance(value, list | tuple | np.ndarray):
        return (
            "To set the weights themselves, call partial_fit, and then write "
            "net.coefs_ = [...] and net.intercepts_ = [...]."
        )
    return ""


# Parameter -> function of its wrong value, which returns what to write instead.
HINTS = {
    "learning_rate": _about_learning_rate,
    "learning_rate_init": _about_initial_rate,
    "validation_split": _about_validation_split,
    "early_stopping": _about_early_stopping,
    "normalization": _about_normalization,
    "activation": _about_activation,
    "loss": _about_loss,
    "hidden_layer_sizes": _about_hidden_layers,
    "dropout": _about_dropout,
    "standardize": _about_standardize,
    "augment": _about_augment,
    "image_shape": _about_image_shape,
    "weight_init": _about_weight_init,
}
