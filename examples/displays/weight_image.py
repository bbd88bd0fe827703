"""Weights as images: what the units of the first layer look for.

Without hidden layers, each class has one image: pixels that speak for the class, and
pixels that speak against it.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.inspection import WeightImageDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier((), alpha=1, max_iter=100, tol=0.01, random_state=0)
display = WeightImageDisplay.from_estimator(net.fit(X / 16, y))
