"""Parameters that take a name or an object, and the errors about them."""

from difflib import get_close_matches
from numbers import Real

from skdl._sklearn import InvalidParameterError, StrOptions
from skdl.engine.checks import check_object
from skdl.engine.specification import complete

__all__ = ["hint_at", "resolve", "suggestion"]

# Names of other libraries, and spellings that difflib does not connect.
OTHER_NAMES = {
    "sigmoid": "logistic",
    "swish": "silu",
    "linear": "identity",
    "lrelu": "leaky_relu",
    "mse": "squared_error",
    "l2_loss": "squared_error",
    "mae": "absolute_error",
    "pinball": "quantile",
    "cross_entropy": "log_loss",
    "crossentropy": "log_loss",
    "categorical_crossentropy": "log_loss",
    "binary_crossentropy": "log_loss",
    "bce": "log_loss",
    "kld": "kl_divergence",
    "he": "he_normal",
    "kaiming": "he_normal",
    "glorot": "glorot_uniform",
    "xavier": "glorot_uniform",
    "lecun": "lecun_normal",
    "batch_norm": "batch",
    "batchnorm": "batch",
    "elastic_net": "elasticnet",
    "lasso": "l1",
    "ridge": "l2",
    "momentum": "sgd",
    "nesterov": "sgd",
    "cosine_annealing": "cosine",
    "plateau": "reduce_on_plateau",
    "inverse_scaling": "invscaling",
}


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
    if isinstance(value, str) and value in registry:
        return registry[value]()
    check_object(parameter, value)
    if isinstance(value, str) or not _has_methods(value, kind):
        methods = " and ".join(kind.REQUIRED)
        raise ValueError(
            f"{parameter} must be among {sorted(registry)} or an object with the "
            f"methods {methods}, got {value!r}.{suggestion(value, registry)}"
        )
    thing = complete(value, kind)
    thing.check()
    return thing


def _has_methods(value, kind):
    return all(callable(getattr(value, name, None)) for name in kind.REQUIRED)


def suggestion(value, names):
    """Return " Did you mean …?" for a misspelt name, or an empty text.

    Parameters
    ----------
    value : object
        What the user gave.
    names : iterable of str
        The valid names.

    Examples
    --------
    >>> from skdl.estimators._resolve import suggestion
    >>> suggestion("Sigmoid", ["logistic", "relu"])
    " Did you mean 'logistic'?"
    >>> suggestion("quadratic", ["logistic", "relu"])
    ''
    """
    if not isinstance(value, str):
        return ""
    plain = value.lower().replace("-", "_").replace(" ", "_")
    other = OTHER_NAMES.get(plain)
    if other in names:
        return f" Did you mean {other!r}?"
    close = get_close_matches(plain, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def hint_at(net, error):
    """Return scikit-learn's error about a parameter, with what to write instead.

    Parameters
    ----------
    net : estimator
        The estimator whose parameters are wrong.
    error : InvalidParameterError
        What scikit-learn says.

    Returns
    -------
    error : InvalidParameterError
        The same text, followed by a hint if there is one.
    """
    parameter = str(error).split("'")[1]
    value = getattr(net, parameter, None)
    constraints = net._parameter_constraints.get(parameter, [])
    names = {
        name
        for constraint in constraints
        if isinstance(constraint, StrOptions)
        for name in constraint.options
    }
    hint = suggestion(value, names)
    if parameter == "learning_rate" and isinstance(value, Real):
        hint = (
            " learning_rate is the schedule: write the rate as "
            f"learning_rate_init={value!r}."
        )
    return InvalidParameterError(f"{error}{hint}")
