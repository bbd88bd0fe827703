"""The classifier with a head of sigmoids."""

from dataclasses import dataclass, field
from typing import ClassVar

from skdl.estimators._classifier import BaseClassifier
from skdl.estimators._docs import documented

__all__ = ["LogisticClassifier"]


@documented
@dataclass(eq=False, repr=False)
class LogisticClassifier(BaseClassifier):
    """Net with sigmoids σ(s) = 1 / (1 + exp(-s)) and binary cross-entropy.

    Two classes share one score; more have one each, trained against the rest, and their
    sigmoids divided by the sum are the probabilities; an indicator matrix as y has one
    score per label. The loss of a row is J = Σ_j log(1 + exp(s_j)) - t_j s_j with t_j 1
    for the row's class or labels, else 0. The objective is
    Σ_i w_i J_i / Σ_i w_i + alpha / (2 Σ_i w_i) · ‖W‖² over batches of rows.

    Parameters
    ----------
    {parameters}
    {classifier_parameters}

    Attributes
    ----------
    {classes}
    {attributes}
    {linear}

    See Also
    --------
    SoftmaxClassifier : Classes that exclude one another share one distribution.

    References
    ----------
    R. Rifkin, A. Klautau, "In defense of one-vs-all classification", JMLR 2004.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import LogisticClassifier, Standardizer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> net = LogisticClassifier((), solver="lbfgs", alpha=1.0, random_state=0)
    >>> model = make_pipeline(Standardizer(), net).fit(X, y)
    >>> model.score(X, y) > 0.98
    True
    >>> model.decision_function(X).shape
    (569,)
    """

    loss: ClassVar[str] = "logistic"
    weight_init: str | float | object | None = field(default="auto", kw_only=True)
