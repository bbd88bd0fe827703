"""Update ratios: how far each step moves the weights.

`Monitor` records single steps, and `UpdateRatioDisplay` draws ‖ΔW‖ / ‖W‖ of each layer.
Ratios near 0.001, in the band, are usual. Larger ones hint at a learning rate that is
too high, smaller ones at one that is too low.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor
from skdl.inspection import UpdateRatioDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier((64, 32), max_iter=30, tol=0.01, random_state=0)
net.set_callbacks(Monitor()).fit(X, y)
display = UpdateRatioDisplay.from_estimator(net)
