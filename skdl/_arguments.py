"""Arguments that a constructor or a method does not have: what the user meant.

`TRANSLATED` maps words of other libraries to ours. An error names our word if the class
or the method has it.
"""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import TypeVar

__all__ = ["advice", "explain_arguments", "explain_parameters"]

# An error lists the arguments if there are no more than this.
MANY = 12
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable)

# Words of other libraries -> our parameter or argument, the first that there is.
TRANSLATED = {
    "activation_function": ["activation"],
    "batch_norm": ["normalization"],
    "batchnorm": ["normalization"],
    "beta1": ["beta_1"],
    "beta2": ["beta_2"],
    "C": ["alpha"],
    "class_weights": ["class_weight"],
    "clip_grad_norm": ["max_grad_norm"],
    "clipnorm": ["max_grad_norm"],
    "criterion": ["loss"],
    "dropout_rate": ["dropout"],
    "early_stopping_rounds": ["n_iter_no_change"],
    "epochs": ["max_iter"],
    "eta": ["learning_rate_init"],
    "eta0": ["learning_rate_init"],
    "eval_metric": ["scoring"],
    "eval_set": ["X_val"],
    "gradient_clip_val": ["max_grad_norm"],
    "hidden_dims": ["hidden_layer_sizes"],
    "hidden_layers": ["hidden_layer_sizes"],
    "hidden_sizes": ["hidden_layer_sizes"],
    "hidden_units": ["hidden_layer_sizes"],
    "initializer": ["weight_init"],
    "iterations": ["max_iter"],
    "kernel_initializer": ["weight_init"],
    "l2": ["alpha"],
    "label_smoothing_factor": ["label_smoothing"],
    "layers": ["hidden_layer_sizes"],
    "loss_fn": ["loss"],
    "loss_function": ["loss"],
    "lr": ["learning_rate_init"],
    "lr_scheduler": ["learning_rate"],
    "max_epochs": ["max_iter"],
    "metric": ["scoring"],
    "metrics": ["scoring"],
    "min_delta": ["tol"],
    "mode": ["voting", "fill_mode"],
    "n_epochs": ["max_iter"],
    "n_estimators": ["n_members"],
    "n_iter": ["max_iter"],
    "n_iter_max": ["max_iter"],
    "nonlinearity": ["activation"],
    "num_epochs": ["max_iter"],
    "objective": ["loss"],
    "optim": ["solver"],
    "optimizer": ["solver"],
    "patience": ["n_iter_no_change"],
    "reg_lambda": ["alpha"],
    "sample_weights": ["sample_weight"],
    "scheduler": ["learning_rate"],
    "seed": ["random_state"],
    "standardise": ["standardize"],
    "units": ["hidden_layer_sizes"],
    "use_batch_norm": ["normalization"],
    "val_data": ["X_val"],
    "validation_data": ["X_val"],
    "verbose_eval": ["verbose"],
    "weight_decay": ["alpha"],
    "weights_init": ["weight_init"],
}
# How our word is used, where its name alone does not say it.
USES = {
    "X_val": "X_val and y_val",
    "n_iter_no_change": "early_stopping=True and n_iter_no_change",
    "normalization": "normalization='batch'",
}
# Words without a counterpart.
ADVICE = {
    "callbacks": "call set_callbacks(a, b) before fit",
    "device": "skdl computes on the CPU, so leave device out",
    "input_dim": "fit reads the number of columns from X, so leave input_dim out",
    "input_shape": "fit reads the number of columns from X, so leave input_shape out",
    "n_jobs": "the threads are those of BLAS, which threadpoolctl limits",
    "quantile": "use loss=Quantile({value!r}), with Quantile of skdl.engine",
    "quantiles": "use loss=Quantile({value!r}), with Quantile of skdl.engine",
}
# The parameter that a class must have for the advice to make sense.
NEEDS = {"quantile": "standardize_target", "quantiles": "standardize_target"}
NEEDS |= dict.fromkeys(("device", "input_dim", "input_shape", "n_jobs"), "solver")


def advice(name, value, here, there=(), elsewhere=""):
    """Return what to write instead of an unknown argument, or an empty text.

    Parameters
    ----------
    name : str
        The argument that does not exist.
    value : object
        What the user gave.
    here : collection of str
        The arguments that exist.
    there : collection of str
        Arguments of another function, which the user may have meant.
    elsewhere : str
        What to do with those, with "{}" where the name goes.

    Examples
    --------
    >>> from skdl._arguments import advice
    >>> advice("lr", 0.1, ["learning_rate_init"])
    'use learning_rate_init'
    >>> advice("epochs", 9, ["X", "y"], ["max_iter"], "set {} in the constructor")
    'set max_iter in the constructor'
    """
    known = {**dict.fromkeys(there, elsewhere), **dict.fromkeys(here, "use {}")}
    for ours in [name, *TRANSLATED.get(name, ())]:
        if ours in known:
            return known[ours].format(USES.get(ours, ours))
    if name in ADVICE and NEEDS.get(name, name) in {name, *here, *there}:
        return ADVICE[name].format(value=value)
    close = get_close_matches(name, known, n=1, cutoff=0.7)
    if close:
        return known[close[0]].format(close[0])
    if "estimator" in here:
        return f"a parameter of the estimator is set there, as in Net({name}={value!r})"
    return ""


def explain_arguments(function: F) -> F:
    """Decorate a method: errors about its arguments name the class and our word.

    Parameters
    ----------
    function : callable
        A method, perhaps ``__init__``. Its signature and documentation stay.
    """
    here = [*inspect.signature(function).parameters][1:]
    is_constructor = function.__name__ == "__init__"

    @wraps(function)
    def explained(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except TypeError as error:
            # An error of the call itself has no frame below this one.
            if error.__traceback__.tb_next is not None:
                raise
            there, elsewhere = _other_arguments(type(self), is_constructor)
            name = type(self).__name__
            name += "" if is_constructor else f".{function.__name__}"
            unknown = {k: v for k, v in kwargs.items() if k not in here}
            if not unknown:
                text = str(error).replace(f"{function.__qualname__}()", name)
                raise TypeError(text) from None
            what = "parameter" if is_constructor else "argument"
            words = [
                (repr(k), advice(k, v, here, there, elsewhere))
                for k, v in unknown.items()
            ]
            listed = "; ".join(": ".join(filter(None, word)) for word in words)
            known = "" if all(text for _, text in words) else _known(name, here)
            raise TypeError(
                f"{name} got an unexpected {what} {listed}.{known}"
            ) from None

    return explained


def _known(name, here):
    """Return a sentence about what the arguments are."""
    if len(here) > MANY:
        return f" See help({name})."
    return f" It takes {', '.join(here)}."


def _other_arguments(cls, is_constructor):
    """Return the arguments of ``fit`` or of the constructor, and what to do there."""
    if not is_constructor:
        return cls._get_param_names(), "set {} in the constructor"
    if not hasattr(cls, "fit"):
        return (), ""
    names = [*inspect.signature(cls.fit).parameters]
    return [n for n in names if n not in ("self", "X", "y")], "pass {} to fit"


def explain_parameters(cls: C) -> C:
    """Decorate a class: errors about arguments of its constructor name our word.

    Parameters
    ----------
    cls : class
        It is changed and returned.
    """
    cls.__init__ = explain_arguments(cls.__init__)
    return cls
