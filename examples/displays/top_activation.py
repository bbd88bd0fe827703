"""Top activations: the images that excite a unit most.

Each row belongs to one unit of the last hidden layer. Its images are those for which
the output of the unit is largest.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.inspection import TopActivationDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier((64, 32), max_iter=30, tol=0.01, random_state=0)
net.fit(X / 16, y)
display = TopActivationDisplay.from_estimator(net, X / 16, y, image_shape=(8, 8))
