"""Strings, bools and negative numbers as labels do what class numbers do."""

import numpy as np
from numpy.testing import assert_array_equal

from skdl import LogisticClassifier, MLPClassifier, SoftmaxClassifier, SVMClassifier
from tests.estimators.common import fit, flat, make
from tests.pairwise import parametrize_pairwise

# In sorted order: number k stands for the k-th of them.
LABELS = {
    "strings": ["ant", "bee", "cat"],
    "strings like numbers": ["-1", "0", "2"],
    "objects": np.array(["ant", "bee", "cat"], dtype=object),
    "negative": [-7, -2, 4],
    "unsigned": np.array([3, 5, 250], dtype=np.uint8),
    "whole floats": [-2.0, 1.0, 30.0],
    "two strings": ["no", "yes"],
    "bools": [False, True],
    "two negative": [-1, 1],
}
OPTIONS = {
    "log_loss": (MLPClassifier, {}),
    "softmax": (MLPClassifier, {"loss": "softmax"}),
    "logistic": (MLPClassifier, {"loss": "logistic"}),
    "hinge": (MLPClassifier, {"loss": "hinge"}),
    "squared_hinge": (MLPClassifier, {"loss": "squared_hinge"}),
    "kl_divergence": (MLPClassifier, {"loss": "kl_divergence"}),
    "squared_error": (MLPClassifier, {"loss": "squared_error"}),
    "SoftmaxClassifier": (SoftmaxClassifier, {}),
    "LogisticClassifier": (LogisticClassifier, {}),
    "SVMClassifier": (SVMClassifier, {}),
    "class_weight": (MLPClassifier, {"class_weight": {0: 2.0, 1: 0.5, 2: 1.0}}),
    "balanced": (SVMClassifier, {"class_weight": "balanced"}),
    "early_stopping": (MLPClassifier, {"early_stopping": True}),
    "label_smoothing": (SoftmaxClassifier, {"label_smoothing": 0.2}),
    "lbfgs": (LogisticClassifier, {"solver": "lbfgs"}),
    "warm_start": (MLPClassifier, {"warm_start": True}),
    "batch normalization": (
        MLPClassifier,
        {"normalization": "batch", "dropout": 0.2, "hidden_layer_sizes": (6, 5)},
    ),
    "partial_fit": (SoftmaxClassifier, {"class_weight": {0: 3.0, 1: 1.0, 2: 1.0}}),
}


@parametrize_pairwise(labels=LABELS, option=list(OPTIONS), n_columns=[1, 2])
def test_labels_stand_for_class_numbers(labels, option, n_columns, X, y):
    Net, params = OPTIONS[option]
    labels = np.asarray(labels)
    k = len(labels)
    codes = np.minimum(y, k - 1)
    weights = params.get("class_weight")
    # Numbers that do not form an indicator matrix.
    numbers, own = codes + 5, labels[codes]
    classes = [np.arange(k) + 5, labels]
    if n_columns == 2:
        numbers = np.column_stack([numbers, (X[:, 3] > 0) + 5])
        own = np.column_stack([own, labels[(X[:, 3] > 0).astype(int)]])
        classes = [[each, each[:2]] for each in classes]

    def train(y, classes, names):
        settings = dict(params)
        if isinstance(weights, dict):
            alone = {name: weights[i] for i, name in enumerate(names.tolist())}
            settings["class_weight"] = [alone, alone] if n_columns == 2 else alone
        net = make(Net, **settings)
        if option == "partial_fit":
            net.partial_fit(X, y, classes=classes)
            return net.partial_fit(X[:9], y[:9])
        fit(net, X, y)
        return fit(net, X, y) if option == "warm_start" else net

    expected = train(numbers, classes[0], np.arange(k) + 5)
    if labels.dtype.kind == "f" and n_columns == 2 and option in SOFT:
        return  # a matrix of floats is one of probabilities there
    if labels.dtype.kind == "b" and n_columns == 2 and option != "partial_fit":
        return  # this is an indicator matrix
    net = train(own, classes[1], labels)
    assert_array_equal(flat(net), flat(expected))
    predicted = net.predict(X)
    assert predicted.dtype == (own.astype(str) if own.dtype == object else own).dtype
    assert_array_equal(predicted, labels[expected.predict(X) - 5])
    assert net.score(X, own) == expected.score(X, numbers)


SOFT = {"kl_divergence", "SoftmaxClassifier", "label_smoothing"}
