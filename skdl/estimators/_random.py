"""One random state, split into independent streams."""

from functools import lru_cache
from numbers import Integral

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from sklearn.utils import check_random_state

__all__ = [
    "later_streams",
    "load_streams",
    "random_streams",
    "restore_streams",
    "save_streams",
]

# A seed determines the streams by their order: new streams go to the end.
STREAMS = ("shuffling", "validation", "dropout", "augmentation")


class _NoSeed(ISeedSequence):
    """Zeros, for a generator whose state is set at once: seeds take longer."""

    def generate_state(self, n_words, dtype=np.uint32):
        return np.zeros(n_words, dtype)


NO_SEED = _NoSeed()


def random_streams(random_state):
    """Return ``(initialization, streams)``, which draw independently of one another.

    Parameters
    ----------
    random_state : int, RandomState instance or None

    Returns
    -------
    initialization : numpy.random.RandomState
        The instance itself, or one made from the seed. A seed gives the same starting
        weights as in scikit-learn, and so the same solution of L-BFGS. Draws advance an
        instance, so that the next net gets other weights.
    streams : dict of numpy.random.Generator
    """
    if isinstance(random_state, Integral):
        seed = int(random_state)
        return _of_seed(seed), _generators(_entropy_of_seed(seed))
    initialization = check_random_state(random_state)
    twin = _without_seed()
    twin.set_state(initialization.get_state())
    return initialization, _streams(twin)


def later_streams(random_state):
    """Return the streams alone, for a net whose weights are there already.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An instance is advanced, so that a second call gives other streams.

    Returns
    -------
    streams : dict of numpy.random.Generator
    """
    return _streams(check_random_state(random_state))


def _streams(random_state):
    return _generators(_entropy(random_state))


def _entropy(random_state):
    return random_state.randint(2**32, size=4, dtype=np.uint32).tolist()


@lru_cache(maxsize=256)
def _entropy_of_seed(seed):
    """Return the entropy that a seed gives; cached for searches, which reuse seeds."""
    return _entropy(_of_seed(seed))


def _of_seed(seed):
    """Return what ``np.random.RandomState(seed)`` returns, in a third of the time."""
    random_state = _without_seed()
    random_state.seed(seed)
    return random_state


def _without_seed():
    return np.random.RandomState(np.random.MT19937(NO_SEED))


def _generators(entropy):
    children = np.random.SeedSequence(entropy).spawn(len(STREAMS))
    generators = map(np.random.Generator, map(np.random.PCG64, children))
    return dict(zip(STREAMS, generators, strict=True))


class _Loaded(dict):
    """Generators that are made from their states when they are first used.

    A call of ``partial_fit`` uses one or two of them.
    """

    def __init__(self, states):
        super().__init__()
        self.states = states

    def __missing__(self, name):
        rng = self[name] = np.random.Generator(np.random.PCG64(NO_SEED))
        rng.bit_generator.state = self.states[name]
        return rng


def save_streams(streams):
    """Return the streams' states as plain values."""
    states = {name: rng.bit_generator.state for name, rng in streams.items()}
    return {**getattr(streams, "states", {}), **states}


def load_streams(states):
    """Return the generators of such states."""
    return _Loaded(states)


def restore_streams(streams, states):
    """Set generators to such states."""
    for name, state in states.items():
        streams[name].bit_generator.state = state
