"""Gradient flow: gradients that vanish on their way back.

Eight layers of sigmoids. The gradients of the first layers are much smaller than those
of the last ones, so that the first layers hardly learn.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor
from skdl.inspection import GradientFlowDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier(
    [32] * 7, activation="logistic", standardize=False, tol=0.01, random_state=0
)
net.set_callbacks(Monitor()).fit(X / 16, y)
display = GradientFlowDisplay.from_estimator(net)
