"""Mistakes: the rows where the net is most wrong.

The images with the largest error come first, each with its true class and with the
prediction.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdl import SoftmaxClassifier
from skdl.inspection import MistakesDisplay

X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
net = SoftmaxClassifier((64,), tol=0.01, random_state=0).fit(X, y)
display = MistakesDisplay.from_estimator(net, X_test, y_test, image_shape=(8, 8))
