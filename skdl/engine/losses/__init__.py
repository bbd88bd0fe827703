"""Losses on raw scores.

The kinds of estimators differ in their loss and in nothing else. A loss owns three
things:

1. how targets become numbers: ``encode``;
2. its value and its derivative with respect to the scores: ``rows_and_gradient``;
3. the link from scores to what the user asked for: ``probabilities`` and
   ``log_probabilities`` (classes), or ``predictions`` (numbers). A loss of classes
   without ``probabilities`` is a loss of margins.

`Loss` is the base class, with the defaults of all that a loss may leave out.
`skdl.engine.protocols.ClassificationLoss` and `RegressionLoss` describe each method.
A loss of your own need not inherit from `Loss`.

Shapes: scores and gradient (..., n, k), targets (n, k), rows (..., n, 1). A loss may
overwrite the scores: none allocates. In training, scores, gradient and targets lie in
memory column by column.

Modules: `classification` (softmax, hinge and sigmoid losses), `regression` (errors,
quantiles, Poisson), `columns` (one loss per column of labels), `base`.
"""

from skdl.engine.losses.base import Loss, mean_loss, sum_of_losses
from skdl.engine.losses.classification import (
    Hinge,
    KLDivergence,
    LogisticLoss,
    SigmoidSquaredError,
    Softmax,
    SoftmaxCrossEntropy,
    SquaredHinge,
)
from skdl.engine.losses.columns import MultiOutput
from skdl.engine.losses.regression import (
    AbsoluteError,
    Huber,
    Poisson,
    Quantile,
    SquaredError,
)

__all__ = [
    "CLASSIFICATION_LOSSES",
    "REGRESSION_LOSSES",
    "AbsoluteError",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogisticLoss",
    "Loss",
    "MultiOutput",
    "Poisson",
    "Quantile",
    "SigmoidSquaredError",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "SquaredHinge",
    "mean_loss",
    "sum_of_losses",
]

CLASSIFICATION_LOSSES: dict[str, type[Loss]] = {
    "softmax": SoftmaxCrossEntropy,
    "logistic": LogisticLoss,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "kl_divergence": KLDivergence,
    "squared_error": SigmoidSquaredError,
}
REGRESSION_LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
}
