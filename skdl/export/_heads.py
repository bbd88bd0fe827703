"""From raw scores to labels, probabilities and numbers, as nodes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl.engine.losses import LogisticLoss, Poisson, Quantile, Softmax, SquaredError
from skdl.engine.specification import name_of_kind
from skdl.estimators._internal_api import LabelColumns
from skdl.export._graph import Tensor

__all__ = [
    "Vote",
    "classes_of",
    "decision_of",
    "label_outputs",
    "labels_of_numbers",
    "log_odds",
    "mean_of_members",
    "number_outputs",
]


@dataclass
class Vote:
    """How the members of a stack become one decision.

    Attributes
    ----------
    voting : {"soft", "hard", "margin", "mean", "median"}
        As the parameter of ensembles.
    weights : None, "confidence", or ndarray of shape (n_members,)
        Weights of the members.
    n_members : int
        Length of the leading axis of the scores.
    """

    voting: str
    weights: Any
    n_members: int


def label_outputs(graph, targets, scores, vote=None):
    """Add the outputs of a classifier; return them by name.

    Parameters
    ----------
    graph : Graph
    targets : Targets
        What y means to the net.
    scores : str
        Raw scores (n_samples, n_scores), with a leading axis of members for a vote.
    vote : Vote, optional
        How members vote.

    Returns
    -------
    outputs : dict
        "label" and "probabilities", or "scores" where there are no probabilities.
    """
    if not isinstance(targets, LabelColumns):
        return _one_column(graph, targets, scores, vote)
    widths, outputs = np.array(targets.loss.widths), targets.outputs
    parts = graph.add("Split", scores, widths, n_outputs=len(widths), axis=-1)
    parts = [parts] if len(widths) == 1 else parts
    is_text = len({classes_of(output.classes).dtype for output in outputs}) > 1
    each = [
        _one_column(graph, output, part, vote, is_text)
        for output, part in zip(outputs, parts, strict=True)
    ]
    labels = [
        graph.add("Reshape", one["label"].name, np.array([-1, 1])) for one in each
    ]
    dtype, name = each[0]["label"].dtype, list(each[0])[1]
    tables = graph.add("SequenceConstruct", *(one[name].name for one in each))
    return {
        "label": Tensor(
            graph.add("Concat", *labels, axis=1), dtype, (None, len(labels))
        ),
        name: Tensor(tables, graph.dtype, (None, None), is_list=True),
    }


def _one_column(graph, output, scores, vote, is_text=False):
    """Add the outputs of one column of labels, or of an indicator matrix."""
    link, shares = _link_of(output), None
    if vote is not None:
        shares = _shares_of_members(graph, output, scores, vote)
    if vote is not None and vote.voting == "margin":
        scores = mean_of_members(graph, scores, shares, vote.n_members)
        vote = None
    if vote is None:
        decisions = _decide(graph, output, scores)
        table = link(graph, output, scores) if link else None
    else:
        hard = vote.voting == "hard"
        each = (_votes if hard else link)(graph, output, scores)
        scores = mean_of_members(graph, each, shares, vote.n_members)
        table = None if hard else scores
        decisions = _of_shares(graph, output, scores)
        if hard and not output.exclusive:
            scores = graph.add("Sub", scores, graph.numbers(0.5))
    n_classes = output.n_classes
    if output.exclusive:
        label = labels_of_numbers(graph, classes_of(output.classes), decisions, is_text)
    else:
        label = Tensor(decisions, np.dtype(np.int64), (None, n_classes))
    if vote is not None and table is not None and graph.wants_scores:
        scores = log_odds(graph, table, output.exclusive)
    if table is None or graph.wants_scores:
        n_scores = n_classes if vote is not None else output.n_scores
        decision = decision_of(graph, scores, n_scores, output.exclusive)
        return {"label": label, "scores": decision}
    probabilities = Tensor(table, graph.dtype, (None, n_classes))
    return {"label": label, "probabilities": probabilities}


def classes_of(classes):
    """Return classes as ONNX has them: int64, or an array of str objects.

    Parameters
    ----------
    classes : ndarray
        As in `classes_`.
    """
    return classes.astype(np.int64 if classes.dtype.kind in "biuf" else object)


def labels_of_numbers(graph, classes, numbers, is_text=False):
    """Add the labels of class numbers, as a `Tensor`.

    Parameters
    ----------
    graph : Graph
    classes : ndarray
        int64, or objects of str.
    numbers : str
        The tensor of class numbers.
    is_text : bool, default=False
        Whether to turn the classes into text.
    """
    if is_text and not classes.dtype.hasobject:
        classes = classes.astype(str).astype(object)
    return Tensor(graph.add("Gather", classes, numbers), classes.dtype, (None,))


def _decide(graph, output, scores):
    """Add class numbers (..., n_samples), or an indicator matrix."""
    if not output.exclusive:
        return graph.cast(graph.is_positive(scores), np.int64)
    if output.n_scores == 1 < output.n_classes:
        second = graph.cast(graph.is_positive(scores), np.int64)
        # Without the axis of the single score.
        return graph.sum(second, -1)
    return graph.add("ArgMax", scores, axis=-1, keepdims=0)


def _of_shares(graph, output, shares):
    if output.exclusive:
        return graph.add("ArgMax", shares, axis=-1, keepdims=0)
    above = graph.add("Greater", shares, graph.numbers(0.5))
    return graph.cast(above, np.int64)


def log_odds(graph, probabilities, exclusive):
    """Add logarithms of probabilities; of labels that may all apply, the log-odds.

    Parameters
    ----------
    graph : Graph
    probabilities : str
        A tensor.
    exclusive : bool
        Whether a row has exactly one of the classes.
    """
    if exclusive:
        return graph.add("Log", probabilities)
    opposite = graph.add("Sub", graph.numbers(1), probabilities)
    return graph.add("Log", graph.add("Div", probabilities, opposite))


def decision_of(graph, scores, n_scores, exclusive):
    """Add what ``decision_function`` returns, as a `Tensor`.

    Parameters
    ----------
    graph : Graph
    scores : str
        Scores of the classes, (n_samples, n_scores).
    n_scores : int
        Number of scores of a row.
    exclusive : bool
        Whether a row has exactly one of the classes.
    """
    if exclusive and n_scores == 2:
        lead = graph.add("MatMul", scores, graph.numbers([[-1], [1]]))
        return Tensor(graph.flat(lead), graph.dtype, (None,))
    if exclusive and n_scores == 1:
        return Tensor(graph.flat(scores), graph.dtype, (None,))
    return Tensor(scores, graph.dtype, (None, n_scores))


def _link_of(output):
    """Return what writes the link from scores to probabilities; None without one."""
    loss = output.loss
    if not hasattr(loss, "probabilities"):
        return None
    # A loss of a user's own may have the link of one of ours.
    for known, link in (Softmax, _softmax), (LogisticLoss, _sigmoids):
        if getattr(type(loss), "probabilities", None) is known.probabilities:
            return link
    raise ValueError(
        f"loss={name_of_kind(loss)} has a method probabilities of your own, which ONNX "
        "cannot run: inherit it from SoftmaxCrossEntropy or LogisticLoss."
    )


def _softmax(graph, output, scores):
    return graph.add("Softmax", scores, axis=-1)


def _sigmoids(graph, output, scores):
    if not output.exclusive:
        return graph.add("Sigmoid", scores)
    if output.n_classes == 1:
        return graph.add("Softmax", scores, axis=-1)  # of one score: 1
    opposite = graph.add("Neg", scores)
    if output.n_scores == 1:
        sigmoids = (graph.add("Sigmoid", x) for x in (opposite, scores))
        return graph.add("Concat", *sigmoids, axis=-1)
    logarithms = graph.add("Neg", graph.add("Softplus", opposite))
    return graph.add("Softmax", logarithms, axis=-1)


def _votes(graph, output, scores):
    """Add 1 for each class that a member decides for, and 0 for the others."""
    decisions = _decide(graph, output, scores)
    if not output.exclusive:
        return graph.cast(decisions, graph.dtype)
    column = graph.add("Unsqueeze", decisions, np.array([-1]))
    is_class = graph.add("Equal", column, np.arange(output.n_classes))
    return graph.cast(is_class, graph.dtype)


def _shares_of_members(graph, output, scores, vote):
    """Return weights that sum to 1 over the leading axis, or None if they are equal."""
    if vote.weights is None:
        return None
    if not isinstance(vote.weights, str):
        shares = vote.weights / np.sum(vote.weights)
        return graph.numbers(shares).reshape(-1, 1, 1)
    p = _link_of(output)(graph, output, scores)
    if output.exclusive:
        # The probability that a member gives to its own decision.
        largest, _ = graph.add("TopK", p, np.array([1]), n_outputs=2, axis=-1)
    else:
        opposite = graph.add("Sub", graph.numbers(1), p)
        largest = graph.add("Max", p, opposite)
    total = graph.add("ReduceSum", largest, np.array([0]), keepdims=1)
    return graph.add("Div", largest, total)


def mean_of_members(graph, values, shares, n_members):
    """Add the mean over the leading axis; return its name.

    Parameters
    ----------
    graph : Graph
    values : str
        A tensor with a leading axis of members.
    shares : ndarray, str or None
        Weights that sum to 1, an array or the name of a tensor; None for equal ones.
    n_members : int
        Length of the leading axis.
    """
    if shares is None:
        # A sum of whole votes is exact: a tie remains a tie.
        return graph.add("Div", graph.sum(values, 0), graph.numbers(n_members))
    return graph.sum(graph.add("Mul", values, shares), 0)


def number_outputs(graph, targets, scores, vote=None):
    """Add the output of a regressor; return it by name.

    Parameters
    ----------
    graph : Graph
    targets : list of Numbers
        What y means to each member, or to the only net.
    scores : str
        Raw scores (n_samples, n_scores), with a leading axis of members for a vote.
    vote : Vote, optional
        How members vote.

    Returns
    -------
    outputs : dict
        "variable", with a column for a single output, too.
    """
    loss = targets[0].loss
    n_levels = len(loss.levels) if isinstance(loss, Quantile) else 1
    y = _predictions(graph, loss, n_levels, scores, vote)
    units = [one.fitted_attributes for one in targets]
    if units[0]:
        mean, scale = (
            _units(graph, [one[name] for one in units], n_levels, vote)
            for name in ("target_mean_", "target_scale_")
        )
        y = graph.add("Add", graph.add("Mul", y, scale), mean)
    if vote is not None:
        y = _one_of_members(graph, y, vote, 3 if n_levels == 1 else 4)
    n_outputs = targets[0].net.n_outputs_ // n_levels
    shape = (None, n_outputs)
    if n_levels > 1:
        shape = (None, n_levels) if n_outputs == 1 else (None, n_outputs, n_levels)
    if n_levels > 1 and n_outputs == 1:
        y = graph.add("Reshape", y, np.array([-1, n_levels]))
    return {"variable": Tensor(y, graph.dtype, shape)}


def _predictions(graph, loss, n_levels, scores, vote):
    """Add predictions, (..., n_samples, n_outputs) or with a last axis of quantiles."""
    link = getattr(type(loss), "predictions", None)
    if link is SquaredError.predictions:
        return scores
    if link is Poisson.predictions:
        return graph.add("Exp", scores)
    if link is not Quantile.predictions:
        raise ValueError(
            f"loss={name_of_kind(loss)} has a method predictions of your own, which "
            "ONNX cannot run: inherit it from a loss of skdl.engine."
        )
    if n_levels == 1:
        return scores
    # In ONNX, 0 keeps the length of an axis, and -1 takes what remains.
    shape = [0, -1, n_levels] if vote is None else [0, 0, -1, n_levels]
    levels = graph.add("Reshape", scores, np.array(shape))
    values, _ = graph.add(
        "TopK", levels, np.array([n_levels]), n_outputs=2, axis=-1, largest=0
    )
    return values


def _units(graph, units, n_levels, vote):
    """Return the units of all members as an array that broadcasts to predictions."""
    values = graph.numbers(units)[:, np.newaxis]
    values = values if n_levels == 1 else values[..., np.newaxis]
    return values[0] if vote is None else values


def _one_of_members(graph, y, vote, n_axes):
    """Add the mean or the median over the members."""
    n = vote.n_members
    if vote.voting == "mean":
        shares = None
        if vote.weights is not None:
            shares = graph.numbers(vote.weights / np.sum(vote.weights))
            shares = shares.reshape(-1, *[1] * (n_axes - 1))
        return mean_of_members(graph, y, shares, n)
    ordered, _ = graph.add("TopK", y, np.array([n]), n_outputs=2, axis=0, largest=0)
    middle = graph.add("Gather", ordered, np.array([(n - 1) // 2, n // 2]), axis=0)
    return mean_of_members(graph, middle, None, 2)
