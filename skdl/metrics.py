"""Entropy, cross-entropy and Kullback-Leibler divergence of discrete distributions.

The three share their conventions. One distribution is 1-D and gives a float; the rows
of a 2-D array are one distribution each and give an array of one value per row, of
which ``np.average(values, weights=sample_weight)`` is the weighted mean. Logarithms are
natural unless a base is given, so that a cross-entropy compares with a classifier's
``loss_`` and with ``sklearn.metrics.log_loss``. ``0 log 0`` counts as 0.

Nothing is renormalized: a row must sum to 1 already, within the square root of its
dtype's machine epsilon (1.5e-8 for float64, 3.5e-4 for float32). All is computed in
float64.
"""

import math
from numbers import Real

import numpy as np
from scipy.special import entr, rel_entr, xlogy

from skdl._distributions import check_distributions

__all__ = ["cross_entropy", "entropy", "kl_divergence"]


def entropy(p, *, base=None):
    r"""Shannon entropy: the expected information of a draw from p.

    .. math:: H(p) = -\sum_j p_j \log p_j

    It is 0 where one class is certain, and at most log(n_classes), which the uniform
    distribution attains.

    Parameters
    ----------
    p : array-like of shape (n_classes,) or (n_samples, n_classes)
        One distribution, or one per row.
    base : float, default=None
        Base of the logarithm, positive and not 1: 2 gives bits, 10 gives hartleys.
        None is the natural logarithm, which gives nats.

    Returns
    -------
    values : float or ndarray of shape (n_samples,)
        A float if p is 1-D, else one value per row: float32 if p is float32, otherwise
        float64. Never negative for a base above 1.

    Raises
    ------
    ValueError
        If p is empty or neither 1-D nor 2-D, holds what is no finite number or is
        negative, or has a row that does not sum to 1; or if base is not allowed.

    See Also
    --------
    cross_entropy : Of one distribution relative to another.
    kl_divergence : What the cross-entropy exceeds the entropy by.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System
       Technical Journal 27(3), 379-423, 1948.

    Examples
    --------
    >>> from skdl.metrics import entropy
    >>> round(entropy([1 / 4, 1 / 4, 1 / 2], base=2), 12)
    1.5
    >>> entropy([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]]).round(4)
    array([0.6931, 0.3251, 0.    ])
    """
    unit = _unit(base)
    p, dtype, _ = check_distributions(p, "p")
    return _result(entr(p).sum(axis=-1), unit, dtype)


def cross_entropy(p, q, *, base=None):
    r"""Cross-entropy: the expected information of a draw from p, as q accounts for it.

    .. math:: H(p, q) = -\sum_j p_j \log q_j = H(p) + D(p \| q)

    Where p is the one-hot row of a sample's class, it is the loss -log q_j of that
    class. It is not symmetric, and infinite where some q_j = 0 has p_j > 0.

    Parameters
    ----------
    p, q : array-like of shape (n_classes,) or (n_samples, n_classes)
        The true and the predicted distribution, or one of each per row. If one of them
        is 1-D and the other 2-D, the one goes with every row of the other.
    base : float, default=None
        Base of the logarithm, positive and not 1: 2 gives bits, 10 gives hartleys.
        None is the natural logarithm, which gives nats.

    Returns
    -------
    values : float or ndarray of shape (n_samples,)
        A float if p and q are 1-D, else one value per row: float32 if both are float32,
        otherwise float64. Never negative for a base above 1.

    Raises
    ------
    ValueError
        If p or q is empty or neither 1-D nor 2-D, holds what is no finite number or is
        negative, or has a row that does not sum to 1; if their numbers of classes, or
        of rows where both are 2-D, differ; or if base is not allowed.

    See Also
    --------
    sklearn.metrics.log_loss : The mean over samples, from class labels.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System
       Technical Journal 27(3), 379-423, 1948.
    .. [2] S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of
       Mathematical Statistics 22(1), 79-86, 1951.

    Examples
    --------
    A picture of a bus, and the probabilities of bus, truck and airplane that two
    models give it:

    >>> from skdl.metrics import cross_entropy
    >>> bus = [1, 0, 0]
    >>> round(cross_entropy(bus, [0.88, 0.08, 0.04]), 4)
    0.1278
    >>> cross_entropy(bus, [[0.88, 0.08, 0.04], [0.0, 0.5, 0.5]]).round(4)
    array([0.1278,    inf])
    """
    unit = _unit(base)
    p, q, dtype = _checked_pair(p, q)
    return _result(-xlogy(p, q).sum(axis=-1), unit, dtype)


def kl_divergence(p, q, *, base=None):
    r"""Kullback-Leibler divergence: the information lost where q stands for p.

    .. math:: D(p \| q) = \sum_j p_j \log \frac{p_j}{q_j} = H(p, q) - H(p)

    It is 0 if p = q and positive otherwise. It is not symmetric, and infinite where
    some q_j = 0 has p_j > 0.

    Parameters
    ----------
    p, q : array-like of shape (n_classes,) or (n_samples, n_classes)
        The true and the approximating distribution, or one of each per row. If one of
        them is 1-D and the other 2-D, the one goes with every row of the other.
    base : float, default=None
        Base of the logarithm, positive and not 1: 2 gives bits, 10 gives hartleys.
        None is the natural logarithm, which gives nats.

    Returns
    -------
    values : float or ndarray of shape (n_samples,)
        A float if p and q are 1-D, else one value per row: float32 if both are float32,
        otherwise float64. Never negative for a base above 1.

    Raises
    ------
    ValueError
        If p or q is empty or neither 1-D nor 2-D, holds what is no finite number or is
        negative, or has a row that does not sum to 1; if their numbers of classes, or
        of rows where both are 2-D, differ; or if base is not allowed.

    Notes
    -----
    Computed as the sum of :math:`p_j \log(p_j / q_j) - (p_j - q_j)`, whose second part
    sums to 0 over distributions. No term is negative then, and rows that are almost
    alike keep their digits, which the rounding of their sums would otherwise bury.

    References
    ----------
    .. [1] S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of
       Mathematical Statistics 22(1), 79-86, 1951.

    Examples
    --------
    >>> from skdl.metrics import cross_entropy, entropy, kl_divergence
    >>> p, q = [0.5, 0.5], [0.75, 0.25]
    >>> round(kl_divergence(p, q, base=2), 4)
    0.2075
    >>> round(cross_entropy(p, q, base=2) - entropy(p, base=2), 4)
    0.2075
    >>> kl_divergence([p, q], q).round(4)
    array([0.1438, 0.    ])
    """
    unit = _unit(base)
    p, q, dtype = _checked_pair(p, q)
    return _result((rel_entr(p, q) - (p - q)).sum(axis=-1), unit, dtype)


def _unit(base):
    """Return the natural logarithm of the base, by which nats are divided."""
    if base is None:
        return 1.0
    if not isinstance(base, Real) or not 0 < base < math.inf or base == 1:
        raise ValueError(
            "base must be None for the natural logarithm, or a finite number > 0 other "
            f"than 1, got {base!r}."
        )
    return math.log(base)


def _result(nats, unit, dtype):
    """Convert sums in nats to the caller's unit; a scalar becomes a float."""
    # Below 0 only by rounding, or by a sum of q just above 1. Adding 0 unsigns -0.0.
    values = np.maximum(nats, 0.0) / unit + 0.0
    return values.astype(dtype, copy=False) if values.ndim else float(values)


def _checked_pair(p, q):
    """Return p and q in float64 and the dtype of the result, or raise."""
    p, p_dtype, p_shape = check_distributions(p, "p")
    q, q_dtype, q_shape = check_distributions(q, "q")
    shapes = f"got p of shape {p_shape} and q of shape {q_shape}."
    if p_shape[-1] != q_shape[-1]:
        raise ValueError(f"p and q must have the same number of classes, {shapes}")
    if len(p_shape) == len(q_shape) and p_shape != q_shape:
        raise ValueError(
            "p and q must have the same number of rows, or one of them must be 1-D, "
            f"{shapes}"
        )
    return p, q, np.result_type(p_dtype, q_dtype)
