"""The objects that users may write, as protocols: their methods and attributes.

A protocol describes; nothing has to inherit from it. The base classes (`Loss`,
`ActivationFunction`, `Optimizer`, `Schedule`, `Initializer`, `Penalty`) bring the
optional attributes with their defaults. An object without a base class gets these
defaults from `skdl.engine.specification.complete`.

Every object may also have ``check()``, which raises ValueError for settings outside of
their ranges. It is called before any work.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from skdl.engine.progress import Progress
from skdl.engine.target_tables import TargetTable

__all__ = [
    "Activation",
    "Augmenter",
    "AugmenterState",
    "ClassificationLoss",
    "Initializer",
    "Optimizer",
    "OptimizerState",
    "Penalty",
    "RegressionLoss",
    "Schedule",
    "StepObserver",
]


class _AnyLoss(Protocol):
    """The part that all losses share."""

    def rows_and_gradient(
        self,
        scores: np.ndarray,
        targets: np.ndarray,
        rows: np.ndarray,
        gradient: np.ndarray,
    ) -> None:
        """Write each row's loss, and its derivative with respect to the row's scores.

        Row weights and the division by the number of rows are not part of it.

        Parameters
        ----------
        scores : ndarray of shape (..., n, k)
            Raw scores. They may be overwritten.
        targets : ndarray of shape (n, k)
            Targets as ``encode`` returned them.
        rows : ndarray of shape (..., n, 1)
            Where the losses go.
        gradient : ndarray of shape (..., n, k)
            Where the derivative goes.
        """


class ClassificationLoss(_AnyLoss, Protocol):
    """A loss for classes: `skdl.engine.losses.Loss` has its optional attributes.

    With ``probabilities``, its targets are probabilities; otherwise it is a loss of
    margins.
    """

    def n_scores(self, n_classes: int) -> int:
        """Return the number of scores for a number of classes."""
        ...

    def encode(
        self, y: np.ndarray, n_classes: int, dtype: np.dtype
    ) -> "tuple[np.ndarray, np.ndarray | TargetTable | None]":
        """Turn y into targets.

        Parameters
        ----------
        y : ndarray
            Class numbers (n,), or a matrix where the loss says ``multilabel`` or
            ``soft_targets``.
        n_classes : int
            Number of classes.
        dtype : numpy.dtype
            The network's dtype.

        Returns
        -------
        targets : ndarray of shape (n,) or (n, n_scores)
            One row per sample.
        table : ndarray of shape (n_rows, n_scores), TargetTable, or None
            If there is a table, the targets are row numbers of it: a batch of labels
            then becomes a batch of rows by one ``take``.
        """
        ...

    def probabilities(self, scores: np.ndarray, exclusive: bool = True) -> np.ndarray:
        """Return probabilities, one column per class (optional).

        Parameters
        ----------
        scores : ndarray of shape (..., n, n_scores)
            Raw scores.
        exclusive : bool, default=True
            Whether classes exclude one another. Only losses that say ``multilabel`` get
            False.
        """
        ...

    def log_probabilities(
        self, scores: np.ndarray, exclusive: bool = True
    ) -> np.ndarray:
        """Return the logarithm of ``probabilities`` (optional)."""
        ...


class RegressionLoss(_AnyLoss, Protocol):
    """A loss for numbers: `skdl.engine.losses.Loss` has its optional attributes."""

    def encode(self, y: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, None]:
        """Return targets in the network's dtype, and None.

        Parameters
        ----------
        y : ndarray of shape (n, n_outputs)
            Targets as the user has them.
        dtype : numpy.dtype
            The network's dtype.
        """
        ...

    def predictions(self, scores: np.ndarray) -> np.ndarray:
        """Return predictions in the units of y, for raw scores (n, k)."""
        ...


class Activation(Protocol):
    """An activation function: `ActivationFunction` has its optional attributes."""

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A.

        Z and A have one shape, for ``in_place`` they are one array, and for several
        ``pieces`` Z is that many times wider. What ``backward`` needs may be put into
        Z.
        """

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA in place by the derivative f'(Z).

        Z and A are as ``forward`` left them, and may be overwritten. For several
        ``pieces``, the gradient with respect to Z is written into Z instead.
        """


class OptimizerState(Protocol):
    """The state of one training run, made by an optimizer."""

    def step(self, parameters: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Update the parameters in place. The gradient may be overwritten."""

    def step_sizes(
        self, rate: float, block: slice, out: np.ndarray
    ) -> "np.ndarray | float":
        """Return by how much the last step moves each parameter per unit of gradient.

        Only penalties that are not smooth ask for it, after each step. Thresholds and
        steps then balance where the objective is least: what the optimizer does to a
        constant gradient (momentum, scaling), it does to the threshold.

        Parameters
        ----------
        rate : float
            The learning rate of the step.
        block : slice
            Part of the parameters as one flat vector.
        out : ndarray of the block's length
            Memory for the answer.

        Returns
        -------
        sizes : ndarray of that length, or float
            The array may be `out`. It will be overwritten.
        """
        ...

    def state_dict(self) -> Mapping[str, Any]:
        """Return copies of arrays and numbers from which a run resumes."""
        ...

    def load(self, state: Mapping[str, Any]) -> None:
        """Resume from a result of ``state_dict``."""


class Optimizer(Protocol):
    """A rule that turns gradients into steps; `fit` never changes it."""

    def start(
        self, parameters: np.ndarray, n_weights: int | None = None
    ) -> OptimizerState:
        """Return the state of a run.

        Parameters
        ----------
        parameters : ndarray of shape (..., n_parameters)
            The parameters that the run will update.
        n_weights : int, optional
            How many of them are weights, which come first.
        """
        ...


class Schedule(Protocol):
    """A learning rate that changes: `skdl.engine.schedules.Schedule` has defaults."""

    def factor(self, progress: Progress) -> float:
        """Return the factor of ``learning_rate_init`` for the next step."""
        ...


class Initializer(Protocol):
    """A way to draw starting weights."""

    def fill(
        self,
        weights: np.ndarray,
        rng: "np.random.Generator | np.random.RandomState",
    ) -> None:
        """Draw the weights of one layer, an array of shape (..., fan_in, fan_out)."""


class Penalty(Protocol):
    """A penalty R(W) = smooth · ½‖W‖² + sharp · S(W)."""

    smooth: float
    sharp: float

    def value(self, weights: np.ndarray, scratch: np.ndarray) -> float:
        """Return S(W); see `skdl.engine.penalties.Penalty`."""
        ...

    def shrink(
        self,
        weights: np.ndarray,
        steps: "np.ndarray | float",
        strength: float,
        scratch: np.ndarray,
    ) -> None:
        """Apply the proximal operator of S, in place."""


class AugmenterState(Protocol):
    """What an augmenter does to the batches of one run."""

    mixes: bool

    def transform(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return changed images (or rows) of the same shape and dtype."""
        ...

    def mix(self, X: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> None:
        """Mix rows and their targets in place. Called if ``mixes`` is True."""


class Augmenter(Protocol):
    """A random change of training rows. A function like ``transform`` will do, too."""

    def start(
        self,
        image_shape: tuple[int, int, int] | None,
        batch_size: int,
        dtype: np.dtype,
    ) -> AugmenterState:
        """Return the state of a run.

        Parameters
        ----------
        image_shape : (height, width, channels), or None
            The shape of a row as an image. None for rows that are not images.
        batch_size : int
            The most rows of a batch.
        dtype : numpy.dtype
            The dtype of the rows, as the user has them.
        """
        ...


class StepObserver(Protocol):
    """Sees single steps of training, and changes nothing.

    With a method ``batch(loss, weight)``, it is also told the mean loss of the batch
    without the penalty, and the sum of its row weights, before ``before``.
    """

    def wants(self, step: int) -> bool:
        """Return whether to observe the next step, for the number of steps so far."""
        ...

    def before(
        self, parameters: np.ndarray, gradient: np.ndarray, objective: float
    ) -> bool | None:
        """See the state before the step. Training ends at once on True.

        Parameters
        ----------
        parameters, gradient : ndarray of shape (..., n_parameters)
            To be read only. The gradient is not clipped yet.
        objective : float
            The batch's mean loss plus penalty.
        """
        ...

    def after(self, parameters: np.ndarray, rate: float) -> None:
        """See the parameters after the step. Not called if the loss has diverged."""
