"""The way of the data, from ``fit`` to the engine, for every net."""

import copy
import warnings
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._transaction import unchanged_on_error
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.batching import Data
from skdl.engine.network import Network
from skdl.engine.optimizers import SGD, Adam
from skdl.engine.prediction import raw_scores
from skdl.engine.schedules import Adaptive, Constant, InverseScaling, Progress
from skdl.engine.training import train, train_lbfgs
from skdl.estimators._parameters import NetParameters
from skdl.estimators._random import load_streams, random_streams, save_streams
from skdl.estimators._validation import (
    check_batch_size,
    check_hidden_layers,
    check_training_data,
    check_X,
    network_dtype,
    split_rows,
)
from skdl.estimators._watch import Watch

__all__ = ["BaseNet", "has_partial_fit"]


def has_partial_fit(estimator):
    """Tell `available_if` whether the solver can go on batch by batch."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic solvers ('sgd', 'adam'): "
            "solver='lbfgs' needs all rows at once."
        )
    return True


@dataclass(eq=False, repr=False)
class BaseNet(NetParameters):
    """What classifiers and regressors share.

    A subclass says what its targets mean:

    - ``_y_numeric``: whether they are numbers;
    - ``_code_targets(y, dtype, first, incremental, classes)`` returns ``(y, targets,
      table, n_scores)``: y as the next two read it, what `Data` holds, and the width
      of the last layer;
    - ``_strata(y)``: what a random split should keep the shares of, or None;
    - ``_validation_score(y, scores, weights)``: how good raw scores are;
    - ``_loss()``: the loss object.
    """

    def _fit(self, X, y, sample_weight, incremental=False, classes=None):
        """Train; on any error leave the estimator as it was."""
        first = not (hasattr(self, "_network") and (incremental or self.warm_start))
        hidden = check_hidden_layers(self.hidden_layer_sizes)
        if incremental and self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True: it has no epochs "
                "to compare. Set early_stopping=False or call fit."
            )
        with unchanged_on_error(self):
            X, y, weights = check_training_data(
                self, X, y, sample_weight, reset=first, y_numeric=self._y_numeric
            )
            dtype = network_dtype(X) if first else self._network.dtype
            if weights is not None:
                weights = weights.astype(dtype, copy=False)
            y, targets, table, n_scores = self._code_targets(
                y, dtype, first, incremental, classes
            )
            data = Data(X, targets, table, weights)
            widths = (X.shape[1], *hidden, n_scores)
            if first:
                initialization, streams = random_streams(self.random_state)
                self._start(widths, dtype, initialization)
            else:
                streams = self._go_on(widths)
            self._prepare_records()
            self._train(data, y, streams, incremental)
        return self

    def _start(self, widths, dtype, rng):
        """Make a new network, and empty records."""
        activations = [ACTIVATIONS[self.activation]() for _ in widths[2:]]
        self._network = Network(widths, activations, dtype)
        # scikit-learn's bounds: sigmoids, which are flatter, start a little smaller.
        self._network.initialize(rng, 2.0 if self.activation == "logistic" else 6.0)
        self._training_state = None
        self.n_layers_ = len(widths)
        self.n_outputs_ = widths[-1]
        self.out_activation_ = self._loss().out_activation
        self.t_ = 0
        self.loss_curve_ = []
        self.best_loss_ = self.validation_scores_ = self.best_validation_score_ = None

    def _go_on(self, widths):
        """Copy the network, for a failure to lose nothing; return the streams."""
        if widths != self._network.widths:
            raise ValueError(
                f"warm_start and partial_fit go on with a network of widths "
                f"{self._network.widths}; hidden_layer_sizes and the data now ask for "
                f"{widths}. Set warm_start=False, or clone the estimator."
            )
        self._network = copy.deepcopy(self._network)
        if self._training_state is None:  # fitted without a wish to go on
            return random_streams(self.random_state)[1]
        return load_streams(self._training_state["streams"])

    def _prepare_records(self):
        """Have the lists and bests that `Watch` adds to, old ones as copies."""
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

    def _train(self, data, y, streams, incremental):
        state = self._training_state or {}
        progress = Progress(**state.get("progress", {}))
        if self.solver == "lbfgs":
            watch = Watch(self, self._network, progress, Constant(), None, patient=True)
            optimizer_state = self._train_lbfgs(data, watch)
        else:
            validate = None
            if self.early_stopping:
                data.rows, validate = self._hold_out(data, y, streams["validation"])
            schedule = self._schedule()
            watch = Watch(
                self, self._network, progress, schedule, validate, patient=incremental
            )
            optimizer_state = self._train_stochastic(
                data, streams, state.get("optimizer"), watch, incremental
            )
        self.t_ = progress.rows
        self._training_state = None
        if incremental or self.warm_start:
            self._training_state = {
                "optimizer": optimizer_state,
                "progress": asdict(progress),
                "streams": save_streams(streams),
            }
        self._check_finite(watch)

    def _train_stochastic(self, data, streams, optimizer_state, watch, incremental):
        network, progress, schedule = self._network, watch.progress, watch.schedule
        optimizer = self._optimizer().start(network.parameters)
        kind = type(optimizer).__name__
        if optimizer_state is not None and optimizer_state["kind"] == kind:
            optimizer.load(optimizer_state)
        try:
            train(
                network,
                self._loss(),
                optimizer,
                data,
                streams["shuffling"] if self.shuffle else None,
                alpha=self.alpha,
                batch_size=check_batch_size(self.batch_size, data.n_rows),
                rate=lambda now: self.learning_rate_init * schedule.factor(now),
                progress=progress,
                max_epochs=1 if incremental else self.max_iter,
                on_epoch=watch,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", UserWarning, stacklevel=5)
        else:
            if not (incremental or watch.converged or watch.diverged):
                warnings.warn(
                    f"Maximum iterations (max_iter={self.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=5,
                )
        if watch.validate is not None:
            np.copyto(network.parameters, watch.best_parameters)
        return {"kind": kind, **optimizer.state_dict()}

    def _train_lbfgs(self, data, watch):
        result = train_lbfgs(
            self._network,
            self._loss(),
            data,
            alpha=self.alpha,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            on_epoch=watch,
        )
        self.n_iter_ = result.nit
        self.loss_ = result.fun
        if result.status != 0:
            warnings.warn(
                f"lbfgs failed to converge after {result.nit} iterations (status="
                f"{result.status}): {result.message}. Increase max_iter "
                f"({self.max_iter}) or max_fun ({self.max_fun}), or scale the data.",
                ConvergenceWarning,
                stacklevel=5,
            )
        return None

    def _hold_out(self, data, y, rng):
        """Return the rows to train on, and a function that scores the others."""
        labels = self._strata(y)
        rows, held = split_rows(data.n_rows, self.validation_fraction, labels, rng)
        y_held = y[held]
        weights = None if data.weights is None else data.weights[held, 0]
        if weights is not None and not (weights.any() and data.weights[rows].any()):
            raise ValueError(
                "sample_weight is zero for all training or all validation rows of the "
                f"split by validation_fraction={self.validation_fraction}."
            )
        network = self._network

        def validate():
            scores = raw_scores(network, data.X, held)
            if not np.isfinite(scores).all():
                return np.nan
            return self._validation_score(y_held, scores, weights)

        return rows, validate

    def _check_finite(self, watch):
        if watch.diverged and watch.validate is not None:
            warnings.warn(
                "Training diverged (the loss is not finite); the parameters of the "
                "best epoch were restored. Lower learning_rate_init or scale the data.",
                ConvergenceWarning,
                stacklevel=5,
            )
        if not np.isfinite(self._network.parameters).all() or (
            watch.diverged and watch.validate is None
        ):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                "contain large values and need to be preprocessed."
            )

    def _optimizer(self):
        if self.solver == "sgd":
            return SGD(self.momentum, self.nesterovs_momentum)
        return Adam(self.beta_1, self.beta_2, self.epsilon)

    def _schedule(self):
        # As in scikit-learn, the names below are for SGD; Adam leaves them alone.
        if self.solver == "sgd" and self.learning_rate == "invscaling":
            return InverseScaling(self.power_t)
        if self.solver == "sgd" and self.learning_rate == "adaptive":
            return Adaptive()
        return Constant()

    def _raw_scores(self, X):
        """Return raw scores of shape (n_samples, n_outputs_) of checked data."""
        return raw_scores(self._network, check_X(self, X))

    @property
    def coefs_(self):
        """List of the layers' weights, each of shape (fan_in, fan_out): views."""
        return [layer.weights for layer in self._fitted_network("coefs_").affine]

    @property
    def intercepts_(self):
        """List of the layers' biases, each of shape (fan_out,): views."""
        network = self._fitted_network("intercepts_")
        return [layer.biases[0] for layer in network.affine]

    def _fitted_network(self, attribute):
        # AttributeError, so that hasattr() says no before fit as it does after it.
        if "_network" not in vars(self):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: no {attribute!r}."
            )
        return self._network

    def _linear_layer(self, attribute):
        network = self._fitted_network(attribute)
        if len(network.affine) > 1:
            raise AttributeError(
                f"{attribute!r} is for linear models: hidden_layer_sizes=(), not "
                f"{self.hidden_layer_sizes!r}."
            )
        return network.affine[0].weights, network.affine[0].biases[0]

    def __sklearn_tags__(self):
        """Sparse input is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
