"""The net: its parameters, ``fit`` and ``partial_fit``."""

from typing import ClassVar

from sklearn.callback import CallbackSupportMixin

from skdl._arguments import explain_arguments
from skdl._sklearn import fit_context
from skdl.estimators._callbacks import CALLBACK_ATTRIBUTES, check_callbacks
from skdl.estimators._finish import finish
from skdl.estimators._fit_transaction import fitting
from skdl.estimators._fitted import FittedNet
from skdl.estimators._growing_records import LISTS
from skdl.estimators._keyboard_interrupt import stopped_by_ctrl_c
from skdl.estimators._load_model import load_model
from skdl.estimators._parameters import NetParameters
from skdl.estimators._prepare import prepare
from skdl.estimators._resolve import uses_lbfgs
from skdl.estimators._summary import NetSummary, summarize
from skdl.estimators._training_run import TrainingRun
from skdl.estimators._validation_arguments import check_validation
from skdl.estimators.targets._choice import targets_of


def has_partial_fit(estimator):
    """Tell `available_if` whether the solver trains batch by batch."""
    if uses_lbfgs(estimator):
        raise AttributeError(
            "partial_fit is only available for stochastic solvers: solver='lbfgs' "
            "needs all rows at once."
        )
    return True


class BaseNet(CallbackSupportMixin, FittedNet, NetParameters):
    """A net of any kind.

    `NetParameters` says what its parameters may be, `FittedNet` what it offers once it
    is fitted, and `skdl.estimators.targets` what y means. A subclass has the
    constructor, ``partial_fit``, ``predict`` and ``score``, and sets ``_y_numeric``:
    whether y holds numbers. With ``_is_drop_in = True``, it prints what
    scikit-learn's MLPs print. Like those, it does not warn of a y with a single class.
    """

    _is_drop_in: ClassVar[bool] = False

    @fit_context(prefer_skip_nested_validation=True)
    @explain_arguments
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
            A regressor takes numbers. A classifier takes one of these:

            - class labels of any sortable type;
            - a matrix with class labels in each column, of which some are not 0 or 1;
            - an indicator matrix of zeros and ones, if the loss allows several labels
              per row;
            - a distribution over the classes in each row, if the loss takes soft
              targets.
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
            If `max_iter` or `max_fun` ends training, and after each restart of a
            run that diverged.
        """
        validation = check_validation(self, X_val, y_val, sample_weight_val)
        with fitting(self):
            run = prepare(self, X, y, sample_weight, validation)
            with stopped_by_ctrl_c(run):
                run.begin()
                while run.has_epochs_left():
                    run.start_epochs()
                    run.train(**run.arguments())
                    run.restart_after_divergence()
            finish(run)
        return self

    @explain_arguments
    def set_callbacks(self, *callbacks):
        """Set the callbacks of ``fit``; without arguments, remove them.

        Parameters
        ----------
        *callbacks : callback objects
            Of skdl, of scikit-learn, or your own.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For a list, a class, or an object that lacks a method of a callback.
        """
        check_callbacks(callbacks)
        return super().set_callbacks(*callbacks)

    def _partial_fit(self, X, y, sample_weight, validation, classes=None):
        """Make one pass over X and y.

        Parameters
        ----------
        X, y, sample_weight, classes : object
            As the user gave them.
        validation : tuple
            (X_val, y_val, sample_weight_val).
        """
        validation = check_validation(self, *validation, incremental=True)
        with fitting(self):
            run = prepare(
                self, X, y, sample_weight, validation, incremental=True, classes=classes
            )
            with stopped_by_ctrl_c(run):
                run.begin()
                run.start_epochs()
                run.train(**run.arguments())
                run.restart_after_divergence()
            finish(run)
        return self

    @explain_arguments
    def summary(
        self, n_features: int | None = None, n_outputs: int | None = None
    ) -> NetSummary:
        """Return the layers, their shapes, numbers of parameters, and the memory.

        Before ``fit``, the memory is that for a float64 X. A float32 X takes half.

        Parameters
        ----------
        n_features : int, optional
            Number of columns of X. A net that is not fitted does not know it.
        n_outputs : int, optional
            Number of scores, `n_outputs_` of a fitted net. The loss decides: a softmax
            has one for each class, a sigmoid has one for two classes.

        Returns
        -------
        summary : NetSummary
            ``print`` shows it as a table, notebooks as HTML. Its attributes `layers`,
            `n_parameters`, `parameter_bytes` and `training_bytes` hold the numbers.

        Examples
        --------
        >>> from skdl import MLPClassifier
        >>> print(MLPClassifier((50, 20)).summary(n_features=64, n_outputs=10))
        MLPClassifier, not fitted
        <BLANKLINE>
        layer     operation    shape  parameters
        hidden 1  affine     64 → 50       3,250
                  Relu            50
        hidden 2  affine     50 → 20       1,020
                  Relu            20
        output    affine     20 → 10         210
        <BLANKLINE>
        4,480 parameters, 4,400 of them weights: 35.8 kB in float64
        Training with batches of 200 rows: about 513 kB, without X
        """
        return summarize(self._at_rest(), n_features, n_outputs)

    @property
    def training_(self) -> TrainingRun:
        """The `TrainingRun` that callbacks find while ``fit`` runs."""
        if "_run" not in vars(self):
            raise AttributeError("training_ is there while fit or partial_fit runs.")
        return self._run

    def __load_checkpoint__(self, model, state, which):
        """Become a fitted net, for `Checkpoint.load`; see `load_model`."""
        load_model(self, model, state, which)

    def __getstate__(self):
        """Leave the run in progress out of copies; give them lists of their own."""
        state = super(BaseNet, self._at_rest()).__getstate__()
        own = ("_run", "_before_fit", "_growing_history", *CALLBACK_ATTRIBUTES)
        state = {name: state[name] for name in state if name not in own}
        for name in LISTS:
            if isinstance(state.get(name), list):
                state[name] = list(state[name])
        return state

    def _loss(self):
        return targets_of(self).loss
