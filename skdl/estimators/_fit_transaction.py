"""The context of ``fit``: the net changes completely or not at all."""

from contextlib import contextmanager
from threading import get_ident

from skdl._transaction import unchanged_on_error
from skdl.estimators._callbacks import CALLBACK_ATTRIBUTES
from skdl.estimators._growing_records import LISTS, cut_lists


@contextmanager
def fitting(net):
    """Leave a net as it was if the body raises; show other threads the old net.

    Parameters
    ----------
    net : estimator
        `prepare` gives it a run, which ends with the body.
    """
    lists = [vars(net).get(name) or [] for name in LISTS]
    lengths = [*map(len, lists)]
    with unchanged_on_error(net, except_for=CALLBACK_ATTRIBUTES):
        # Other threads predict with this state until the body ends.
        net._before_fit = get_ident(), dict(vars(net))
        try:
            yield
        except BaseException:
            cut_lists(lists, lengths)
            raise
        finally:
            run = vars(net).pop("_run", None)
            if run is not None:
                run.close()
        del net._before_fit
