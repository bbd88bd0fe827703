"""The table of meta-estimators: how one is made of a net, and what it promises."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV
from sklearn.multiclass import (
    OneVsOneClassifier,
    OneVsRestClassifier,
    OutputCodeClassifier,
)
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from skdl import Standardizer
from tests.meta import promises
from tests.meta.problems import N_TRAIN, codes


def seeds(net, n=3):
    """Return named nets that differ in their random state."""
    (name,) = [name for name in net.get_params() if name.endswith("random_state")]
    return [(f"net{i}", clone(net).set_params(**{name: i})) for i in range(n)]


# What the rows promise beyond their score: each gets the fitted model, and its problem.


class FarTargets(MetaEstimatorMixin, BaseEstimator):
    """Moves y to where a net without scaling would not find it."""

    def __init__(self, regressor):
        self.regressor = regressor

    def fit(self, X, y):
        self.model_ = clone(self.regressor).fit(X, 1000 + 30 * y)
        return self

    def predict(self, X):
        return (self.model_.predict(X) - 1000) / 30


class Columns(MetaEstimatorMixin, BaseEstimator):
    """Gives a model the target and a function of it as two columns."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.model_ = clone(self.estimator).fit(X, self.columns(y))
        return self

    def columns(self, y):
        return np.column_stack([codes(y), y == "cat" if y.dtype.kind == "U" else -y])

    def predict(self, X):
        first = self.model_.predict(X)[:, 0]
        labels = self.classes_.dtype.kind == "U"
        return self.classes_[first.astype(int)] if labels else first


class FewLabels(MetaEstimatorMixin, BaseEstimator):
    """Hides three labels of five from a semi-supervised model."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        known = np.arange(len(y)) % 5 < 2
        self.model_ = clone(self.estimator).fit(X, np.where(known, codes(y), -1))
        return self

    def predict(self, X):
        return self.classes_[self.model_.predict(X)]


@dataclass(frozen=True)
class Row:
    """A meta-estimator, and what it promises.

    ``nets`` says for which: "classes", "numbers" or "any". ``bar`` is the least score.
    """

    model: Callable
    nets: str
    promises: tuple = ()
    bar: float = 0.9
    needs_probabilities: bool = False


ALPHAS = {"alpha": [1e-3, 0.1, 1.0, 1e5]}
BAG = {
    "n_estimators": 12,
    "max_features": 6,
    "max_samples": 50,
    "oob_score": True,
    "random_state": 0,
}
ROWS = {
    "hard vote": Row(
        lambda net: VotingClassifier(seeds(net), voting="hard"),
        "classes",
        (promises.votes_are_counted, promises.weights_reach_the_members),
    ),
    "soft vote": Row(
        lambda net: VotingClassifier(seeds(net), voting="soft"),
        "classes",
        (promises.probabilities_are_averaged,),
        needs_probabilities=True,
    ),
    "mean": Row(
        lambda net: VotingRegressor(seeds(net)),
        "numbers",
        (promises.predictions_are_averaged, promises.weights_reach_the_members),
    ),
    "stack": Row(
        lambda net: StackingClassifier(seeds(net), cv=3),
        "classes",
        (promises.stack_reads_scores,),
    ),
    "stacked numbers": Row(
        lambda net: StackingRegressor(seeds(net), cv=3),
        "numbers",
        (promises.stack_reads_scores,),
    ),
    "bag": Row(
        lambda net: BaggingClassifier(net, **BAG),
        "classes",
        (promises.bag_knows_what_it_left_out,),
    ),
    "bag of numbers": Row(
        lambda net: BaggingRegressor(net, **BAG),
        "numbers",
        (promises.bag_knows_what_it_left_out,),
    ),
    "self-training": Row(
        lambda net: FewLabels(SelfTrainingClassifier(net, threshold=0.8)),
        "classes",
        (promises.labels_are_added,),
        needs_probabilities=True,
    ),
    # Boosting's weights sum to 1, and alpha counts against their sum.
    "boosting": Row(
        lambda net: AdaBoostClassifier(
            clone(net).set_params(alpha=net.alpha / N_TRAIN, hidden_layer_sizes=()),
            n_estimators=5,
            random_state=0,
        ),
        "classes",
        (promises.boosting_weighs_mistakes,),
    ),
    "boosted numbers": Row(
        lambda net: AdaBoostRegressor(net, n_estimators=5, random_state=0),
        "numbers",
        (promises.boosted_members_differ,),
    ),
    "one against the rest": Row(
        OneVsRestClassifier, "classes", (promises.a_net_for_each_class,)
    ),
    "one against one": Row(OneVsOneClassifier, "classes", (promises.pairs_have_nets,)),
    "output codes": Row(
        lambda net: OutputCodeClassifier(net, code_size=3, random_state=0), "classes"
    ),
    "columns of classes": Row(
        lambda net: Columns(MultiOutputClassifier(net)),
        "classes",
        (promises.every_column_is_predicted,),
    ),
    "chain": Row(
        lambda net: Columns(ClassifierChain(net, random_state=0)),
        "classes",
        (promises.every_column_is_predicted,),
    ),
    "columns of numbers": Row(
        lambda net: Columns(MultiOutputRegressor(net)),
        "numbers",
        (promises.every_column_is_predicted,),
    ),
    "chain of numbers": Row(
        lambda net: Columns(RegressorChain(net, random_state=0)),
        "numbers",
        (promises.every_column_is_predicted,),
    ),
    "calibrated": Row(
        lambda net: CalibratedClassifierCV(net, cv=3),
        "classes",
        (promises.probabilities_are_calibrated,),
    ),
    "targets transformed": Row(
        lambda net: FarTargets(
            TransformedTargetRegressor(net, transformer=Standardizer())
        ),
        "numbers",
        (promises.targets_come_back,),
    ),
    "grid search": Row(
        lambda net: GridSearchCV(net, ALPHAS, cv=3),
        "any",
        (promises.search_avoids_the_absurd,),
    ),
    "halving": Row(
        lambda net: HalvingRandomSearchCV(
            net,
            {"alpha": [1e-3, 1e-2, 0.1, 1.0, 1e5, 1e6]},
            n_candidates=6,
            cv=3,
            resource="max_iter",
            min_resources=20,
            max_resources=60,
            random_state=0,
        ),
        "any",
        (promises.halving_spends_more_on_the_best,),
    ),
    "elimination": Row(
        lambda net: RFE(net, n_features_to_select=2),
        "any",
        (promises.the_strong_remain,),
        bar=0.6,  # two columns do not say all
    ),
    # How many columns stay is up to the scores of the folds.
    "recursive elimination": Row(
        lambda net: RFECV(net, cv=3), "any", (promises.noise_is_dropped,)
    ),
    "selection": Row(
        lambda net: make_pipeline(SelectFromModel(net), clone(net)),
        "any",
        (promises.noise_is_filtered,),
        bar=0.75,  # the mean as a threshold lets a weak column go
    ),
}
