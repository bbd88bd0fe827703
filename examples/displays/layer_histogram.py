"""Layer histograms: weights, outputs and gradients over time.

Each column is the histogram of one recorded step, with the median and the quartiles.
Rectifiers have a dark line at zero: these outputs are off.
"""

from sklearn.datasets import load_digits

from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor
from skdl.inspection import LayerHistogramDisplay

X, y = load_digits(return_X_y=True)
net = SoftmaxClassifier((64, 32), max_iter=30, tol=0.01, random_state=0)
net.set_callbacks(Monitor()).fit(X, y)
display = LayerHistogramDisplay.from_estimator(net, kind="activation")
