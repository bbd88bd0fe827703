"""Mistakes in a table: the rows where the net is most wrong.

Without `image_shape`, `MistakesDisplay` draws the rows as a table. ``print(display)``
shows the same as text.
"""

from sklearn.datasets import load_iris

from skdl import SoftmaxClassifier
from skdl.inspection import MistakesDisplay

X, y = load_iris(return_X_y=True, as_frame=True)
net = SoftmaxClassifier((8,), max_iter=60, tol=0.01, random_state=0).fit(X, y)
display = MistakesDisplay.from_estimator(net, X, y)
print(display)
