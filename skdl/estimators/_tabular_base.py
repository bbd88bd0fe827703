"""What both nets for tables share: parameters, encoding, training, importances."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_arguments
from skdl._inputs import refuse_containers
from skdl._parameters import N_MEMBERS, ExplainedParameters
from skdl._sklearn import Interval, StrOptions, check_categorical_features
from skdl._version import Versioned
from skdl.callbacks import Checkpoint, Monitor
from skdl.engine.stacking import network_like
from skdl.estimators._architecture import check_hidden_layers
from skdl.estimators._callbacks import check_callbacks, start_callbacks
from skdl.estimators._resolve import HINTS
from skdl.estimators._tabular_training import Plan, TabularRun, joined
from skdl.preprocessing import TabularEncoder
from skdl.preprocessing.tabular_encoder import read_table

__all__ = ["CONSTRAINTS", "BaseTabular", "HeldOut"]

# Numbers of members and of epochs.
PRESETS = {"fast": (4, 30), "default": (10, 45), "best": (30, 90)}
# Names of other libraries that come close.
RELATED = {
    "preset": {
        "quick": "fast",
        "mediumquality": "fast",
        "goodquality": "default",
        "medium": "default",
        "tuned": "default",
        "highquality": "best",
        "quality": "best",
    }
}
# Numbers of bins, and the number of columns from which on there are fewer.
MANY_BINS, FEW_BINS, MANY_COLUMNS = 16, 8, 100
# A level of a category that occurs in this number of rows gets a column.
MIN_FREQUENCY = 2
# At most this number of levels of a category get columns. If the code of the table then
# has more than `MAX_ELEMENTS` elements, the second number holds.
MANY_LEVELS, FEW_LEVELS, MAX_ELEMENTS = 1000, 255, 10**7
# Held-out rows for `feature_importances_`.
MAX_PERMUTED = 500
# Up to this number, rows are predicted in float64.
FEW_ROWS = 64
CONSTRAINTS: dict = {
    "preset": [StrOptions(set(PRESETS))],
    "n_members": [None, N_MEMBERS],
    "hidden_layer_sizes": [
        StrOptions({"auto"}),
        "array-like",
        Interval(Integral, 1, None, closed="left"),
    ],
    "n_bins": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "max_iter": [None, Interval(Integral, 1, None, closed="left")],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "max_time": [None, Interval(Real, 0, None, closed="neither")],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


class BaseTabular(
    Versioned, ExplainedParameters, CallbackSupportMixin, BaseEstimator
):  # fmt: skip
    """What the classifier and the regressor share."""

    _related_names = RELATED
    _hints: ClassVar[dict] = {k: HINTS[k] for k in ("dropout", "hidden_layer_sizes")}

    preset: str
    n_members: int | None
    hidden_layer_sizes: Any
    n_bins: Any
    max_iter: int | None
    learning_rate_init: float
    dropout: Any
    categorical_features: Any
    max_time: float | None
    random_state: Any
    verbose: Any
    _default_dropout: ClassVar[float]

    @explain_arguments
    def set_callbacks(self, *callbacks: Any) -> Self:
        """Set the callbacks of ``fit``; without arguments, remove them.

        Parameters
        ----------
        *callbacks : callback objects
            Of skdl, of scikit-learn, or your own; no `Checkpoint` and no `Monitor`.

        Returns
        -------
        self : TabularClassifier or TabularRegressor
            The net.

        Raises
        ------
        TypeError
            For a list, a class, an object that lacks a method of a callback, or a
            callback that only works on other nets.
        """
        check_callbacks(callbacks)
        for callback in callbacks:
            if isinstance(callback, Checkpoint | Monitor):
                name = type(callback).__name__
                raise TypeError(
                    f"{type(self).__name__} takes no {name}, which reads the state of "
                    "a single network between two steps. Take CSVLogger to record "
                    "epochs and max_time to limit the time, or MLPClassifier or "
                    f"MLPRegressor with {name}."
                )
        return super().set_callbacks(*callbacks)

    @property
    def training_(self) -> TabularRun:
        """The `TabularRun` that callbacks find while ``fit`` runs."""
        if "_run" not in vars(self):
            raise AttributeError("training_ is there while fit runs.")
        return self._run

    def __getstate__(self) -> Any:
        """Leave the run in progress out of copies."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_run"}

    def _plan(self, smoothing=0.0):
        n_members, n_epochs = PRESETS[self.preset]
        hidden = self.hidden_layer_sizes
        is_auto = isinstance(self.dropout, str)
        return Plan(
            n_members=n_members if self.n_members is None else int(self.n_members),
            hidden=None if isinstance(hidden, str) else check_hidden_layers(hidden),
            n_epochs=n_epochs if self.max_iter is None else self.max_iter,
            rate=self.learning_rate_init,
            dropout=self._default_dropout if is_auto else self.dropout,
            smoothing=smoothing,
            max_time=self.max_time,
            verbose=bool(self.verbose),
        )

    def _read(self, X, y):
        """Return the table of `fit`, whose columns are not checked yet."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None."
            )
        refuse_containers(y, "y")
        return read_table(self, X, reset=True)

    def _are_categories(self, table):
        """Return the mask of columns whose numbers are categories, or None."""
        return check_categorical_features(table.data, self.categorical_features)

    def _encode(self, table):
        """Fit the encoder to the table; return its code."""
        n_bins = self.n_bins
        if isinstance(n_bins, str):
            n_bins = FEW_BINS if table.shape[1] > MANY_COLUMNS else MANY_BINS
        encoder = TabularEncoder(
            categorical_features=self.categorical_features,
            n_bins=n_bins,
            min_frequency=MIN_FREQUENCY,
            max_categories=MANY_LEVELS,
        )
        # Arrays, whatever scikit-learn's `transform_output` is.
        self._encoder = encoder.set_output(transform="default").fit(table)
        n_elements = table.shape[0] * sum(encoder.widths_)
        if n_elements > MAX_ELEMENTS and max(encoder.widths_) > FEW_LEVELS:
            encoder.set_params(max_categories=FEW_LEVELS).fit(table)
        if hasattr(self, "feature_names_in_"):
            self._encoder.feature_names_in_ = self.feature_names_in_
        (Z,) = self._encoder.transform_blocks(table, table.shape[0])
        return _never_empty(Z)

    def _by_blocks(self, X, function):
        """Apply a function to the code of blocks of rows; put the results together."""
        check_is_fitted(self)
        blocks = self._encoder.transform_blocks(read_table(self, X, reset=False))
        return np.concatenate([function(_never_empty(Z)) for Z in blocks])

    def _network_for(self, Z):
        """Return the network that predicts rows: for a few of them, in float64.

        BLAS sums up a row in another order beside another number of rows. In float32
        this changes the last digits that scikit-learn's checks compare.
        """
        network: Any = self._network
        if len(Z) > FEW_ROWS:
            return network
        arrays = network.parameters, network.statistics
        return network_like(network, *(array.astype(np.float64) for array in arrays))

    def _learn(self, rows, numbers, plan, given, calibrates=False):
        """Train; store what every tabular net has.

        Parameters
        ----------
        rows : Rows
            The different rows.
        numbers : ndarray of int of shape (n_rows,)
            Which of them each row of `fit` is; -1 for a row of weight 0.
        plan : Plan
            The settings.
        given : tuple
            What callbacks get: X, y and sample weights of `fit`.
        calibrates : bool
            Whether to bring the scores of all groups to the same temperature.
        """
        rng = np.random.default_rng(
            check_random_state(self.random_state).randint(2**31 - 1, size=4)
        )
        rows.weights = rows.weights / rows.weights.mean()
        run = TabularRun(self, rows, _columns_without_bins(self._encoder), plan, rng)
        self._run, self._network = run, run.network
        run.train(
            start_callbacks(self, run.max_epochs, *given, attributes=run.attributes_now)
        )
        del self._run
        if run.validation is not None and calibrates and len(run.groups) > 1:
            # One temperature serves all groups then.
            temperatures = [group.temperature() for group in run.groups]
            for group, temperature in zip(run.groups, temperatures, strict=True):
                group.scale_scores(temperature / temperatures[0])
        self._network = joined(run.groups, rows.X.shape[1])
        self.best_iteration_ = run.best_epoch
        self.history_ = {name: np.array(run.history[name]) for name in run.history}
        return HeldOut(rows, numbers, run.groups, rng)

    def _learn_importances(self, held_out, losses):
        """Store the mean increase of losses when a column of held-out rows is mixed."""
        self.feature_importances_ = np.zeros(self.n_features_in_)
        if held_out.known is None:
            return
        rng = held_out.rng
        chosen = rng.permutation(held_out.known)[:MAX_PERMUTED]
        rows = held_out.rows
        Z, y, row_weights = rows.X[chosen], rows.y[chosen], rows.weights[chosen]
        layers: Any = self._network.affine
        first, *others = layers
        weights = first.scales * first.weights
        # For each group, its members and the rows that they hold out.
        groups = [
            [(member, np.flatnonzero(own == member)) for member in np.unique(own)]
            for own in held_out.members_of(chosen)
        ]
        sums = {
            member: Z[rows] @ weights[member] + first.biases[member]
            for members in groups
            for member, rows in members
        }
        n_scores = self._network.widths[-1]
        scores = [np.empty((len(y), n_scores), np.float32) for _ in groups]

        def held_out_loss(change, columns):
            """Return the loss after a change of the code in some columns."""
            for result, members in zip(scores, groups, strict=True):
                for member, rows in members:
                    # Only these columns change what the first layer sums up.
                    S = sums[member] + change[rows] @ weights[member, columns]
                    for layer in others:
                        S = np.maximum(S, 0) @ layer.weights[member]
                        S += layer.biases[member]
                    result[rows] = S
            return np.average(losses(scores, y), weights=row_weights)

        nothing = slice(0)
        base, stop = held_out_loss(Z[:, nothing], nothing), 0
        for i, width in enumerate(self._encoder.widths_):
            columns = slice(stop, stop + width)
            stop += width
            if width:
                change = Z[rng.permutation(len(y)), columns] - Z[:, columns]
                self.feature_importances_[i] = held_out_loss(change, columns) - base

    def __sklearn_tags__(self) -> Any:
        """Return tags: missing values and categories are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


class HeldOut:
    """What the groups of members predict for the rows that they hold out.

    Parameters
    ----------
    rows : Rows
        The different rows.
    numbers : ndarray of int of shape (n_rows,)
        Which of them each row of `fit` is; -1 for a row of weight 0.
    groups : list of Group
        The trained groups.
    rng : numpy.random.Generator
        Chooses rows.

    Attributes
    ----------
    known : ndarray of int, or None
        Numbers of the rows that each group holds out; None without folds.
    """

    def __init__(self, rows, numbers, groups, rng):
        self.rows, self.numbers, self.groups, self.rng = rows, numbers, groups, rng
        self.known = groups[0].known

    @property
    def scores(self):
        """Raw scores of the known rows, an array for each group."""
        return [group.scores[self.known] for group in self.groups]

    def by_row_of_fit(self, values):
        """Return an array with a value for each row of `fit`; NaN where it is unknown.

        Parameters
        ----------
        values : ndarray of shape (n_known, n_values)
            Values of the known rows.
        """
        # One row more, for the number -1.
        shape = len(self.rows.X) + 1, values.shape[1]
        of_distinct = np.full(shape, np.nan, values.dtype)
        of_distinct[self.known] = values
        return of_distinct[self.numbers]

    @property
    def sizes(self):
        """Number of members of each group."""
        return [group.n_members for group in self.groups]

    def members_of(self, rows):
        """Return who holds rows out: an array of numbers of members for each group.

        Parameters
        ----------
        rows : ndarray of int
            Numbers of known rows.
        """
        starts = np.cumsum([0, *self.sizes])
        return [
            start + group.folds[rows]
            for start, group in zip(starts, self.groups, strict=False)
        ]

    @property
    def equal_shares(self):
        """Shares of the groups that give all members the same weight."""
        return np.divide(self.sizes, sum(self.sizes))

    def member_weights(self, shares):
        """Return the weight of each member; those of a group have the same weight.

        Parameters
        ----------
        shares : ndarray of shape (n_groups,)
        """
        return np.repeat(shares / self.sizes, self.sizes)


def _columns_without_bins(encoder):
    """Return the numbers of the columns of a code other than bins of numbers."""
    is_bin = [
        i >= width - len(means)
        for width, means in zip(encoder.widths_, encoder.bin_means_, strict=True)
        for i in range(width)
    ]
    return np.flatnonzero(~np.array(is_bin or [False]))


def _never_empty(Z):
    """Return the code; a table without information gets a column of zeros."""
    return Z if Z.shape[1] else np.zeros((len(Z), 1), np.float32)
