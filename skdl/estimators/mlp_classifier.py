"""The drop-in superset of scikit-learn's MLPClassifier."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from skdl._sklearn import HasMethods, StrOptions
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.estimators._classifier import BaseClassifier
from skdl.estimators._docs import documented
from skdl.estimators._parameters import CLASSIFIER_CONSTRAINTS

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
    {classifier_parameters}
    loss : {'log_loss', 'softmax', 'logistic', 'hinge', 'squared_hinge', \
'kl_divergence', 'squared_error'} or loss object, default='log_loss'
        - 'log_loss' is scikit-learn's choice: softmax for more than two classes, one
          sigmoid for two, and one per label of an indicator matrix;
        - 'softmax', 'logistic', 'hinge' and 'squared_hinge' are those of
          `SoftmaxClassifier`, `LogisticClassifier` and `SVMClassifier`;
        - 'kl_divergence': J = Σ_j t_j log(t_j / p_j) with softmax probabilities p; y
          may be soft targets, a matrix with a distribution t over the classes in each
          row, which are then 0 to n_classes - 1, and `score` compares the most probable
          ones;
        - 'squared_error': J = ½ Σ_j (σ(s_j) - t_j)² on the sigmoids of 'logistic';
        - an object of your own needs the methods that `skdl.engine.losses` describes.

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
        **CLASSIFIER_CONSTRAINTS,
        "loss": [
            StrOptions({"log_loss", *CLASSIFICATION_LOSSES}),
            HasMethods(["encode", "n_scores", "rows_and_gradient"]),
        ],
    }

    _: KW_ONLY
    loss: str | object = "log_loss"
