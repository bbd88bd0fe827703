"""What the end of a training run means for the net: results, warnings and errors."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._data_errors import or_nothing
from skdl._warn import warn
from skdl.callbacks.base import store_step_records
from skdl.engine.setups import give_back
from skdl.estimators._divergence import likely_cause
from skdl.estimators._growing_records import GrowingHistory
from skdl.estimators._scale_advice import remaining_loss, scale_advice

# Reasons to stop for which partial_fit, too, returns to the best weights.
RESTORING = ("converged", "diverged")
# Shares of the loss that the best constant has. A net with a loss below the first share
# fits well. A net whose training ended by itself above the second has learned nearly
# nothing.
GOOD, POOR = 0.1, 0.9


def finish(run):
    """Put the results of a `TrainingRun` into its net, or refuse them.

    Raises
    ------
    ValueError
        If training diverged and no earlier weights are left to return to.
    """
    net = run.net
    if run.monitors_validation and (
        not run.incremental or run.stop_reason in RESTORING
    ):
        run.restore_best()
    _refuse_or_warn(run)
    is_at_max_iter = run.stop_reason is None and not run.incremental
    net.stop_reason_ = "max_iter" if is_at_max_iter else run.stop_reason
    if "_growing_history" not in vars(net):
        net._growing_history = GrowingHistory()
    net.history_ = net._growing_history.extended(net.history_, run.history)
    records = {} if run.observer is None else run.observer.records()
    store_step_records(net, records)
    if run.optimizer is not None:
        net.t_ = run.progress.rows
    net._run_state = run.resumable_state()
    if run.printer is not None:
        run.printer.end(run)
    if run.callbacks is not None:
        run.callbacks.on_fit_end()
    _give_setup_back(run)


def _give_setup_back(run):
    """Give the net a network of its own, so that the next call can use the set-up.

    An observer or a scorer may have kept views of the arrays. The net then keeps the
    network that was trained.
    """
    is_seen = run.observer is not None or run.validation is not None
    if run.setup is not None and run.setup.can_wait and not is_seen:
        run.net._network = run.setup.copy_network()
        give_back(run.setup)


def _refuse_or_warn(run):
    """Raise if the weights are lost; warn if training did not converge."""
    net, reason = run.net, run.stop_reason
    is_lost = reason == "diverged" and not run.monitors_validation
    if is_lost or not run.network.is_finite():
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may "
            f"contain large values and need to be preprocessed. {_cause(run)}"
            # A search's warning quotes this error without naming the estimator.
            f" It was {' '.join(or_nothing(repr, net).split())}."
        )
    if reason == "diverged":
        warn(
            "Training diverged; the parameters of the best epoch were restored, or "
            f"the starting ones if no epoch had a score. {_cause(run)}",
            ConvergenceWarning,
        )
    if not run.incremental and not run.has_warned:
        _warn_of_the_end(run)


def _warn_of_the_end(run):
    """Warn if training was cut short, or if the scale of X or y held the net back."""
    # A schedule that has run its course, such as a cosine over max_iter, ends training
    # as intended.
    is_complete = run.schedule.is_complete(run.progress)
    if run.stop_reason is None and not is_complete:
        warn(
            f"Maximum iterations (max_iter={run.net.max_iter}) reached and the "
            "optimization hasn't converged yet. "
            f"{_advice(run, _scale_beyond(run, GOOD))}",
            ConvergenceWarning,
        )
    elif run.stop_reason in (None, "converged", "max_time"):
        scale = _scale_beyond(run, POOR)
        if scale:
            warn(
                "Training ended with a loss close to that of a constant, or above it. "
                f"The likely cause is the scale of the data. {scale}",
                ConvergenceWarning,
            )


def _scale_beyond(run, share):
    """Return advice about data that are not scaled, or "".

    It is "" as well for a net whose loss is below a share of the best constant's: the
    scale does not hold that net back.
    """
    scale = or_nothing(scale_advice, run)
    is_better = scale and or_nothing(remaining_loss, run, nothing=np.inf) < share
    return "" if is_better else scale


def _cause(run):
    data = run.data
    return or_nothing(likely_cause, run.net, data.X, data.targets, run.made_no_step)


def _advice(run, scale):
    """Return whether more epochs may help, and what else.

    Parameters
    ----------
    run : TrainingRun
    scale : str
        Sentences about data that are not scaled, which is a better cure than more
        epochs; empty if they are.
    """
    n_stalled, what = run.state.n_stalled, run.monitored
    # One epoch without an improvement is often noise.
    window = max(2, min(run.net.n_iter_no_change, run.net.n_iter_ / 3))
    stands_still = n_stalled >= window
    if scale:
        improving = "has not improved" if stands_still else "was still improving"
        return f"The {what} {improving} at the end. {scale}"
    if not stands_still:
        return f"The {what} was still improving: raise max_iter."
    return (
        f"The {what} has not improved by tol={run.net.tol:g} in the last {n_stalled} "
        "epochs: more epochs may not help."
    )


def finish_lbfgs(run, result):
    """Record how SciPy's L-BFGS ended; warn if it did not converge.

    Parameters
    ----------
    run : TrainingRun
    result : scipy.optimize.OptimizeResult
    """
    net, records = run.net, run.state.records
    records.n_iter_, records.loss_ = result.nit, np.float64(result.fun)
    run.state.publish(net)
    if run.stop_reason is not None:
        return
    if not np.isfinite(result.fun):
        run.stop_reason = "diverged"
        return
    run.stop_reason = "converged"
    if result.status == 0:
        return
    if result.status == 1:
        run.stop_reason = "max_fun" if result.nit < net.max_iter else "max_iter"
        advice = (
            f"Increase max_iter ({net.max_iter}) or max_fun ({net.max_fun}), or "
            "scale the data."
        )
    else:
        advice = (
            "The line search found no lower value, as happens at a minimum to "
            "rounding, or with data that are not scaled."
        )
    scale, run.has_warned = _scale_beyond(run, GOOD), True
    warn(
        f"lbfgs failed to converge after {result.nit} iterations (status="
        f"{result.status}): {result.message}. {advice} {scale}".rstrip(),
        ConvergenceWarning,
    )
