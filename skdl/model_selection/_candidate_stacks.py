"""Trains candidates and folds in stacks, before scikit-learn scores them."""

import time
from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.callback import ProgressBar
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skdl._collected_warnings import collecting, show
from skdl._memory import bytes_per_row
from skdl._sklearn import check_method_params, safe_split
from skdl.estimators._internal_api import (
    Call,
    fit_together,
    network_of,
    number_of_processes,
    seconds_of_training,
    stack_key,
)
from skdl.model_selection._last_net import adopt_steps, last_net, replace_net

# Fits that a process trains before it reports. Ctrl-C loses no others.
PORTION = 64
# A fitted net holds its parameters, the optimizer's moments, and the best values.
COPIES_OF_PARAMETERS = 4
# The most columns that count for a net behind other steps, which may drop some.
MOST_COLUMNS = 64
# Parts of a portion that callbacks see, and the time between two printed lines.
N_STEPS = 100
SECONDS_PER_LINE = 1.0


@dataclass
class Data:
    """What a search or a cross-validation was given.

    Attributes
    ----------
    X, y : object
        As the user gave them.
    fit_params : dict
        Arguments for the estimator's ``fit``.
    splits : list of (ndarray, ndarray)
        Row numbers for training and testing, fold by fold.
    """

    X: Any
    y: Any
    fit_params: dict
    splits: list

    def shares_rows(self):
        """Return whether the calls of all folds can share X in memory."""
        is_array = type(self.X) is np.ndarray or (
            issparse(self.X) and self.X.format == "csr"
        )
        if not (is_array and type(self.y) is np.ndarray):
            return False
        # Weights of another length are not split: ``fit`` takes or refuses them whole.
        weights = self.fit_params.get("sample_weight")
        has_rows = type(weights) is np.ndarray and weights.shape[:1] == self.X.shape[:1]
        return set(self.fit_params) <= {"sample_weight"} and (
            weights is None or has_rows
        )

    def has_row_numbers(self):
        """Return whether each fold is a pair of row numbers or masks, not of slices."""
        try:
            return all(len(train) >= 0 for train, _ in self.splits)
        except (TypeError, ValueError):
            return False

    def bytes_of_fold(self, fold):
        """Return about how many bytes a copy of the training rows takes."""
        return len(self.splits[fold][0]) * bytes_per_row(self.X)


@dataclass
class Fit:
    """A candidate on a fold.

    Attributes
    ----------
    place : int
        Its place in scikit-learn's loop: candidate by candidate, fold by fold.
    fold : int
        The number of the fold.
    settings : tuple
        Parameters of the steps before the net; equal ones give equal input.
    estimator : estimator
        A clone with the parameters of the candidate.
    call : Call or None
        The call of the net's ``fit``, once the steps before the net are fitted.
    seconds : float
        Its share of the time of these steps and of its stack.
    error : Exception or None
        What the net's ``fit`` raised.
    is_alone : bool
        Whether it was trained without others.
    lends_seed : bool
        Whether the net has a seed for the time of its training only.
    """

    place: int
    fold: int
    settings: tuple
    estimator: Any
    call: Call | None = None
    seconds: float = 0.0
    error: Exception | None = None
    is_alone: bool = False
    lends_seed: bool = False


@dataclass
class CrossValidation:
    """What `Stacks` reads of a search, for a single candidate.

    Attributes
    ----------
    n_jobs : int or None
        Number of processes.
    verbose : int
        Whether to print lines.
    refit : bool
        False: no net is trained on all rows.
    """

    n_jobs: int | None
    verbose: int
    refit: bool = False


class NoTask:
    """A task that no callback observes."""

    def subcontext(self, **options):
        """Return a subtask."""
        return self

    def call_on_fit_task_begin(self, estimator):
        """Do nothing."""

    def call_on_fit_task_end(self, estimator):
        """Do nothing."""


class Stacks:
    """Trains fits in stacks, over the processes of joblib.

    Parameters
    ----------
    search : StackedGridSearchCV, StackedRandomizedSearchCV or CrossValidation
        Its parameters say how many processes there are, and what to print.
    data : Data
    context : sklearn.callback.CallbackContext
        The task of the search, which gets a subtask for the training.

    Attributes
    ----------
    trained : dict of int to Fit
        The fits that are trained, by place.
    interruption : KeyboardInterrupt or None
        The Ctrl-C that ended the training.
    """

    def __init__(self, search, data, context):
        self.search = search
        self.data = data
        self.context = context
        self.budget = get_config()["working_memory"] * 2**20
        self.n_bytes = 0
        self.n_jobs = search.n_jobs
        self.trained = {}
        self.caught = []
        self.interruption = None

    def train(self, fits):
        """Train all fits that can share a stack.

        If skdl chooses several processes, the other fits train in these, too, each
        alone. Otherwise they are left to scikit-learn's loop, as are fits that fail
        before the net trains: the loop has the right error for them.

        Parameters
        ----------
        fits : list of Fit
        """
        self.n_jobs = self._choose_n_jobs(fits)
        if self.n_jobs != self.search.n_jobs:
            lend_seeds(fits)
        waves = self._waves(fits)
        task = self.context.subcontext(task_name="train", max_subtasks=len(waves))
        task.call_on_fit_task_begin(estimator=self.search)
        for number, wave in enumerate(waves):
            if self.interruption is None:
                label = f" in part {number + 1} of {len(waves)}" * (len(waves) > 1)
                self._train_wave(wave, task, label)
        task.call_on_fit_task_end(estimator=self.search)
        advice = "The refit warns separately." if self.search.refit else ""
        n_trained, n_stacked = len(self.trained), self.n_stacked()
        kind = "fits in stacks" if n_trained == n_stacked else "fits"
        show(self.caught, n_trained, kind, advice)

    def n_stacked(self):
        """Return how many fits were trained together with others."""
        return sum(not fit.is_alone for fit in self.trained.values())

    def _choose_n_jobs(self, fits):
        """Return `n_jobs` of the search, or for None what skdl chooses for the stacks.

        scikit-learn's loop stays in one process then: scorers and warnings remain here.
        """
        callbacks = getattr(self.search, "_skl_callbacks", ())
        if self.search.verbose or not all(
            isinstance(one, ProgressBar) for one in callbacks
        ):
            return self.search.n_jobs
        seconds = 0.0
        for fit in fits if self.search.n_jobs is None else ():
            net = last_net(fit.estimator)
            most = None if net is fit.estimator else MOST_COLUMNS
            n_rows = len(self.data.splits[fit.fold][0])
            seconds += seconds_of_training(net, self.data.X, n_rows, most)
        # With callbacks, processes receive the search, too.
        sent = self.search.get_params(deep=False) if callbacks else ()
        return number_of_processes(
            self.search.n_jobs,
            seconds,
            len(fits),
            self.data.X,
            [last_net(fit.estimator) for fit in fits if fit.fold == 0],
            (self.data.fit_params, sent),
        )

    def _waves(self, fits):
        """Return lists of families of fits whose rows fit into memory together.

        The fits of a family train on the same rows, and have the same steps before the
        net.
        """
        families = defaultdict(list)
        for fit in fits:
            families[fit.fold, fit.settings].append(fit)
        waves, n_bytes = [], np.inf
        for (fold, _), family in families.items():
            size = self.data.bytes_of_fold(fold)
            if n_bytes + size > self.budget:
                waves.append([])
                n_bytes = 0
            waves[-1].append(family)
            n_bytes += size
        return waves

    def _train_wave(self, families, context, label):
        started, portions = time.perf_counter(), []
        try:
            fits = self._prepare(families)
            chosen = self.n_jobs != self.search.n_jobs
            n_jobs = effective_n_jobs(self.n_jobs)
            portions = portions_of(fits, n_jobs, with_others=chosen)
            task = context.subcontext(task_name="stacks", max_subtasks=len(portions))
            task.call_on_fit_task_begin(estimator=self.search)
            n_fits = sum(map(len, portions))
            self._say(f"{n_fits} of {len(fits)} fits{label} train in stacks")
            for i, caught, *results in self._results(portions, task):
                self._keep(portions[i], *results)
                self.caught += caught
                portions[i] = []
            task.call_on_fit_task_end(estimator=self.search)
        except KeyboardInterrupt as interruption:
            self.interruption = interruption
            # Members of an interrupted stack that had ended keep their fit.
            ended = [
                fit for fits in portions for fit in fits if is_fitted(fit.call.net)
            ]
            seconds = time.perf_counter() - started
            share = seconds / max(1, len(ended))
            self._keep(
                ended, [fit.call.net for fit in ended], [None] * len(ended), share
            )

    def _prepare(self, families):
        """Fit the steps before the nets, once per family; return the fits."""
        first = [family[0] for family in families]
        is_work = any(not is_net(fit.estimator) for fit in first)
        parallel = in_parallel(self.search.n_jobs if is_work else 1)
        results = parallel(
            delayed(fit_steps)(fit.estimator, fit.fold, self.data) for fit in first
        )
        prepared = []
        for family, (estimator, options, seconds) in zip(
            families, results, strict=True
        ):
            for fit in family:
                if options is not None:
                    adopt_steps(fit.estimator, estimator)
                    fit.call = Call(last_net(fit.estimator), **options)
                fit.seconds = seconds / len(family)
                prepared.append(fit)
        return sorted(prepared, key=lambda fit: fit.place)

    def _results(self, portions, context):
        """Yield what `train_portion` returns, for each portion that memory allows."""

        def tasks():
            for i, fits in enumerate(portions):
                if self.n_bytes > self.budget:
                    return
                search, task = self._observed(context)
                report = Report(search, task, f"stack {i + 1} of {len(portions)}")
                yield delayed(train_portion)(i, [fit.call for fit in fits], report)

        parallel = in_parallel(self.n_jobs, as_they_end=True)
        yield from parallel(tasks())

    def _observed(self, context):
        """Return search and task to report to; small objects if nobody listens."""
        if self.search.verbose or hasattr(self.search, "_skl_callbacks"):
            return self.search, context
        return CrossValidation(None, 0), NoTask()

    def _keep(self, fits, nets, errors, seconds):
        for fit, net, error in zip(fits, nets, errors, strict=True):
            fit.estimator = replace_net(fit.estimator, net)
            fit.error, fit.call = error, None
            if fit.lends_seed:
                net.random_state = None
            fit.seconds += seconds
            self.trained[fit.place] = fit
            if error is None:
                size = network_of(net).parameters.nbytes
                self.n_bytes += COPIES_OF_PARAMETERS * size

    def _say(self, text):
        if self.search.verbose:
            print(f"[{type(self.search).__name__}] {text}")


def in_parallel(n_jobs, *, as_they_end=False):
    """Return a `Parallel` that can run inside that of the search.

    Under ``joblib.parallel_config`` the two would share a backend, which the inner one
    would close.

    Parameters
    ----------
    n_jobs : int or None
        Number of jobs.
    as_they_end : bool, default=False
        Whether results come as soon as they are there, if the backend can do that.
    """
    backend = copy(get_active_backend()[0])
    can = getattr(backend, "supports_return_generator", True)
    return_as = "generator_unordered" if as_they_end and can else "list"
    return Parallel(n_jobs=n_jobs, backend=backend, return_as=return_as)


def lend_seeds(fits):
    """Give seeds to the nets without one, for the time of their training.

    The seeds come from NumPy's global generator, so that ``np.random.seed`` decides
    over what happens in other processes, too.

    Parameters
    ----------
    fits : list of Fit
    """
    rng = check_random_state(None)
    for fit in fits:
        net = last_net(fit.estimator)
        if net.random_state is None:
            net.random_state = int(rng.randint(np.iinfo(np.int32).max))
            fit.lends_seed = True


def is_net(estimator):
    """Return whether an estimator is a net, and not a pipeline that ends with one."""
    return last_net(estimator) is estimator


def is_fitted(net):
    """Return whether a net is fitted."""
    try:
        check_is_fitted(net)
    except NotFittedError:
        return False
    return True


class Record:
    """Takes the place of a net's ``fit``, and keeps its arguments."""

    def __call__(self, X, y, sample_weight=None, **params):
        """Keep the arguments."""
        self.options = {"X": X, "y": y, "sample_weight": sample_weight, **params}


def fit_steps(estimator, fold, data):
    """Fit the steps of a pipeline before the net.

    Parameters
    ----------
    estimator : estimator
        A net, or a pipeline that ends with one.
    fold : int
        The number of the fold to train on.
    data : Data

    Returns
    -------
    estimator : estimator
        The same, or a copy from another process; its net is not fitted.
    options : dict or None
        Arguments of `Call`; None if a step failed.
    seconds : float
        The time that it took.
    """
    start, net, train = time.perf_counter(), last_net(estimator), data.splits[fold][0]
    if net is estimator and data.shares_rows():
        options = {"X": data.X, "y": data.y, "rows": np.asarray(train)}
        if options["rows"].dtype == bool:
            options["rows"] = np.flatnonzero(train)
        return estimator, options | data.fit_params, 0.0
    record = Record()
    try:
        params = check_method_params(data.X, params=data.fit_params, indices=train)
        X, y = safe_split(estimator, data.X, data.y, train)
        net.fit = record
        estimator.fit(X, y, **params)
        Call(net, **record.options)
    except Exception:  # It is raised again where the search expects it.
        return estimator, None, 0.0
    finally:
        vars(net).pop("fit", None)
    return estimator, record.options, time.perf_counter() - start


def portions_of(fits, n_jobs, *, with_others=False):
    """Return lists of fits, each a share of the fits that can form a stack.

    The portions of a group have nearly equal length, and their number is a multiple of
    the number of processes. All folds of a candidate come early or late: Ctrl-C keeps
    the candidates that are complete.

    Parameters
    ----------
    fits : list of Fit
        In the order of their places.
    n_jobs : int
        Number of processes.
    with_others : bool, default=False
        Whether to add the other fits of skdl's nets, each as a portion of its own.
    """
    groups, others = defaultdict(list), []
    for fit in fits:
        key = None if fit.call is None else stack_key(fit.call)
        if key is not None:
            groups[key].append(fit)
        elif fit.call is not None and type(fit.call.net).__module__.startswith("skdl."):
            others.append(fit)
    portions = []
    for group in groups.values():
        if len(group) > 1:
            n = n_jobs * -(-len(group) // (n_jobs * PORTION))
            n = min(n, len(group) // 2)
            ends = np.linspace(0, len(group), n + 1).round().astype(int)
            portions += [group[start:end] for start, end in pairwise(ends)]
        else:
            others += group
    if with_others:
        for fit in others:
            fit.is_alone = True
            portions.append([fit])
    return sorted(portions, key=lambda portion: portion[0].place)


def train_portion(number, calls, report):
    """Fit nets together; return number, warnings, nets, errors and seconds per net.

    Parameters
    ----------
    number : int
        Number of the portion, which is returned.
    calls : list of Call
    report : Report
        Is told how far the training is.
    """
    start = time.perf_counter()
    report.begin()
    with collecting() as caught:
        errors = fit_together(calls, on_epoch=report)
    report.end()
    seconds = (time.perf_counter() - start) / len(calls)
    return number, caught, [call.net for call in calls], errors, seconds


class Report:
    """Tells callbacks how far a portion is, and under ``verbose`` the user.

    Parameters
    ----------
    search : StackedGridSearchCV, StackedRandomizedSearchCV or CrossValidation
        What callbacks get as the estimator.
    context : sklearn.callback.CallbackContext
        The task that gets a subtask for the portion.
    name : str
        What the user reads.
    """

    def __init__(self, search, context, name):
        self.search = search
        self.name = name
        self.context = context.subcontext(task_name="stack", max_subtasks=N_STEPS)
        self.n_steps = 0

    def begin(self):
        """Begin the task of the portion."""
        self.started = self.printed = time.perf_counter()
        self.context.call_on_fit_task_begin(estimator=self.search)

    def __call__(self, n_done, n_total):
        """Report epochs: a subtask per percent, and at most a line per second."""
        before, self.n_steps = self.n_steps, N_STEPS * n_done // max(1, n_total)
        for _ in range(before, self.n_steps):
            step = self.context.subcontext(task_name="percent")
            step.call_on_fit_task_begin(estimator=self.search)
            step.call_on_fit_task_end(estimator=self.search)
        now = time.perf_counter()
        if self.search.verbose and now - self.printed >= SECONDS_PER_LINE:
            self.printed = now
            left = (now - self.started) * (n_total - n_done) / max(1, n_done)
            print(
                f"[{type(self.search).__name__}] {self.name}: {self.n_steps} % of its "
                f"{n_total} epochs, {left:.0f} s left"
            )
        return False

    def end(self):
        """End the task of the portion."""
        self.context.call_on_fit_task_end(estimator=self.search)
