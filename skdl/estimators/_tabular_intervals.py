"""How much smaller the errors of the members' mean are than those of one member.

Held-out rows show the error of a single member: the other members have trained on the
row. Intervals of that width would be too wide for the mean of all members.
"""

import numpy as np

__all__ = ["error_ratio"]


def error_ratio(predictions, own, y, weights):
    """Return the error of the mean of the members, divided by that of one member.

    Let v be the variance between members in rows that they have not seen, and M their
    mean squared error there. The mean of k members has the error M - v (1 - 1/k). To
    learn v, compare the member that holds a row out with the others: these have moved
    towards the target by a share h, which their error of (1 - h)² M shows, and the
    squared distance is 2 v (1 - h) + h² M. Since h differs between rows, this v is too
    large; its effect is therefore halved, by a square root.

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

    Returns
    -------
    ndarray of shape (n_outputs,)
        Between 0 and 1.
    """
    n_members = len(predictions)
    if n_members == 1:
        return np.ones(y.shape[1])
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
    variance = np.clip(variance, 0, error)
    return (1 - variance / error * (1 - 1 / n_members)) ** 0.25
