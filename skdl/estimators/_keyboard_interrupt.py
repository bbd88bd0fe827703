"""Ctrl-C while a single net trains: training ends, and the net keeps its weights."""

from contextlib import contextmanager

from skdl._interrupt import is_one_of_several
from skdl._warn import warn
from skdl.estimators._callbacks import callbacks_of


@contextmanager
def stopped_by_ctrl_c(run):
    """End training, and keep what it has learned, if the body is interrupted.

    Where several nets are fitted, as in a search, the interruption passes on: a net
    that was cut short would be ranked beside the others.

    Parameters
    ----------
    run : TrainingRun
    """
    try:
        yield
    except KeyboardInterrupt:
        if is_one_of_several():
            raise
        run.drop_incomplete_epoch()
        warn(" ".join(["Training interrupted by user.", *_advice(run)]), UserWarning)
        if run.stop_reason != "diverged":
            run.stop_reason = "interrupted"


def _advice(run):
    """Return what the callbacks of ``fit`` advise after Ctrl-C."""
    callbacks = [] if run.incremental else callbacks_of(run.net)
    texts = [getattr(callback, "after_interruption", "") for callback in callbacks]
    return [text for text in texts if text]
