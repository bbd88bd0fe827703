"""Ctrl-C while a single net trains: training ends, and the net keeps its weights."""

from skdl._interrupt import is_one_of_several
from skdl._warn import warn
from skdl.estimators._callbacks import callbacks_of


class stopped_by_ctrl_c:
    """End training, and keep what it has learned, if the body is interrupted.

    Where several nets are fitted, as in a search, the interruption passes on: a net
    that was cut short would be ranked beside the others.

    Parameters
    ----------
    run : TrainingRun
    """

    def __init__(self, run):
        self.run = run

    def __enter__(self):
        return self.run

    def __exit__(self, kind, error, traceback):
        if not isinstance(error, KeyboardInterrupt) or is_one_of_several():
            return False
        run = self.run
        run.drop_incomplete_epoch()
        warn(" ".join(["Training interrupted by user.", *_advice(run)]), UserWarning)
        if run.stop_reason != "diverged":
            run.stop_reason = "interrupted"
        return True


def _advice(run):
    """Return what the callbacks of ``fit`` advise after Ctrl-C."""
    callbacks = [] if run.incremental else callbacks_of(run.net)
    texts = [getattr(callback, "after_interruption", "") for callback in callbacks]
    return [text for text in texts if text]
