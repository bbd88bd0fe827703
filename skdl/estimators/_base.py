"""The way of the data, from ``fit`` to the engine, for every net."""

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._sklearn import fit_context
from skdl._transaction import unchanged_on_error
from skdl._warn import warn
from skdl.engine.batching import Data
from skdl.engine.network import Network
from skdl.engine.optimizers import OPTIMIZERS, SGD
from skdl.engine.prediction import raw_scores
from skdl.engine.progress import Progress
from skdl.engine.schedules import Adaptive, Constant, InverseScaling
from skdl.engine.training import train, train_lbfgs
from skdl.estimators._architecture import (
    check_architecture,
    check_hidden_layers,
    start_weights,
)
from skdl.estimators._fitted import FittedNet
from skdl.estimators._random import (
    later_streams,
    load_streams,
    random_streams,
    save_streams,
)
from skdl.estimators._validation import (
    check_batch_size,
    check_lbfgs,
    check_penalty,
    check_training_data,
    network_dtype,
    split_rows,
)
from skdl.estimators._watch import Watch

__all__ = ["BaseNet", "has_partial_fit"]


def has_partial_fit(estimator):
    """Tell `available_if` whether the solver can go on batch by batch."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic solvers: solver='lbfgs' "
            "needs all rows at once."
        )
    return True


@dataclass(eq=False, repr=False)
class BaseNet(FittedNet):
    """What classifiers and regressors share.

    A subclass says what its targets mean:

    - ``_y_numeric``: whether they are numbers;
    - ``_read_targets(y, first, classes)`` returns y as scikit-learn can validate it;
    - ``_code_targets(y, dtype, first, incremental, classes)`` returns ``(y, targets,
      table, n_scores)``: y as the next two read it, what `Data` holds, and the width
      of the last layer;
    - ``_training_weights(y, weights, dtype)``: these weights, (n_samples, 1) or None,
      with what the classes weigh;
    - ``_strata(y)``: what a random split should keep the shares of, or None;
    - ``_validation_score(y, scores, weights)``: how good raw scores are;
    - ``_loss()``: the loss object.
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
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
            If `max_iter` or `max_fun` ends training.
        """
        with self._training(X, y, sample_weight) as train:
            train()
        return self

    @contextmanager
    def _training(self, X, y, sample_weight, *, incremental=False, classes=None):
        """Prepare a training run, yield the call that runs it, and keep its results.

        On any error, in the run too, the estimator stays as it was.
        """
        first = not (hasattr(self, "_network") and (incremental or self.warm_start))
        hidden = check_hidden_layers(self.hidden_layer_sizes)
        check_lbfgs(self)
        if incremental and self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True: it has no epochs "
                "to compare. Set early_stopping=False or call fit."
            )
        with unchanged_on_error(self):
            y = self._read_targets(y, first, classes)
            X, y, weights = check_training_data(
                self, X, y, sample_weight, reset=first, y_numeric=self._y_numeric
            )
            dtype = network_dtype(X) if first else self._network.dtype
            if weights is not None:
                weights = weights.astype(dtype, copy=False)
            y, targets, table, n_scores = self._code_targets(
                y, dtype, first, incremental, classes
            )
            training_weights = self._training_weights(y, weights, dtype)
            data = Data(X, targets, table, training_weights)
            widths = (X.shape[1], *hidden, n_scores)
            if first:
                initialization, streams = random_streams(self.random_state)
                self._start(widths, dtype, initialization)
            else:
                streams = self._go_on(widths)
            self._prepare_records()
            run = self._lbfgs_run if self.solver == "lbfgs" else self._stochastic_run
            with run(data, y, weights, streams, incremental) as train:
                yield train

    def _read_targets(self, y, first, classes):
        return y

    def _training_weights(self, y, weights, dtype):
        return weights

    def _start(self, widths, dtype, rng):
        """Make a new network, and empty records."""
        self._network = self._new_network(widths, dtype)
        start_weights(self._network, self.weight_init, self.activation, rng)
        self._training_state = None
        self.n_layers_ = len(widths)
        self.n_outputs_ = widths[-1]
        self.t_ = 0
        self.loss_curve_ = []
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
                "call, but activation (maxout), normalization or residual now ask for "
                "others. Set warm_start=False, or clone the estimator."
            )
        self._network.restore(old.snapshot())
        if self._training_state is None:  # fitted without a wish to go on
            return later_streams(self.random_state)
        return load_streams(self._training_state["streams"])

    def _new_network(self, widths, dtype):
        options = check_architecture(self, len(widths) - 2)
        return Network(widths, dtype=dtype, **options)

    def _prepare_records(self):
        """Have the lists and bests that `Watch` adds to, old ones as copies."""
        self.out_activation_ = getattr(self._loss(), "out_activation", "identity")
        self.n_iter_ = 0
        self.loss_curve_ = list(self.loss_curve_)
        if self.early_stopping and self.solver != "lbfgs":
            self.best_loss_ = None
            self.validation_scores_ = list(self.validation_scores_ or [])
            if self.best_validation_score_ is None:
                self.best_validation_score_ = -np.inf
        else:
            self.validation_scores_ = self.best_validation_score_ = None
            if self.best_loss_ is None:
                self.best_loss_ = np.inf

    @contextmanager
    def _stochastic_run(self, data, y, weights, streams, incremental):
        network, state = self._network, self._training_state or {}
        progress = Progress(**state.get("progress", {}))
        progress.max_epochs = self.max_iter + (0 if incremental else progress.epochs)
        validate = None
        if self.early_stopping:
            data.rows, validate = self._hold_out(
                data, y, weights, streams["validation"]
            )
        batch_size = check_batch_size(self.batch_size, data.n_rows)
        schedule = self._schedule()
        alpha, penalty = check_penalty(self.penalty, self.l1_ratio, self.alpha)
        watch = Watch(self, network, progress, schedule, validate, patient=incremental)
        optimizer = self._optimizer().start(network.parameters, network.n_weights)
        kind = type(optimizer).__name__
        if state.get("optimizer", {}).get("kind") == kind:
            optimizer.load(state["optimizer"])
        try:
            yield partial(
                train,
                network,
                self._loss(),
                optimizer,
                data,
                streams["shuffling"] if self.shuffle else None,
                alpha=alpha,
                penalty=penalty,
                batch_size=batch_size,
                rate=lambda now: self.learning_rate_init * schedule.factor(now),
                progress=progress,
                max_epochs=1 if incremental else self.max_iter,
                on_epoch=watch,
                max_norm=self.max_grad_norm,
                dropout_rng=streams["dropout"],
            )
        except KeyboardInterrupt:
            warn("Training interrupted by user.", UserWarning)
        else:
            if not (incremental or watch.converged or watch.diverged):
                warn(
                    f"Maximum iterations (max_iter={self.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                )
        if validate is not None:
            network.restore(watch.best)
        self._check_finite(watch)
        self.t_ = progress.rows
        self._training_state = None
        if incremental or self.warm_start:
            self._training_state = {
                "optimizer": {"kind": kind, **optimizer.state_dict()},
                "progress": asdict(progress),
                "streams": save_streams(streams),
            }

    @contextmanager
    def _lbfgs_run(self, data, y, weights, streams, incremental):
        watch = Watch(self, self._network, Progress(), Constant(), None, patient=True)
        yield partial(
            train_lbfgs,
            self._network,
            self._loss(),
            data,
            alpha=0 if self.penalty is None else self.alpha,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            on_epoch=watch,
            on_end=self._lbfgs_ended,
        )
        self._check_finite(watch)
        # Nothing but the parameters outlives L-BFGS: a warm start begins with these.
        self._training_state = None

    def _lbfgs_ended(self, result):
        self.n_iter_ = result.nit
        self.loss_ = result.fun
        if result.status != 0:
            warn(
                f"lbfgs failed to converge after {result.nit} iterations (status="
                f"{result.status}): {result.message}. Increase max_iter "
                f"({self.max_iter}) or max_fun ({self.max_fun}), or scale the data.",
                ConvergenceWarning,
            )

    def _hold_out(self, data, y, weights, rng):
        """Return the rows to train on, and a function that scores the others.

        The score counts `weights`, the user's own: what classes weigh is for training.
        """
        labels = self._strata(y)
        rows, held = split_rows(data.n_rows, self.validation_fraction, labels, rng)
        y_held = y[held]
        weights = None if weights is None else weights[held, 0]
        trains = data.weights is None or data.weights[rows].any()
        if not trains or not (weights is None or weights.any()):
            raise ValueError(
                "sample_weight is zero for all training rows, with class_weight, or "
                "for all validation rows of the split by "
                f"validation_fraction={self.validation_fraction}."
            )
        network = self._network

        def validate():
            scores = raw_scores(network, data.X, held)
            if not np.isfinite(scores).all():
                return np.nan
            return self._validation_score(y_held, scores, weights)

        return rows, validate

    def _check_finite(self, watch):
        """Refuse a network that is not usable, unless the best epoch is back."""
        lost = watch.diverged and watch.validate is None
        if lost or not self._network.is_finite():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                "contain large values and need to be preprocessed."
            )
        if watch.diverged:
            warn(
                "Training diverged (the loss is not finite); the parameters of the "
                "best epoch were restored, or the starting ones if no epoch had a "
                "score. Lower learning_rate_init or scale the data.",
                ConvergenceWarning,
            )

    def _optimizer(self):
        if not isinstance(self.solver, str):
            return self.solver
        if self.solver == "sgd":
            return SGD(self.momentum, self.nesterovs_momentum)
        if self.solver in ("adam", "adamw"):
            return OPTIMIZERS[self.solver](self.beta_1, self.beta_2, self.epsilon)
        return OPTIMIZERS[self.solver]()

    def _schedule(self):
        if not isinstance(self.learning_rate, str):
            self.learning_rate.check()
            return self.learning_rate
        # scikit-learn's names are inert with its 'adam', and so they are here.
        if self.learning_rate == "constant" or self.solver == "adam":
            return Constant()
        if self.learning_rate == "invscaling":
            return InverseScaling(self.power_t)
        return Adaptive()
