"""The classifier with a softmax head."""

from dataclasses import dataclass, field
from typing import ClassVar

from skdl.estimators._classifier import BaseClassifier
from skdl.estimators._docs import documented

__all__ = ["SoftmaxClassifier"]


@documented
@dataclass(eq=False, repr=False)
class SoftmaxClassifier(BaseClassifier):
    """Net with one score per class, softmax probabilities and cross-entropy.

    p_j = exp(s_j) / Σ_c exp(s_c), and the loss of a row of class y is J = -log p_y. The
    objective is Σ_i w_i J_i / Σ_i w_i + alpha / Σ_i w_i · R(W) over batches of rows, R
    being the `penalty`, by default ½‖W‖². Two classes have two scores;
    `decision_function` is then their difference.

    y may also be a matrix of soft targets, (n_samples, n_classes), with a distribution
    t over the classes in each row: then J = -Σ_j t_j log p_j, the classes are 0 to
    n_classes - 1, `score` compares the most probable ones, and ``partial_fit`` needs no
    `classes`. Floats, or zeros and ones, are soft targets; a matrix of other integers
    or of text has a class label in each column.

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
    LogisticClassifier : One sigmoid for two classes; several labels per row.
    SVMClassifier : Margins instead of probabilities.
    MLPClassifier : Its ``loss="kl_divergence"`` takes soft targets, too.

    References
    ----------
    J. Bridle, "Probabilistic interpretation of feedforward classification network
    outputs, with relationships to statistical pattern recognition", 1990.

    Examples
    --------
    A linear model, which is multinomial logistic regression:

    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = SoftmaxClassifier((), solver="lbfgs", alpha=1.0, random_state=0).fit(X, y)
    >>> net.coef_.shape
    (3, 4)
    >>> net.predict(X[:2])
    array([0, 0])
    """

    loss: ClassVar[str] = "softmax"
    weight_init: str | float | object | None = field(default="auto", kw_only=True)
    _takes_distributions: ClassVar[bool] = True
