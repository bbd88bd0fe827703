"""The context of ``fit``: the net changes completely or not at all."""

from threading import get_ident

from skdl._transaction import unchanged_on_error
from skdl.estimators._callbacks import CALLBACK_ATTRIBUTES
from skdl.estimators._growing_records import LISTS, cut_lists


class fitting(unchanged_on_error):
    """Leave a net as it was if the body raises; show other threads the old net.

    Parameters
    ----------
    net : estimator
        `prepare` gives it a run, which ends with the body.
    """

    def __init__(self, net):
        super().__init__(net, except_for=CALLBACK_ATTRIBUTES)

    def __enter__(self):
        before = super().__enter__()
        self.lists = [before.get(name) or [] for name in LISTS]
        self.lengths = [*map(len, self.lists)]
        # Other threads predict with this state until the body ends.
        self.estimator._before_fit = get_ident(), before

    def __exit__(self, kind, error, traceback):
        net, is_done = self.estimator, False
        try:
            if kind is not None:
                cut_lists(self.lists, self.lengths)
            run = vars(net).pop("_run", None)
            if run is not None:
                run.close()
            is_done = kind is None
        finally:
            # Ctrl-C may also have come within these lines.
            if not is_done:
                super().__exit__(kind or KeyboardInterrupt, error, traceback)
        if is_done:
            del net._before_fit
