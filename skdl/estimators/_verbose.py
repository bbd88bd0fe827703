"""What a net prints while it trains, if `verbose` is set."""

from skdl.callbacks.training_table import EpochRows

__all__ = ["LikeScikitLearn", "Table", "printer_of"]


def printer_of(net):
    """Return the object that prints the epochs of a net, or None.

    Parameters
    ----------
    net : estimator
    """
    if not net.verbose:
        return None
    return LikeScikitLearn() if net._is_drop_in else Table()


class LikeScikitLearn:
    """Prints the lines of scikit-learn's MLPs, which scripts and tests may read."""

    def epoch(self, run):
        """Print the loss, and the score that early stopping monitors."""
        print(f"Iteration {run.net.n_iter_}, loss = {run.net.loss_:.8f}")
        if run.monitors_validation:
            print(f"Validation score: {run.history['validation_score'][-1]:f}")

    def fall(self, rate):
        """Print the rate to which an adaptive schedule falls."""
        print(f"No improvement: the learning rate falls to {rate:g}")

    def plateau(self, run):
        """Print that the patience is over."""
        net = run.net
        print(
            f"The {run.monitored} did not improve more than tol={net.tol:f} for "
            f"{net.n_iter_no_change} consecutive epochs. Stopping."
        )

    def end(self, run):
        """Print nothing."""


class Table:
    """Prints a row for each epoch, below one header."""

    def __init__(self):
        self.rows = None

    def epoch(self, run):
        """Print the row of the epoch."""
        if self.rows is None:
            self.rows = EpochRows(run)
            if not self.rows.continues:
                print(self.rows.header)
        print(self.rows.row(run), flush=True)

    def fall(self, rate):
        """Print nothing: the rows have the learning rate."""

    def plateau(self, run):
        """Print nothing: `end` says why training ends."""

    def end(self, run):
        """Print why training ended."""
        if self.rows is not None and run.net.stop_reason_ is not None:
            print(self.rows.end(run), flush=True)
