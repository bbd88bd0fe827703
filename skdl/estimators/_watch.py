"""What happens between two epochs: records, early stopping, and the plateaus."""

import numpy as np

from skdl.engine.schedules import Adaptive

__all__ = ["Watch"]


class Watch:
    """Called after each epoch; returns True when training should end.

    The records go to the estimator's fitted attributes. The rules, `tol` and
    `n_iter_no_change` among them, are scikit-learn's: training ends once more than
    `n_iter_no_change` epochs in a row did not improve by `tol`.

    Parameters
    ----------
    estimator : estimator
    network : Network
    progress : Progress
    schedule : schedule object
    validate : callable or None
        Returns the validation score. Given, it is watched instead of the loss, and the
        best epoch's parameters are kept.
    patient : bool, default=False
        Whether to record only: ``partial_fit`` and L-BFGS do not stop on a plateau.
    """

    def __init__(self, estimator, network, progress, schedule, validate, patient=False):
        self.estimator = estimator
        self.network = network
        self.progress = progress
        self.schedule = schedule
        self.validate = validate
        self.patient = patient
        self.n_stalled = 0
        self.converged = False
        self.diverged = False
        if validate is not None:
            self.best = network.snapshot()

    def __call__(self, loss):
        estimator, loss = self.estimator, float(loss)
        estimator.n_iter_ += 1
        estimator.loss_ = loss
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        improved = self._by_loss(loss) if self.validate is None else self._by_score()
        if not np.isfinite(loss):
            self.diverged = True
            return True
        self.n_stalled = 0 if improved else self.n_stalled + 1
        self._reduce_on_plateau(improved)
        if self.patient or self.n_stalled <= estimator.n_iter_no_change:
            return False
        return self._plateau()

    def _by_loss(self, loss):
        estimator = self.estimator
        improved = loss <= estimator.best_loss_ - estimator.tol
        estimator.best_loss_ = min(loss, estimator.best_loss_)
        return improved

    def _by_score(self):
        estimator = self.estimator
        score, best = self.validate(), estimator.best_validation_score_
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        if score > best:
            estimator.best_validation_score_ = score
            self.best = self.network.snapshot()
        return not score < best + estimator.tol

    def _reduce_on_plateau(self, improved):
        """Count for a schedule that lowers the rate without an end to training."""
        progress, patience = self.progress, getattr(self.schedule, "patience", None)
        progress.stalled = 0 if improved else progress.stalled + 1
        if patience is not None and progress.stalled >= patience:
            progress.plateaus += 1
            progress.stalled = 0

    def _plateau(self):
        estimator, schedule = self.estimator, self.schedule
        self.converged = True
        if isinstance(schedule, Adaptive):
            rate = estimator.learning_rate_init * schedule.factor(self.progress)
            if rate > schedule.minimum:
                self.converged = False
                self.n_stalled = 0
                self.progress.plateaus += 1
                if estimator.verbose:
                    rate *= schedule.decay
                    print(f"No improvement: the learning rate falls to {rate:g}")
        if self.converged and estimator.verbose:
            watched = "loss" if self.validate is None else "validation score"
            print(
                f"The {watched} did not improve more than tol={estimator.tol:f} for "
                f"{estimator.n_iter_no_change} consecutive epochs. Stopping."
            )
        return self.converged
