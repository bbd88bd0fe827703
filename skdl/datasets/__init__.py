"""MNIST and CIFAR-10, from the files in which they are distributed or from OpenML.

All four functions return the same kind of Bunch: rows in (height, width, channels)
order, labels from 0 to 9, and the split of the original files.
"""

from skdl.datasets.cifar10 import fetch_cifar10, load_cifar10
from skdl.datasets.mnist import fetch_mnist, load_mnist

__all__ = ["fetch_cifar10", "fetch_mnist", "load_cifar10", "load_mnist"]
