"""The way of the data, from ``fit`` to the engine, for every net."""

from contextlib import contextmanager
from functools import partial
from threading import get_ident

import numpy as np
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning

from skdl._explain import or_nothing
from skdl._interrupt import is_one_of_several
from skdl._sklearn import fit_context
from skdl._transaction import unchanged_on_error
from skdl._warn import warn
from skdl.engine.batching import Data
from skdl.engine.lbfgs import train_lbfgs
from skdl.engine.network import Network
from skdl.engine.optimizers import OPTIMIZERS, SGD, Optimizer
from skdl.engine.progress import Progress
from skdl.engine.schedules import SCHEDULES, Constant, InverseScaling, Schedule
from skdl.engine.training import train
from skdl.estimators._architecture import (
    check_architecture,
    check_hidden_layers,
    start_weights,
)
from skdl.estimators._augment import check_augment, start_augmentation
from skdl.estimators._checks import resolve
from skdl.estimators._divergence import likely_cause, scale_advice
from skdl.estimators._fitted import FittedNet
from skdl.estimators._held import check_validation, given_rows, held_out, validates
from skdl.estimators._hooks import (
    CALLBACK_ATTRIBUTES,
    FitCallbacks,
    has_callbacks,
)
from skdl.estimators._labels import is_list_of_classes
from skdl.estimators._overrides import refuse_overrides
from skdl.estimators._random import (
    later_streams,
    load_streams,
    random_streams,
)
from skdl.estimators._records import LISTS, GrowingHistory, cut_on_error
from skdl.estimators._run import RESTORING, TrainingRun
from skdl.estimators._run_state import RunState
from skdl.estimators._standardize import check_standardize, learn_scaling
from skdl.estimators._steps import step_observer
from skdl.estimators._targets import (
    choose_targets,
    choose_targets_of_batches,
    needs_counts,
    read_distributions,
    takes_distributions,
    targets_of,
)
from skdl.estimators._validation import (
    check_batch_size,
    check_image_shape,
    check_lbfgs,
    check_penalty,
    check_training_data,
    network_dtype,
)

__all__ = ["BaseNet", "has_partial_fit"]


def has_partial_fit(estimator):
    """Tell `available_if` whether the solver can go on batch by batch."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic solvers: solver='lbfgs' "
            "needs all rows at once."
        )
    return True


class BaseNet(CallbackSupportMixin, FittedNet):
    """What classifiers and regressors share.

    `skdl.estimators._targets` says what y means to it. A subclass sets ``_y_numeric``:
    whether y holds numbers.
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X, y, sample_weight=None, *,
        X_val=None, y_val=None, sample_weight_val=None,
    ):  # fmt: skip
        """Fit the net to X and y.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            float32 is kept, float16 and uint8 are trained on in float32, anything else
            in float64. X is neither copied nor written to, if it has such a type.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers for a regressor, class labels of any sortable type for a classifier;
            or a matrix with class labels in each column, of which some are not 0 or 1;
            or, where the loss allows several labels per row, an indicator matrix of
            zeros and ones; or, where it takes soft targets, a matrix with a
            distribution over the classes in each row, as floats or as zeros and ones.
        sample_weight : array-like of shape (n_samples,), optional
            Not negative, and not all zero. A row of weight 2 counts as two rows.
        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Rows to validate on after each epoch: for `history_`, and for early
            stopping, which then holds none of X out. A search cuts an array of as many
            rows as X has along with X; a `ValidationSet` it passes on whole.
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
            Not with a `ValidationSet`, which has its own.
        sample_weight_val : array-like of shape (n_rows,), optional
            Weights of the validation rows in loss and score.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For an invalid parameter or array, before any work; and if training
            diverges. The estimator is then as it was before.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` or `max_fun` ends training, and when it diverged and went on.
        """
        given = check_validation(self, X_val, y_val, sample_weight_val, False)
        with self._training(X, y, sample_weight, given) as attempts:
            for train in attempts:
                train()
        return self

    @property
    def training_(self):
        """What callbacks find while ``fit`` runs: a `TrainingRun`."""
        if "_run" not in vars(self):
            raise AttributeError("training_ is there while fit or partial_fit runs.")
        return self._run

    def __getstate__(self):
        """Leave the run at hand out of copies; give them lists of their own."""
        state = super(BaseNet, self._at_rest()).__getstate__()
        own = ("_run", "_before_fit", "_growing_history", *CALLBACK_ATTRIBUTES)
        state = {name: state[name] for name in state if name not in own}
        for name in LISTS:
            if isinstance(state.get(name), list):
                state[name] = list(state[name])
        return state

    def _partial_fit(self, X, y, sample_weight, X_val, y_val, weights_val, **known):
        given = check_validation(self, X_val, y_val, weights_val, True)
        with self._training(
            X, y, sample_weight, given, incremental=True, **known
        ) as attempts:
            for train in attempts:
                train()
        return self

    @contextmanager
    def _training(self, X, y, sample_weight, given, *, incremental=False, classes=None):
        """Prepare a training run, yield the calls that run it, and keep its results.

        There is one call, and one more for each restart after a divergence. On any
        error, in the run too, the estimator stays as it was.
        """
        first = not (hasattr(self, "_network") and (incremental or self.warm_start))
        refuse_overrides(self)
        hidden = check_hidden_layers(self.hidden_layer_sizes)
        check_lbfgs(self)
        as_given = X, y, sample_weight
        unchanged = unchanged_on_error(self, except_for=CALLBACK_ATTRIBUTES)
        with unchanged, cut_on_error(self):
            # What other threads predict with until the end.
            self._before_fit = get_ident(), dict(vars(self))
            columns = isinstance(getattr(self, "classes_", None), list)
            columns = is_list_of_classes(classes) if first else columns
            y = read_distributions(self, y, columns=columns)
            X, y, weights = check_training_data(
                self, X, y, sample_weight, reset=first, y_numeric=self._y_numeric
            )
            image_shape = check_image_shape(self.image_shape, X.shape[1])
            check_standardize(self, X, image_shape)
            check_augment(self, X)
            dtype = network_dtype(X) if first else self._network.dtype
            if weights is not None:
                weights = weights.astype(dtype, copy=False)
            targets, codes = self._choose_targets(y, first, incremental, classes)
            vars(self).update(targets.fitted_attributes)
            target_rows, table, n_scores = targets.encode(codes, dtype)
            training_weights = targets.weigh(codes, weights, dtype)
            data = Data(X, target_rows, table, training_weights)
            widths = (X.shape[1], *hidden, n_scores)
            held = None
            if given:
                trained = None if incremental else codes
                held = given_rows(self, given, dtype, n_scores, trained)
            if first:
                initialization, streams = random_streams(self.random_state)
                self._start(widths, dtype, initialization)
            else:
                streams = self._go_on(widths)
            watched = validates(self) or (self.early_stopping and held is not None)
            if held is None and (watched or self.validation_split is not None):
                rng = streams["validation"]
                data.rows, held = held_out(
                    self, data, as_given[0], y, targets, codes, weights, rng
                )
            augmentation = start_augmentation(self, data, image_shape, streams)
            moments = self._run_state.get("input_moments")
            moments = learn_scaling(
                self, data, weights, image_shape, moments, incremental=incremental
            )
            if held is not None and (first or not incremental):
                held.check_scoring(self)
            self.stop_reason_ = None
            state = RunState.of_call(self, watched)
            state.input_moments = moments
            lbfgs = self.solver == "lbfgs"
            prepare = self._prepare_lbfgs if lbfgs else self._prepare_stochastic
            run, train = prepare(data, state, streams, held, watched, incremental)
            if augmentation is not None:
                train = partial(train, augmentation=augmentation)
            run.data = data
            self._run = run
            try:
                try:
                    yield self._attempts(run, train, as_given, incremental)
                except KeyboardInterrupt:
                    if is_one_of_several():
                        raise
                    run.drop_incomplete_epoch()
                    warn("Training interrupted by user.", UserWarning)
                    if run.stop_reason != "diverged":
                        run.stop_reason = "interrupted"
                self._finish(run, data, incremental)
            finally:
                del self._run
                # They refer to the run, and would keep its arrays with it.
                run.callbacks = run.observer = None
            del self._before_fit

    def _choose_targets(self, y, first, incremental, classes):
        """Return the `Targets` of this call, and what they read y as."""
        if first and incremental:
            return choose_targets_of_batches(self, y, classes)
        if first:
            return choose_targets(self, y)
        targets = targets_of(self, y)
        if incremental:
            targets.check_classes_again(classes)
        return targets, targets.read(y, all_classes=not incremental)

    def _loss(self):
        return targets_of(self).loss

    # Old names, until ensembles and inspection ask the inner door.

    @property
    def _several_outputs(self):
        return isinstance(getattr(self, "classes_", None), list)

    @property
    def _soft_targets_allowed(self):
        return takes_distributions(self)

    @property
    def _outputs(self):
        targets = targets_of(self)
        return targets.outputs if self._several_outputs else [targets]

    def _read_targets(self, y, first, classes):
        return read_distributions(self, y, columns=not first and self._several_outputs)

    def _code_targets(self, y, dtype, first, incremental, classes):
        targets, codes = self._choose_targets(y, first, incremental, classes)
        vars(self).update(targets.fitted_attributes)
        return codes, *targets.encode(codes, dtype)

    def _training_weights(self, y, weights, dtype):
        return targets_of(self).weigh(y, weights, dtype)

    def _predictions(self, scores):
        return targets_of(self).decode(scores)

    def _d2(self, y, predictions, weights):
        return targets_of(self).score(y, predictions, weights)

    def _needs_counts(self):
        return needs_counts(self)

    @property
    def _n_averaged(self):
        return targets_of(self).n_averaged

    def _start(self, widths, dtype, rng):
        """Make a new network, and empty records."""
        self._network = self._new_network(widths, dtype)
        start_weights(self._network, self.weight_init, self.activation, rng)
        self._run_state = {}
        self._step_records = {}
        self.n_layers_ = len(widths)
        self.n_outputs_ = widths[-1]
        self.t_ = 0
        vars(self).pop("loss_", None)
        self.loss_curve_ = []
        self.history_ = {}
        self.best_loss_ = self.validation_scores_ = self.best_validation_score_ = None

    def _go_on(self, widths):
        """Copy the network, for a failure to lose nothing; return the streams."""
        old = self._network
        if widths != old.widths:
            raise ValueError(
                f"warm_start and partial_fit go on with a network of widths "
                f"{old.widths}; hidden_layer_sizes and the data now ask for "
                f"{widths}. Set warm_start=False, or clone the estimator."
            )
        self._network = self._new_network(widths, old.dtype)
        if self._network.layout != old.layout:
            raise ValueError(
                "warm_start and partial_fit go on with the parameters of the last "
                "call, but activation (maxout), normalization, residual or standardize "
                "now ask for others. Set warm_start=False, or clone the estimator."
            )
        self._network.restore(old.snapshot())
        if (
            "streams" not in self._run_state
        ):  # the last call was a fit without warm_start
            return later_streams(self.random_state)
        return load_streams(self._run_state["streams"])

    def _new_network(self, widths, dtype):
        options = check_architecture(self, len(widths) - 2)
        return Network(widths, dtype=dtype, **options)

    def _prepare_stochastic(self, data, state, streams, held, watched, incremental):
        """Return the run, and what trains for so many epochs."""
        network, known = self._network, self._run_state
        progress = state.progress
        progress.max_epochs = self.max_iter + (0 if incremental else progress.epochs)
        batch_size = check_batch_size(self.batch_size, data.n_rows)
        alpha, penalty = check_penalty(self.penalty, self.l1_ratio, self.alpha)
        optimizer = self._optimizer().start(network.parameters, network.n_weights)
        same = known.get("optimizer", {}).get("kind") == type(optimizer).__name__
        if same:
            optimizer.load(known["optimizer"])
        run = TrainingRun(
            self, network, state, self._schedule(), streams, optimizer=optimizer,
            validation=held, monitors_validation=watched, ignores_plateau=incremental,
        )  # fmt: skip
        run.resume(known if same else {})
        return run, partial(
            train,
            network,
            self._loss(),
            optimizer,
            data,
            streams["shuffling"] if self.shuffle else None,
            alpha=alpha,
            penalty=penalty,
            batch_size=batch_size,
            rate=run.rate,
            on_epoch=run,
            max_norm=self.max_grad_norm,
            dropout_rng=streams["dropout"],
            deadline=run.deadline,
        )

    def _prepare_lbfgs(self, data, state, streams, held, watched, incremental):
        """Return the run, and what trains for so many iterations."""
        state.progress = Progress()
        run = TrainingRun(
            self, self._network, state, Constant(), streams,
            validation=held, monitors_validation=watched, ignores_plateau=True,
        )  # fmt: skip
        run.resume({})
        return run, partial(
            train_lbfgs,
            self._network,
            self._loss(),
            data,
            alpha=0 if self.penalty is None else self.alpha,
            max_fun=self.max_fun,
            tol=self.tol,
            on_epoch=run,
            on_end=self._lbfgs_ended,
            on_begin=run.epoch_begins,
        )

    def _attempts(self, run, train, as_given, incremental):
        """Yield a call that trains, and another one for each restart."""
        lbfgs = self.solver == "lbfgs"
        bound = "max_iter" if lbfgs else "max_epochs"
        max_epochs = 1 if incremental else self.max_iter
        if not incremental:
            context = self._init_callback_context(max_subtasks=max_epochs)
            if has_callbacks(self):
                run.callbacks = FitCallbacks(self, context, max_epochs, *as_given)
                run.callbacks.fit_begins()
        # After them: a Checkpoint may have brought back an earlier run.
        run.observer = step_observer(self, run)
        while True:
            left = max_epochs - self.n_iter_
            if run.stop_reason is None and left > 0:
                if run.optimizer is not None:
                    run.epoch_begins()
                run.mark_complete()
                run.start_clock()
                progress = {} if lbfgs else {"progress": run.progress}
                yield partial(train, **{bound: left}, **progress, observer=run.observer)
            if not run.can_restart():
                return
            run.restart()
            warn(
                f"Training diverged in epoch {self.n_iter_}; it went on from the last "
                f"good weights, at a rate 10 times smaller. Restart "
                f"{run.progress.restarts} of max_restarts={self.max_restarts}.",
                ConvergenceWarning,
            )

    def _finish(self, run, data, incremental):
        """Put the results of a run in place, or refuse them."""
        reason, network = run.stop_reason, self._network
        if run.monitors_validation and (not incremental or reason in RESTORING):
            run.restore_best()
        lost = reason == "diverged" and not run.monitors_validation
        if lost or not network.is_finite():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                "contain large values and need to be preprocessed. "
                + or_nothing(likely_cause, self, data.X, data.targets, run.made_no_step)
                # A search's warning quotes this error, and does not say whose it is.
                + f" It was {' '.join(or_nothing(repr, self).split())}."
            )
        if reason == "diverged":
            warn(
                "Training diverged; the parameters of the best epoch were restored, or "
                "the starting ones if no epoch had a score. "
                + or_nothing(
                    likely_cause, self, data.X, data.targets, run.made_no_step
                ),
                ConvergenceWarning,
            )
        if reason is None and not incremental:
            reason = "max_iter"
            warn(
                f"Maximum iterations (max_iter={self.max_iter}) reached and the "
                "optimization hasn't converged yet. "
                + run.advice(or_nothing(scale_advice, self, data.X, data.targets)),
                ConvergenceWarning,
            )
        self.stop_reason_ = reason
        if "_growing_history" not in vars(self):
            self._growing_history = GrowingHistory()
        self.history_ = self._growing_history.extended(self.history_, run.history)
        self._step_records = {} if run.observer is None else run.observer.records()
        if run.optimizer is not None:
            self.t_ = run.progress.rows
        self._run_state = run.resumable(incremental=incremental)
        if run.callbacks is not None:
            run.callbacks.fit_ended()

    def _lbfgs_ended(self, result):
        data = self._run.data
        records = self._run.state.records
        records.n_iter_, records.loss_ = result.nit, np.float64(result.fun)
        self._run.state.publish(self)
        if self._run.stop_reason is not None:
            return
        if not np.isfinite(result.fun):
            self._run.stop_reason = "diverged"
            return
        if result.status == 0:
            self._run.stop_reason = "converged"
            return
        bounded = result.status == 1
        self._run.stop_reason = "converged"
        if bounded:
            short = result.nit < self.max_iter
            self._run.stop_reason = "max_fun" if short else "max_iter"
        warn(
            f"lbfgs failed to converge after {result.nit} iterations (status="
            f"{result.status}): {result.message}. "
            + (
                f"Increase max_iter ({self.max_iter}) or max_fun ({self.max_fun}), or "
                "scale the data."
                if bounded
                else "The line search found no lower value, as happens at a minimum "
                "to rounding, or with data that are not scaled."
            )
            + f" {or_nothing(scale_advice, self, data.X, data.targets)}".rstrip(),
            ConvergenceWarning,
        )

    def _optimizer(self):
        if self.solver == "sgd":
            return SGD(self.momentum, self.nesterovs_momentum)
        if self.solver in ("adam", "adamw"):
            return OPTIMIZERS[self.solver](self.beta_1, self.beta_2, self.epsilon)
        return resolve("solver", self.solver, OPTIMIZERS, Optimizer)

    def _schedule(self):
        # scikit-learn's names are inert with its 'adam', and so they are here.
        if self.solver == "adam" and self.learning_rate in ("invscaling", "adaptive"):
            return Constant()
        if self.learning_rate == "invscaling":
            return InverseScaling(self.power_t)
        return resolve("learning_rate", self.learning_rate, SCHEDULES, Schedule)
