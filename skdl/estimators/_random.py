"""One random state, split into independent streams."""

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["load_streams", "random_streams", "save_streams"]

# The order is part of what a seed means: new streams go to the end.
STREAMS = ("initialization", "shuffling", "validation")


def random_streams(random_state):
    """Return a dict of generators; what one draws does not shift another.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An instance is advanced, so that a second call gives other streams.
    """
    entropy = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    children = np.random.SeedSequence(entropy.tolist()).spawn(len(STREAMS))
    return {
        name: np.random.Generator(np.random.PCG64(child))
        for name, child in zip(STREAMS, children, strict=True)
    }


def save_streams(streams):
    """Return the streams' states as plain values."""
    return {name: rng.bit_generator.state for name, rng in streams.items()}


def load_streams(states):
    """Return the generators of such states."""
    streams = random_streams(0)
    for name, state in states.items():
        streams[name].bit_generator.state = state
    return streams
