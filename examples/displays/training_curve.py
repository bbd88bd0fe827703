"""Training curves: losses, scores and the best epoch.

`TrainingCurveDisplay` reads `history_` of a fitted net. The dotted line marks the epoch
with the best score on the held-out rows.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.engine import StepDecay
from skdl.inspection import TrainingCurveDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier(
    (64, 32),
    learning_rate=StepDecay(0.5, every=12),
    learning_rate_init=0.003,
    early_stopping=True,
    n_iter_no_change=20,
    random_state=0,
).fit(X, y)
display = TrainingCurveDisplay.from_estimator(net)
