"""The range test: which learning rate to take.

`find_learning_rate` trains a clone for some hundred steps while the rate grows from
tiny to huge. It suggests a rate below the one at which the loss begins to rise, and
`LearningRateDisplay` draws the curve.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.inspection import find_learning_rate

X, y = load_digits(return_X_y=True)
found = find_learning_rate(SoftmaxClassifier((64, 32), random_state=0), X, y)
display = found.plot()
print(found)
