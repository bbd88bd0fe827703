"""Decision boundaries by scikit-learn's own display.

Displays of scikit-learn take every net. Two moons, and the probability of the second
class.
"""

from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from skdl import SoftmaxClassifier

X, y = make_moons(noise=0.2, random_state=0)
net = SoftmaxClassifier((16,), solver="lbfgs", alpha=1, max_iter=1000, random_state=0)
net.fit(X, y)
display = DecisionBoundaryDisplay.from_estimator(
    net, X, response_method="predict_proba", cmap="RdBu_r"
)
points = display.ax_.scatter(*X.T, c=y, cmap="RdBu_r", edgecolor="black")
