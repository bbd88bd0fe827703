"""What a fitted net offers, whatever its targets."""

from threading import get_ident
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_arguments
from skdl.engine.layers import Join
from skdl.engine.prediction import (
    by_passes,
    bytes_per_row,
    rows_per_pass,
)
from skdl.estimators._check_input import check_X
from skdl.estimators._from_sklearn import from_sklearn
from skdl.estimators._importances import importances
from skdl.estimators._layer_arrays import LayerArrays
from skdl.estimators._to_sklearn import to_sklearn
from skdl.estimators.targets._choice import targets_of

__all__ = ["FittedNet", "rows_at_once"]


def rows_at_once(network, X):
    """Return how many rows of X to predict per pass.

    Their arrays take at most scikit-learn's ``working_memory``, unless one row alone
    needs more.

    Parameters
    ----------
    network : Network
    X : ndarray of shape (n_samples, n_features), or CSR array
    """
    if X.shape[0] == 1:
        return 1
    memory = get_config()["working_memory"] * 2**20
    return max(1, int(min(rows_per_pass(network), memory / bytes_per_row(network, X))))


class FittedNet:
    """Mixin: what a net offers once it is fitted, whatever its targets."""

    def _at_rest(self):
        """Return the net to read: this one, or the one before ``fit`` while that runs.

        Other threads than that of ``fit`` get predictions of a net that is trained and
        whose classes and columns fit its network. Callbacks see the one in training.
        """
        thread, state = vars(self).get("_before_fit", (None, None))
        if thread is None or thread == get_ident():
            return self
        net = object.__new__(type(self))
        vars(net).update(state)
        return net

    def __sklearn_is_fitted__(self):
        """Return whether there is a network: scikit-learn would search all names."""
        return "_network" in vars(self)

    def _of_scores(self, X, function):
        """Return function(raw scores) of checked data, pass by pass."""
        if "_network" not in vars(self):
            check_is_fitted(self)
        X, network = check_X(self, X), self._network
        return by_passes(network, X, function, max_rows=rows_at_once(network, X))

    def _decode(self, X, method) -> Any:
        """Return what a method of the net's `Targets`, by name, makes of raw scores."""
        if "_network" not in vars(self):
            check_is_fitted(self)
        return self._of_scores(X, getattr(targets_of(self), method))

    @property
    def coefs_(self):
        """List of the layers' weights, each of shape (fan_in, fan_out): views."""
        layers = self._fitted_network("coefs_").affine
        return LayerArrays("coefs_", [layer.weights for layer in layers])

    @coefs_.setter
    def coefs_(self, values):
        self._check_settable("coefs_")
        self.coefs_.assign(values)

    @property
    def intercepts_(self):
        """List of the layers' biases, each of shape (fan_out,): views."""
        layers = self._fitted_network("intercepts_").affine
        return LayerArrays("intercepts_", [layer.biases[0] for layer in layers])

    @intercepts_.setter
    def intercepts_(self, values):
        self._check_settable("intercepts_")
        self.intercepts_.assign(values)

    @property
    def out_activation_(self):
        """The link from scores to predictions; a list for several columns of labels."""
        self._fitted_network("out_activation_")
        return getattr(self._loss(), "out_activation", "identity")

    @out_activation_.setter
    def out_activation_(self, value):
        raise AttributeError(
            f"out_activation_={value!r} cannot be set: predictions follow from the "
            f"parameter loss={getattr(self, 'loss', None)!r}. Set loss before fit, or "
            "read a classifier's raw scores from decision_function."
        )

    @property
    def projections_(self):
        """List of the bypasses' matrices; None for one between equal widths."""
        layers = self._fitted_network("projections_").layers
        views = [layer.projection for layer in layers if isinstance(layer, Join)]
        return LayerArrays("projections_", views)

    @projections_.setter
    def projections_(self, values):
        self._check_settable("projections_")
        self.projections_.assign(values)

    @property
    def input_mean_(self):
        """What `standardize` subtracts from each column, (n_features,): a view."""
        return self._scaling("input_mean_").mean[0]

    @property
    def input_scale_(self):
        """What `standardize` divides each column by, (n_features,): read-only."""
        scale = 1 / self._scaling("input_scale_").inverse[0]
        scale.flags.writeable = False
        return scale

    @property
    def n_zero_weights_(self):
        """How many weights of all layers are exactly zero."""
        network = self._fitted_network("n_zero_weights_")
        weights = network.parameters[..., : network.n_weights]
        return int(weights.size - np.count_nonzero(weights))

    @property
    def feature_importances_(self):
        """Share of each column of X in the weights, (n_features,); they sum to 1.

        It is the root of the sum over all paths from the column to a score of the
        squared product of the weights on the path, divided by the sum over the columns.
        """
        return importances(self._fitted_network("feature_importances_"))

    @explain_arguments
    def to_sklearn(self):
        """Return a fitted scikit-learn MLP with equal predictions, to rounding.

        It is for places that want scikit-learn's class: exporters, other tools, a
        server without skdl. It shares no array with this net.

        The net must have one of the activations 'identity', 'logistic', 'tanh' and
        'relu', the same in all hidden layers. Its loss must be the cross-entropy of a
        softmax or of sigmoids (one for two classes, or one for each label), the squared
        error, or 'poisson'. Batch normalization, `standardize` and `standardize_target`
        become parts of the weights. The two scores that a softmax has for two classes
        become one. Dropout does not matter, because predictions do not use it.

        Returns
        -------
        model : sklearn.neural_network.MLPClassifier or MLPRegressor
            It has the parameters that both classes know. A `solver` or
            `learning_rate` unknown to scikit-learn stays at its default. Records such
            as ``loss_curve_`` are this net's: they sum over several outputs, where
            scikit-learn takes the mean, and are in the units of
            `standardize_target`. ``partial_fit`` continues from the weights,
            with new moments of the optimizer. After 'lbfgs' or early stopping it
            fails, as scikit-learn's own does.

        Raises
        ------
        ValueError
            If no such model exists. The error lists the unsupported options.
        """
        return to_sklearn(self._at_rest())

    @classmethod
    @explain_arguments
    def from_sklearn(cls, model):
        """Return a fitted net with the predictions of a scikit-learn MLP.

        It is the inverse of `to_sklearn`. To make a net of given weights, set
        ``coefs_`` and ``intercepts_`` of the model, or of the net.

        Parameters
        ----------
        model : sklearn.neural_network.MLPClassifier or MLPRegressor
            Fitted. It is copied.

        Returns
        -------
        net : object
            It has the model's parameters, weights and records. ``partial_fit`` and
            warm starts continue from the weights, with new moments of the optimizer.

        Raises
        ------
        ValueError
            If this class has no net that predicts the same.

        Examples
        --------
        >>> from sklearn import neural_network
        >>> from sklearn.datasets import load_iris
        >>> from skdl import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = neural_network.MLPClassifier(solver="lbfgs", random_state=0)
        >>> net = MLPClassifier.from_sklearn(model.fit(X, y))
        >>> net.score(X, y) == model.score(X, y)
        True
        """
        return from_sklearn(cls, model)

    def _check_settable(self, name):
        if "_network" not in vars(self):
            raise NotFittedError(
                f"{name} of a {type(self).__name__} can be set once the net is fitted: "
                "it has no widths and no classes before. Call fit or partial_fit, "
                f"or build a fitted net by {type(self).__name__}.from_sklearn."
            )

    def _fitted_network(self, attribute):
        self = self._at_rest()
        # AttributeError, so that hasattr() says no before fit as it does after it.
        if "_network" not in vars(self):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: no {attribute!r}."
            )
        return self._network

    def _scaling(self, attribute):
        scaling = self._fitted_network(attribute).scaling
        if scaling is None:
            raise AttributeError(
                f"{attribute!r} is there after a fit with standardize=True, 'feature' "
                "or 'channel', or with 'auto' for a dense X and hidden layers: this "
                "net leaves its input as it is."
            )
        return scaling

    def _linear_layer(self, attribute):
        network = self._fitted_network(attribute)
        if len(network.affine) > 1:
            raise AttributeError(
                f"{attribute!r} is for linear models: hidden_layer_sizes=(), not "
                f"{self.hidden_layer_sizes!r}."
            )
        return network.affine[0].weights, network.affine[0].biases[0]

    def __sklearn_tags__(self):
        """Sparse input is accepted, unless it would not stay sparse."""
        tags = super().__sklearn_tags__()
        is_kept = not self.standardize or self.standardize == "auto"
        tags.input_tags.sparse = is_kept and self.augment is None
        return tags
