"""The examples in the docstrings of what searches use print what they say."""

import doctest

import pytest

from skdl.engine import hidden_layers
from skdl.model_selection import coarse_to_fine, ranges


@pytest.mark.parametrize("module", [hidden_layers, coarse_to_fine, ranges])
def test_examples(module):
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert not failed
