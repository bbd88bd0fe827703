"""Files of skops: what they hold, what has to be trusted, and what comes back."""

import importlib
import inspect
import io
import warnings
import zipfile

import numpy as np
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
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
    engine,
    ensemble,
    inspection,
    model_selection,
    preprocessing,
)
from skdl.callbacks import (
    CSVLogger,
    EpochBar,
    EpochLogger,
    LambdaCallback,
    Monitor,
    TrainingTable,
)
from skdl.callbacks.monitor import StepRecords
from skdl.model_selection import (
    CoarseToFineSearchCV,
    Linear,
    Log,
    StackedGridSearchCV,
    StackedRandomizedSearchCV,
)
from skdl.preprocessing import (
    ImageAugmenter,
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TabularEncoder,
)
from tests.engine.cases import (
    ACTIVATIONS,
    INITIALIZERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    each,
)
from tests.pairwise import parametrize_pairwise

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]
# Not objects that a parameter takes: penalties are chosen by name, and a net with
# several columns of labels makes its loss when it needs it.
NAMED_ONLY = {name for name in engine.__all__ if name.endswith("Penalty")}
NAMED_ONLY |= {"MultiOutput"}
# Base classes.
NAMED_ONLY |= {"ActivationFunction", "Initializer", "Loss", "Optimizer", "Schedule"}
# The others write to a path, or call what the file names.
TRUSTED_CALLBACKS = [
    EpochBar,
    EpochLogger,
    inspection.LivePlot,
    Monitor,
    StepRecords,
    TrainingTable,
]

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
CLASSES = X[:, :3].argmax(axis=1)
LABELS = X[:, :3] > 0
COUNTS = rng.poisson(2.0, 60).astype(float)


def net_of_loss(case):
    """Return a net that has a loss as an object, and a y for it."""
    if case.kind in ("values", "counts"):
        return MLPRegressor(case.loss), COUNTS
    if case.kind == "columns":  # made by the net, of the loss of one column
        return MLPClassifier(), np.column_stack([CLASSES, CLASSES])
    if case.kind == "labels":
        return MLPClassifier(loss=case.loss), LABELS
    return MLPClassifier(loss=case.loss), CLASSES % case.size


def with_option(name, value, Net=MLPClassifier):
    return Net(**{"hidden_layer_sizes": (6, 5), name: value}), CLASSES


# Every object that a parameter takes, from the tables of the engine's tests.
OPTIONS = {
    **{f"loss-{k}": net_of_loss(case) for k, case in LOSSES.items()},
    **{
        f"{name}-{k}": with_option(name, row[0] if isinstance(row, tuple) else row)
        for name, table in {
            "activation": ACTIVATIONS,
            "weight_init": INITIALIZERS,
            "solver": OPTIMIZERS,
            "learning_rate": SCHEDULES,
        }.items()
        for k, row in table.items()
    },
    "HiddenLayers": with_option("hidden_layer_sizes", engine.HiddenLayers(2, 5)),
    **{
        f"{Net.__name__}-{name}": with_option(name, value, Net)
        for Net in NETS
        for name, value in {
            "solver": "lbfgs",
            "activation": [engine.Maxout(3), "gelu"],
            "normalization": engine.BatchNorm(0.8),
            "dropout": [0.1, 0.0, 0.2],
            "residual": True,
            "early_stopping": True,
            "penalty": "l1",
            "standardize": True,
            "warm_start": True,
            "random_state": np.random.RandomState(3),
            "hidden_layer_sizes": np.array([4, 3]),
            "alpha": np.float32(0.1),
        }.items()
    },
}
TRANSFORMERS = {
    "Standardizer": Standardizer(),
    "Standardizer-running": Standardizer(momentum=0.1),
    "PCAWhitener": PCAWhitener(),
    "PCAWhitener-zca": PCAWhitener(n_components=3, zca=True),
}


def fitted(net, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net = clone(net).set_params(max_iter=3)
        if net.random_state is None:
            net.set_params(random_state=0)
        return net.fit(X, y)


def through_file(estimator):
    return skops.io.loads(skops.io.dumps(estimator), trusted=skdl.trusted_types)


def untrusted(estimator):
    data = skops.io.dumps(estimator)
    return set(skops.io.get_untrusted_types(data=data))


def answers(estimator, X=X):
    """Return all that an estimator says of X, and the attributes that it learned."""
    methods = ("predict", "predict_proba", "decision_function", "transform")
    said = {name: getattr(estimator, name)(X) for name in methods
            if hasattr(estimator, name)}  # fmt: skip
    return said | {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and value is not None
    }


def assert_same(one, other):
    ours, theirs = answers(one), answers(other)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if name == "history_":
            # All but the seconds.
            for record in set(value) - {"time"}:
                assert_array_equal(theirs[name][record], value[record], err_msg=record)
            continue
        assert_array_equal(theirs[name], value, err_msg=name)
        assert np.asarray(theirs[name]).dtype == np.asarray(value).dtype, name


@each("option", OPTIONS)
def test_a_net_comes_back(option):
    net, y = option
    net = fitted(net, y)
    assert_same(net, through_file(net))


@parametrize_pairwise(
    Net=NETS,
    continued=["partial_fit", "warm_start", "after fit"],
    dtype=[np.float32, np.float64],
    seed=["number", "instance"],
)
def test_training_goes_on_as_without_the_file(Net, dtype, seed, continued):
    seed = 0 if seed == "number" else np.random.RandomState(0)
    net = Net(
        hidden_layer_sizes=(7, 6),
        normalization="batch",
        dropout=0.2,
        learning_rate=engine.Cosine(horizon=9),
        warm_start=continued == "warm_start",
        random_state=seed,
        max_iter=2,
    )
    X_typed = X.astype(dtype)
    classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if continued == "partial_fit":
            net.partial_fit(X_typed, CLASSES, **classes).partial_fit(X_typed, CLASSES)
        else:
            net.fit(X_typed, CLASSES)
        other = through_file(net)
        before = net.predict(X_typed).copy()
        for one in (net, other):
            if continued == "warm_start":
                one.fit(X_typed, CLASSES)
            one.partial_fit(X_typed, CLASSES)
    assert net._network.dtype == other._network.dtype == dtype
    assert_array_equal(other._network.parameters, net._network.parameters)
    assert_same(net, other)
    if Net is MLPRegressor:
        assert (net.predict(X_typed) != before).any()


@each("transformer", TRANSFORMERS)
def test_a_transformer_comes_back_and_goes_on(transformer):
    transformer.fit(X).partial_fit(2 * X)
    other = through_file(transformer)
    assert_same(transformer, other)
    assert_same(transformer.partial_fit(X + 1), other.partial_fit(X + 1))


def test_an_augmenter_comes_back():
    augmenter = ImageAugmenter(shift=2, scale=(0.9, 1.1), image_shape=(8, 8))
    assert through_file(augmenter).get_params() == augmenter.get_params()


def test_words_and_pipelines_come_back():
    words = np.array(["ant", "bee", "cat"])[CLASSES]
    net = SoftmaxClassifier(max_iter=500, learning_rate_init=0.01, random_state=0)
    model = make_pipeline(Standardizer(), PCAWhitener(), net).fit(X, words)
    assert_array_equal(through_file(model).predict(X), model.predict(X))


def test_features_come_back():
    net = SoftmaxClassifier(5, max_iter=500, learning_rate_init=0.01, random_state=0)
    features = inspection.NeuralFeatures(net).fit(X, CLASSES)
    other = through_file(features)
    assert_array_equal(other.transform(X), features.transform(X))


def test_callbacks_and_records_come_back_and_go_on():
    net = MLPClassifier(3, max_iter=3, random_state=0)
    net = fitted(net.set_callbacks(Monitor(every=1), EpochLogger("a")), CLASSES)
    other = through_file(net)
    assert repr(other._skl_callbacks) == repr(net._skl_callbacks)
    for one in (net, other):
        one.partial_fit(X, CLASSES)
    ours, theirs = Monitor.records_of(net), Monitor.records_of(other)
    assert ours["step"].tolist() == [1, 2, 3, 4]
    for name, values in ours.items():
        assert_array_equal(theirs[name], values, err_msg=name)


@pytest.mark.parametrize("make", [CSVLogger, LambdaCallback])
def test_what_writes_to_a_path_or_calls_a_function_is_not_trusted(make, tmp_path):
    callback = make(str(tmp_path / "log.csv") if make is CSVLogger else np.shape)
    net = fitted(MLPClassifier(3), CLASSES)
    refused = skops.io.exceptions.UntrustedTypesFoundException
    with pytest.raises(refused, match=make.__name__):
        through_file(net.set_callbacks(callback))
    assert through_file(net.set_callbacks()).score(X, CLASSES) > 0
    pipeline = make_pipeline(net.set_callbacks(callback))
    pipeline[-1].set_callbacks()
    assert through_file(pipeline).score(X, CLASSES) > 0


@pytest.mark.parametrize("name", ensemble.__all__)
def test_the_callbacks_of_an_ensemble_are_those_of_its_estimator(name):
    net = fast_net(name).set_callbacks(LambdaCallback(np.shape))
    made = getattr(ensemble, name)(net, n_members=2, random_state=0).fit(X, CLASSES)
    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException):
        through_file(made)
    made.estimator.set_callbacks()
    assert_array_equal(through_file(made).predict(X), made.predict(X))


def test_callbacks_of_plain_values_come_back(capsys):
    net = fast_net("MLPClassifier").set_callbacks(*callbacks_of_plain_values())
    copy = through_file(net)
    _, _, plot, bar, table = copy._skl_callbacks
    assert (plot.interval, plot.yscale) == (0.5, "log")
    # Streams are not saved.
    assert (bar.file, table.file, table.time_left) == (None, None, False)
    copy.set_callbacks(table).fit(X, CLASSES)
    assert "Training ended" in capsys.readouterr().out


def full_name(thing):
    return f"{thing.__module__}.{thing.__qualname__}"


def ensembles():
    """Yield one of each kind, fitted; they are tested with the others of their kind."""
    for name in ensemble.__all__:
        made = getattr(ensemble, name)(n_members=2, random_state=0)
        yield made.set_params(estimator=fast_net(name)).fit(X, CLASSES)


def callbacks_of_plain_values():
    """Return callbacks that are loaded with the net, those that hold a stream, too."""
    shown = [EpochBar(io.StringIO()), TrainingTable(io.StringIO(), time_left=False)]
    return [Monitor(3), EpochLogger(), inspection.LivePlot(0.5, "log"), *shown]


def fast_net(name):
    Net = MLPClassifier if name.endswith("Classifier") else MLPRegressor
    return Net(hidden_layer_sizes=5, max_iter=4, tol=10.0, n_iter_no_change=1)


def test_the_list_is_what_files_hold():
    """A class that gets into a file is in the list; nothing else is."""
    found = set()
    for net, y in OPTIONS.values():
        found |= untrusted(fitted(net, y))
    for one in ensembles():
        found |= untrusted(one)
    features = inspection.NeuralFeatures(fast_net("MLPClassifier"))
    found |= untrusted(features.fit(X, CLASSES))
    for transformer in TRANSFORMERS.values():
        found |= untrusted(transformer.fit(X))
    for encoder in (SmoothClipScaler(), PiecewiseLinearEncoder(), TabularEncoder()):
        found |= untrusted(encoder.fit(X))
    for tabular in (TabularClassifier, TabularRegressor):
        tiny = tabular(preset="fast", hidden_layer_sizes=(4,), max_iter=1)
        found |= untrusted(tiny.fit(X, CLASSES))
    found |= untrusted(ImageAugmenter())
    net = fast_net("MLPClassifier").set_callbacks(Monitor(), EpochLogger())
    net.fit(X, CLASSES)
    net.set_callbacks(*callbacks_of_plain_values())
    found |= untrusted(net)
    space = {"alpha": Log(0.1, 1), "power_t": Linear(0, 1)}
    net = MLPClassifier((), solver="lbfgs", random_state=0)
    grid = {"alpha": [0.1, 1.0]}
    for search in (
        CoarseToFineSearchCV(net, space, max_stages=1, max_candidates=2, cv=2),
        StackedGridSearchCV(net, grid, cv=2),
        StackedRandomizedSearchCV(net, grid, n_iter=2, cv=2),
    ):
        # It holds classes of scikit-learn that every search holds.
        held = untrusted(search.fit(X, CLASSES))
        found |= {name for name in held if name.startswith("skdl.")}
    assert skdl.trusted_types == sorted(found)


def test_every_class_that_a_parameter_takes_is_in_the_list():
    """The test above sees what the tables of cases hold; this one, what is public."""
    classes = {
        full_name(thing)
        for module in (
            skdl,
            engine,
            ensemble,
            inspection,
            model_selection,
            preprocessing,
        )
        for name in module.__all__
        if inspect.isclass(thing := getattr(module, name))
        and issubclass(thing, BaseEstimator)
        and name not in NAMED_ONLY
    }
    classes |= {full_name(one) for one in (engine.Network, *TRUSTED_CALLBACKS)}
    assert classes == set(skdl.trusted_types)


def test_the_list_has_nothing_but_our_own_classes():
    assert all(isinstance(name, str) for name in skdl.trusted_types)
    for name in skdl.trusted_types:
        module, _, attribute = name.rpartition(".")
        assert module.split(".")[0] == "skdl"
        assert inspect.isclass(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("size", [1, 500])
def test_arrays_that_do_not_fit_the_widths_are_refused(size):
    """Those of a size that broadcasts, too."""
    net = fitted(MLPClassifier(3, warm_start=True), CLASSES)
    n_parameters = net._network.parameters.size
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(skops.io.dumps(net))) as archive,
        zipfile.ZipFile(content, "w") as forged,
    ):
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith(".npy") and np.load(io.BytesIO(data)).shape == (
                n_parameters,
            ):
                file = io.BytesIO()
                np.save(file, np.zeros(size))
                data = file.getvalue()
            forged.writestr(name, data)
    with pytest.raises(ValueError, match="network of widths .* damaged or forged"):
        skops.io.loads(content.getvalue(), trusted=skdl.trusted_types)


def test_what_is_not_in_the_list_is_refused():
    data = skops.io.dumps(fitted(MLPClassifier(), CLASSES))
    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException, match="skdl"):
        skops.io.loads(data)
