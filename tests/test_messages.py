"""Mistakes that users make, and the words of the errors that help.

Each row is a mistake, the type of its error, and its decisive words: the parameter, its
value, and what to write instead. Nothing is trained: bad input fails before any work.
"""

# ruff: noqa: E501 - the rows of the tables are long

import importlib
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from sklearn import neural_network
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    make_scorer,
)
from sklearn.pipeline import make_pipeline

import skdl
from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
    TabularClassifier,
    TabularRegressor,
    ValidationSet,
    _missing_names,
)
from skdl.callbacks import Checkpoint, CSVLogger, LambdaCallback, Monitor
from skdl.engine import Adam, Quantile, Relu, StepDecay
from skdl.engine.network import Network
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    BaggingEnsembleRegressor,
    CheckpointEnsembleClassifier,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.inspection import TrainingCurveDisplay, diagnose, find_learning_rate
from skdl.model_selection import CoarseToFineSearchCV, Log, StackedGridSearchCV
from skdl.preprocessing import ImageAugmenter, TabularEncoder

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 4))
y = np.arange(40) % 2
TEXT = np.where(y, "good", "bad")


class ModelCheckpoint:
    """A callback of another library."""


def clf(**params):
    """Fit a classifier with these parameters."""
    return MLPClassifier(**{"hidden_layer_sizes": (3,)} | params).fit(X, y)


def reg(**params):
    """Fit a regressor with these parameters."""
    return MLPRegressor(**{"hidden_layer_sizes": (3,)} | params).fit(X, X[:, 0])


def with_nan(row, column):
    """Return a frame with one gap."""
    frame = pd.DataFrame(X, columns=["age", "height", "income", "size"])
    frame.iloc[row, column] = np.nan
    return frame


def ensemble(estimator, **params):
    """Fit an ensemble of seeds."""
    return SeedEnsembleClassifier(estimator, **params).fit(X, y)


def search(space, **params):
    """Fit a search."""
    return CoarseToFineSearchCV(MLPClassifier(), space, cv=2, **params).fit(X, y)


VALUES = {  # parameter of a classifier: value, words
    "solver class": ({"solver": Adam}, ["write Adam(), not Adam"]),
    "activation class": ({"activation": Relu}, ["write Relu(), not Relu"]),
    "schedule class": ({"learning_rate": StepDecay}, ["write StepDecay(), not"]),
    "loss class": ({"loss": Quantile}, ["loss must be an object", "write Quantile()"]),
    "augmenter class": ({"augment": ImageAugmenter}, ["write ImageAugmenter(), not"]),
    "activation misspelt": ({"activation": "rellu"}, ["Did you mean 'relu'?"]),
    "activation in a list": ({"activation": ["rellu"]}, ["Did you mean 'relu'?"]),
    "activation function": ({"activation": np.tanh}, ["Write activation='tanh'."]),
    "activation lambda": ({"activation": lambda z: z}, ["has no gradient", "backward"]),
    "activation softmax": ({"activation": "softmax"}, ["The loss decides what the out"]),
    "activation None": ({"activation": None}, ["'activation'", "Got None", "'relu'"]),
    "two activations": ({"activation": ["relu"] * 2}, ["one for each of the 1 hidden"]),
    "solver unknown": ({"solver": "newton"}, ["{'adagrad', 'adam', 'adamw', 'lbfgs'"]),
    "solver None": ({"solver": None}, ["'solver' parameter", "Got None instead"]),
    "rate as schedule": ({"learning_rate": 0.01}, ["learning_rate_init=0.01."]),
    "schedule as rate": ({"learning_rate_init": "step"}, ["learning_rate='step'."]),
    "rate as text": ({"learning_rate_init": "0.01"}, ["learning_rate_init=0.01, with"]),
    "rate auto": ({"learning_rate_init": "auto"}, ["find_learning_rate(net, X, y).su"]),
    "rate 0": ({"learning_rate_init": 0}, ["'learning_rate_init'", "Got 0"]),
    "max_iter float": ({"max_iter": 1e3}, ["Write max_iter=1000."]),
    "max_iter 0": ({"max_iter": 0}, ["'max_iter'", "[1, inf)", "Got 0"]),
    "batch_size None": ({"batch_size": None}, ["'batch_size'", "'auto'", "Got None"]),
    "batch_size float": ({"batch_size": 32.0}, ["Write batch_size=32."]),
    "batch_size full": ({"batch_size": "full"}, ["{'auto'}", "Got 'full'"]),
    "alpha None": ({"alpha": None}, ["'alpha'", "Got None"]),
    "alpha text": ({"alpha": "1e-3"}, ["Write alpha=1e-3, without quotes."]),
    "penalty 'none'": ({"penalty": "none"}, ["Write penalty=None, without quotes."]),
    "penalty of both": ({"penalty": "l1_l2"}, ["Did you mean 'elasticnet'?"]),
    "dropout percent": ({"dropout": 50}, ["dropout=0.5."]),
    "dropout 1": ({"dropout": 1.0}, ["'dropout'", "[0.0, 1.0)", "Got 1.0"]),
    "dropout list": ({"dropout": [0.5]}, ["or 2 of them: for the input"]),
    "dropout bool": ({"dropout": True}, ["dropout must be a number", "got True"]),
    "normalization True": ({"normalization": True}, ["Write normalization='batch'."]),
    "layer norm": ({"normalization": "layer"}, ["'normalization'", "Got 'layer'"]),
    "weight_init zeros": ({"weight_init": 0}, ["identical", "a number above 0"]),
    "weight_init arrays": ({"weight_init": X}, ["'weight_init'", "write net.coefs_ = [...]"]),
    "widths text": ({"hidden_layer_sizes": "100,50"}, ["hidden_layer_sizes=(100, 50)"]),
    "width text": ({"hidden_layer_sizes": "100"}, ["hidden_layer_sizes=(100,), w"]),
    "widths float": ({"hidden_layer_sizes": (3.0,)}, ["integers, as in (100, 50)"]),
    "widths nested": ({"hidden_layer_sizes": [[3, 4]]}, ["integers", "got [[3, 4]]"]),
    "width 0": ({"hidden_layer_sizes": (0,)}, ["hidden_layer_sizes must be > 0, got [0]. Write the number"]),
    "width below 0": ({"hidden_layer_sizes": (5, -3)}, ["got [5, -3].", "as in (100, 50), or () for"]),
    "one width below 0": ({"hidden_layer_sizes": -3}, ["Got -3", "Write the number of units, as in 100"]),
    "widths None": ({"hidden_layer_sizes": None}, ["'hidden_layer_sizes'", "Got None"]),
    "early stopping text": ({"early_stopping": "True"}, ["Write early_stopping=True,"]),
    "patience": ({"early_stopping": 5}, ["early_stopping=True, n_iter_no_change=5."]),
    "share as split": ({"validation_split": 0.2}, ["validation_fraction=0.2."]),
    "one as split": ({"validation_split": 1}, ["validation_fraction=0.1."]),
    "fraction of rows": ({"validation_fraction": 20}, ["'validation_fraction'", "20"]),
    "scorer": ({"scoring": "auc", "early_stopping": True}, ["scoring='auc'", "roc_auc"]),
    "scorers": ({"scoring": ["f1", "acc"]}, ["scoring='acc'", "Did you mean 'accur"]),
    "scorer without rows": ({"scoring": "f1"}, ["no rows to score", "early_stopping"]),
    "class_weight near": ({"class_weight": "balance"}, ["Did you mean 'balanced'?"]),
    "class_weight list": ({"class_weight": [1, 2]}, ["class_weight is a list", "dict"]),
    "class_weight number": ({"class_weight": 2.0}, ["'class_weight'", "Got 2.0"]),
    "class_weight keys": ({"class_weight": {2: 3}}, ["[2], which are not in y", "[0, 1"]),
    "class_weight < 0": ({"class_weight": {0: -1}}, ["got -1 for the label 0"]),
    "label_smoothing": ({"label_smoothing": 1}, ["'label_smoothing'", "[0.0, 1.0)"]),
    "random_state text": ({"random_state": "seed"}, ["'random_state'", "Got 'seed'"]),
    "momentum 2": ({"momentum": 2}, ["'momentum'", "[0.0, 1.0]", "Got 2"]),
    "image_shape int": ({"image_shape": 4}, ["(height, width, channels)"]),
    "image_shape": ({"image_shape": (3, 3)}, ["needs 9 columns, and X has 4"]),
    "standardize text": ({"standardize": "zscore"}, ["Write standardize=True."]),
    "standardize near": ({"standardize": "features"}, ["Did you mean 'feature'?"]),
    "channels": ({"standardize": "channel"}, ["set image_shape=(height, width, chann"]),
    "augment True": ({"augment": True}, ["Write augment=ImageAugmenter(...)"]),
    "augment of rows": ({"augment": lambda rows: rows}, ["a function of (images, rng)"]),
    "shift of rows": ({"augment": ImageAugmenter(shift=1)}, ["Set image_shape="]),
    "verbose text": ({"verbose": "yes"}, ["'verbose' parameter", "Got 'yes'"]),
    "max_time text": ({"max_time": "1h"}, ["'max_time'", "Got '1h'"]),
    "tol < 0": ({"tol": -1}, ["'tol'", "[0.0, inf)", "Got -1"]),
    "loss of a regressor": ({"loss": "mae"}, ["'mae' is a loss of regressors"]),
    "loss object": ({"loss": Quantile(0.9)}, ["Quantile", "is a loss of regressors"]),
    "loss function": ({"loss": lambda s, t: s}, ["'loss'", "rows_and_gradient"]),
    "more memory": ({"hidden_layer_sizes": 10**15}, ["hidden_layer_sizes=10000000000", "5,000,000,000,000,000 weights", "GiB of memory"]),
    "lbfgs and batches": ({"solver": "lbfgs", "normalization": "batch"}, ["solver='lbf"]),
    "lbfgs and schedule": ({"solver": "lbfgs", "learning_rate": "step"}, ["learning_ra"]),
    "residual": ({"residual": True}, ["residual=True", "there are 1", "more layers"]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_work(monkeypatch):
    """Make every step of training an error of another kind."""

    def work(*args, **kwargs):
        raise AssertionError("training began before the input was refused")

    monkeypatch.setattr(Network, "loss_and_gradient", work)


@pytest.mark.parametrize(("params", "words"), VALUES.values(), ids=VALUES)
def test_a_wrong_value_of_a_parameter(params, words):
    with pytest.raises((ValueError, TypeError, MemoryError)) as error:
        clf(**params)
    for text in words:
        assert text in str(error.value)


CALLS = {  # what the user does, error, words
    "loss of a classifier": (lambda: reg(loss="cross_entropy"), ValueError, "'cross_entropy' is a loss of classifiers, such as MLPClassifier"),
    "quantile 1.5": (lambda: reg(loss=Quantile(1.5)), ValueError, r"in \(0, 1\), or several"),
    "text to a regressor": (lambda: MLPRegressor().fit(X, TEXT), ValueError, "y holds text, 'bad' in row 0 .*use a classifier"),
    "numbers to a classifier": (lambda: MLPClassifier().fit(X, X[:, 0]), ValueError,
                                "Unknown label type: 'continuous'.*MLPRegressor"),
    "NaN in the first row": (lambda: MLPClassifier().fit(with_nan(0, 2), y), ValueError,
                             "^Input X contains NaN in column 'income', first in row 0"),
    "NaN in a regressor": (lambda: MLPRegressor().fit(with_nan(7, 1), y), ValueError,
                           "^Input X contains NaN in column 'height', first in row 7"),
    "NaN in an array": (lambda: MLPClassifier().fit(with_nan(3, 1).to_numpy(), y),
                        ValueError, "^Input X contains NaN in column 1, first in row 3"),
    "NaN in y": (lambda: MLPRegressor().fit(X, with_nan(3, 1)["height"]), ValueError, r"Input y contains NaN, first in row 3 \(counted from 0\): remove rows"),
    "a row to predict": (lambda: Standardizer().fit(X).transform(X[0]), ValueError, r"got 1D array of 4 values .*X\.reshape\(1, -1\) for those of one row"),
    "words in X": (lambda: MLPClassifier().fit(np.c_[X, TEXT], y), ValueError, "columns contain no numbers: 4 .*OneHotEncoder"),
    "no folds": (lambda: BaggingEnsembleRegressor(cv=[]).fit(X, y), ValueError, r"cv=\[\] yields no split"),
    "members bool": (lambda: SeedEnsembleClassifier(n_members=True).fit(X, y), ValueError, "n_members must be a number and no bool, got True"),
    "X and y swapped": (lambda: MLPClassifier().fit(y, X), ValueError, "Expected 2D arr"),
    "no y": (lambda: MLPClassifier().fit(X), TypeError, r"^MLPClassifier\.fit missing .*'y'"),
    "y None": (lambda: MLPClassifier().fit(X, None), ValueError, "requires y"),
    "short y": (lambda: MLPClassifier().fit(X, y[1:]), ValueError, r"\[40, 39\]"),
    "images": (lambda: SoftmaxClassifier().fit(X.reshape(40, 2, 2), y), ValueError,
               r"X\.reshape\(len\(X\), -1\)"),
    "X_val pair": (lambda: MLPClassifier().fit(X, y, X_val=(X, y)), ValueError,
                   "pass its parts as X_val and y_val"),
    "X_val list": (lambda: MLPClassifier().fit(X, y, X_val=[X, y]), ValueError,
                   "pass them as X_val and y_val"),
    "X_val alone": (lambda: MLPClassifier().fit(X, y, X_val=X), ValueError,
                    r"got X_val without y_val\.$"),
    "X_val columns": (lambda: MLPClassifier().fit(X, y, X_val=X[:, 1:], y_val=y),
                      ValueError, r"In the validation data .*3 features"),
    "set and y_val": (lambda: MLPClassifier().fit(X, y, X_val=ValidationSet(X, y),
                      y_val=y), ValueError, "X_val is a ValidationSet"),
    "metric as scorer": (lambda: clf(scoring=accuracy_score, early_stopping=True),
                         ValueError, "make_scorer"),
    "pos_label": (lambda: MLPClassifier(scoring="f1", early_stopping=True).fit(X, TEXT),
                  ValueError, r"make_scorer\(f1_score, pos_label='good'\)"),
    "labels for a metric of scores": (lambda: MLPClassifier(scoring=make_scorer(average_precision_score, pos_label="good"), early_stopping=True).fit(X, TEXT), ValueError,
        r"^scoring=make_scorer\(average_precision_score, pos_label='good'\) cannot .* scoring=make_scorer\(average_precision_score, response_method=\('decision_function', 'predict_proba'\), pos_label='good'\)\.$"),
    "labels for a metric of probabilities": (lambda: MLPClassifier(scoring=make_scorer(log_loss), early_stopping=True).fit(X, TEXT), ValueError, r"make_scorer\(log_loss, response_method='predict_proba'\)"),
    "interval of a net": (lambda: MLPRegressor().predict_interval(X), AttributeError, r"TabularRegressor has it\. .*loss=Quantile\(\[0\.05, 0\.95\]\)"),
    "interval of an ensemble": (lambda: SeedEnsembleRegressor().predict_interval(X), AttributeError, "TabularRegressor has it"),
    "tabular: numbers as labels": (lambda: TabularClassifier().fit(X, X[:, 0]), ValueError, r"^Unknown label type: 'continuous'\. .* use TabularRegressor\.$"),
    "threshold": (lambda: TabularClassifier(threshold=0.2), TypeError, r"FixedThresholdClassifier\(net, threshold=0\.2\)"),
    "pos_label of a net": (lambda: MLPClassifier(pos_label="bad"), TypeError, r"FixedThresholdClassifier\(net, pos_label='bad'\)"),
    "calibrate": (lambda: MLPClassifier(calibrate=True), TypeError, r"CalibratedClassifierCV\(net\)"),
    "progress bar": (lambda: MLPRegressor().fit(X, y, progress_bar=True), TypeError, r"set_callbacks\(EpochBar\(\)\)"),
    "shift of a net": (lambda: MLPClassifier(width_shift_range=0.1), TypeError, r"augment=ImageAugmenter\(\.\.\.\)"),
    "shift of an augmenter": (lambda: ImageAugmenter(width_shift_range=0.1), TypeError, "use shift, in pixels"),
    "augment in a dict": (lambda: clf(augment={"rotation": 10}), ValueError, r"augment=ImageAugmenter\(rotation=10\)"),
    "list as loss": (lambda: reg(loss=[0.05, 0.5, 0.95]), ValueError,
                     r"loss=Quantile\(\[0.05, 0.5, 0.95\]\)"),
    "widths as loss": (lambda: reg(loss=(30,)), ValueError, r"loss is the first .*hidden_layer_sizes=\(30,\)\.$"),
    "width as loss": (lambda: MLPRegressor(30).fit(X, y), ValueError, "write hidden_layer_sizes=30"),
    "weights by class": (lambda: MLPClassifier().fit(X, y, sample_weight="balanced"), ValueError, "number for each row.* class_weight='balanced'"),
    "weights in a dict": (lambda: Standardizer().fit(X, sample_weight={0: 1}), ValueError, r"class_weight=\{0: 1\}"),
    "negative weight": (lambda: MLPClassifier().fit(X, y, sample_weight=-y), ValueError, r"holds -1\.0 in row 1 \(counted from 0\): .*not negative"),
    "negative weight of a transformer": (lambda: Standardizer().fit(X, sample_weight=-y), ValueError, r"holds -1\.0 in row 1"),
    "negative weight to diagnose": (lambda: diagnose(MLPClassifier(), X, y, -y), ValueError, r"holds -1\.0 in row 1"),
    "negative weight in a table": (lambda: TabularClassifier().fit(X, y, -y), ValueError, r"holds -1\.0 in row 1"),
    "NaN as a weight": (lambda: MLPClassifier().fit(X, y, with_nan(3, 1)["height"] ** 2), ValueError, "holds NaN in row 3"),
    "weight of all rows": (lambda: MLPClassifier().fit(X, y, sample_weight=-1), ValueError, r"holds -1\.0: weights"),
    "few weights": (lambda: MLPClassifier().fit(X, y, y[1:]), ValueError, "has 39 numbers, but X has 40 rows"),
    "weights in a matrix": (lambda: MLPClassifier().fit(X, y, X), ValueError, r"has the shape \(40, 4\), but must have one"),
    "preset of AutoGluon": (lambda: TabularClassifier(preset="high_quality").fit(X, y), ValueError, "Did you mean 'best'"),
    "tabular: percent": (lambda: TabularClassifier(dropout=50).fit(X, y), ValueError, r"dropout=0\.5\."),
    "tabular: widths text": (lambda: TabularRegressor(hidden_layer_sizes="64,32").fit(X, y), ValueError, r"Write hidden_layer_sizes=\(64, 32\), without"),
    "tabular: NaN in y": (lambda: TabularRegressor().fit(X, with_nan(3, 1)["height"]), ValueError, "Input y contains NaN, first in row 3 "),
    "tabular: coverage in percent": (lambda: TabularRegressor().predict_interval(X, 90), ValueError, r"as in coverage=0\.9; got 90"),
    "preset misspelt": (lambda: TabularClassifier(preset="fst").fit(X, y), ValueError, "Did you mean 'fast'"),
    "dict as loss": (lambda: reg(loss={"huber": 1}), ValueError, "must be a str among"),
    "quantiles one by one": (lambda: Quantile(0.05, 0.5), TypeError,
                             r"write several values as a list: Quantile\(\[0.05, 0.5"),
    "list of callbacks": (lambda: MLPClassifier().set_callbacks([Monitor(), 1]),
                          TypeError, r"one by one.* set_callbacks\(Monitor\(...\), int"),
    "callback class": (lambda: MLPClassifier().set_callbacks(Monitor), TypeError,
                       r"write set_callbacks\(Monitor\(...\)\), not"),
    "function as callback": (lambda: MLPClassifier().set_callbacks(print), TypeError,
                             r"LambdaCallback\(on_epoch_end=function\)"),
    "no callback": (lambda: MLPClassifier().set_callbacks("xyz"), TypeError,
                    "must have the methods setup, .*'xyz' has no setup"),
    "tqdm": (lambda: MLPClassifier().set_callbacks("tqdm"), TypeError, r"got 'tqdm': write skdl\.callbacks\.EpochBar\(\)\.$"),
    "early stopping": (lambda: TabularClassifier().set_callbacks("early_stopping"), TypeError, "'early_stopping': early_stopping=True is"),
    "callback of Keras": (lambda: MLPClassifier().set_callbacks(ModelCheckpoint()), TypeError, r"Checkpoint\(path, best_path=\.\.\.\)\.$"),
    "no probabilities": (lambda: SVMClassifier().predict_proba(X), AttributeError,
                         "no attribute 'predict_proba': loss='hinge' .*CalibratedCl"),
    "no log probabilities": (lambda: SVMClassifier().predict_log_proba(X),
                             AttributeError, "CalibratedClassifierCV"),
    "lbfgs in parts": (lambda: MLPRegressor(solver="lbfgs").partial_fit(X, y),
                       AttributeError, "solver='lbfgs' needs all rows at once"),
    "hard votes": (lambda: SeedEnsembleClassifier(voting="hard").predict_proba(X),
                   AttributeError, "voting='hard' counts votes"),
    "not fitted": (lambda: MLPClassifier().predict(X), ValueError, "not fitted yet"),
    "balanced in parts": (lambda: SoftmaxClassifier(class_weight="balanced").partial_fit(
                          X, y, classes=[0, 1]), ValueError, "compute_class_weight"),
    "no classes": (lambda: MLPClassifier().partial_fit(X, y), ValueError, "classes must"),
    "head with a loss": (lambda: LogisticClassifier(loss="hinge"), TypeError,
                         "LogisticClassifier got an unexpected parameter 'loss'"),
    "from the other kind": (lambda: MLPClassifier.from_sklearn(MLPRegressor()),
                            TypeError, "needs a fitted sklearn.neural_network.MLPClas"),
    "ensemble of scikit-learn's": (lambda: ensemble(neural_network.MLPClassifier()),
                                   ValueError, "got scikit-learn's MLPClassifier: imp"),
    "ensemble of a class": (lambda: ensemble(MLPClassifier), ValueError,
                            r"a class: write MLPClassifier\(\)"),
    "ensemble of regressors": (lambda: ensemble(MLPRegressor()), ValueError,
                               "one of skdl's classifiers, got MLPRegressor"),
    "ensemble of pipelines": (lambda: ensemble(make_pipeline(MLPClassifier())),
                              ValueError, "Put the ensemble into a pipeline"),
    "ensemble of lbfgs": (lambda: CheckpointEnsembleClassifier(
                          MLPClassifier(solver="lbfgs")).fit(X, y), ValueError,
                          "set solver='adam', or take an ensemble of seeds"),
    "voting": (lambda: ensemble(None, voting="sof"), ValueError, "Did you mean 'soft'?"),
    "votes of margins": (lambda: ensemble(SVMClassifier(), voting="soft"), ValueError,
                         "voting='soft' takes the mean of probabilities"),
    "no members": (lambda: ensemble(None, n_members=0), ValueError, "'n_members'.*Got 0"),
    "member with a bad value": (lambda: ensemble(MLPClassifier(solver="adm")),
                                ValueError, "Did you mean 'adam'?"),
    "weights": (lambda: SeedEnsembleRegressor(weights="scores").fit(X, y), ValueError,
                "Did you mean 'score'?"),
    "search of auc": (lambda: search({"alpha": Log(1e-4, 1)}, scoring="auc"), ValueError,
                      "scoring='auc' is not the name of a scorer. Did you mean 'roc_a"),
    "search of nothing": (lambda: search({}), ValueError, "param_space .*not empty"),
    "search of a list": (lambda: search(["alpha"]), ValueError, "param_space"),
    "search of lr": (lambda: search({"lr": Log(1e-4, 1)}), ValueError,
                     "'lr' for estimator .*use learning_rate_init"),
    "search of a step": (lambda: CoarseToFineSearchCV(make_pipeline(MLPClassifier()), {"alpha": Log(1e-4, 1)}).fit(X, y), ValueError, r"Invalid parameter 'alpha' .* Use mlpclassifier__alpha\.$"),
    "grid of a step": (lambda: StackedGridSearchCV(make_pipeline(MLPClassifier()), {"alpha": [1]}).fit(X, y), ValueError, r"Invalid parameter 'alpha' .* Use mlpclassifier__alpha\.$"),
    "grid of another library's word": (lambda: StackedGridSearchCV(make_pipeline(MLPClassifier()), {"lr": [1]}).fit(X, y), ValueError, r"Invalid parameter 'lr' .* Use mlpclassifier__learning_rate_init\.$"),
    "grid of a step that is missing": (lambda: CoarseToFineSearchCV(make_pipeline(MLPClassifier()), {"net__alpha": [1]}).fit(X, y), ValueError, r"Invalid parameter 'net' .* The steps are named mlpclassifier\.$"),
    "grid of an ensemble": (lambda: StackedGridSearchCV(SeedEnsembleClassifier(MLPClassifier()), {"lr": [1]}).fit(X, y), ValueError, r"Invalid parameter 'lr' .*: use estimator__learning_rate_init\.$"),
    "grid with a step of no pipeline": (lambda: StackedGridSearchCV(MLPClassifier(), {"net__alpha": [1]}).fit(X, y), ValueError, r"Invalid parameter 'net__alpha' .*: use alpha\.$"),
    "range of logs": (lambda: search({"alpha": Log(0, 1)}), ValueError, "Log.*0"),
    "diagnose scikit-learn's": (lambda: diagnose(neural_network.MLPClassifier(), X, y),
                                TypeError, "MLPClassifier of scikit-learn .import MLPC"),
    "rate of scikit-learn's": (lambda: find_learning_rate(
                               neural_network.MLPClassifier(), X, y), TypeError,
                               "import MLPClassifier from skdl"),
    "rate of lbfgs": (lambda: find_learning_rate(MLPClassifier(solver="lbfgs"), X, y),
                      ValueError, "solver='lbfgs' has no learning rate to find"),
    "curve not fitted": (lambda: TrainingCurveDisplay.from_estimator(MLPClassifier()),
                         ValueError, "not fitted"),
    "checkpoint without path": (lambda: Checkpoint(), TypeError, "'path'"),
    "checkpoint of a number": (lambda: Checkpoint(3), TypeError, "path must be a str"),
    "log to nowhere": (lambda: CSVLogger(None), TypeError, "path must be a str .*None"),
    "monitor of nothing": (lambda: Monitor(every=0), ValueError, "every must .*got 0"),
    "callback of text": (lambda: LambdaCallback("print"), TypeError, "on_epoch_end"),
    "components": (lambda: PCAWhitener(n_components=-1).fit(X), ValueError,
                   "'n_components'.*Got -1"),
    "standardizer of words": (lambda: Standardizer().fit(np.c_[X, TEXT]), ValueError,
                              "columns contain no numbers"),
    "standardizer flag": (lambda: Standardizer(with_mean="True").fit(X), ValueError,
                          "Write with_mean=True, without quotes"),
    "table of lists": (lambda: TabularEncoder().fit(pd.DataFrame({"a": [[1], [2]]})), TypeError, r"'a' holds values of type list, .*column\.astype\(str\)"),
    "bins as text": (lambda: TabularEncoder(n_bins="8").fit(X), ValueError, "Write n_bins=8, without quotes"),
    "rotation by text": (lambda: ImageAugmenter(rotation="10").check(), ValueError,
                         "rotation.*'10'"),
    "classes as a number": (lambda: MLPClassifier().partial_fit(X, y, classes=2), ValueError, r"as in \[0, 1\], got 2"),
    "setting of a name": (lambda: MLPClassifier().set_params(solver__beta_1=0.5), AttributeError, "solver__beta_1 needs an object as solver, got solver='adam'"),
    "callback setting": (lambda: Checkpoint("a", xyz=True), TypeError, "Checkpoint got an unexpected parameter 'xyz'. It takes path, resume, every"),
    "monitor setting": (lambda: Monitor(interval=3), TypeError, "'interval'. It takes every, "),
    "diagnose a class": (lambda: diagnose(MLPClassifier, X, y), TypeError, r"a class: write MLPClassifier\(\), not"),
    "optimizer of Keras": (lambda: Adam(learning_rate=0.1), TypeError, "it has beta_1, .*learning_rate_init"),
    "unit of a schedule": (lambda: clf(learning_rate=StepDecay(unit="epoch")), ValueError, "Did you mean 'epochs'?"),
    "range reversed": (lambda: search({"alpha": (1, 1e-3)}), ValueError, r"got 1 and 0\.001. Swap them: \(0\.001, 1\)\.$"),
    "diagnose a table": (lambda: diagnose(TabularClassifier(), X, y), TypeError, r"TabularClassifier, which holds several nets: pass a net such as MLPClassifier\.$"),
    "diagnose an ensemble": (lambda: diagnose(SeedEnsembleClassifier(), X, y), TypeError, r"one of its estimators_\.$"),
    "table and scale of y": (lambda: TabularRegressor(standardize_target=True), TypeError, "fit scales X and the y of a regressor itself"),
    "table and scale of X": (lambda: TabularClassifier(standardize=True), TypeError, "fit scales X itself"),
    "table and stopping": (lambda: TabularClassifier(early_stopping=True), TypeError, "hold out rows themselves, so leave early_stopping out"),
    "table and scorer": (lambda: TabularClassifier(scoring="f1"), TypeError, "hold out rows themselves, so leave scoring out"),
    "vote by mean": (lambda: ensemble(None, voting="mean"), ValueError, r"Did you mean 'soft'\?$"),
    "soft vote of numbers": (lambda: SeedEnsembleRegressor(voting="soft").fit(X, y), ValueError, r"Did you mean 'mean'\?$"),
    "validation pair": (lambda: MLPClassifier().fit(X, y, (X, y)), ValueError, r"several tables.* fit\(X, y, X_val=X_val, y_val=y_val\)"),
    "validation by place": (lambda: MLPClassifier().fit(X, y, X, y), TypeError, r"Write the others by name, as in X_val=\.\.\."),
    "members by place": (lambda: SeedEnsembleClassifier(MLPClassifier(), 5), TypeError, r"by name, as in n_members=5\.$"),
    "fit and resume": (lambda: MLPClassifier().fit(X, y, resume=True), TypeError, r"set_callbacks\(Checkpoint\(path, resume=True\)\)"),
    "interval by alpha": (lambda: TabularRegressor().predict_interval(X, alpha=0.1), TypeError, r"use coverage, such as 0\.9"),
    "flip": (lambda: ImageAugmenter(flip=True), TypeError, "use horizontal_flip"),
    "zoom": (lambda: ImageAugmenter(zoom=0.1), TypeError, "use scale"),
    "ensemble of the other kind": (lambda: ensemble(MLPRegressor()), ValueError, r"Take SeedEnsembleRegressor\.$"),
    "regressors of the other kind": (lambda: SeedEnsembleRegressor(MLPClassifier()).fit(X, y), ValueError, r"Take SeedEnsembleClassifier\.$"),
    "ensemble of a search": (lambda: ensemble(CoarseToFineSearchCV(MLPClassifier(), {"alpha": (1e-3, 1)})), ValueError, "got CoarseToFineSearchCV: fit it first, and pass its best_estimator_"),
    "ensemble of tables": (lambda: ensemble(TabularClassifier()), ValueError, "TabularClassifier, which has several members already"),
    "one channel first": (lambda: MLPClassifier(image_shape=(1, 2, 6)).fit(np.c_[X, X, X], y), UserWarning, r"means 6 channels of 1 x 2 pixels: .* write image_shape=\(2, 6, 1\)\.$"),
    "channels first": (lambda: MLPClassifier(image_shape=(3, 2, 6)).fit(np.tile(X, 9), y), UserWarning, r"\(2, 6, 3\), and reorder X: X\.reshape\(-1, 3, 2, 6\)\.transpose"),
    "fill mode": (lambda: ImageAugmenter(shift=1, fill_mode="nearst").check(),
                  ValueError, "fill_mode.*'nearst'"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "pattern"), CALLS.values(), ids=CALLS)
def test_a_wrong_call(call, kind, pattern):
    with pytest.raises(kind) as error:
        call()
    assert re.search(pattern, str(error.value), re.DOTALL), str(error.value)


IMPORTS = {  # what the user imports, words
    "from skdl import Quantile": "write 'from skdl.engine import Quantile'",
    "from skdl import SeedEnsembleClassifier": "'from skdl.ensemble import Seed",
    "from skdl.callbacks import LivePlot": "write 'from skdl.inspection import LivePlot'",
    "from skdl.callbacks import MLPClassifier": "'from skdl import MLPClassifier'",
    "from skdl.callbacks import ModelCheckpoint": "Checkpoint(path, best_path=...)",
    "from skdl.callbacks import EarlyStopping": "early_stopping=True",
    "from skdl.callbacks import ProgressBar": "EpochBar()",
    "from skdl import Nonsense": "cannot import name 'Nonsense' from 'skdl' (",
}


@pytest.mark.parametrize(("line", "words"), IMPORTS.items())
def test_an_import_from_another_package(line, words):
    with pytest.raises(ImportError, match=re.escape(words)):
        exec(line)


def test_an_attribute_of_another_package():
    assert not hasattr(skdl, "SeedEnsembleClassifier")
    with pytest.raises(AttributeError, match=r"write 'from skdl\.ensemble import Seed"):
        skdl.SeedEnsembleClassifier  # noqa: B018


@pytest.mark.parametrize("package", _missing_names.PACKAGES)
def test_the_names_of_a_package_are_read(package):
    names = _missing_names._public_names("skdl", package)
    assert names == {*importlib.import_module(f"skdl.{package}").__all__}


@pytest.mark.parametrize("word", _missing_names.CALLBACKS)
def test_a_word_for_a_callback_leads_to_a_class(word):
    text = _missing_names.our_callback(word.title())
    package, name = re.search(r"skdl\.(\w+)\.(\w+)\(|$", text).groups()
    if package:
        assert hasattr(importlib.import_module(f"skdl.{package}"), name)
    else:
        own = [*inspect.signature(MLPClassifier).parameters, "history_"]
        assert re.match(r"\w+", text)[0] in own


def test_no_message_of_scorers_is_a_list_of_all():
    with pytest.raises(ValueError, match="scoring='auc'") as error:
        clf(scoring="auc")
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("Net", [SoftmaxClassifier, SVMClassifier])
def test_one_class_in_y_is_a_warning(Net, monkeypatch):
    monkeypatch.undo()
    net = Net((2,), solver="lbfgs")
    with pytest.warns(UserWarning, match="y holds one class only, 'good'") as caught:
        net.fit(X, ["good"] * 40)
    assert len(caught) == 1
    assert set(net.predict(X)) == {"good"}


@pytest.mark.parametrize("Net", [MLPClassifier, SoftmaxClassifier])
@pytest.mark.parametrize(
    ("y", "advice"),
    [
        (np.arange(40) // 2 * 3, None),  # half of the labels are distinct
        (np.arange(40) // 2 * 3 + np.arange(40) % 2 * (np.arange(40) > 37), "numbers"),
        (np.arange(40.0), "numbers to predict, use MLPRegressor"),
        (np.arange(40).astype(str), "a name for each row, take another column"),
    ],
)
def test_many_classes_in_y_are_one_warning(Net, y, advice, monkeypatch, recwarn):
    monkeypatch.undo()
    Net((2,), solver="lbfgs", tol=1e9).fit(X, y)
    texts = [str(warning.message) for warning in recwarn]
    n_classes = len(set(y))
    assert len(texts) == (advice is not None)
    for text in texts:
        assert text.startswith(f"y has {n_classes} classes in 40 rows. If y holds")
        assert advice in text


@pytest.mark.parametrize(
    "Ensemble", [SeedEnsembleClassifier, BaggingEnsembleClassifier]
)
def test_many_classes_are_one_warning_of_all_members(Ensemble, monkeypatch, recwarn):
    monkeypatch.undo()
    net = MLPClassifier((2,), solver="lbfgs", tol=1e9)
    Ensemble(net, n_members=2).fit(X, np.arange(40))
    (only,) = [str(warning.message) for warning in recwarn]
    assert re.match("y has 40 classes in .* use MLPRegressor", only)


def test_many_classes_are_one_warning_of_a_tabular_net(monkeypatch, recwarn):
    monkeypatch.undo()
    TabularClassifier(max_iter=1, n_members=1, calibrate=False).fit(X, np.arange(40))
    texts = [str(warning.message) for warning in recwarn]
    assert sum("40 classes in 40 rows" in text for text in texts) == 1
    assert sum("use TabularRegressor" in text for text in texts) == 1


def test_few_rows_may_have_a_class_each(monkeypatch):
    monkeypatch.undo()
    MLPClassifier((2,), solver="lbfgs", tol=1e9).fit(X[:20], np.arange(20))


@pytest.mark.parametrize("Net", [SVMClassifier, MLPRegressor])
def test_a_method_that_is_missing_is_missing(Net):
    net = Net(solver="lbfgs")
    assert not hasattr(net, "partial_fit")
    assert hasattr(net, "predict_proba") is False
