"""Augmented copies of images, as whitened principal components, made once."""

import numpy as np
from sklearn.utils import gen_batches

from skdl import PCAWhitener

ROWS = 5000  # at a time, in float32 as nothing else here is


def whitened_copies(augmenter, n_copies, n_components, X, y, image_shape):
    """Return the fitted whitener, the copies' components, and their labels.

    The whitener learns from the images as they are. 20 copies of CIFAR-10 in 256
    components take 1 GB.
    """
    whitener = PCAWhitener(n_components=n_components).fit(X.astype(np.float32))
    n = len(X)
    Z = np.empty((n_copies * n, n_components), np.float32)
    for i in range(n_copies):
        augmenter.set_params(image_shape=image_shape, n_copies=1, random_state=i)
        changed = augmenter.fit_resample(X, y)[0][n:]  # after the originals
        for rows in gen_batches(n, ROWS):
            Z[i * n :][rows] = whiten(whitener, changed[rows])
    return whitener, Z, np.tile(y, n_copies)


def whiten(whitener, X):
    """Return the components of a few images as float32."""
    return whitener.transform(X.astype(np.float32))


def filters_of(whitener, weights):
    """Return the weights on pixels that do what these do on components."""
    return (whitener.components_.T / whitener.scale_) @ weights
