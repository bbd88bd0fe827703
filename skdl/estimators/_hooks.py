"""The hooks of scikit-learn's callbacks: one task per epoch."""

from copy import deepcopy

__all__ = ["FitCallbacks"]


class FitCallbacks:
    """Calls the callbacks of a net: around ``fit``, and around each epoch.

    Parameters
    ----------
    net : estimator
        After scikit-learn's ``_init_callback_context``, whose result is the next.
    context : sklearn.callback.CallbackContext
    max_epochs : int
        After that many no other one begins.
    X, y, sample_weight : object
        As the user gave them.
    """

    def __init__(self, net, context, max_epochs, X, y, sample_weight):
        self.net = net
        self.context = context
        self.max_epochs = max_epochs
        self.given = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}

    def fit_begins(self):
        """Call the hooks for the whole of ``fit``."""
        self.context.call_on_fit_task_begin(estimator=self.net, **self.given)

    def epoch_begins(self, n_done):
        """Call the hooks for the next epoch, if there is to be one."""
        if n_done < self.max_epochs:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.net, **self.given)

    def epoch_ended(self):
        """Call the hooks after an epoch; return whether one of them wants to stop."""
        return self.epoch.call_on_fit_task_end(
            estimator=self.net, reconstruction_attributes=self._as_of_now, **self.given
        )

    def fit_ended(self):
        """Call the hooks after the whole of ``fit``."""
        self.context.call_on_fit_task_end(
            estimator=self.net, reconstruction_attributes=self._as_of_now, **self.given
        )

    def _as_of_now(self):
        """Return what makes a copy of the net predict as it does now, and later."""
        return {"_network": deepcopy(self.net._network)}
