"""Parameters that take names or objects: classes, misspelt names, objects that fit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.callbacks import Checkpoint
from skdl.engine import (
    Adam,
    Cosine,
    ElasticNetPenalty,
    HeNormal,
    L2Penalty,
    Relu,
    StepDecay,
)
from skdl.engine.losses import REGRESSION_LOSSES
from skdl.ensemble import CheckpointEnsembleClassifier
from skdl.estimators._resolve import ALIASES
from skdl.inspection import find_learning_rate

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)


def quick(Net=MLPClassifier, **params):
    return Net(hidden_layer_sizes=(4,), max_iter=2, tol=0, random_state=0, **params)


def error(net):
    with pytest.raises(ValueError, match=r".") as caught:
        net.fit(X, y)
    assert not hasattr(net, "n_iter_")
    return str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        ("solver", Adam),
        ("activation", Relu),
        ("learning_rate", StepDecay),
        ("weight_init", HeNormal),
        ("penalty", L2Penalty),
    ],
)
def test_a_class_in_place_of_an_object_is_named(parameter, kind):
    name = kind.__name__
    assert f"write {name}(), not {name}" in error(quick(**{parameter: kind}))


@pytest.mark.parametrize(
    ("parameter", "value", "meant"),
    [
        ("activation", "Sigmod", "logistic"),
        ("activation", "rellu", "relu"),
        ("activation", "mish", "silu"),
        ("loss", "crossentropie", "log_loss"),
        ("loss", "hingeloss", "hinge"),
        ("solver", "adma", "adam"),
        ("solver", "nesterov", "sgd"),
        ("weight_init", "he_uniform", "he_normal"),
        ("learning_rate", "cosin", "cosine"),
        ("learning_rate", "cos", "cosine"),
        ("normalization", "batches", "batch"),
        ("penalty", "elastic", "elasticnet"),
        ("class_weight", "balance", "balanced"),
        ("normalization_position", "bef", "before"),
    ],
)
def test_near_names_are_suggested(parameter, value, meant):
    said = error(quick(**{parameter: value}))
    assert said.endswith(f"Got {value!r} instead. Did you mean {meant!r}?")


@pytest.mark.parametrize(
    ("parameter", "value", "meant"),
    [
        ("loss", "mea", "'absolute_error'"),  # of mae, two letters are exchanged
        ("loss", "mes", "'squared_error'"),
        ("loss", "mean", "'squared_error' or 'absolute_error'"),
        ("loss", "error", "'squared_error' or 'absolute_error'"),
        ("solver", "adamw_2", "'adamw'"),
    ],
)
def test_equally_near_names_are_all_suggested(parameter, value, meant):
    said = error(quick(MLPRegressor, **{parameter: value}))
    assert said.endswith(f"Did you mean {meant}?")


def test_names_in_a_list_of_activations_are_understood_too():
    assert "Did you mean 'logistic'?" in error(quick(activation=["sigmod"]))


SPELLINGS = [
    *((p, other, name) for p in ALIASES for other, name in ALIASES[p].items()),
    ("activation", "ReLU", "relu"),
    ("activation", "Leaky-ReLU", "leaky_relu"),
    ("learning_rate", "OneCycle", "one_cycle"),
    ("loss", "Log Loss", "log_loss"),
    ("penalty", "elastic_net", "elasticnet"),
    ("solver", "Adam", "adam"),
    ("solver", "L-BFGS", "lbfgs"),
    ("solver", "RMSProp", "rmsprop"),
    ("weight_init", "HeNormal", "he_normal"),
]


@pytest.mark.parametrize(("parameter", "value", "meant"), SPELLINGS)
def test_names_of_other_libraries_mean_ours(parameter, value, meant):
    is_regression = parameter == "loss" and meant in REGRESSION_LOSSES
    Net = MLPRegressor if is_regression else MLPClassifier
    net = clone(quick(Net, **{parameter: value})).fit(X, y)
    ours = quick(Net, **{parameter: meant}).fit(X, y)
    assert_array_equal(net.coefs_[0], ours.coefs_[0])
    assert net.get_params() == {**ours.get_params(), parameter: value}


def test_names_of_other_libraries_in_a_list_and_in_scikit_learns_net():
    net = quick(activation=["Sigmoid"], solver="Adam").fit(X, y)
    theirs = net.to_sklearn()
    assert (theirs.activation, theirs.solver) == ("logistic", "adam")
    assert net.activation == ["Sigmoid"]


def test_lbfgs_in_another_spelling_is_lbfgs_everywhere():
    net = quick(solver="L-BFGS")
    assert not hasattr(net, "partial_fit")
    with pytest.raises(ValueError, match="estimator has solver='lbfgs'"):
        CheckpointEnsembleClassifier(net).fit(X, y)
    with pytest.raises(ValueError, match="solver='lbfgs' has no learning rate"):
        find_learning_rate(net, X, y)
    with pytest.raises(ValueError, match="Checkpoint does not support solver='lbfgs'"):
        net.set_callbacks(Checkpoint("never_written.npz")).fit(X, y)


def test_unrelated_names_get_the_list_alone_in_alphabetical_order():
    said = error(quick(activation="unheard-of"))
    assert "Did you mean" not in said
    assert said.index("'elu'") < said.index("'gelu'") < said.index("'tanh'")


WRITE_INSTEAD = [
    ({"learning_rate": 0.01}, "write the rate as learning_rate_init=0.01."),
    ({"learning_rate_init": "Cosine"}, "another parameter: learning_rate='Cosine'."),
    ({"validation_split": 0.2}, "early_stopping=True and validation_fraction=0.2."),
    ({"early_stopping": 5}, "early_stopping=True, n_iter_no_change=5."),
    ({"early_stopping": "True"}, "Write early_stopping=True, without quotes."),
    ({"normalization": True}, "Write normalization='batch'."),
    ({"penalty": "none"}, "Write penalty=None, without quotes."),
    ({"batch_size": 32.0}, "Write batch_size=32."),
    ({"alpha": "0.1"}, "Write alpha=0.1, without quotes."),
]


@pytest.mark.parametrize(("params", "end"), WRITE_INSTEAD)
def test_a_value_of_another_parameter_or_type_gets_what_to_write(params, end):
    ((name, value),) = params.items()
    said = error(quick(**params))
    assert said.startswith(f"The {name!r} parameter of MLPClassifier must be ")
    assert f"Got {value!r} instead. " in said
    assert said.endswith(end)


@pytest.mark.parametrize(
    ("scoring", "closest"),
    [
        ("auc", "'roc_auc', 'average_precision' or 'roc_auc_ovo'"),
        ("f1-score", "'f1' or "),
        ("acc", "'accuracy'"),
        ("RMSE", "'neg_root_mean_squared_error'"),
    ],
)
def test_of_all_scorers_the_closest_are_named(scoring, closest):
    said = error(quick(scoring=scoring, early_stopping=True))
    assert said.startswith(
        f"scoring={scoring!r} is not the name of a scorer. Did you mean {closest}"
    )
    assert "get_scorer_names()" in said
    assert len(said) < 300


@pytest.mark.parametrize("Net", [SoftmaxClassifier, MLPRegressor])
def test_a_penalty_object_acts_as_its_name_does(Net):
    by_name = quick(Net, penalty="elasticnet", l1_ratio=0.3, alpha=3.0).fit(X, y)
    by_object = quick(Net, penalty=ElasticNetPenalty(0.3), alpha=3.0).fit(X, y)
    assert_array_equal(by_name.coefs_[0], by_object.coefs_[0])
    plain = quick(Net, alpha=3.0).fit(X, y)
    assert (plain.coefs_[0] != by_name.coefs_[0]).any()


def test_settings_of_a_penalty_are_checked_and_can_be_searched():
    net = quick(penalty=ElasticNetPenalty()).set_params(penalty__l1_ratio=2)
    assert "ElasticNetPenalty: l1_ratio must be a number in [0, 1]" in error(net)


def test_lbfgs_takes_the_smooth_penalty_object_only():
    plain = quick(solver="lbfgs", alpha=0.5).fit(X, y)
    same = quick(solver="lbfgs", alpha=0.5, penalty=L2Penalty()).fit(X, y)
    assert_array_equal(plain.coefs_[0], same.coefs_[0])
    net = quick(solver="lbfgs", penalty=ElasticNetPenalty())
    assert "solver='lbfgs' needs a smooth objective" in error(net)


def test_a_schedule_by_name_is_the_object_of_its_defaults():
    by_name = quick(learning_rate="cosine").fit(X, y)
    by_object = quick(learning_rate=Cosine()).fit(X, y)
    assert_array_equal(by_name.coefs_[0], by_object.coefs_[0])
    assert "chooses its steps itself" in error(
        quick(solver="lbfgs", learning_rate="cosine")
    )


class Cubic:
    """An activation without a base class and without optional attributes."""

    def forward(self, Z, A):
        np.power(Z, 3, out=A)

    def backward(self, dA, Z, A):
        dA *= 3 * Z**2


def test_an_activation_of_a_users_own_class_gets_the_defaults():
    net = quick(activation=Cubic()).fit(X, y)
    Z = X @ net.coefs_[0] + net.intercepts_[0]
    scores = Z**3 @ net.coefs_[1] + net.intercepts_[1]
    expected = 1 / (1 + np.exp(-scores[:, 0]))
    np.testing.assert_allclose(net.predict_proba(X)[:, 1], expected, rtol=1e-10)
