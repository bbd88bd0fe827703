"""What outlives a training run: for a later call of ``fit``, or for another process."""

from dataclasses import asdict

import numpy as np

from skdl.estimators._check_run_state import check_run_state
from skdl.estimators._random import restore_streams, save_streams

__all__ = [
    "HISTORY",
    "load_run_state",
    "run_state",
    "take_up",
    "what_to_take_up",
]

HISTORY = (
    "loss",
    "validation_loss",
    "validation_score",
    "learning_rate",
    "gradient_norm",
    "update_ratio",
    "time",
)
# The records that live on the net, because scikit-learn has them there.
RECORDS = (
    "n_iter_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
)
LOSSES = ("loss_", "loss_curve_", "best_loss_")
# Copies of the parameters, and what stands in them (best has no optimizer).
SNAPSHOTS = ("best", "good", "candidate")
SNAPSHOT = ("parameters", "statistics", "optimizer")
PLAIN = ("n_stalled", "stop_reason", "asked_to_stop", "learning_rate", "lowest")
RESTART = ("good", "candidate", "lowest")


def run_state(run):
    """Return what `load_run_state` needs to continue a `TrainingRun` to the bit."""
    if run.optimizer is None:
        raise ValueError(
            "solver='lbfgs' keeps its state within SciPy: training_.state_dict() needs "
            "a stochastic solver."
        )
    parameters, statistics, moments = run.snapshot()
    records = vars(run.net)
    return {
        "parameters": parameters,
        "statistics": statistics,
        "optimizer": moments,
        "progress": asdict(run.progress),
        "streams": save_streams(run.streams),
        "records": {name: _plain(records[name]) for name in RECORDS if name in records},
        "history": {name: _plain(values) for name, values in run.history.items()},
        "snapshots": {
            name: dict(zip(SNAPSHOT, getattr(run, name), strict=False))
            for name in SNAPSHOTS
            if getattr(run, name) is not None
        },
        **{name: _plain(getattr(run, name)) for name in PLAIN},
    }


def load_run_state(run, state):
    """Set a `TrainingRun` of the same net on the same data to such a state.

    Raises
    ------
    ValueError
        If `run_state` cannot have returned it for such a run. The run is then as it
        was before.
    """
    check_run_state(state, run_state(run), run.net.max_iter)
    run.network.restore((state["parameters"], state["statistics"]))
    run.optimizer.load(state["optimizer"])
    for name, value in state["progress"].items():
        setattr(run.progress, name, value)
    restore_streams(run.streams, state["streams"])
    for name, value in state["records"].items():
        setattr(run.net, name, _numbers(value) if name in LOSSES else _plain(value))
    run.history = {name: list(state["history"][name]) for name in HISTORY}
    for name, snapshot in state["snapshots"].items():
        setattr(run, name, tuple(snapshot.values()))
    for name in PLAIN:
        setattr(run, name, state[name])


def _plain(value):
    """Return a copy with Python's own numbers."""
    if isinstance(value, list):
        return [float(one) for one in value]
    return float(value) if isinstance(value, float) else value


def _numbers(value):
    """Return losses as scikit-learn has them, as NumPy's numbers."""
    if isinstance(value, list):
        return [np.float64(one) for one in value]
    return None if value is None else np.float64(value)


def what_to_take_up(run, going_on):
    """Return what a later call needs besides the optimizer, as a dict.

    Parameters
    ----------
    run : TrainingRun
    going_on : bool
        Whether early stopping is in the middle of its epochs.
    """
    state = {}
    if run.watched and run.patient and going_on:
        state["watch"] = {"n_stalled": run.n_stalled, "best": run.best}
    if run.good is not None:
        state["restart"] = {name: getattr(run, name) for name in RESTART}
    return state


def take_up(run, state):
    """Give a new run what the last call left.

    Parameters
    ----------
    run : TrainingRun
    state : dict
        Of `what_to_take_up`, or empty.
    """
    net, watch, restart = run.net, state.get("watch"), state.get("restart")
    if run.watched and run.patient and watch:
        run.n_stalled, run.best = watch["n_stalled"], watch["best"]
    elif run.watched and net.best_validation_score_ > -np.inf:
        # The best of the last call may be of other rows, or by another scorer.
        score = run.held.evaluate(net)[1]
        net.best_validation_score_ = -np.inf if np.isnan(score) else score
    if run.good is not None and restart:
        for name in RESTART:
            setattr(run, name, restart[name])
