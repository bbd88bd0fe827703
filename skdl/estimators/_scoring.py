"""The parameter `scoring`: one metric, or several by name; the first decides."""

__all__ = [
    "FIRST",
    "check_scoring_parameter",
    "first_metric",
    "metric_names",
    "metrics_of",
    "record_names",
]

# The record of the metric that decides when training ends.
FIRST = "validation_score"


def metrics_of(scoring):
    """Return the metrics as a dict from the names of their records to the scorers.

    Parameters
    ----------
    scoring : None, str, callable, list, tuple or dict
        The parameter of a net.

    Returns
    -------
    metrics : dict
        None stands for the net's own score, and 'loss' for the negated loss. The first
        one decides. If there are several metrics, it has two names: "validation_score",
        as a single metric has, and its own.

    Examples
    --------
    >>> from skdl.estimators._scoring import metrics_of
    >>> metrics_of("f1")
    {'validation_score': 'f1'}
    >>> list(metrics_of(["f1", "roc_auc"]))
    ['validation_score', 'validation_f1', 'validation_roc_auc']
    """
    if not isinstance(scoring, list | tuple | dict):
        return {FIRST: scoring}
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    metrics = {FIRST: next(iter(named.values()), None)}
    # The loss itself is recorded as "validation_loss".
    return metrics | {f"validation_{k}": v for k, v in named.items() if k != "loss"}


def first_metric(scoring):
    """Return the metric that decides: None, 'loss', the name of a scorer or a callable.

    Parameters
    ----------
    scoring : None, str, callable, list, tuple or dict
        The parameter of a net.
    """
    return metrics_of(scoring)[FIRST]


def metric_names(scoring, own):
    """Return a dict from the records of metrics to names for readers.

    The negated loss has no name: readers see "validation_loss".

    Parameters
    ----------
    scoring : None, str, callable, list, tuple or dict
        The parameter of a net.
    own : str
        Name of the net's own score.
    """
    metrics = metrics_of(scoring)
    names = {FIRST: own}
    if len(metrics) > 1 or isinstance(scoring, list | tuple | dict):
        names = {k: k.removeprefix("validation_") for k in metrics if k != FIRST}
    elif isinstance(scoring, str):
        names = {FIRST: scoring}
    elif scoring is not None:
        names = {FIRST: getattr(scoring, "__name__", "score")}
    return {record: name for record, name in names.items() if name != "loss"}


def record_names(scoring):
    """Return the names in `history_`, in their order.

    Parameters
    ----------
    scoring : None, str, callable, list, tuple or dict
        The parameter of a net.
    """
    return (
        *("loss", "validation_loss", *metrics_of(scoring)),
        *("learning_rate", "gradient_norm", "update_ratio", "time"),
    )


def check_scoring_parameter(scoring):
    """Refuse several metrics if one has no name, or a name that is taken.

    Parameters
    ----------
    scoring : None, str, callable, list, tuple or dict
        The parameter of a net. A single metric is not looked at.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    if isinstance(scoring, dict):
        _check_dict(scoring)
    elif isinstance(scoring, list | tuple):
        _check_list(scoring)


def _check_list(scoring):
    if not scoring:
        raise ValueError(
            f"scoring={scoring!r} is empty: set scoring=None for the net's own score, "
            "or name scorers, as in scoring=['accuracy', 'neg_log_loss']."
        )
    for name in scoring:
        if not isinstance(name, str):
            raise ValueError(
                f"scoring takes a list of names of scorers, and got {name!r}. "
                "A dict gives names to scorers: scoring={'cost': scorer}."
            )
    if len(set(scoring)) < len(scoring):
        raise ValueError(f"scoring has a name twice: {list(scoring)}. Remove one.")


def _check_dict(scoring):
    if not scoring:
        raise ValueError(
            "scoring={} is empty: set scoring=None for the net's own score, or name "
            "scorers, as in scoring={'accuracy': 'accuracy', 'cost': scorer}."
        )
    for name, scorer in scoring.items():
        if not isinstance(name, str):
            raise ValueError(f"scoring takes a dict with str as keys, got {name!r}.")
        if name == "score" or (name == "loss" and scorer != "loss"):
            what = "the first metric" if name == "score" else "the loss"
            raise ValueError(
                f"scoring has the key {name!r}, but 'validation_{name}' is the record "
                f"of {what} in history_: take another key."
            )
        if not (isinstance(scorer, str) or callable(scorer)):
            raise ValueError(
                f"scoring[{name!r}] must be the name of a scorer of scikit-learn, "
                f"'loss', or a callable scorer(net, X, y), got {scorer!r}."
            )
