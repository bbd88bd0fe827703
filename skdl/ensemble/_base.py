"""What all ensembles share: one stacked network, and the nets that it stands for."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import fit_context
from skdl._version import Versioned
from skdl.engine.prediction import raw_scores
from skdl.engine.stacking import unstack
from skdl.ensemble._validation import check_parameters
from skdl.estimators._fitted import rows_at_once
from skdl.estimators._validation import check_X

__all__ = ["BaseEnsemble"]


@dataclass(eq=False, repr=False)
class BaseEnsemble(Versioned, BaseEstimator):
    """Members that predict in one pass.

    What they are is the business of a subclass:

    - ``_kind``, ``_kind_name`` and ``_default``: the class that the estimator must be
      of, what to call it, and the class that None stands for;
    - ``_check_voting()`` refuses options of the vote that contradict;
    - ``_fit_members(net, X, y, sample_weight, given)`` returns fitted nets with their
      networks taken out, the networks as one stack, and a dict of what else to keep.
    """

    estimator: object | None = None

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X, y, sample_weight=None, *,
        X_val=None, y_val=None, sample_weight_val=None,
    ):  # fmt: skip
        """Fit the members to X and y.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Whatever the nets take, as they take it.
        sample_weight : array-like of shape (n_samples,), optional
        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Rows by which members are scored, instead of some of X.
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
        sample_weight_val : array-like of shape (n_rows,), optional

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For an invalid parameter or array, and if training diverges. The ensemble is
            then as it was before.
        """
        net = clone(self._base_estimator())
        self._check_voting()
        given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        nets, network, results = self._fit_members(net, X, y, sample_weight, given)
        results["n_features_in_"] = nets[0].n_features_in_
        for name in ("classes_", "feature_names_in_"):
            if hasattr(nets[0], name):
                results[name] = getattr(nets[0], name)
        results |= {"_nets": nets, "_network": network}
        # In one assignment; what an earlier fit learned, and this one did not, goes.
        kept = {name: value for name, value in vars(self).items() if name[-1] != "_"}
        self.__dict__ = kept | results
        return self

    @property
    def estimators_(self):
        """List of the members, each a fitted net whose arrays are the ensemble's."""
        if "_network" not in vars(self):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: no 'estimators_'."
            )
        members = []
        for i, net in enumerate(self._nets):
            members.append(copy(net))
            members[-1]._network = unstack(self._network, i)
        return members

    def _base_estimator(self):
        """Return the estimator, if it is a net that can be a member."""
        estimator = self._default() if self.estimator is None else self.estimator
        if not isinstance(estimator, self._kind):
            raise ValueError(
                f"estimator of {type(self).__name__} must be one of skdl's "
                f"{self._kind_name}, got {estimator!r}. Instead of a pipeline around "
                "the net, make one around the ensemble."
            )
        return estimator

    def _member_scores(self, X):
        """Return raw scores (n_members, n_samples, n_scores), of one pass."""
        check_is_fitted(self)
        # The vote may have been changed since.
        check_parameters(self)
        self._check_voting()
        self._check_scores()
        X = check_X(self, X)
        max_rows = rows_at_once(self._network, X)
        return raw_scores(self._network, X, max_rows=max_rows)

    def _check_scores(self):
        """Refuse to weigh by scores that an earlier fit had no reason to take."""
        if self.weights == "score" and self.member_scores_ is None:
            raise ValueError(
                "weights='score' needs validation scores, and fit had no rows for them:"
                " fit again, now that weights say so."
            )

    def _vote_weights(self):
        """Return None, "confidence", or the members' ranks by validation score."""
        if self.weights != "score":
            return self.weights
        scores = self.member_scores_
        return rankdata(np.where(np.isnan(scores), -np.inf, scores))

    def __sklearn_is_fitted__(self):
        """Tell by the network, as validation data may be all there is beside it."""
        return "_network" in vars(self)

    def __sklearn_tags__(self):
        """What the estimator takes, the ensemble takes."""
        tags, inner = super().__sklearn_tags__(), get_tags(self._base_estimator())
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        return tags
