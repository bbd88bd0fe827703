"""One random state, split into independent streams."""

from collections.abc import Mapping
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
        return _of_seed(seed), _Streams(_entropy_of_seed(seed))
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
    return _Streams(_entropy(random_state))


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


class _Streams(Mapping):
    """Generators by name, each made when it is first used: most nets use one or two.

    They come from the entropy of a seed, or from saved states.
    """

    def __init__(self, entropy=None, states=None):
        self._entropy, self._states, self._made = entropy, states, {}

    def __getitem__(self, name):
        if name not in self._made:
            self._made[name] = np.random.Generator(self._bit_generator(name))
        return self._made[name]

    def __iter__(self):
        return iter(STREAMS)

    def __len__(self):
        return len(STREAMS)

    def _bit_generator(self, name):
        if self._states is None:
            # The child that SeedSequence.spawn makes for the stream in this place.
            key = (STREAMS.index(name),)
            return np.random.PCG64(np.random.SeedSequence(self._entropy, spawn_key=key))
        generator = np.random.PCG64(NO_SEED)
        if name in self._states:
            generator.state = self._states[name]
        return generator

    def state(self, name):
        """Return the state of a generator; saved ones need not be made for it."""
        if name not in self._made and name in (self._states or ()):
            return self._states[name]
        return self[name].bit_generator.state


def save_streams(streams):
    """Return the streams' states as plain values."""
    return {name: streams.state(name) for name in STREAMS}


def load_streams(states):
    """Return the generators of such states."""
    return _Streams(states=states)


def restore_streams(streams, states):
    """Set generators to such states."""
    for name, state in states.items():
        streams[name].bit_generator.state = state
