"""The warnings of the fits of a search, from other processes, too."""

import os
import threading
import warnings
from contextlib import suppress

from joblib import effective_n_jobs
from sklearn.exceptions import ConvergenceWarning

from skdl._collected_warnings import collecting, show
from skdl._sklearn import FIT_OF_A_SEARCH, close_listener, open_listener, send


class FitWarnings:
    """A callback that collects what fits warn of, instead of a warning for each fit.

    It is a callback of the tasks that evaluate candidates, in whichever process.

    Parameters
    ----------
    n_jobs : int or None
        Number of processes of the search.
    """

    def __init__(self, n_jobs):
        self.received = []
        self.batches = []
        self.open = {}
        self.process = os.getpid()
        self.listener = None
        if effective_n_jobs(n_jobs) > 1:
            # Without a place for a socket, processes show their warnings themselves.
            with suppress(OSError):
                self.listener = open_listener(self.received.append)

    def __getstate__(self):
        return {**vars(self), "open": {}, "received": [], "batches": []}

    def setup(self, estimator, context):
        """Do nothing."""

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Begin to collect the warnings of a fit."""
        if context.task_name == FIT_OF_A_SEARCH:
            body = collecting()
            self.open[threading.get_ident()] = body, body.__enter__()

    def on_fit_task_end(self, estimator, context):
        """Send the warnings of a fit, and of its scores, to the search."""
        if context.task_name != FIT_OF_A_SEARCH:
            return
        body, caught = self.open.pop(threading.get_ident(), (None, ()))
        if body is not None:
            body.__exit__(None, None, None)
        if caught:
            self._send((context.task_id, caught))

    def _send(self, message):
        if self.process == os.getpid():
            self.received.append(message)
            return
        try:
            send(self.listener, message)
        except Exception:  # no listener, another machine, or a class that is not there
            for category, text in message[1]:
                warnings.warn(text, category, stacklevel=2)

    def end_batch(self, stage, n_fits, is_full):
        """Sort what the fits of a batch of candidates warned of.

        Parameters
        ----------
        stage : int
            Stage of the search.
        n_fits : int
            Number of fits of the batch.
        is_full : bool
            Whether the fits had the full budget.
        """
        # Processes send in any order.
        received = sorted(self.received, key=lambda message: message[0])
        caught = [one for _, several in received for one in several]
        self.batches.append((stage, n_fits, is_full, caught))
        self.received.clear()

    def close(self):
        """Stop listening to other processes."""
        if self.listener is not None:
            close_listener(self.listener)

    def show(self, resource, refit):
        """Show what the fits warned of, with counts.

        Only fits with the full budget can be short of it, so only they are counted
        where training reached max_iter.

        Parameters
        ----------
        resource : str or None
            Parameter `resource` of the search.
        refit : bool, str or callable
            Parameter `refit` of the search.
        """
        full = [batch for batch in self.batches if batch[2]]
        stages = {stage for stage, *_ in full}
        if len(full) == len(self.batches):
            where = "of the search"
        elif stages == {self.batches[-1][0]}:
            where = "of the last stage"
        else:
            where = f"with the largest {resource}"
        is_max_iter = str(resource).endswith("max_iter")
        advice = "Here, max_resources sets max_iter. " if is_max_iter else ""
        advice += "The refit warns separately." if refit else ""
        for batches, fits, is_shortage in (
            (self.batches, "fits", False),
            (full, f"fits {where}", True),
        ):
            caught = [
                (category, text)
                for *_, several in batches
                for category, text in several
                if issubclass(category, ConvergenceWarning) == is_shortage
            ]
            show(caught, sum(n_fits for _, n_fits, *_ in batches), fits, advice)
