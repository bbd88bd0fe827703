"""scikit-learn's contract: its own checks, its tools, and files."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

import skdl
from skdl import (
    LogisticClassifier,
    MLPRegressor,
    Standardizer,
    SVMClassifier,
)
from skdl.callbacks import LambdaCallback
from skdl.engine import CosineRestarts
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    BaggingEnsembleRegressor,
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from tests.ensemble.common import parameters_of
from tests.scikit_learn_checks import parametrize_with_checks

# The checks train on whatever they like: too few rows, unscaled data, short runs.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
]

FAST = {"hidden_layer_sizes": 10, "max_iter": 24, "learning_rate_init": 0.05}
# As of any net with early stopping: rows are held out, and which ones depends on how
# many there are.
OTHER_ROWS = {
    f"check_sample_weight_equivalence_on_{kind}_data": "other rows are held out"
    for kind in ("dense", "sparse")
}


def expected_failures(ensemble):
    return OTHER_ROWS if getattr(ensemble, "snapshots", None) == "best" else {}


@parametrize_with_checks(
    [],
    alike=[
        CheckpointEnsembleClassifier(
            LogisticClassifier(validation_fraction=0.25, **FAST),
            n_members=3,
            snapshots="best",
            weights="confidence",
        ),
        CheckpointEnsembleRegressor(
            MLPRegressor(normalization="batch", **FAST),
            n_members=3,
            snapshots="last",
            average_weights=True,
        ),
        SeedEnsembleClassifier(SVMClassifier(**FAST), n_members=3, voting="hard"),
        SeedEnsembleRegressor(MLPRegressor(**FAST), n_members=3, voting="median"),
        BaggingEnsembleClassifier(LogisticClassifier(**FAST), n_members=3),
        BaggingEnsembleRegressor(MLPRegressor(**FAST), cv=3),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


KINDS = {
    "plain": {},
    "net of options": {
        "net": {
            "hidden_layer_sizes": (6, 6),
            "normalization": "batch",
            "dropout": 0.2,
            "early_stopping": True,
            "validation_fraction": 0.25,
            "max_iter": 30,
        }
    },
    "weights": {"weights": "score"},
}


def through_joblib(ensemble):
    file = io.BytesIO()
    joblib.dump(ensemble, file)
    file.seek(0)
    return joblib.load(file)


def through_skops(ensemble):
    data = skops.io.dumps(ensemble)
    return skops.io.loads(data, trusted=skdl.trusted_types)


COPIES = {
    "pickle": lambda ensemble: pickle.loads(pickle.dumps(ensemble)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": through_skops,
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_copies_are_equal_and_independent(Ensemble, make, kind, duplicate, X, y):
    ensemble = make(Ensemble, **kind).fit(X, y)
    other = duplicate(ensemble)
    before = ensemble.predict(X)
    assert_array_equal(other.predict(X), before)
    assert other.score(X, y) == ensemble.score(X, y)
    for one, two in zip(ensemble.estimators_, other.estimators_, strict=True):
        assert_array_equal(one.predict(X), two.predict(X))
        assert one.n_iter_ == two.n_iter_
    names = {name for name in vars(ensemble) if name[-1] == "_"}
    assert names == {name for name in vars(other) if name[-1] == "_"}
    other.estimators_[0].coefs_[0][...] = 0
    assert_array_equal(ensemble.predict(X), before)


def test_copies_of_averages(make, X, y):
    for Ensemble in (CheckpointEnsembleClassifier, CheckpointEnsembleRegressor):
        ensemble = make(Ensemble, average_weights=True).fit(X, y)
        for duplicate in COPIES.values():
            assert_array_equal(duplicate(ensemble).predict(X), ensemble.predict(X))


def test_cycles_of_ones_own_come_back(make, X, y):
    net = {"learning_rate": CosineRestarts(3)}
    ensemble = make(CheckpointEnsembleClassifier, net=net).fit(X, y)
    assert_array_equal(through_skops(ensemble).predict(X), ensemble.predict(X))


def test_clone_has_the_parameters_and_no_more(Ensemble, make, X, y):
    ensemble = make(Ensemble, net={"alpha": 0.3}).fit(X, y)
    other = clone(ensemble)
    assert other.get_params().keys() == ensemble.get_params().keys()
    assert not hasattr(other, "n_features_in_")
    assert_array_equal(other.fit(X, y).predict(X), ensemble.predict(X))


def test_kind_and_tags(Ensemble, make):
    ensemble = make(Ensemble)
    classifies = Ensemble.__name__.endswith("Classifier")
    assert is_classifier(ensemble) == classifies
    assert is_regressor(ensemble) != classifies
    assert get_tags(ensemble).input_tags.sparse
    if classifies:
        assert get_tags(ensemble).classifier_tags.multi_label
        single = make(Ensemble, SVMClassifier)
        assert not get_tags(single).classifier_tags.multi_label
    else:
        assert get_tags(ensemble).target_tags.multi_output
        counts = make(Ensemble, net={"loss": "poisson"})
        assert get_tags(counts).target_tags.positive_only


@pytest.mark.parametrize("loss", ["sgd", "lbfgs"])
def test_in_a_pipeline_and_a_search(Ensemble, make, X, y, loss):
    if loss == "lbfgs" and Ensemble.__name__.startswith("Checkpoint"):
        loss = "adamw"
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = make_pipeline(
        Standardizer().set_output(transform="pandas"),
        make(Ensemble, net={"solver": loss}),
    )
    name = Ensemble.__name__.lower()
    grid = {f"{name}__estimator__alpha": [0.01, 1.0], f"{name}__n_members": [2]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(frame, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_[-1]
    assert best.feature_names_in_.tolist() == list("abcde")
    assert len(best.estimators_) == 2
    assert np.isfinite(cross_val_score(model, frame, y, cv=2)).all()


def test_inside_of_other_ensembles(make, X, y):
    parts = [
        ("checkpoints", make(CheckpointEnsembleClassifier)),
        ("seeds", make(SeedEnsembleClassifier)),
    ]
    vote = VotingClassifier(parts, voting="soft").fit(X, y)
    mean = np.mean([part.predict_proba(X) for part in vote.estimators_], axis=0)
    assert_array_equal(vote.predict(X), mean.argmax(axis=1))


def test_routed_weights_reach_the_members(Ensemble, make, X, y):
    w = np.where(y == 1, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        ensemble = make(Ensemble).set_fit_request(sample_weight=True)
        scaler = Standardizer().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, ensemble).fit(X, y, sample_weight=w)
    scaled = Standardizer().fit_transform(X)
    plain = make(Ensemble).fit(scaled, y, w)
    assert_array_equal(parameters_of(model[-1]), parameters_of(plain))


def test_callbacks_of_the_net_are_called(Ensemble, make, X, y):
    ensemble, epochs = make(Ensemble), []
    ensemble.estimator.set_callbacks(
        LambdaCallback(lambda net: epochs.append(net.n_iter_))
    )
    ensemble.fit(X, y)
    runs = 3 if hasattr(ensemble, "member_seeds_") else 1
    assert epochs == list(range(1, 10)) * runs
    assert len(ensemble.estimator._skl_callbacks) == 1
    assert not any(hasattr(net, "_skl_callbacks") for net in ensemble.estimators_)
