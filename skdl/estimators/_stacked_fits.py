"""Fits of several nets at once: in stacks where they fit together, alone where not."""

from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from sklearn import config_context

from skdl.engine.stacked_steps import can_stack_optimizer
from skdl.engine.stacked_training import Member, StackedTraining
from skdl.estimators._finish import finish
from skdl.estimators._fit_transaction import fitting
from skdl.estimators._prepare import prepare
from skdl.estimators._scoring import metrics_of
from skdl.estimators._shared_arrays import SharedArrays, take_rows
from skdl.estimators._stack_key import rows_key, stack_key
from skdl.estimators._stack_size import best_size
from skdl.estimators._stacked_validation import StackedValidation
from skdl.estimators._validation_arguments import check_validation

__all__ = ["Call", "fit_together"]

# If at least this many nets have the same rows, their stack takes no other nets.
FEW = 32


@dataclass
class Call:
    """One call of fit: ``net.fit(X[rows], y[rows], sample_weight[rows], X_val=…)``.

    Attributes
    ----------
    net : estimator
        A net of any kind.
    X, y, sample_weight : object
        As for ``fit``. Several calls may share one X in memory.
    X_val, y_val, sample_weight_val : object
        As for ``fit``.
    rows : ndarray of int, or None
        The rows of X, y and sample_weight to train on. None for all.
    """

    net: Any
    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Any = None
    rows: np.ndarray | None = None


def fit_together(calls, *, max_members=None, on_epoch=None):
    """Fit the nets of several calls, each as if it were fitted alone.

    Nets whose `stack_key` is equal are trained in one pass. A net that ends leaves the
    stack, and the next one takes its place.

    Parameters
    ----------
    calls : sequence of Call
        The calls; each has a net of its own.
    max_members : int, optional
        The most nets that train in one pass. By default, as many as train fastest.
    on_epoch : callable, optional
        ``on_epoch(n_done, n_total)`` is called after each pass over the data, with
        numbers of epochs of all members. If it returns True, training stops; the nets
        that are not finished are then as they were before.

    Returns
    -------
    errors : list of Exception or None
        For each call None, or the exception that its fit raised. That net is then
        unchanged.

    Raises
    ------
    KeyboardInterrupt
        As it came. Nets that are finished keep their fit, the others are as before.
    """
    calls = list(calls)
    fits = [_NetFit(call) for call in calls]
    count = _Count(calls, on_epoch)
    groups: dict = {}
    for i, (call, fit) in enumerate(zip(calls, fits, strict=True)):
        key = stack_key(call)
        groups.setdefault(("alone", i) if key is None else key, []).append(fit)
    shared = SharedArrays(calls)
    for group in groups.values():
        later = group
        while later and not count.stopped:
            later = _fit_group(later, shared, max_members, count)
    for fit in fits:
        if count.stopped and not fit.is_done:
            fit.error = RuntimeError("on_epoch ended training before this net was done")
    return [fit.error for fit in fits]


def _fit_group(group, shared, max_members, count):
    """Fit nets of one key; return those that turn out not to fit in with the first."""
    if len(group) == 1:
        group[0].train_alone()
        count.end(group[0])
        count.tell()
        return []
    queue = _StackQueue(group, shared, max_members, count)
    with config_context(skip_parameter_validation=True):
        try:
            queue.train()
        except BaseException as error:
            queue.give_up(error)
            raise
    return queue.later


class _Count:
    """Counts epochs of all members for `on_epoch`."""

    def __init__(self, calls, on_epoch):
        self.n_total = sum(_max_epochs(call.net) for call in calls)
        self.on_epoch, self.n_done, self.stopped = on_epoch, 0, False

    def end(self, fit):
        """Count the epochs that a net which is done did not need."""
        self.n_done += max(0, _max_epochs(fit.call.net) - fit.n_counted)

    def tell(self):
        """Call `on_epoch`; return whether it asks to stop."""
        if self.on_epoch is not None and not self.stopped:
            self.stopped = self.on_epoch(self.n_done, self.n_total) is True
        return self.stopped


def _max_epochs(net):
    return net.max_iter if isinstance(net.max_iter, int) else 0


class _StackQueue:
    """Trains nets in one stack. When a member is done, a waiting net replaces it."""

    def __init__(self, group, shared, max_members, count):
        # Nets on the same rows follow one another: they share batches in memory.
        keys = {fit: rows_key(fit.call) for fit in group}
        self.sizes = Counter(keys.values())
        places = {key: i for i, key in enumerate(self.sizes)}
        self.places = {fit: places[key] for fit, key in keys.items()}
        self.waiting = deque(sorted(group, key=self.places.__getitem__))
        self.shared, self.count = shared, count
        self.max_members = max_members
        self.epochs = [_max_epochs(fit.call.net) for fit in group]
        self.active, self.later = [], []
        self.entering: Any = None
        self.key: Any = None
        self.stack: Any = None

    def train(self):
        """Train until all nets are done or have been set aside."""
        while (self._fill() or self.active) and not self.count.stopped:
            self._train_epoch()
        self.give_up(RuntimeError("on_epoch ended training before this net was done"))

    def _fill(self):
        """Add waiting nets to the active ones; return whether any was added."""
        n_before = len(self.active)
        while self.waiting and self._has_capacity_for(self.waiting[0]):
            if self._admit(self.waiting.popleft()) and self.count.tell():
                break
        if len(self.active) == n_before:
            return False
        self._drop_stack()
        return True

    def _drop_stack(self):
        """Drop the stack before its members change; the next epoch builds another."""
        if self.stack is not None:
            self.stack.synchronize()
        self.stack = None

    def _has_capacity_for(self, fit):
        """Return whether a waiting net may become active now.

        A member on other rows ends the sharing of batches. If many nets have the same
        rows, nets on other rows have to wait until few of these are left.
        """
        n, key = len(self.active), rows_key(fit.call)
        if n >= (self.max_members or 1):
            return False
        is_small = n < FEW or self.sizes[key] < FEW
        return is_small or key == rows_key(self.active[0].call)

    def _admit(self, fit):
        """Prepare a net, and make it active if it can train in the stack of the others.

        Returns
        -------
        is_done : bool
            Whether the net has been fitted alone, or cannot be.
        """
        self.entering = fit
        fit.start(self.shared)
        key = None if fit.is_done or self.max_members == 1 else fit.exact_key()
        if key is not None and self.max_members is None:
            shares_rows = self.shared.has_more(fit.call)
            self.max_members = best_size(
                fit.member, self.epochs, shares_rows=shares_rows
            )
        if key is None or self.max_members == 1:
            fit.continue_alone()
            self.count.end(fit)
        elif self.key is None or key == self.key:
            self.key = key
            self.active.append(fit)
        else:
            fit.put_back(self.shared)
            self.later.append(fit)
        self.entering = None
        return fit.is_done

    def _build(self):
        """Make the stack of the nets that are active."""
        self.active.sort(key=self.places.__getitem__)
        self.stack = StackedTraining([fit.member for fit in self.active])
        validations = [fit.run.validation for fit in self.active]
        self.validation = StackedValidation(self.stack.network, validations)
        for fit in self.active:
            if fit.predicts_in_training or self.validation.X is None:
                fit.run.network.attach()

    def _train_epoch(self):
        """Train all members for one epoch; those that end leave."""
        if len(self.active) == 1 and not self.waiting:
            self._train_last()
            return
        if self.stack is None:
            self._build()
        epochs = self.stack.epoch()
        self.validation.compute()
        # As in the loop of a single net.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            ended = [
                i
                for i, (fit, epoch) in enumerate(zip(self.active, epochs, strict=True))
                if fit.ends(epoch)
            ]
        self.count.n_done += len(epochs)
        if ended:
            self._drop_stack()
            for i in ended:
                fit = self.active[i]
                if not fit.is_done:
                    fit.member.leave()
                    fit.finish()
                self.count.end(fit)
            self.active = [fit for fit in self.active if not fit.is_done]
        self.count.tell()

    def _train_last(self):
        """Train the only member that is left, which is faster alone."""
        (fit,) = self.active
        fit.member.leave()
        fit.continue_alone()
        self.count.end(fit)
        self.active = []
        self.count.tell()

    def give_up(self, error):
        """Restore the nets that are not done, and store the error of their fits."""
        if self.entering is not None and not self.entering.is_done:
            self.entering.fail(error)
        for fit in self.active:
            if not fit.is_done:
                fit.fail(error)
        self.active = []


class _NetFit:
    """The fit of one net, in the steps of `BaseNet.fit`."""

    def __init__(self, call):
        self.call = call
        self.error: Exception | None = None
        self.is_done = False
        self.n_counted = 0
        self.contexts: Any = None
        self.run: Any = None
        self.member: Any = None

    def train_alone(self):
        """Fit the net by its own ``fit``."""
        call = self.call
        X, y, weights = (
            take_rows(a, call.rows) for a in (call.X, call.y, call.sample_weight)
        )
        validation = {}
        for name in ("X_val", "y_val", "sample_weight_val"):
            if getattr(call, name) is not None:
                validation[name] = getattr(call, name)
        try:
            call.net.fit(X, y, weights, **validation)
        except Exception as error:
            self.error = error
        self.is_done = True

    def start(self, shared):
        """Prepare the run."""
        call, net = self.call, self.call.net
        self.contexts = ExitStack()
        try:
            shared.check_parameters(net)
            validation = check_validation(
                net, call.X_val, call.y_val, call.sample_weight_val
            )
            given = shared.cut(call)
            self.contexts.enter_context(fitting(net))
            known = shared.known_rows(call)
            self.run = prepare(net, *given, validation, known_rows=known)
            shared.unify(call, self.run)
            self._make_member()
            self.run.start_epochs()
        except Exception as error:
            self.fail(error)

    def _make_member(self):
        options = self.run.arguments()
        names = [field.name for field in fields(Member)]
        options["rate_lasts"] = not self.run.schedule.changes_in_epoch
        self.member = Member(**{name: options[name] for name in names})

    def exact_key(self):
        """Return what members of one stack have in common, or None to train alone.

        Unlike `stack_key`, it is known once the run is prepared.
        """
        member, network = self.member, self.run.network
        data, table = member.data, member.data.table
        weights = data.weights
        has_zeros = weights is not None and not weights.all()
        if not can_stack_optimizer(member.optimizer):
            return None
        if has_zeros and self.call.net.normalization is not None:
            # A batch may have one row for one member, and several for another.
            return None
        table = table is None or (*table.shape, isinstance(table, np.ndarray))
        layers = tuple(map(type, network.layers))
        look_ahead = getattr(member.optimizer, "nesterov", None)
        kinds = type(member.optimizer), look_ahead, type(member.loss), layers
        sizes = network.parameters.size, network.statistics.size, network.widths
        rows = data.n_rows, member.batch_size, data.X.dtype, data.targets.dtype
        classes = getattr(self.call.net, "classes_", None)
        columns = isinstance(classes, list) and tuple(map(len, classes))
        targets = data.targets.shape[1:], table, columns
        return network.dtype, kinds, sizes, rows, targets

    @property
    def predicts_in_training(self):
        """Whether the net is scored by a scorer, which calls its ``predict``."""
        scorers = metrics_of(self.call.net.scoring).values()
        return any(scorer not in (None, "loss") for scorer in scorers)

    def ends(self, epoch):
        """Record an epoch of this net; return whether its training ends."""
        run = self.run
        self.n_counted += 1
        try:
            if not run(epoch):
                return not run.has_epochs_left()
            run.restart_after_divergence()
            if run.has_epochs_left():
                run.start_epochs()
                return False
        except Exception as error:
            self.fail(error)
        return True

    def finish(self):
        """Put the results into the net, which has left its stack."""
        try:
            finish(self.run)
        except Exception as error:
            self.fail(error)
            return
        self._close()

    def continue_alone(self):
        """Train the prepared run as ``fit`` does."""
        if self.is_done:
            return
        run = self.run
        if run.validation is not None:
            run.validation.raw_scores = None  # those of the stack that it has left
        try:
            while run.has_epochs_left():
                run.start_epochs()
                run.train(**run.arguments())
                run.restart_after_divergence()
        except Exception as error:
            self.fail(error)
        self.finish()

    def put_back(self, shared):
        """Leave the net as it was, to be prepared again later."""
        self.fail(RuntimeError("to be prepared again"))
        self.error, self.is_done = None, False
        shared.expect(self.call)

    def fail(self, error):
        """Leave the net as it was, with this error."""
        self.contexts.__exit__(type(error), error, error.__traceback__)
        self.error = error
        self._drop()

    def _close(self):
        self.contexts.close()
        self._drop()

    def _drop(self):
        self.is_done = True
        self.run = self.member = self.contexts = None
