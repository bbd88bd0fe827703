"""A hidden layer as a step of a pipeline."""

from dataclasses import dataclass

from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skdl._inputs import takes_validation_sets
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.estimators._architecture import check_hidden_layers
from skdl.inspection._nets import hidden_layer_number, take_apart
from skdl.inspection.activations import hidden_activations

__all__ = ["NeuralFeatures"]


@dataclass(eq=False, repr=False)
class NeuralFeatures(
    Versioned,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Turns rows into the activations of a hidden layer of a net.

    ``fit`` trains the net on X and y, and ``transform`` returns what
    `hidden_activations` does: features that the net has learned for its task, for
    another model, a plot or a search for neighbours.

    Parameters
    ----------
    estimator : net, or pipeline or search with one inside
        It is cloned and fitted: of a search, the best estimator counts. A net that is
        fitted already is used as it is inside of scikit-learn's ``FrozenEstimator``.
    layer : int or str, default=-1
        Which hidden layer: 0 or "hidden 1" for the first; negative numbers count from
        the last, which is -1.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        If X had names, all strings.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.inspection import NeuralFeatures
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SoftmaxClassifier(16, learning_rate_init=0.03, tol=1e-3, random_state=0)
    >>> features = NeuralFeatures(net).fit(X / 16, y)
    >>> features.transform(X / 16).shape
    (1797, 16)
    >>> net = FrozenEstimator(features.estimator_)
    >>> model = make_pipeline(NeuralFeatures(net), KNeighborsClassifier())
    >>> model.fit(X / 16, y).score(X / 16, y) > 0.95
    True
    """

    estimator: object
    layer: int | str = -1

    def fit(self, X, y=None, **fit_params):
        """Fit the net.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Whatever the net takes; it may be None for a frozen one only.
        **fit_params
            For the estimator's ``fit``, as `sample_weight`; with metadata routing, what
            it requests.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            If the estimator is no net, before any work.
        ValueError
            If it has no such layer, before any work (but after a search, which may try
            several numbers of them); and what its ``fit`` refuses. The transformer is
            then as it was before.
        """
        parts = take_apart(self.estimator, anew=True)
        if not parts.searched:
            _check_layer(self.layer, parts.net)
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **fit_params)
            fit_params = routed.estimator.fit
        estimator = clone(self.estimator).fit(X, y, **fit_params)
        if parts.searched:
            _check_layer(self.layer, take_apart(estimator).net)
        with unchanged_on_error(self):
            self.estimator_ = estimator
            for name in ("n_features_in_", "feature_names_in_"):
                vars(self).pop(name, None)
                if hasattr(estimator, name):
                    setattr(self, name, getattr(estimator, name))
        return self

    @takes_validation_sets
    def transform(self, X):
        """Return the activations.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        activations : ndarray of shape (n_samples, width)
            float32 or float64, as the net computes.
        """
        check_is_fitted(self)
        return hidden_activations(self.estimator_, X, self.layer)

    @property
    def _n_features_out(self):
        net = take_apart(self.estimator_).net
        widths = net._network.widths[1:-1]
        return widths[hidden_layer_number(self.layer, len(widths))]

    def get_metadata_routing(self):
        """Return where metadata go: what ``fit`` gets, to that of the estimator.

        Returns
        -------
        routing : MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        """The input is the estimator's; y is what the net learns."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags.required = inner.target_tags.required
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_layer(layer, net):
    hidden_layer_number(layer, len(check_hidden_layers(net.hidden_layer_sizes)))
