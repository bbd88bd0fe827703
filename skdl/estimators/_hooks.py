"""The hooks of scikit-learn's callbacks: one task per epoch."""

from copy import copy, deepcopy

__all__ = ["CALLBACK_ATTRIBUTES", "FitCallbacks", "has_callbacks"]

# scikit-learn's own, which it needs to end a fit, a failed one too.
CALLBACK_ATTRIBUTES = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


def has_callbacks(net):
    """Tell whether there is anyone to call.

    Not for callbacks that say `steps_only`: the task of an epoch takes some 50 µs,
    which for a small net is a tenth of it.
    """
    callbacks = getattr(net, "_skl_callbacks", ())
    return any(not getattr(one, "steps_only", False) for one in callbacks)


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

    def epoch_ended(self, diverged):
        """Call the hooks after an epoch; return whether one of them wants to stop.

        Of an epoch that diverged there is no `fitted_estimator`: it would predict NaN,
        and a callback that scores it would end a fit that may yet be restarted.
        """
        return self.epoch.call_on_fit_task_end(
            estimator=self.net,
            reconstruction_attributes=None if diverged else self._as_of_now,
            **self.given,
        )

    def fit_ended(self):
        """Call the hooks after the whole of ``fit``."""
        self.context.call_on_fit_task_end(
            estimator=self.net, reconstruction_attributes=self._as_of_now, **self.given
        )

    def _as_of_now(self):
        """Return what makes a copy of the net predict as it does now, and later.

        None, if it cannot predict, because the epoch's last step was the bad one.
        """
        net = self.net
        if not net._network.is_finite():
            return None
        attributes = {"_network": deepcopy(net._network)}
        # Other attributes are replaced in training, not written to.
        for name in ("loss_curve_", "validation_scores_"):
            attributes[name] = copy(getattr(net, name))
        attributes["history_"] = net.training_.all_history()
        return attributes
