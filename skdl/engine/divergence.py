"""When the loss of a batch shows that training has diverged."""

from typing import Any

import numpy as np

from skdl.engine.progress import Progress
from skdl.engine.workspace import Workspace

__all__ = ["DIVERGENCE_FACTOR", "has_diverged", "loss_at_zero", "reference_of"]

# Treat the run as diverged once a batch loss exceeds this multiple of the reference
# loss: at this rate it does not recover.
DIVERGENCE_FACTOR = 1e10


def reference_of(loss: Any) -> float:
    """Return the reference loss that a loss gives: at least 1, and safely finite.

    Parameters
    ----------
    loss : float or ndarray
        The loss of a batch. The largest absolute value counts.

    Examples
    --------
    >>> from skdl.engine.divergence import reference_of
    >>> reference_of(0.1), reference_of(-25.0), reference_of(float("nan"))
    (1.0, 25.0, 1.0)
    """
    size = float(np.max(np.abs(loss)))
    largest = np.finfo(np.float64).max / DIVERGENCE_FACTOR
    return max(1.0, size if size < largest else 1.0)


def loss_at_zero(loss: Any, targets: np.ndarray, workspace: Workspace) -> Any:
    """Return the largest row loss of a batch if all scores were zero.

    It overwrites the workspace's row losses and gradient of the scores, which a step no
    longer needs.

    Parameters
    ----------
    loss : loss object
        The loss.
    targets : ndarray
        The targets of the batch.
    workspace : Workspace
        The workspace of the batch.

    Returns
    -------
    largest : float, or ndarray of shape (n_networks,)
        An array for a stack.
    """
    scores, rows = np.zeros_like(workspace.score_gradient), workspace.rows
    loss.rows_and_gradient(scores, targets, rows, workspace.score_gradient)
    return rows.max(axis=(-2, -1))


def has_diverged(value: Any, progress: Progress, at_zero: Any) -> bool:
    """Return whether a batch whose loss is above the limit shows a divergence.

    It does not if the targets of this batch are far larger than those of the first one.
    The reference loss then grows.

    Parameters
    ----------
    value : float
        The objective of the batch.
    progress : Progress
        Its reference loss is updated.
    at_zero : float
        What `loss_at_zero` returned for the batch.
    """
    reference = max(progress.reference_loss or 1.0, reference_of(at_zero))
    progress.reference_loss = reference
    return not value <= DIVERGENCE_FACTOR * reference
