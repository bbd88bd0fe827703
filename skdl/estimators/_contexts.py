"""The contexts in which a net is fitted: all or nothing, and stopped by Ctrl-C."""

from contextlib import contextmanager
from threading import get_ident

from skdl._interrupt import is_one_of_several
from skdl._transaction import unchanged_on_error
from skdl._warn import warn
from skdl.estimators._callbacks import CALLBACK_ATTRIBUTES, callbacks_of
from skdl.estimators._growing_records import cut_on_error


@contextmanager
def fitting(net):
    """Leave a net as it was if the body raises; show other threads the old net.

    Parameters
    ----------
    net : estimator
        `prepare` gives it a run, which ends with the body.
    """
    unchanged = unchanged_on_error(net, except_for=CALLBACK_ATTRIBUTES)
    with unchanged, cut_on_error(net):
        # Other threads predict with this state until the body ends.
        net._before_fit = get_ident(), dict(vars(net))
        try:
            yield
        finally:
            run = vars(net).pop("_run", None)
            if run is not None:
                run.close()
        del net._before_fit


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
