"""An estimator without data: its score is a function of its parameters."""

import math
from dataclasses import dataclass

from sklearn.base import BaseEstimator


@dataclass(eq=False, repr=False)
class Hill(BaseEstimator):
    """Scores -(log10 x - top)² - (z - 3)² / 10, less what training is missing.

    With `noise`, each fold adds something of its own that depends on x, too.
    """

    x: float = 1.0
    z: float = 3.0
    kind: str = "good"
    top: float = 0.0
    max_iter: int = 100
    noise: float = 0.0
    fails_above: float = math.inf
    nan_above: float = math.inf

    def fit(self, X, y=None):
        if self.x > self.fails_above:
            raise OverflowError(f"x is too large\nfor {type(self).__name__}")
        self.n_rows_ = len(X)
        self.mean_ = float(X.mean())
        return self

    def score(self, X, y=None):
        if self.x > self.nan_above:
            return math.nan
        place = math.log10(self.x)
        value = -((place - self.top) ** 2) - (self.z - 3) ** 2 / 10 - 1 / self.max_iter
        value -= 5 * (self.kind == "bad")
        return value + self.noise * math.sin(40 * place + 7 * float(X.mean()))

    def predict(self, X):
        return X[:, 0]
