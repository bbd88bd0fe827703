"""Classes out of the votes of several nets."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from sklearn.base import ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdl._explain import or_nothing
from skdl.ensemble._ballot import Ballot
from skdl.ensemble._base import BaseEnsemble
from skdl.estimators._classifier import BaseClassifier
from skdl.estimators._outputs import share_of_right_rows, side_by_side
from skdl.estimators._targets import as_labels, holds_distributions, soft_rows
from skdl.estimators.mlp_classifier import MLPClassifier

__all__ = ["EnsembleClassifier"]


def _has_probabilities(ensemble):
    if ensemble.voting == "hard":
        raise AttributeError("voting='hard' counts votes, which are no probabilities.")
    # The net says itself why not.
    ensemble._base_estimator().predict_proba  # noqa: B018
    return True


@dataclass(eq=False, repr=False)
class EnsembleClassifier(ClassifierMixin, BaseEnsemble):
    """What the members' votes mean."""

    _kind: ClassVar[type] = BaseClassifier
    _kind_name: ClassVar[str] = "classifiers"
    _default: ClassVar[type] = MLPClassifier

    _: KW_ONLY
    voting: str = "soft"
    weights: str | None = None

    def predict(self, X):
        """Return the class that each row is voted into.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator (n_samples, n_labels)
            Of several columns of labels, (n_samples, n_columns). Of equals, the first
            in the order of `classes_` wins.
        """
        labels = self._count(Ballot.labels, X)
        return side_by_side(labels) if isinstance(labels, list) else labels

    def decision_function(self, X):
        """Return what the vote came to; `predict` takes the largest.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,)
            With 'soft' the logarithms of `predict_proba`, with 'hard' the shares of the
            votes, with 'margin' the mean of the members' own. For two classes the
            second one's minus the first one's, so that 0 parts them; so it does for
            labels that do not exclude one another. A list of such arrays for several
            columns of labels.
        """
        return self._count(Ballot.decision, X)

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            With 'soft' the mean of the members', with 'margin' those of the mean of
            their scores; not with 'hard'. A list of such arrays for several columns of
            labels.
        """
        return self._count(Ballot.probabilities, X)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Return the logarithm of each probability, computed in log space.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
        """
        return self._count(Ballot.log_probabilities, X)

    def score(self, X, y, sample_weight=None):
        """Return the share of rows that are classified correctly.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), or an indicator (n_samples, n_labels)
            As for the nets: of several labels a row needs all right, and soft targets
            stand for their most probable class.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        accuracy : float
        """
        check_is_fitted(self)
        net = self._nets[0]
        if net._several_outputs:
            return share_of_right_rows(y, self.predict(X), sample_weight)
        if net._soft_targets_allowed and holds_distributions(y):
            y = self.classes_[soft_rows(y).argmax(axis=1)]
        return super().score(X, or_nothing(as_labels, y, nothing=y), sample_weight)

    def _count(self, method, X):
        """Return what a method of `Ballot` says; a list for several columns."""
        scores = self._member_scores(X)
        net, weights = self._nets[0], self._vote_weights()
        # One member speaks for itself.
        voting = self.voting if len(scores) > 1 else "margin"
        several = net._several_outputs
        parts = net._loss().split(scores) if several else [scores]
        answers = [
            method(Ballot(output, part, voting, weights))
            for output, part in zip(net._outputs, parts, strict=True)
        ]
        return answers if several else answers[0]

    def _check_voting(self):
        net = self._base_estimator()
        if hasattr(net, "predict_proba"):
            return
        if self.voting == "soft" and not getattr(self, "average_weights", False):
            raise ValueError(
                f"voting='soft' takes the mean of probabilities, and {net!r} has none: "
                "take voting='margin', the mean of scores, or 'hard'."
            )
        if self.weights == "confidence":
            raise ValueError(
                f"weights='confidence' are probabilities, and {net!r} has none: take "
                "weights='score' or None."
            )

    def __sklearn_tags__(self):
        """Several labels per row, where the net allows them."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags = get_tags(self._base_estimator()).classifier_tags
        return tags
