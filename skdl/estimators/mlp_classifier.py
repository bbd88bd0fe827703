"""The drop-in superset of scikit-learn's MLPClassifier."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from skdl._sklearn import StrOptions
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.estimators._classifier import MARGIN_LOSSES, BaseClassifier
from skdl.estimators._docs import documented
from skdl.estimators._parameters import CONSTRAINTS

__all__ = ["MLPClassifier"]


@documented
@dataclass(eq=False, repr=False)
class MLPClassifier(BaseClassifier):
    """Multi-layer perceptron classifier, with scikit-learn's parameters and more.

    The objective is Σ_i w_i J_i / Σ_i w_i + alpha / Σ_i w_i · R(W) over batches of
    rows, where J_i is the loss of row i given its raw scores, w_i its weight, and R the
    `penalty`, by default ½‖W‖².

    Parameters
    ----------
    {parameters}
    loss : {'log_loss', 'softmax', 'logistic', 'hinge', 'squared_hinge'}, \
default='log_loss'
        'log_loss' is scikit-learn's choice: softmax for more than two classes, one
        sigmoid for two, and one per label of an indicator matrix. The others are those
        of `SoftmaxClassifier`, `LogisticClassifier` and `SVMClassifier`.

    Attributes
    ----------
    {classes}
    {attributes}
    {linear}

    See Also
    --------
    SoftmaxClassifier, LogisticClassifier, SVMClassifier : The head is fixed.
    sklearn.neural_network.MLPClassifier : Whose place it takes.

    Notes
    -----
    Weights and biases start uniformly in ±√(6 / (fan_in + fan_out)), with logistic
    units in ±√(2 / (fan_in + fan_out)), as scikit-learn's do [1]_.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    >>> net.score(X, y) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "loss": [StrOptions({"log_loss", *CLASSIFICATION_LOSSES})],
    }

    _: KW_ONLY
    loss: str = "log_loss"

    @property
    def _multilabel_allowed(self):
        return self.loss not in ("softmax", *MARGIN_LOSSES)
