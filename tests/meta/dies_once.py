"""A scorer that takes its process with it, for searches that should survive that."""

import os
import signal
from pathlib import Path
from uuid import uuid4

__all__ = ["dies_once", "n_scored"]


def dies_once(folder, alpha, net, X, y):
    """Return the net's score; the first net of this alpha kills its process instead.

    The folder keeps a file for the death, and one for each score.
    """
    if net.alpha == alpha:
        try:
            (Path(folder) / "died").touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    (Path(folder) / f"{uuid4()}.scored").touch()
    return net.score(X, y)


def n_scored(folder):
    """Return how often a net was scored."""
    return len(list(Path(folder).glob("*.scored")))
