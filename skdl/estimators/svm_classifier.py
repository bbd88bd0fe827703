"""The classifier with a multi-class support vector head."""

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from skdl._sklearn import StrOptions
from skdl.estimators._classifier import BaseClassifier
from skdl.estimators._docs import documented
from skdl.estimators._parameters import CLASSIFIER_CONSTRAINTS

__all__ = ["SVMClassifier"]


@documented
@dataclass(eq=False, repr=False)
class SVMClassifier(BaseClassifier):
    """Net with one score per class and the multi-class hinge loss.

    The loss of a row of class y with scores s is J = Σ_{j≠y} max(0, s_j - s_y + 1), or
    the sum of the squares of those terms. The objective is
    Σ_i w_i J_i / Σ_i w_i + alpha / Σ_i w_i · R(W) over batches of rows, R being the
    `penalty`, by default ½‖W‖². Two classes have two scores; `decision_function` is
    then their difference.

    Scores are no probabilities: there is no ``predict_proba``, and
    `sklearn.calibration.CalibratedClassifierCV` makes one.

    Parameters
    ----------
    {parameters}
    {classifier_parameters}
    loss : {'hinge', 'squared_hinge'}, default='hinge'
        The squared form punishes large violations more, and is smooth: 'lbfgs'
        converges better with it.

    Attributes
    ----------
    {classes}
    {attributes}
    {linear}

    References
    ----------
    J. Weston, C. Watkins, "Support vector machines for multi-class pattern
    recognition", ESANN 1999. On nets: Y. Tang, "Deep learning using linear support
    vector machines", 2013.

    Examples
    --------
    >>> from sklearn.calibration import CalibratedClassifierCV
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SVMClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = SVMClassifier(20, "tanh", solver="lbfgs", alpha=1.0, max_iter=5000,
    ...                     loss="squared_hinge", random_state=0)
    >>> net.fit(X, y).decision_function(X).shape
    (150, 3)
    >>> CalibratedClassifierCV(net, cv=3).fit(X, y).predict_proba(X[:5]).shape
    (5, 3)
    """

    _parameter_constraints: ClassVar[dict] = {
        **CLASSIFIER_CONSTRAINTS,
        "loss": [StrOptions({"hinge", "squared_hinge"})],
    }

    _: KW_ONLY
    loss: str = "hinge"
    weight_init: str | float | object | None = field(default="auto", kw_only=True)
