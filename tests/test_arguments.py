"""Arguments that do not exist: errors name the class, the argument and our word."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdl import (
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
    TabularClassifier,
    TabularRegressor,
    ValidationSet,
)
from skdl._arguments import ADVICE, ELSEWHERE, TRANSLATED, USES
from skdl.callbacks import Checkpoint, EpochBar
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
)
from skdl.inspection import LivePlot, NeuralFeatures
from skdl.model_selection import (
    CoarseToFineSearchCV,
    Log,
    StackedGridSearchCV,
    StackedRandomizedSearchCV,
)
from skdl.preprocessing import ImageAugmenter, TabularEncoder

X, y = np.zeros((4, 2)), [0, 1, 0, 1]

CONSTRUCTORS = [
    (MLPClassifier, {"lr": 0.1}, "'lr': use learning_rate_init."),
    (MLPClassifier, {"epochs": 9}, "'epochs': use max_iter."),
    (MLPClassifier, {"device": "cuda"}, "'device': skdl computes on the CPU, so "),
    (MLPClassifier, {"callbacks": []}, "'callbacks': call set_callbacks(a, b) before"),
    (
        MLPClassifier,
        {"validation_data": 1},
        "'validation_data': pass X_val and y_val",
    ),
    (MLPClassifier, {"verbose_eval": 1}, "'verbose_eval': use verbose."),
    (MLPClassifier, {"early_stop": True}, "'early_stop': use early_stopping."),
    (MLPClassifier, {"patience": 3}, "'patience': use early_stopping=True and n_iter_"),
    (MLPClassifier, {"batch_norm": True}, "'batch_norm': use normalization='batch'."),
    (MLPClassifier, {"n_jobs": 2}, "'n_jobs': the threads are those of BLAS, which "),
    (MLPClassifier, {"quantile": 0.9}, "'quantile': use loss=Quantile(0.9) of MLPReg"),
    (MLPClassifier, {"xyz": 0.9}, "'xyz'. See help(MLPClassifier)."),
    (MLPRegressor, {"quantile": 0.9}, "'quantile': use loss=Quantile(0.9) of MLPReg"),
    (MLPRegressor, {"class_weight": {}}, "'class_weight': it is a parameter of cl"),
    (MLPRegressor, {"class_weights": {}}, "'class_weights': it is a parameter of cl"),
    (MLPClassifier, {"standardize_target": 1}, "'standardize_target': it is a param"),
    (MLPClassifier, {"final_activation": 1}, "'final_activation': the loss decides"),
    (MLPClassifier, {"val_split": 0.2}, "'val_split': use early_stopping=True and va"),
    (MLPClassifier, {"scaler": 1}, "'scaler': use standardize."),
    (MLPClassifier, {"n_classes": 3}, "'n_classes': fit reads the classes from y, "),
    (MLPClassifier, {"max_steps": 3}, "'max_steps': use max_iter, which counts ep"),
    (MLPClassifier, {"epoch": 3}, "'epoch': use max_iter."),
    (MLPClassifier, {"learning_rates": 1}, "'learning_rates': use learning_rate."),
    (MLPClassifier, {"activations": 1}, "'activations': use activation."),
    (MLPClassifier, {"beta": 1}, "'beta': use beta_1 and beta_2."),
    (MLPClassifier, {"mertics": "r2"}, "'mertics': use scoring."),
    (MLPClassifier, {"lr_init": 1}, "'lr_init': use learning_rate_init."),
    (MLPClassifier, {"batch": 1}, "'batch': use batch_size."),
    (MLPClassifier, {"shuffle_data": 1}, "'shuffle_data': use shuffle."),
    (MLPRegressor, {"class_weigths": {}}, "'class_weigths': it is a parameter of cl"),
    (SeedEnsembleClassifier, {"epoch": 3}, "'epoch': set it in the estimator, as in"),
    (SeedEnsembleClassifier, {"solvers": 3}, "'solvers': set it in the estimator, as"),
    (TabularClassifier, {"epoch": 3}, "'epoch': use max_iter."),
    (TabularClassifier, {"device": "gpu"}, "'device': skdl computes on the CPU, so "),
    (TabularClassifier, {"val_split": 1}, "'val_split': members hold out rows them"),
    (TabularClassifier, {"optim": 1}, "'optim': a tabular net sets it itself, so l"),
    (TabularRegressor, {"momentums": 1}, "'momentums': a tabular net sets it itself"),
    (TabularRegressor, {"losses": 1}, "'losses': the loss of this class is fixed; "),
    (SoftmaxClassifier, {"loss": "hinge"}, "'loss': the loss of this class is fixed; "),
    (TabularClassifier, {"loss": "hinge"}, "'loss': the loss of this class is fixed; "),
    (TabularClassifier, {"cat_features": 1}, "'cat_features': use categorical_featur"),
    (SVMClassifier, {"C": 1, "lr": 1}, "'C': use alpha; 'lr': use learning_rate_init."),
    (SeedEnsembleClassifier, {"n_estimators": 3}, "'n_estimators': use n_members."),
    (SeedEnsembleClassifier, {"n_seeds": 3}, "'n_seeds': use n_members."),
    (SeedEnsembleClassifier, {"max_iter": 3}, "'max_iter': set it in the estimator, "),
    (SeedEnsembleClassifier, {"epochs": 3}, "'epochs': set it in the estimator, as "),
    (SeedEnsembleClassifier, {"xyz": 3}, "'xyz'. It takes estimator, n_members, "),
    (CheckpointEnsembleRegressor, {"votings": 0}, "'votings': use voting."),
    (Standardizer, {"with_sd": False}, "'with_sd': use with_std."),
    (PCAWhitener, {"n_component": 2}, "'n_component': use n_components."),
    (ImageAugmenter, {"rotations": 5}, "'rotations': use rotation."),
    (NeuralFeatures, {"layr": 0}, "'layr': use layer."),
    (CoarseToFineSearchCV, {"n_job": 2}, "'n_job': use n_jobs."),
    (CoarseToFineSearchCV, {"n_iter": 9}, "'n_iter': use max_candidates."),
    (CoarseToFineSearchCV, {"lr": 9}, "'lr': set it in the estimator, as in Net(lea"),
    (StackedGridSearchCV, {"n_splits": 9}, "'n_splits': use cv."),
    (TabularEncoder, {"categories": 1}, "'categories': fit reads the categories of"),
    (TabularEncoder, {"numeric_cols": 1}, "'numeric_cols': name the other columns, "),
    (Checkpoint, {"save_best_only": True}, "'save_best_only': use best_path, a second"),
    (Checkpoint, {"monitor": "val_loss"}, "'monitor': the net's scoring decides whi"),
    (Checkpoint, {"filepath": "a"}, "'filepath': use path."),
    (EpochBar, {"xyz": 1}, "'xyz'. It takes file."),
    (LivePlot, {"every": 1}, "'every'. It takes interval, yscale."),
    (Log, {"limit": 1}, "'limit': use limits."),
    (ValidationSet, {"sample_weights": 1}, "'sample_weights': use sample_weight."),
]


@pytest.mark.parametrize(("cls", "params", "text"), CONSTRUCTORS)
def test_a_constructor_names_the_parameter_that_is_meant(cls, params, text):
    with pytest.raises(TypeError) as error:
        cls(**params)
    start = f"{cls.__name__} got an unexpected parameter "
    assert str(error.value).startswith(start + text)


METHODS = [
    ("fit", {"validation_data": (X, y)}, "'validation_data': use X_val and y_val."),
    ("fit", {"epochs": 3}, "'epochs': set max_iter in the constructor."),
    ("fit", {"batch_size": 3}, "'batch_size': set batch_size in the constructor."),
    ("fit", {"callbacks": []}, "'callbacks': call set_callbacks(a, b) before fit."),
    ("fit", {"sample_weights": y}, "'sample_weights': use sample_weight."),
    ("fit", {"xyz": y}, "'xyz'. It takes X, y, sample_weight, "),
    ("partial_fit", {"labels": y}, "'labels'. It takes X, y, sample_weight, "),
    ("predict", {"batch_size": 3}, "'batch_size': set batch_size in the constructor."),
    ("predict", {"return_std": True}, "'return_std': ensembles return it, such as S"),
    ("score", {"sample_weights": y}, "'sample_weights': use sample_weight."),
]


@pytest.mark.parametrize(("method", "arguments", "text"), METHODS)
@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor])
def test_a_method_names_the_public_class_and_the_argument(Net, method, arguments, text):
    net = Net()
    data = (X,) if method == "predict" else (X, y)
    with pytest.raises(TypeError) as error:
        getattr(net, method)(*data, **arguments)
    start = f"{Net.__name__}.{method} got an unexpected argument "
    assert str(error.value).startswith(start + text)
    assert vars(net) == vars(Net())


SIMPLE = [
    ("set_callbacks", "'callbacks': call set_callbacks(a, b) before fit."),
    ("summary", "'callbacks': call set_callbacks(a, b) before fit."),
    ("to_sklearn", "'callbacks': call set_callbacks(a, b) before fit."),
    ("from_sklearn", "'callbacks': call set_callbacks(a, b) before fit."),
]


@pytest.mark.parametrize(("method", "text"), SIMPLE)
def test_a_method_of_all_nets_names_the_public_class(method, text):
    start = f"SVMClassifier.{method} got an unexpected argument "
    with pytest.raises(TypeError) as error:
        getattr(SVMClassifier(), method)(callbacks=[])
    assert str(error.value) == start + text


TABULAR = [
    ("fit", {"eval_set": X}, "'eval_set': members hold out rows themselves, which "),
    ("fit", {"X_val": X}, "'X_val': members hold out rows themselves, which "),
    ("predict", {"coverage": 0.9}, "'coverage'. It takes X, return_std."),
    ("predict_interval", {"alpha": 0.1}, "'alpha': use coverage, such as 0.9."),
]


@pytest.mark.parametrize(("method", "arguments", "text"), TABULAR)
def test_a_method_of_tabular_nets_names_the_argument(method, arguments, text):
    data = (X, y) if method == "fit" else (X,)
    with pytest.raises(TypeError) as error:
        getattr(TabularRegressor(), method)(*data, **arguments)
    start = f"TabularRegressor.{method} got an unexpected argument "
    assert str(error.value).startswith(start + text)


def test_a_search_names_itself_where_X_is_missing():
    with pytest.raises(TypeError, match=r"^StackedGridSearchCV\.fit missing 1 requir"):
        StackedGridSearchCV(MLPClassifier(), {}).fit()


@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor, SeedEnsembleClassifier])
@pytest.mark.parametrize("method", ["fit", "predict", "score"])
def test_a_missing_argument_names_the_public_class(Net, method):
    with pytest.raises(TypeError, match=rf"^{Net.__name__}\.{method} missing 1 requir"):
        getattr(Net(), method)(*([] if method == "predict" else [X]))


def test_too_many_positional_arguments_name_the_class():
    with pytest.raises(TypeError, match="^MLPClassifier takes from 1 to 3 positional"):
        MLPClassifier((3,), "relu", "adam")


def test_an_error_from_inside_a_call_passes_unchanged():
    def inner(one):
        return one

    def fails(Z, rng):
        return inner(1, word=2)

    net = MLPClassifier(augment=fails)
    with pytest.raises(TypeError, match=r"inner\(\) got an unexpected keyword"):
        net.fit(X, y)


class Own(MLPClassifier):
    """A user's class, which names its own parameters."""

    def __init__(self, size=3, **wrong):
        super().__init__((size,), **wrong)
        self.size = size


def test_a_users_subclass_is_named_by_its_own_name():
    with pytest.raises(TypeError, match=r"^Own got an unexpected parameter 'xyz'\. S"):
        Own(xyz=1)


def test_set_params_names_the_parameter_and_sets_none():
    net = MLPClassifier()
    with pytest.raises(ValueError, match=r"'lr' for estimator MLPClassifier.*: use l"):
        net.set_params(alpha=1.0, lr=0.1)
    with pytest.raises(ValueError, match=r"Invalid parameter 'xyz'.*Valid param"):
        net.set_params(alpha=1.0, xyz=0.1)
    assert net.alpha == MLPClassifier().alpha
    assert net.set_params(alpha=1.0) is net
    assert net.alpha == 1.0


def test_a_search_over_an_unknown_parameter_names_ours():
    search = GridSearchCV(MLPClassifier(), {"lr": [0.1]}, cv=2)
    with pytest.raises(
        ValueError, match=r"'lr' for estimator .*: use learning_rate_ini"
    ):
        search.fit(X, y)


def test_signature_clone_and_pickle_are_as_without_the_decorator():
    parameters = inspect.signature(MLPClassifier).parameters
    assert [*parameters][:3] == ["hidden_layer_sizes", "activation", "solver"]
    assert [*inspect.signature(MLPClassifier.fit).parameters][:3] == ["self", "X", "y"]
    assert MLPClassifier.__init__.__qualname__ == "MLPClassifier.__init__"
    net = clone(pickle.loads(pickle.dumps(MLPClassifier(alpha=0.5))))
    assert net.alpha == 0.5


# In some classes, and not in others.
ALSO_KNOWN = {"n_jobs", "alpha", "X_val", "early_stopping", "n_iter_no_change"}
ALSO_KNOWN |= {"scoring", "validation_fraction", "validation_split", "standardize"}
ALSO_KNOWN |= {"standardize_target", "scale", "resume", "calibrate", "horizontal_flip"}


def test_every_translation_leads_to_an_argument_that_exists():
    classes = {cls for cls, _, _ in CONSTRUCTORS}
    classes |= {BaggingEnsembleClassifier, StackedRandomizedSearchCV}
    known = {name for cls in classes for name in inspect.signature(cls).parameters}
    known |= {*inspect.signature(MLPClassifier.fit).parameters}
    for ours in TRANSLATED.values():
        assert known >= {*ours}
    assert known >= {*USES}
    assert known >= {*ELSEWHERE} - {"quantile", "quantiles"}
    known |= {*inspect.signature(TabularRegressor.predict_interval).parameters}
    assert known >= {needed for needed, _ in ADVICE.values() if needed}
    assert not known & {name for names in ADVICE for name in names} - ALSO_KNOWN
