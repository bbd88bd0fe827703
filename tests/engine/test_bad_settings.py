"""Every setting of every specification object, with values that make no sense."""

import inspect

import numpy as np
import pytest

import skdl.engine
from skdl import MLPClassifier, MLPRegressor
from skdl.engine import SGD, Adam, BatchNorm, Cosine, Quantile, Relu, Warmup
from skdl.engine.specification import explain_settings

X, Y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8) % 2
NAN, INF = float("nan"), float("inf")
# Of no use for any setting, unless `FINE` says so.
NONSENSE = [
    True,
    0,
    -1,
    NAN,
    INF,
    "x",
    None,
    np.float64(-1),
    np.bool_(True),
    [1],
    Cosine,
]
ZERO = {0}
FINE = {
    ("Adam", "beta_1"): ZERO,
    ("Adam", "beta_2"): ZERO,
    ("AdamW", "beta_1"): ZERO,
    ("AdamW", "beta_2"): ZERO,
    ("AdamW", "weight_decay"): ZERO,
    ("Adaptive", "minimum"): ZERO,
    ("BatchNorm", "momentum"): ZERO,
    ("Cosine", "minimum"): ZERO,
    ("Cosine", "horizon"): {None},
    ("CosineRestarts", "minimum"): ZERO,
    ("Elu", "alpha"): ZERO,
    ("HiddenLayers", "n_layers"): ZERO,
    ("InverseScaling", "power"): ZERO,
    ("LeakyRelu", "slope"): ZERO,
    ("OneCycle", "final"): ZERO,
    ("OneCycle", "horizon"): {None},
    ("RMSprop", "decay"): ZERO,
    ("ReduceOnPlateau", "minimum"): ZERO,
    ("SGD", "momentum"): ZERO,
    ("SGD", "nesterov"): (True, np.bool_(True)),
    ("Exponential", "decay"): {None},
    ("StepDecay", "every"): {None},
    ("StepDecay", "start"): ZERO,
    ("TruncatedNormal", "scale"): {None},
    ("Warmup", "schedule"): {None},
}
PLACES = [
    ("learning_rate", "factor"),
    ("loss", "rows_and_gradient"),
    ("weight_init", "fill"),
    ("activation", "forward"),
    ("solver", "start"),
]
OTHERS = {"BatchNorm": "normalization", "HiddenLayers": "hidden_layer_sizes"}
# The estimator makes these itself.
INNER = {"MultiOutput", "Augmentation", "ElasticNetPenalty"}


def specifications():
    """Return (class, parameter of the estimator) for each class with settings."""
    found = []
    for name in skdl.engine.__all__:
        Kind = getattr(skdl.engine, name)
        if not (inspect.isclass(Kind) and hasattr(Kind, "get_params")) or name in INNER:
            continue
        places = [place for place, method in PLACES if hasattr(Kind, method)]
        place = OTHERS.get(name) or (places[0] if places else None)
        if place:
            found.append((Kind, place))
    return found


def net_with(place, specification):
    Net = MLPRegressor if hasattr(specification, "predictions") else MLPClassifier
    parameters = {"hidden_layer_sizes": (2,), "solver": "sgd", place: specification}
    return Net(**parameters)


CASES = [
    (Kind, place, setting)
    for Kind, place in specifications()
    for setting in inspect.signature(Kind).parameters
]


def test_there_are_all_kinds():
    assert {place for _, place in specifications()} >= {
        *(place for place, _ in PLACES),
        *OTHERS.values(),
    }
    assert len(CASES) > 30


@pytest.mark.parametrize(("Kind", "place", "setting"), CASES)
def test_nonsense_is_refused_before_any_work(Kind, place, setting):
    needed = {
        name: 3
        for name, one in inspect.signature(Kind).parameters.items()
        if one.default is one.empty
    }
    fine = FINE.get((Kind.__name__, setting), ())
    for value in NONSENSE:
        if any(type(value) is type(one) and value == one for one in fine):
            continue
        net = net_with(place, Kind(**{**needed, setting: value}))
        with pytest.raises(ValueError, match=f"{setting} must be") as caught:
            net.fit(X, Y)
        assert repr(value)[:4] in str(caught.value) or isinstance(value, type)
        assert not hasattr(net, "n_iter_")


@pytest.mark.parametrize(("Kind", "place"), specifications())
def test_a_class_in_place_of_an_object_says_what_to_write(Kind, place):
    name = Kind.__name__
    net = net_with(place, Kind)
    with pytest.raises(ValueError, match=rf"{place} .* write {name}\(\), not {name}\."):
        net.fit(X, Y)


def test_classes_in_lists_and_in_schedules_are_refused():
    for net in (
        MLPClassifier((2,), activation=[skdl.engine.Maxout]),
        MLPClassifier((2,), solver="sgd", learning_rate=Warmup(schedule=Cosine)),
    ):
        with pytest.raises(ValueError, match=r"write (Maxout|Cosine)\(\), not"):
            net.fit(X, Y)


def test_a_schedule_of_ones_own_needs_two_methods():
    net = MLPClassifier((2,), solver="sgd", learning_rate=Warmup(schedule=3))
    with pytest.raises(ValueError, match="schedule must be an object with the methods"):
        net.fit(X, Y)


@pytest.mark.parametrize(
    "name",
    ["batch_size", "max_iter", "n_iter_no_change", "dropout", "max_restarts",
     "max_time", "max_grad_norm", "weight_init", "label_smoothing"],
)  # fmt: skip
def test_a_bool_is_no_number(name):
    net = MLPClassifier((2,), **{name: True})
    with pytest.raises(
        ValueError, match=f"{name} must be a number and no bool, got Tr"
    ):
        net.fit(X, Y)


SETTINGS = [
    (
        Adam,
        "lr",
        "beta_1, beta_2, epsilon. The learning rate is the net's: learn",
    ),
    (SGD, "learning_rate", "momentum, nesterov. The learning rate is the net's"),
    (Cosine, "T_max", "minimum, horizon."),
    (Quantile, "q", "quantiles."),
    (BatchNorm, "eps", "momentum, epsilon."),
    (Relu, "inplace", "none."),
]


@pytest.mark.parametrize(("kind", "name", "known"), SETTINGS)
def test_an_unknown_setting_is_answered_by_the_known_ones(kind, name, known):
    name_of_kind = kind.__name__
    with pytest.raises(TypeError) as error:
        kind(**{name: 0.1})
    start = f"{name_of_kind} got an unexpected setting {name!r}; it has {known}"
    assert str(error.value).startswith(start)
    assert {*inspect.signature(kind).parameters} == {*kind().get_params(deep=False)}


def test_explain_settings_leaves_other_errors():
    @explain_settings
    class Own:
        def __init__(self, one):
            self.one = int(one)

    with pytest.raises(TypeError, match="missing 1 required posit"):
        Own()
    with pytest.raises(TypeError, match="int"):
        Own(one=[])
    assert Own("3").one == 3


@pytest.mark.parametrize("name", sorted(skdl.engine.__all__))
def test_every_object_with_settings_lists_them(name):
    kind = getattr(skdl.engine, name)
    if not hasattr(kind, "get_params") or not hasattr(kind, "__dataclass_fields__"):
        return
    with pytest.raises(TypeError, match=r"^\w+ got an unexpected setting 'nonsense'"):
        kind(nonsense=1)
