"""A transformer that returns the activations of a hidden layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
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

from skdl._arguments import explain_parameters
from skdl._inputs import TakesValidationSets
from skdl._parameters import ExplainedParameters
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.estimators._internal_api import check_hidden_layers, network_of
from skdl.inspection._unwrap import hidden_layer_index, unwrap_net
from skdl.inspection.gradients import hidden_activations

__all__ = ["NeuralFeatures"]


@explain_parameters
@dataclass(eq=False, repr=False)
class NeuralFeatures(
    Versioned,
    ExplainedParameters,
    ClassNamePrefixFeaturesOutMixin,
    TakesValidationSets,
    TransformerMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Transforms rows into the activations of a hidden layer of a net.

    ``fit`` trains the net on X and y, and ``transform`` returns the result of
    `hidden_activations`: features that the net has learned for its task, for use by
    another model, in a plot or in a search for neighbours.

    Parameters
    ----------
    estimator : net, or pipeline or search with one inside
        The net to train. It is cloned and fitted; for a search, the best estimator is
        used. To use a fitted net as it is, wrap it in scikit-learn's
        ``FrozenEstimator``.
    layer : int or str, default=-1
        The hidden layer: 0 or "hidden 1" is the first; negative numbers count from the
        last, which is -1.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone of `estimator`.
    n_features_in_ : int
        The number of columns of X in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if X has names and all are strings.

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

    estimator: Any
    layer: int | str = -1

    def fit(
        self, X: ArrayLike, y: ArrayLike | None = None, **fit_params: Any
    ) -> "NeuralFeatures":
        """Fit the net.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets, as the net takes them; None only for a frozen net.
        **fit_params
            Arguments of the estimator's ``fit``, such as `sample_weight`; with metadata
            routing, those that it requests.

        Returns
        -------
        self : NeuralFeatures
            The fitted transformer.

        Raises
        ------
        TypeError
            If the estimator contains no net of skdl, before any work.
        ValueError
            If the net has no such layer, before any work (for a search, after it, as it
            may try several numbers of layers); and for data that its ``fit`` refuses.
            The transformer is unchanged then.
        """
        unwrapped = unwrap_net(self.estimator, to_fit=True)
        if not unwrapped.is_searched:
            _check_layer(self.layer, unwrapped.net)
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **fit_params)
            fit_params = routed.estimator.fit
        estimator = clone(self.estimator).fit(X, y, **fit_params)
        if unwrapped.is_searched:
            _check_layer(self.layer, unwrap_net(estimator).net)
        with unchanged_on_error(self):
            self.estimator_ = estimator
            for name in ("n_features_in_", "feature_names_in_"):
                self.__dict__.pop(name, None)
                if hasattr(estimator, name):
                    setattr(self, name, getattr(estimator, name))
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the activations of the hidden layer.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            The rows to transform.

        Returns
        -------
        activations : ndarray of shape (n_samples, width)
            float32 or float64, as the net computes.
        """
        check_is_fitted(self)
        return hidden_activations(self.estimator_, X, self.layer)

    @property
    def _n_features_out(self):
        widths = network_of(unwrap_net(self.estimator_).net).widths[1:-1]
        return widths[hidden_layer_index(self.layer, len(widths))]

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of ``fit_params`` to the estimator's ``fit``.

        Returns
        -------
        routing : MetadataRouter
            The routing, for scikit-learn.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        """Return the estimator's input tags; y is required if the net requires it."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags.required = inner.target_tags.required
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_layer(layer, net):
    hidden_layer_index(layer, len(check_hidden_layers(net.hidden_layer_sizes)))
