"""When training stops: early stopping, plateaus of the loss, and the time budget.

The rules are scikit-learn's. Training stops once more than `n_iter_no_change` epochs in
a row did not improve by `tol`: the validation score with early stopping, else the loss.
"""

from time import perf_counter

import numpy as np

from skdl.engine.schedules import Adaptive


def has_improved(run, loss, score):
    """Return whether an epoch improved by `tol`; record the best loss or score.

    Parameters
    ----------
    run : TrainingRun
        With early stopping, it keeps a snapshot of the epoch of the best score.
    loss : float
        Mean objective of the epoch.
    score : float
        Validation score of the epoch; NaN if there is none.
    """
    if run.monitors_validation:
        return _improves_score(run, score)
    return _improves_loss(run, loss)


def _improves_loss(run, loss):
    records = run.state.records
    improved = loss <= records.best_loss_ - run.net.tol * run.n_averaged
    if loss < records.best_loss_:  # min() would take a NaN
        records.best_loss_ = loss
    return improved


def _improves_score(run, score):
    net, records = run.net, run.state.records
    best = records.best_validation_score_
    records.validation_scores_.append(score)
    if score > best:
        records.best_validation_score_ = score
        run.state.snapshots["best"] = run.snapshot()
    # Patience begins with the first epoch that could be scored.
    return score >= best + net.tol or best == -np.inf


def stop_on_plateau(run, improved):
    """Count an epoch that did not improve; set the stop reason after too many.

    Parameters
    ----------
    run : TrainingRun
    improved : bool
        What `has_improved` returned for the epoch.
    """
    _count(run, improved)
    stops = run.monitors_validation or not run.ignores_plateau
    is_patience_over = run.state.n_stalled > run.net.n_iter_no_change
    if is_patience_over and stops and not _lowers_rate(run):
        _converge(run)


def _count(run, improved):
    """Count stalled epochs: for the end, and for a schedule that reads them."""
    state, progress = run.state, run.state.progress
    state.n_stalled = 0 if improved else state.n_stalled + 1
    patience = run.schedule.patience
    progress.stalled = 0 if improved else progress.stalled + 1
    if patience is not None and progress.stalled >= patience:
        progress.plateaus += 1
        progress.stalled = 0


def _lowers_rate(run):
    """Lower the rate of an `Adaptive` schedule instead of stopping, if it can fall."""
    net, schedule = run.net, run.schedule
    if not isinstance(schedule, Adaptive):
        return False
    rate = net.learning_rate_init * schedule.factor(run.progress)
    if rate <= schedule.minimum:
        return False
    run.state.n_stalled = 0
    run.progress.plateaus += 1
    if run.printer is not None:
        run.printer.fall(rate * schedule.decay)
    return True


def _converge(run):
    run.stop_reason = "converged"
    if run.printer is not None:
        run.printer.plateau(run)


def is_late(run):
    """Return whether the time that `max_time` allows is over.

    Parameters
    ----------
    run : TrainingRun
    """
    return run.deadline is not None and perf_counter() > run.deadline
