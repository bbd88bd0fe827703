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
MANY = 20
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable)
# Parameters of nets, which an ensemble or a search takes from its `estimator`.
# `explain_parameters` fills the set.
OF_NETS: set[str] = set()
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

# Words of other libraries -> our parameter or argument, the first that there is.
TRANSLATED = {
    "act": ["activation"],
    "activation_function": ["activation"],
    "batch": ["batch_size"],
    "batch_norm": ["normalization"],
    "batchnorm": ["normalization"],
    "batchsize": ["batch_size"],
    "beta1": ["beta_1"],
    "beta2": ["beta_2"],
    "bs": ["batch_size"],
    "C": ["alpha"],
    "cat_cols": ["categorical_features"],
    "cat_features": ["categorical_features"],
    "categorical_columns": ["categorical_features"],
    "class_weights": ["class_weight"],
    "clip": ["max_grad_norm"],
    "clip_grad_norm": ["max_grad_norm"],
    "clip_value": ["max_grad_norm"],
    "clipnorm": ["max_grad_norm"],
    "clipping": ["max_grad_norm"],
    "criterion": ["loss"],
    "decay": ["alpha"],
    "dirpath": ["path"],
    "dropout_rate": ["dropout"],
    "early_stop": ["early_stopping"],
    "early_stopping_patience": ["n_iter_no_change"],
    "early_stopping_rounds": ["n_iter_no_change"],
    "elastic": ["elastic_alpha"],
    "ensemble_size": ["n_members"],
    "epoch": ["max_iter"],
    "epochs": ["max_iter"],
    "eta": ["learning_rate_init"],
    "eta0": ["learning_rate_init"],
    "eval_metric": ["scoring"],
    "eval_set": ["X_val"],
    "file_path": ["path"],
    "filename": ["path"],
    "filepath": ["path"],
    "flip": ["horizontal_flip"],
    "folds": ["cv"],
    "gradient_clip": ["max_grad_norm"],
    "gradient_clip_val": ["max_grad_norm"],
    "hflip": ["horizontal_flip"],
    "hidden": ["hidden_layer_sizes"],
    "hidden_dims": ["hidden_layer_sizes"],
    "hidden_layers": ["hidden_layer_sizes"],
    "hidden_size": ["hidden_layer_sizes"],
    "hidden_sizes": ["hidden_layer_sizes"],
    "hidden_units": ["hidden_layer_sizes"],
    "init": ["weight_init"],
    "initialization": ["weight_init"],
    "initializer": ["weight_init"],
    "iterations": ["max_iter"],
    "kernel_initializer": ["weight_init"],
    "l2": ["alpha"],
    "label_smoothing_factor": ["label_smoothing"],
    "layer_sizes": ["hidden_layer_sizes"],
    "layers": ["hidden_layer_sizes"],
    "loss_fn": ["loss"],
    "loss_function": ["loss"],
    "lr": ["learning_rate_init"],
    "lr_init": ["learning_rate_init"],
    "lr_schedule": ["learning_rate"],
    "lr_scheduler": ["learning_rate"],
    "max_epochs": ["max_iter"],
    "metric": ["scoring"],
    "metrics": ["scoring"],
    "min_delta": ["tol"],
    "mini_batch_size": ["batch_size"],
    "minibatch_size": ["batch_size"],
    "mode": ["voting", "fill_mode"],
    "monitor": ["scoring"],
    "n_bags": ["n_members"],
    "n_candidates": ["n_iter", "max_candidates"],
    "n_ensemble": ["n_members"],
    "n_epochs": ["max_iter"],
    "n_estimators": ["n_members"],
    "n_folds": ["cv"],
    "n_hidden": ["hidden_layer_sizes"],
    "n_iter": ["max_iter", "max_candidates"],
    "n_iter_max": ["max_iter"],
    "n_layers": ["hidden_layer_sizes"],
    "n_models": ["n_members"],
    "n_nets": ["n_members"],
    "n_seeds": ["n_members"],
    "n_splits": ["cv"],
    "n_trials": ["n_iter", "max_candidates"],
    "n_units": ["hidden_layer_sizes"],
    "nesterov": ["nesterovs_momentum"],
    "neurons": ["hidden_layer_sizes"],
    "nonlinearity": ["activation"],
    "normalise": ["standardize"],
    "normalize": ["standardize"],
    "normalize_y": ["standardize_target"],
    "num_epochs": ["max_iter"],
    "num_layers": ["hidden_layer_sizes"],
    "objective": ["loss"],
    "optim": ["solver"],
    "optimizer": ["solver"],
    "param_distributions": ["param_grid", "param_space"],
    "param_grid": ["param_distributions", "param_space"],
    "params": ["param_grid", "param_distributions", "param_space"],
    "patience": ["n_iter_no_change"],
    "period": ["every"],
    "pos_weight": ["class_weight"],
    "random_seed": ["random_state"],
    "rate": ["learning_rate_init"],
    "reg": ["alpha"],
    "reg_lambda": ["alpha"],
    "regularization": ["alpha"],
    "rng": ["random_state"],
    "rotate": ["rotation"],
    "sample_weights": ["sample_weight"],
    "save_best_only": ["best_path"],
    "save_freq": ["every"],
    "save_top_k": ["best_path"],
    "scale": ["standardize"],
    "scale_pos_weight": ["class_weight"],
    "scale_y": ["standardize_target"],
    "scaler": ["standardize"],
    "scaling": ["standardize"],
    "schedule": ["learning_rate"],
    "scheduler": ["learning_rate"],
    "seed": ["random_state"],
    "shuffle_data": ["shuffle"],
    "standardise": ["standardize"],
    "standardization": ["standardize"],
    "standardize_y": ["standardize_target"],
    "target_scaler": ["standardize_target"],
    "target_transform": ["standardize_target"],
    "test_size": ["validation_fraction"],
    "time_budget": ["max_time"],
    "time_limit": ["max_time"],
    "timeout": ["max_time"],
    "tolerance": ["tol"],
    "translate": ["shift"],
    "translation": ["shift"],
    "units": ["hidden_layer_sizes"],
    "use_batch_norm": ["normalization"],
    "val_data": ["X_val"],
    "val_fraction": ["validation_fraction"],
    "val_size": ["validation_fraction"],
    "val_split": ["validation_fraction"],
    "valid_size": ["validation_fraction"],
    "validation_data": ["X_val"],
    "validation_size": ["validation_fraction"],
    "verbose_eval": ["verbose"],
    "weight_decay": ["alpha"],
    "weights_init": ["weight_init"],
    "y_scaler": ["standardize_target"],
    "zoom": ["scale"],
    "zoom_range": ["scale"],
}
# How our word is used, where its name alone does not say it.
USES = {
    "X_val": "X_val and y_val",
    "best_path": "best_path, a second file for the best epoch",
    "n_iter_no_change": "early_stopping=True and n_iter_no_change",
    "normalization": "normalization='batch'",
    "validation_fraction": "early_stopping=True and validation_fraction",
}
FROM_X = "fit reads the number of columns from X, so leave {name} out"
FROM_Y = "fit reads the classes from y, so leave {name} out"
ON_CPU = "skdl computes on the CPU, so leave {name} out"
THREADS = "the threads are those of BLAS, which threadpoolctl limits"
OUTPUT = "the loss decides what the output is, as loss='hinge' does"
# Arguments of other libraries that no argument of ours translates. For each group of
# words: an argument that the class or the method must have, or the advice makes no
# sense; and the advice.
ADVICE = {
    ("callbacks",): (None, "call set_callbacks(a, b) before fit"),
    ("categories",): (
        "max_categories",
        "fit reads the categories of a column from X; categorical_features names the "
        "columns",
    ),
    ("numeric_features", "numerical_features", "numeric_cols"): (
        "categorical_features",
        "name the other columns, by categorical_features",
    ),
    ("monitor",): (
        "best_path",
        "the net's scoring decides which epoch is the best; best_path is a second file "
        "for it",
    ),
    ("device", "gpu", "cuda", "use_cuda"): ("max_iter", ON_CPU),
    ("input_dim", "input_shape", "input_size", "n_features"): ("max_iter", FROM_X),
    ("classes", "n_classes", "num_classes", "output_dim"): ("class_weight", FROM_Y),
    ("n_jobs", "n_threads", "num_workers"): ("max_iter", THREADS),
    ("out_activation", "output_activation", "final_activation"): ("solver", OUTPUT),
    ("l1", "reg_alpha"): ("l1_ratio", "use penalty='l1' and alpha={value!r}"),
    ("max_steps", "steps"): ("max_iter", "use max_iter, which counts epochs"),
    ("warmup", "warmup_steps"): ("learning_rate", "use learning_rate='warmup'"),
    ("return_std", "return_cov"): (
        "solver",
        "ensembles return it, such as SeedEnsembleRegressor; a net with "
        "loss=Quantile([0.05, 0.95]) predicts the ends of an interval",
    ),
    ("alpha", "confidence", "level"): ("coverage", "use coverage, such as 0.9"),
    ("X_val", "eval_set", "validation_data"): (
        "preset",
        "members hold out rows themselves, which oof_score_ scores",
    ),
    (
        "early_stopping",
        "n_iter_no_change",
        "patience",
        "scoring",
        "validation_fraction",
        "validation_split",
    ): ("preset", "members hold out rows themselves, so leave {name} out"),
    (
        "normalize_y",
        "scale_y",
        "standardize_target",
        "standardize_y",
        "y_scaler",
    ): ("preset", "fit scales X and the y of a regressor itself, so leave {name} out"),
    ("normalize", "scale", "scaler", "standardize"): (
        "preset",
        "fit scales X itself, so leave {name} out",
    ),
    ("resume",): ("solver", "call set_callbacks(Checkpoint(path, resume=True)) first"),
    ("betas",): ("beta_1", "use beta_1 and beta_2"),
    ("decision_threshold", "threshold"): (
        "class_weight",
        "wrap the net, as in FixedThresholdClassifier(net, threshold={value!r}) of "
        "sklearn.model_selection",
    ),
    ("pos_label",): (
        "class_weight",
        "wrap the net, as in FixedThresholdClassifier(net, pos_label={value!r}) of "
        "sklearn.model_selection; scorers take pos_label, too",
    ),
    ("calibrate", "calibration"): (
        "class_weight",
        "wrap the net, as in CalibratedClassifierCV(net) of sklearn.calibration",
    ),
    ("progress_bar", "progressbar", "tqdm"): (
        "max_iter",
        "call set_callbacks(EpochBar()) before fit; EpochBar is in skdl.callbacks",
    ),
    ("height_shift_range", "width_shift_range"): (
        "shift",
        "use shift, in pixels and for both directions",
    ),
    (
        "augmentation",
        "data_augmentation",
        "height_shift_range",
        "horizontal_flip",
        "rotation_range",
        "shear_range",
        "width_shift_range",
        "zoom_range",
    ): (
        "augment",
        "use augment=ImageAugmenter(...) and image_shape; ImageAugmenter is in "
        "skdl.preprocessing",
    ),
}
FIXED = (
    "a tabular net sets it itself, so leave {name} out; {ours} is a parameter of "
    "MLPClassifier and MLPRegressor"
)
OF_CLASSIFIERS = "it is a parameter of classifiers, such as MLPClassifier"
OF_REGRESSORS = "it is a parameter of regressors, such as MLPRegressor"
QUANTILE = "use loss=Quantile({value!r}) of MLPRegressor; Quantile is in skdl.engine"
# Parameters of other nets than this one, and of losses.
ELSEWHERE = {
    "class_weight": OF_CLASSIFIERS,
    "label_smoothing": OF_CLASSIFIERS,
    "loss": "the loss of this class is fixed; MLPClassifier and MLPRegressor have the "
    "parameter loss",
    "quantile": QUANTILE,
    "quantiles": QUANTILE,
    "standardize_target": OF_REGRESSORS,
}


def advice(name, value, here, there=(), elsewhere="", nested=()):
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
    nested : collection of str
        Parameters of parts, as ``get_params`` names them, such as "estimator__alpha".

    Examples
    --------
    >>> from skdl._arguments import advice
    >>> advice("lr", 0.1, ["learning_rate_init"])
    'use learning_rate_init'
    >>> advice("epochs", 9, ["X", "y"], ["max_iter"], "set {} in the constructor")
    'set max_iter in the constructor'
    >>> advice("lr", 0.1, ["steps"], nested=["net__learning_rate_init"])
    'use net__learning_rate_init'
    """
    known = {**dict.fromkeys(there, elsewhere), **dict.fromkeys(here, "use {}")}
    words = [*known, *TRANSLATED, *(word for several in ADVICE for word in several)]
    words += [path.rpartition("__")[2] for path in nested]
    words += [*ELSEWHERE] if "max_iter" in known else []
    words += OF_NETS if not {"estimator", "preset"}.isdisjoint(known) else ()
    name = name.rpartition("__")[2]
    close = get_close_matches(name, dict.fromkeys(words), n=5, cutoff=0.7)
    for word in [name, *close]:
        if text := _advice_about(word, name, value, known, nested):
            return text
    return ""


def _advice_about(word, name, value, known, nested):
    """Return what to write instead of a word which the name may stand for, or ""."""
    meant = [word, *TRANSLATED.get(word, ())]
    for ours in meant:
        if ours in known:
            return known[ours].format(USES.get(ours, ours))
    for names, (needed, text) in ADVICE.items():
        if (needed is None or needed in known) and not {*names}.isdisjoint(meant):
            return text.format(name=name, value=value)
    for ours in meant:
        paths = [path for path in nested if path.endswith(f"__{ours}")]
        if paths:
            return f"use {min(paths, key=len)}"
        if "estimator" in known and ours in OF_NETS:
            return f"set it in the estimator, as in Net({ours}={value!r})"
    is_net = "max_iter" in known
    for ours in meant if is_net else ():
        if ours in ELSEWHERE:
            return ELSEWHERE[ours].format(value=value)
        if "preset" in known and ours in OF_NETS:
            return FIXED.format(name=name, ours=ours)
    return ""


def explain_arguments(function: F) -> F:
    """Decorate a method: errors about its arguments name the class and our word.

    Parameters
    ----------
    function : callable
        A method, perhaps ``__init__``. Its signature and documentation stay.
    """
    here = _names_of(function)[1:]
    is_constructor = function.__name__ == "__init__"

    @wraps(function)
    def explained(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except TypeError as error:
            # An error of the call itself has no frame below this one.
            if error.__traceback__.tb_next is not None:
                raise
            # The first argument of a class method is the class.
            cls = self if isinstance(self, type) else type(self)
            there, elsewhere = _other_arguments(cls, is_constructor)
            name = cls.__name__
            name += "" if is_constructor else f".{function.__name__}"
            unknown = {k: v for k, v in kwargs.items() if k not in here}
            if not unknown:
                text = str(error).replace(f"{function.__qualname__}()", name)
                raise TypeError(text + _by_name(function, args)) from None
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


def _names_of(function):
    """Return the names of the arguments, except ``*args`` and ``**kwargs``."""
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind not in VARIADIC]


def _by_name(function, args):
    """Return a sentence about arguments that were given by place, or ""."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    by_name = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    surplus = args[len(parameters) - len(by_name) :]
    if not (by_name and surplus):
        return ""
    is_plain = isinstance(surplus[0], bool | int | float | str)
    value = repr(surplus[0]) if is_plain else "..."
    return f". Write the others by name, as in {by_name[0]}={value}."


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
    names = _names_of(cls.__init__)
    if "solver" in names:
        OF_NETS.update(names[1:])
    cls.__init__ = explain_arguments(cls.__init__)
    return cls
