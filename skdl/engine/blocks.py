"""Whole vectors, block by block.

What runs block by block keeps a block's arrays in the cache from one operation to the
next. The blocks are views, cut once: a step slices nothing.
"""

import numpy as np

__all__ = ["Blockwise", "blocks_of", "copy_equal", "number"]

# Elements per block. Smaller ones fit the L2 cache better, and cost more calls.
BLOCK = 65536


def blocks_of(*arrays, scratch=None):
    """Cut arrays of one size into blocks.

    Parameters
    ----------
    *arrays : ndarray
        Contiguous, of the same size; read as flat vectors.
    scratch : ndarray, optional
        Of that size, too, for what is to stay; by default there is one block of it.

    Returns
    -------
    blocks : list of tuple of ndarray
        A view of each array, and scratch of their length and type, which all blocks
        share unless it is given.
    """
    flat = [array.reshape(-1) for array in arrays]
    size = flat[0].size
    shared = np.empty(min(BLOCK, size), flat[0].dtype) if scratch is None else None
    blocks = []
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        own = shared[: stop - start] if scratch is None else scratch[start:stop]
        blocks.append((*(array[start:stop] for array in flat), own))
    return blocks


def number(parameters, value=0.0):
    """Return an array without axes, which NumPy takes in half a Python number's time.

    Parameters
    ----------
    parameters : ndarray
        Whose dtype it gets.
    value : float, default=0.0
        ``a[()] = x`` sets another one.
    """
    return np.array(value, parameters.dtype)


def copy_equal(array, saved):
    """Copy what was saved of an array back into it: without broadcasting.

    Parameters
    ----------
    array, saved : ndarray

    Raises
    ------
    ValueError
        If it has another shape or dtype.
    """
    if (saved.shape, saved.dtype) != (array.shape, array.dtype):
        raise ValueError(
            f"What was saved is {saved.dtype} of shape {saved.shape}, and the array "
            f"here is {array.dtype} of shape {array.shape}."
        )
    np.copyto(array, saved)


class Blockwise:
    """The state of an optimizer that treats each parameter by itself.

    A kind of state has ``prepare(rate)``, which sets the numbers of a step, and
    ``update(w, g, *moments, scratch)``, which does the step for one block.

    Parameters
    ----------
    parameters : ndarray
        Of the run, or an array like them.

    Attributes
    ----------
    moments : sequence of str
        Names of the attributes that hold an array for all parameters.
    kept : ndarray of shape (n_parameters,), or None
        Scratch of all blocks, once `keep_scratch` was called.
    """

    moments = ()

    def __init__(self, parameters):
        for name in self.moments:
            setattr(self, name, np.zeros_like(parameters))
        self._of = self._blocks = self.kept = None

    def __getstate__(self):
        """Leave out the blocks: views would be stored as copies."""
        return {**vars(self), "_of": None, "_blocks": None, "kept": None}

    def keep_scratch(self, scratch):
        """Keep from now on what `update` leaves in its scratch; this is the last."""
        self.kept = scratch
        self._of = None

    def step(self, parameters, gradient, rate):
        """Update the parameters in place; the gradient is scratch."""
        if self._of is None or not (
            self._of[0] is parameters and self._of[1] is gradient
        ):
            moments = [getattr(self, name) for name in self.moments]
            arrays = (parameters, gradient, *moments)
            self._blocks = blocks_of(*arrays, scratch=self.kept)
            self._of = parameters, gradient
        self.prepare(rate)
        for block in self._blocks:
            self.update(*block)

    def state_dict(self):
        """Return copies of the moments."""
        return {name: getattr(self, name).copy() for name in self.moments}

    def load(self, state):
        """Go on from what `state_dict` returned."""
        self._of = self.kept = None
        for name in self.moments:
            copy_equal(getattr(self, name), state[name])
