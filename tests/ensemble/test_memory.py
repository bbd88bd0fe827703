"""Ensembles of many classes predict in little memory."""

import tracemalloc

import numpy as np
import pytest

from skdl import SoftmaxClassifier
from skdl.ensemble import SeedEnsembleClassifier

N_ROWS, N_CLASSES = 4096, 300


@pytest.mark.filterwarnings("ignore:y has .* classes:UserWarning")
@pytest.mark.parametrize("method", ["predict", "score"])
def test_labels_need_the_scores_of_one_pass(method):
    X = np.random.default_rng(0).normal(size=(N_ROWS, 3))
    y = np.arange(N_ROWS) % N_CLASSES
    net = SoftmaxClassifier((2,), solver="sgd", max_time=1e-9)
    ensemble = SeedEnsembleClassifier(net, n_members=2, random_state=0)
    ensemble.fit(X[:N_CLASSES], y[:N_CLASSES])
    arguments = (X,) if method == "predict" else (X, y)
    tracemalloc.start()
    try:
        getattr(ensemble, method)(*arguments)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < N_ROWS * N_CLASSES * 8 * 2  # the scores of all rows
