"""How much smaller the errors of the members' mean are than those of one member.

Held-out rows show the error of a single member: the other members have trained on the
row. Intervals of that width would be too wide for the mean of all members.
"""

import numpy as np

__all__ = ["error_ratio"]


def error_ratio(predictions, own, shares, y, weights):
    """Return the error of the mean of all members, divided by that on held-out rows.

    A row is held out by one member of each group, and its prediction is the mean of
    these. The others reduce the squared error M by Σ share² · v (1 - 1/k), if v is the
    variance between the k members of a group. Since v is estimated too large, see
    `member_variance`, its effect is halved by a square root.

    Parameters
    ----------
    predictions : list of ndarray of shape (n_members, n_rows, n_outputs)
        Predictions of all members, an array for each group.
    own : list of ndarray of int of shape (n_rows,)
        The member of each group that holds the row out.
    shares : ndarray of shape (n_groups,)
        Shares of the groups in the mean.
    y : ndarray of shape (n_rows, n_outputs)
        Targets.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_outputs,)
        Between 0 and 1.
    """
    held_out, gain = 0.0, 0.0
    for group, members, share in zip(predictions, own, shares, strict=True):
        held_out = held_out + share * group[members, np.arange(len(y))]
        variance = member_variance(group, members, y, weights)
        gain = gain + share**2 * variance * (1 - 1 / len(group))
    error = np.average((held_out - y) ** 2, axis=0, weights=weights)
    gain = np.minimum(gain, error)
    return (1 - gain / np.maximum(error, np.finfo(float).tiny)) ** 0.25


def member_variance(predictions, own, y, weights):
    """Return the variance between the members of a group, in rows they have not seen.

    Let M be the mean squared error of members in rows that they hold out, and compare
    that member with the others: these have moved towards the target by a share h,
    which their error of (1 - h)² M shows, and the squared distance is
    2 v (1 - h) + h² M. Since h differs between rows, this v is too large.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, n_rows, n_outputs)
        Predictions of all members.
    own : ndarray of int of shape (n_rows,)
        The member that holds each row out.
    y : ndarray of shape (n_rows, n_outputs)
        Targets.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    """
    n_members = len(predictions)
    if n_members == 1:
        return np.zeros(y.shape[1])
    held_out = predictions[own, np.arange(len(own))]
    others = np.arange(n_members)[:, None] != own

    def mean_of(squares):
        return np.average(squares[others], axis=0, weights=pair_weights)

    pair_weights = np.broadcast_to(weights, others.shape)[others]
    error = np.average((held_out - y) ** 2, axis=0, weights=weights)
    error = np.maximum(error, np.finfo(float).tiny)
    seen = mean_of((predictions - y) ** 2)
    distance = mean_of((predictions - held_out) ** 2)
    share = np.clip(1 - np.sqrt(seen / error), 0, 0.9)
    variance = (distance - share**2 * error) / (2 * (1 - share))
    return np.clip(variance, 0, error)
