"""Arrays with different numbers of rows: the error names them, and says what to do."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, TabularRegressor
from skdl import TabularClassifier as Tabular
from skdl.ensemble import BaggingEnsembleClassifier, SeedEnsembleRegressor
from skdl.inspection import MistakesDisplay, diagnose
from skdl.model_selection import CoarseToFineSearchCV, StackedGridSearchCV
from skdl.preprocessing import ImageAugmenter

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(30, 3))
y, short = np.arange(30) % 2, np.arange(20) % 2
soft = np.full((20, 2), 0.5)


def net(Net=MLPClassifier, **params):
    return Net(hidden_layer_sizes=(2,), max_iter=1, **params)


def fitted(Net=MLPClassifier, **params):
    return net(Net, **params).fit(X, y)


OF_Y = {
    "fit": lambda: net().fit(X, short),
    "fit to lists": lambda: net().fit(X.tolist(), short.tolist()),
    "fit to a frame": lambda: net().fit(pd.DataFrame(X), pd.Series(short)),
    "fit to a sparse X": lambda: net().fit(csr_array(X), short),
    "fit of a regressor": lambda: net(MLPRegressor).fit(X, short),
    "fit to distributions": lambda: net(SoftmaxClassifier).fit(X, soft),
    "partial_fit": lambda: net().partial_fit(X, short, classes=[0, 1]),
    "score": lambda: fitted().score(X, short),
    "score of a regressor": lambda: fitted(MLPRegressor).score(X, short),
    "score of a quantile": lambda: fitted(MLPRegressor, loss="quantile").score(
        X, short
    ),
    "score of distributions": lambda: fitted(SoftmaxClassifier).score(X, soft),
    "tabular classifier": lambda: Tabular().fit(X, short),
    "tabular regressor": lambda: TabularRegressor().fit(X, short),
    "bags": lambda: BaggingEnsembleClassifier(net()).fit(X, short),
    "seeds": lambda: SeedEnsembleRegressor(net(MLPRegressor)).fit(X, short),
    "search": lambda: CoarseToFineSearchCV(net(), {"alpha": (1, 9)}).fit(X, short),
    "stacked search": lambda: StackedGridSearchCV(net(), {"alpha": [1]}).fit(X, short),
    "diagnose": lambda: diagnose(net(), X, short),
    "display": lambda: MistakesDisplay.from_estimator(fitted(), X, short),
    "augmenter": lambda: ImageAugmenter().fit_resample(X, short),
}


@pytest.mark.parametrize("call", OF_Y.values(), ids=OF_Y)
def test_a_y_of_another_length_is_named(call):
    with pytest.raises(
        ValueError,
        match="^y has 20 rows, but X has 30 rows: there must be a target for each row "
        r"of X\. Select the same rows of both\. \(Found input variables with "
        "inconsistent numbers of samples: ",
    ):
        call()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"X_val": X, "y_val": short}, "y_val has 20 rows, but X_val has 30"),
        (
            {"X_val": X, "y_val": y, "sample_weight_val": np.ones(20)},
            "sample_weight_val has 20 rows, but X_val has 30 rows: there must be a w",
        ),
        ({"sample_weight": np.ones(20)}, "sample_weight has 20 numbers, but X has 30"),
    ],
)
def test_validation_data_and_weights_of_another_length_are_named(arguments, words):
    clf = net()
    with pytest.raises(ValueError, match=words):
        clf.fit(X, y, **arguments)
    assert not hasattr(clf, "classes_")


@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor])
def test_weights_of_another_length_in_score_are_named(Net):
    words = "^sample_weight has 20 rows, but X has 30 rows: there must be a weight"
    with pytest.raises(ValueError, match=words):
        fitted(Net).score(X, y, sample_weight=np.ones(20))


def test_the_error_names_a_transposed_x():
    with pytest.raises(ValueError, match=r"30 rows, but X has 3 rows: .* Pass X\.T if"):
        net().fit(X.T, y)


@pytest.mark.parametrize("Net", [Tabular, TabularRegressor])
def test_scores_of_tabular_nets_name_a_y_of_another_length(Net, monkeypatch):
    monkeypatch.setattr(Net, "predict", lambda self, X: np.zeros(len(X)))
    with pytest.raises(ValueError, match="^y has 20 rows, but X has 30 rows: "):
        Net().score(X, short)
