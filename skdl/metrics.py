"""Entropy, cross-entropy and Kullback-Leibler divergence of discrete distributions.

All three functions follow the same conventions. A 1-D array is one distribution and
gives a float. A 2-D array has one distribution per row and gives one value per row;
their weighted mean is ``np.average(values, weights=sample_weight)``. Logarithms are
natural unless a base is passed, so a cross-entropy can be compared with the ``loss_``
of a classifier and with ``sklearn.metrics.log_loss``. ``0 log 0`` counts as 0.

Distributions are not renormalized: each must sum to 1 within the square root of the
machine epsilon of its dtype (1.5e-8 for float64, 3.5e-4 for float32). Results are
computed in float64.
"""

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, rel_entr, xlogy

from skdl._distributions import check_distributions

__all__ = ["cross_entropy", "entropy", "kl_divergence"]


def entropy(p: ArrayLike, *, base: float | None = None) -> float | np.ndarray:
    r"""Return the Shannon entropy: the expected information of a draw from p.

    .. math:: H(p) = -\sum_j p_j \log p_j

    The entropy is 0 if one class is certain, and at most log(n_classes), the value of
    the uniform distribution.

    Parameters
    ----------
    p : array-like of shape (n_classes,) or (n_samples, n_classes)
        A distribution, or one per row.
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
        If p is empty or neither 1-D nor 2-D, has an entry that is negative or not a
        finite number, or has a row that does not sum to 1; or if base is not allowed.

    See Also
    --------
    cross_entropy : Expected information of p if q is assumed.
    kl_divergence : Cross-entropy minus entropy.

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


def cross_entropy(
    p: ArrayLike, q: ArrayLike, *, base: float | None = None
) -> float | np.ndarray:
    r"""Return the cross-entropy: the expected information of p if q is assumed.

    .. math:: H(p, q) = -\sum_j p_j \log q_j = H(p) + D(p \| q)

    If p is the one-hot row of the class of a sample, the cross-entropy is the loss
    -log q_j of that class. It is not symmetric, and infinite if q_j = 0 for some
    p_j > 0.

    Parameters
    ----------
    p, q : array-like of shape (n_classes,) or (n_samples, n_classes)
        The true and the predicted distribution, or one of each per row. A 1-D
        distribution is compared with every row of a 2-D array.
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
        If p or q is empty or neither 1-D nor 2-D, has an entry that is negative or not
        a finite number, or has a row that does not sum to 1; if their numbers of
        classes differ, or of rows if both are 2-D; or if base is not allowed.

    See Also
    --------
    sklearn.metrics.log_loss : Mean cross-entropy of samples, from class labels.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System
       Technical Journal 27(3), 379-423, 1948.
    .. [2] S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of
       Mathematical Statistics 22(1), 79-86, 1951.

    Examples
    --------
    An image of a bus, and the probabilities of bus, truck and airplane that two models
    predict:

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


def kl_divergence(
    p: ArrayLike, q: ArrayLike, *, base: float | None = None
) -> float | np.ndarray:
    r"""Return the Kullback-Leibler divergence: the information lost if q replaces p.

    .. math:: D(p \| q) = \sum_j p_j \log \frac{p_j}{q_j} = H(p, q) - H(p)

    The divergence is 0 if p = q and positive otherwise. It is not symmetric, and
    infinite if q_j = 0 for some p_j > 0.

    Parameters
    ----------
    p, q : array-like of shape (n_classes,) or (n_samples, n_classes)
        The true and the approximating distribution, or one of each per row. A 1-D
        distribution is compared with every row of a 2-D array.
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
        If p or q is empty or neither 1-D nor 2-D, has an entry that is negative or not
        a finite number, or has a row that does not sum to 1; if their numbers of
        classes differ, or of rows if both are 2-D; or if base is not allowed.

    Notes
    -----
    The sum is computed over :math:`p_j \log(p_j / q_j) - (p_j - q_j)`. The second part
    sums to 0 and makes every term non-negative. So almost equal rows keep their digits,
    which rounding would destroy otherwise.

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
    number: Any = base  # pyright knows no comparisons of Real
    if not isinstance(base, Real) or not 0 < number < math.inf or number == 1:
        raise ValueError(
            "base must be None for the natural logarithm, or a finite number > 0 other "
            f"than 1, got {base!r}."
        )
    return math.log(number)


def _result(nats, unit, dtype):
    """Convert sums in nats to the caller's unit; a scalar becomes a float."""
    # A sum is below 0 only by rounding, or if q sums to slightly more than 1. Adding
    # 0.0 turns -0.0 into 0.0.
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
