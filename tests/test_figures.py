"""What the figures of docs/ show is so; tests/test_examples.py runs their scripts."""

import importlib.util

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.preprocessing import ImageAugmenter
from tests.test_examples import ROOT


def load(name):
    path = ROOT / "docs" / "figures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
