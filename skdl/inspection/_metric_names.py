"""The names of metrics for readers: "ROC AUC" for scoring='roc_auc'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sklearn.base import is_classifier

from skdl._sklearn import scorer_function
from skdl.engine import Quantile
from skdl.estimators._internal_api import BaseNet, first_metric, loss_of

SYMBOLS = {
    "auc": "AUC", "d2": "D²", "f1": "F1", "neg": "−", "ovo": "one-vs-one",
    "ovr": "one-vs-rest", "r2": "R²", "roc": "ROC",
}  # fmt: skip


def metric_label(scoring: Any) -> str:
    """Return the name of a metric for readers.

    Parameters
    ----------
    scoring : str or callable
        The name of a scorer, "loss", a scorer, or a function (estimator, X, y). A minus
        sign before the name says that the score is the negative value of a loss.

    Examples
    --------
    >>> from skdl.inspection._metric_names import metric_label
    >>> metric_label("average_precision"), metric_label("neg_log_loss")
    ('average precision', '−log loss')
    """
    if isinstance(scoring, str):
        name = "neg_loss" if scoring == "loss" else scoring
    else:
        function, sign = scorer_function(scoring)
        name = getattr(function, "__name__", type(function).__name__)
        name = re.sub("_score$", "", name.strip("<>"))
        name = f"neg_{name}" if sign < 0 else name
    words = [SYMBOLS.get(word, word) for word in name.split("_") if word]
    return " ".join(words).replace("− ", "−")


def metric_of(net: Any) -> str:
    """Return the name of the metric in `validation_scores_` of a net: the first one.

    Parameters
    ----------
    net : net of skdl
        The net, fitted unless it is a classifier or has a `scoring`; or a tabular net,
        which has no `scoring`.
    """
    if not isinstance(net, BaseNet):
        return "accuracy" if is_classifier(net) else "R²"
    if isinstance(net.scoring, Mapping):
        return metric_label(next(iter(net.scoring)))
    if net.scoring is not None:
        return metric_label(first_metric(net.scoring))
    if is_classifier(net):
        return "accuracy"
    return "D² of quantiles" if isinstance(loss_of(net), Quantile) else "R²"
