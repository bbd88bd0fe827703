"""What the figures of docs/ show is so; tests/test_examples.py runs their scripts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.callbacks import Monitor
from skdl.preprocessing import ImageAugmenter
from tests.scripts import module_of
from tests.test_examples import ROOT


def load(name):
    return module_of(ROOT / "docs" / "figures" / f"{name}.py")


def test_a_saturated_unit_learns_by_cross_entropy_and_not_by_squared_error():
    saturation = load("saturation")
    outputs = {
        name: saturation.learn(loss, epochs=50)[0]
        for name, loss in saturation.LOSSES.items()
    }
    starts = [values[0] for values in outputs.values()]
    assert starts == pytest.approx(2 * [1 / (1 + np.exp(-4))])
    assert outputs["squared error"][50] > 0.9  # the target is 0
    assert outputs["cross-entropy"][50] < 0.03


def test_the_unit_is_trained_by_plain_gradient_descent():
    """One input of 1: weight and bias are equal, and their sum is the score."""
    saturation = load("saturation")
    slopes = {
        "squared error": lambda p: p * p * (1 - p),
        "cross-entropy": lambda p: p,
    }
    values = {
        "squared error": lambda p: p**2 / 2,
        "cross-entropy": lambda p: -np.log1p(-p),
    }
    for name, loss in saturation.LOSSES.items():
        score, outputs = 4.0, []
        for _ in range(21):
            p = 1 / (1 + np.exp(-score))
            outputs.append(p)
            score -= 2 * saturation.RATE * slopes[name](p)
        found, losses = saturation.learn(loss, epochs=20)
        assert_allclose(found, outputs, rtol=1e-12)
        assert_allclose(losses, values[name](np.array(outputs)), rtol=1e-10)


def test_every_transform_of_images_is_drawn_and_seen():
    augmentation = load("augmentation")
    drawn = set().union(*augmentation.ROWS.values())
    assert set(ImageAugmenter.STRENGTHS) <= drawn
    images = augmentation.make_images()
    assert (images.shape, images.dtype) == ((2, 32, 32, 3), np.uint8)
    before = images.copy()
    for name, options in augmentation.ROWS.items():
        found, shares = augmentation.versions(images, options)
        assert found.shape == (2, augmentation.N_VERSIONS, 32, 32, 3)
        for versions, image in zip(found, images, strict=True):
            assert (versions != image).any(), name
        assert ("mixup" in options) == (shares.min() < 1)
    np.testing.assert_array_equal(images, before)


def test_the_suggested_rate_is_among_the_best():
    learning_rate = load("learning_rate")
    found, scores = learning_rate.learn(rates=np.geomspace(1e-4, 1, 9), epochs=10)
    (at_it,) = learning_rate.learn(rates=[found.suggestion])[1]
    assert at_it > scores.max() - 0.01
    assert (scores < at_it - 0.02).sum() >= 5


def test_the_pictures_of_displays_show_what_their_text_says():
    inspection = load("inspection")
    X, X_test, y, y_test = inspection.digits()
    (net, _), deep = inspection.rectifiers(X, y), inspection.sigmoids(X, y)
    assert net.score(X_test, y_test) > 0.95
    ratios = Monitor.records_of(net)["update_ratio"]
    assert ratios[0].min() > 3e-3
    assert ratios[-1].max() < 3e-4
    sizes = Monitor.records_of(deep)["gradient_mean"][-1]
    assert 200 < sizes[-1] / sizes[:-1].min() < 1000
    assert sizes[0] > sizes[1]
