"""A classifier that learns from whitened components of augmented images."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import gen_batches

from skdl import PCAWhitener

ROWS = 5000  # rows per block; only the components of all copies are kept


class OnWhitenedCopies(ClassifierMixin, BaseEstimator):
    """Trains a net on principal components instead of pixels.

    The whitener learns from the original images, the net from the components of
    augmented copies, which are made once. 20 copies of CIFAR-10 in 256 components take
    1 GB. A net with 256 inputs is several times faster than one with 3072.

    Parameters
    ----------
    model : estimator
        The net, or an ensemble of nets.
    augmenter : ImageAugmenter
        The augmenter, with its image_shape.
    n_copies : int
        Number of copies of each image.
    n_components : float
        Fraction of the variance to keep, for PCAWhitener.
    """

    def __init__(self, model, augmenter, n_copies, n_components):
        self.model = model
        self.augmenter = augmenter
        self.n_copies = n_copies
        self.n_components = n_components

    def fit(self, X, y, X_val=None, y_val=None):
        """Train on augmented copies of the images."""
        n = len(X)
        whitener = PCAWhitener(n_components=self.n_components)
        self.whitener_ = whitener.fit(X.astype(np.float32))
        Z = np.empty((self.n_copies * n, self.whitener_.n_components_), np.float32)
        augmenter = clone(self.augmenter).set_params(n_copies=1)
        for i in range(self.n_copies):
            # The copies come after the originals.
            copies = augmenter.set_params(random_state=i).fit_resample(X, y)[0][n:]
            self._whiten(copies, Z[i * n : (i + 1) * n])
        validation = {}
        if X_val is not None:
            validation = {"X_val": self._whiten(X_val), "y_val": y_val}
        labels = np.tile(y, self.n_copies)
        self.model_ = clone(self.model).fit(Z, labels, **validation)
        self.classes_ = self.model_.classes_
        return self

    def _whiten(self, X, out=None):
        if out is None:
            out = np.empty((len(X), self.whitener_.n_components_), np.float32)
        for rows in gen_batches(len(X), ROWS):
            out[rows] = self.whitener_.transform(X[rows].astype(np.float32))
        return out

    def predict_proba(self, X):
        """Return the class probabilities of images."""
        return self.model_.predict_proba(self._whiten(X))

    def weights_on_pixels(self, net):
        """Return the weights of the net's first layer, mapped to pixels."""
        whitener = self.whitener_
        return (whitener.components_.T / whitener.scale_) @ net.coefs_[0]
