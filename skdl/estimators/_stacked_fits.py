"""Fits of several nets at once: in stacks where they fit together, alone where not."""

from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from scipy.sparse import issparse
from sklearn import config_context, get_config

from skdl._data_errors import rows_of
from skdl.engine.optimizers import SGD
from skdl.engine.specification import Specification
from skdl.engine.stacked_steps import can_stack_optimizer, sharp_kind
from skdl.engine.stacked_training import Member, StackedTraining
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._base import BaseNet
from skdl.estimators._callbacks import callbacks_of
from skdl.estimators._check_input import check_penalty
from skdl.estimators._finish import finish
from skdl.estimators._fit_transaction import fitting
from skdl.estimators._prepare import prepare
from skdl.estimators._resolve import setting, uses_lbfgs
from skdl.estimators._scoring import metrics_of
from skdl.estimators._stack_size import best_size, is_too_wide
from skdl.estimators._stacked_validation import StackedValidation
from skdl.estimators._standardize import scales_columns
from skdl.estimators._validation_data import check_validation

__all__ = ["Call", "fit_together", "stack_key"]

# So many nets on the same rows keep a stack to themselves.
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
    fits = [_Fit(call) for call in calls]
    count = _Count(calls, on_epoch)
    groups: dict = {}
    for i, (call, fit) in enumerate(zip(calls, fits, strict=True)):
        key = stack_key(call)
        groups.setdefault(("alone", i) if key is None else key, []).append(fit)
    shared = _SharedArrays(calls)
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
    series = _Series(group, shared, max_members, count)
    with config_context(skip_parameter_validation=True):
        try:
            series.train()
        except BaseException as error:
            series.give_up(error)
            raise
    return series.later


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


class _Series:
    """Nets that train in one stack, which the next ones enter as others leave it."""

    def __init__(self, group, shared, max_members, count):
        # Nets on the same rows follow one another: they share batches in memory.
        keys = {fit: _rows_key(fit.call) for fit in group}
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
        """Let nets in that wait; return whether any came in."""
        n_before = len(self.active)
        while self.waiting and self._has_place(self.waiting[0]):
            if self._admit(self.waiting.popleft()) and self.count.tell():
                break
        if len(self.active) == n_before:
            return False
        self._dissolve()
        return True

    def _dissolve(self):
        """Drop the stack: its members will form another one."""
        if self.stack is not None:
            self.stack.synchronize()
        self.stack = None

    def _has_place(self, fit):
        """Return whether a net that waits may enter now.

        Members on other rows end the sharing of batches. If many nets have the same
        rows, others enter once few of them are left.
        """
        n, key = len(self.active), _rows_key(fit.call)
        if n >= (self.max_members or 1):
            return False
        is_small = n < FEW or self.sizes[key] < FEW
        return is_small or key == _rows_key(self.active[0].call)

    def _admit(self, fit):
        """Prepare a net, and let it in if it fits in with the others.

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
            self._dissolve()
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
        """Leave the nets that are still active as they were."""
        if self.entering is not None and not self.entering.is_done:
            self.entering.fail(error)
        for fit in self.active:
            if not fit.is_done:
                fit.fail(error)
        self.active = []


class _Fit:
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
            _cut(a, call.rows) for a in (call.X, call.y, call.sample_weight)
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
        """Return what members of one stack agree in, or None for a net by itself."""
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
                run.loop(**run.arguments())
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


class _SharedArrays:
    """Arrays that several calls share, so that a stack gathers them once."""

    def __init__(self, calls):
        self.skip_validation = get_config()["skip_parameter_validation"]
        self.cuts = WeakValueDictionary()
        # Arrays of rows that further calls will use: they are dropped after the last.
        self.known: dict = {}
        self.expected = Counter(map(_rows_key, calls))

    def check_parameters(self, net):
        """Validate the parameters of a net."""
        if not self.skip_validation:
            net._validate_params()

    def known_rows(self, call):
        """Return the checked rows of an earlier run on the same objects, or None."""
        return self.known.get(_rows_key(call), {}).get(_objects_key(call))

    def has_more(self, call):
        """Return whether further calls will use the rows of this one."""
        return self.expected[_rows_key(call)] > 0

    def expect(self, call):
        """Say that a call will use its rows once more."""
        self.expected[_rows_key(call)] += 1

    def cut(self, call):
        """Return the rows of X, y and sample_weight that a call trains on."""
        if call.rows is None:
            return call.X, call.y, call.sample_weight
        return tuple(
            self._cut(array, call.rows)
            for array in (call.X, call.y, call.sample_weight)
        )

    def _cut(self, array, rows):
        if array is None:
            return None
        key = id(array), id(rows)
        if key not in self.cuts:
            part = _cut(array, rows)
            try:
                self.cuts[key] = part
            except TypeError:  # no weak reference, as to a list
                return part
            return part
        return self.cuts[key]

    def unify(self, call, run):
        """Replace arrays of a run by equal ones of earlier runs on the same rows."""
        key, data, held = _rows_key(call), run.data, run.validation
        known = self.known.setdefault(key, {})
        known.setdefault(_objects_key(call), run.rows)
        self.expected[key] -= 1
        if not self.expected[key]:
            del self.known[key]
        if held is not None:
            if held.X is data.X:
                held.X = _unified(known, "X", held.X)
            else:
                held.X = _unified(known, ("X_val", id(call.X_val)), held.X)
            held.rows = _unified(known, "validation rows", held.rows)
        data.X = _unified(known, "X", data.X)
        for name in ("targets", "weights", "rows", "table"):
            setattr(data, name, _unified(known, name, getattr(data, name)))


def _rows_key(call):
    return id(call.X), id(call.rows)


def _objects_key(call):
    """Return what fixes the checks of the rows, beside `_rows_key`."""
    net = call.net
    return type(net), _frozen(setting(net, "loss")), id(call.y), id(call.sample_weight)


def _unified(known, name, array):
    """Return an equal array that is known by this name, or this one."""
    if not isinstance(array, np.ndarray):
        return array
    found = known.setdefault(name, [])
    for other in found:
        # The same X, after the same checks, needs no comparison.
        alike = (other.shape, other.dtype) == (array.shape, array.dtype)
        if alike and (name not in VALUES or np.array_equal(other, array)):
            return other
    found.append(array)
    return array


VALUES = ("targets", "weights", "rows", "table", "validation rows")


def _cut(array, rows):
    """Return some rows of an array, a data frame or a list."""
    if array is None or rows is None:
        return array
    if isinstance(array, list | tuple):
        return [array[i] for i in rows]
    return rows_of(array, rows)


def stack_key(call):
    """Return what the nets of a stack agree in, as far as parameters and shapes tell.

    Parameters
    ----------
    call : Call

    Returns
    -------
    key : hashable, or None
        Calls of equal keys can train in one stack. None for a call that trains alone:
        with lbfgs, callbacks, a time budget, printed progress, a sparse X, layers that
        fill the cache, or objects of a user's own class whose formulas take one
        network.
    """
    net = call.net
    own = isinstance(net, BaseNet) and type(net).__module__.startswith("skdl.")
    if not own or uses_lbfgs(net) or net.max_time is not None or net.verbose:
        return None
    if callbacks_of(net) or "fit" in vars(net) or issparse(call.X):
        return None
    try:
        key = _key_of_parameters(net) + _key_of_data(call)
        hash(key)
        hidden = check_hidden_layers(net.hidden_layer_sizes)
        if is_too_wide((np.shape(call.X)[1], *hidden)):
            return None
    except (AttributeError, IndexError, TypeError, ValueError):
        return None  # ``fit`` raises an error that says more
    return key


def _key_of_parameters(net):
    """Return the parameters that are equal in a stack; raise for what cannot stack."""
    solver = setting(net, "solver")
    if solver == "sgd":
        solver = SGD(net.momentum, net.nesterovs_momentum)
    if isinstance(solver, SGD):
        solver = "sgd", bool(solver.momentum), bool(solver.nesterov)
    elif not isinstance(solver, str):
        _frozen(solver)
        solver = type(solver)
    penalty = check_penalty(setting(net, "penalty"), net.l1_ratio, net.alpha)[1]
    if sharp_kind(penalty) is None:
        raise TypeError("penalty")
    dropout = net.dropout
    dropout = bool(dropout) if isinstance(dropout, Real) else _frozen(dropout)
    if isinstance(dropout, tuple):
        dropout = tuple(bool(rate) for rate in dropout)
    return (
        type(net),
        tuple(check_hidden_layers(net.hidden_layer_sizes)),
        _frozen(setting(net, "activation")),
        _frozen(setting(net, "loss")),
        _frozen(setting(net, "normalization")),
        net.normalization_position,
        bool(net.residual),
        dropout or None,
        solver,
        net.batch_size,
    )


def _key_of_data(call):
    """Return what is known of the rows before they are checked."""
    net, X = call.net, call.X
    shape = np.shape(X)
    n_rows = shape[0] if call.rows is None else len(call.rows)
    split = net.validation_split
    split = split if split is None or isinstance(split, int) else "splitter"
    given = call.X_val is not None
    holds_out = split is not None or (net.early_stopping and not given)
    fraction = net.validation_fraction if holds_out and split is None else split
    dtype = getattr(X, "dtype", None)
    return (
        scales_columns(net, X),
        n_rows,
        shape[1],
        str(dtype),
        np.shape(call.y)[1:],
        given,
        holds_out,
        fraction,
    )


def _frozen(value):
    """Return a hashable description of a parameter; raise for an unknown object."""
    if value is None or isinstance(value, str | Real):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_frozen(one) for one in value)
    own = isinstance(value, Specification)
    if not own or not type(value).__module__.startswith("skdl.engine"):
        raise TypeError(f"{value!r} may not take several networks")
    settings = sorted(vars(value).items())
    return type(value), *((name, _frozen(one)) for name, one in settings)
