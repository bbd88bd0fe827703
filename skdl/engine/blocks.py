"""Whole vectors, processed block by block.

The arrays of one block stay in the cache from one operation to the next. Blocks are
views that are cut once: a step slices nothing.
"""

from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_empty, aligned_zeros

__all__ = [
    "BLOCK",
    "LONG",
    "Blockwise",
    "blocks_of",
    "clear_tiny",
    "copy_equal",
    "scalar_array",
    "subtract_row",
]

# Elements per block. Smaller blocks fit the L2 cache better, but need more calls.
BLOCK = 65536
# The length of NumPy's buffer. NumPy adds one row to another at full speed if the rows
# have at least as many elements.
LONG = 8192


def blocks_of(*arrays, scratch=None):
    """Cut arrays of one size into blocks.

    Parameters
    ----------
    *arrays : ndarray
        Contiguous arrays of the same size, read as flat vectors.
    scratch : ndarray, optional
        A flat array of that size for intermediate results that are to be stored. By
        default, all blocks share scratch memory for one block.

    Returns
    -------
    blocks : list of tuple of ndarray
        For each block, a view of each array, and scratch memory of its length and of
        the first array's dtype.
    """
    flat = [array.reshape(-1) for array in arrays]
    size = flat[0].size
    shared: Any = scratch
    if scratch is None:
        shared = aligned_empty((min(BLOCK, size),), flat[0].dtype)
    if size <= BLOCK:
        return [(*flat, shared)] if size else []
    blocks = []
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        own = shared[: stop - start] if scratch is None else scratch[start:stop]
        blocks.append((*(array[start:stop] for array in flat), own))
    return blocks


def subtract_row(rows: np.ndarray, row: np.ndarray) -> None:
    """Subtract a row from each of the rows, in place.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        The rows; of any order in memory.
    row : ndarray of shape (n_columns,)
        What to subtract, of the same dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.blocks import subtract_row
    >>> rows = np.arange(6.0).reshape(3, 2)
    >>> subtract_row(rows, rows[0].copy())
    >>> rows.tolist()
    [[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]
    """
    n_rows, width = rows.shape
    n = LONG // max(1, width)
    if n < 2 or n_rows < 2 * n or not rows.flags.c_contiguous:
        np.subtract(rows, row, out=rows)
        return
    # NumPy subtracts long rows up to three times as fast as short ones.
    end = n_rows - n_rows % n
    long_row = np.repeat(row[np.newaxis], n, axis=0).reshape(-1)
    long_rows = rows[:end].reshape(-1, n * width)
    np.subtract(long_rows, long_row, out=long_rows)
    np.subtract(rows[end:], row, out=rows[end:])


def scalar_array(parameters: np.ndarray, value: float = 0.0) -> np.ndarray:
    """Return an array without axes: NumPy reads it faster than a Python number.

    Parameters
    ----------
    parameters : ndarray
        An array whose dtype the result gets.
    value : float, default=0.0
        The number that it holds. ``a[()] = x`` sets another one.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.blocks import scalar_array
    >>> rate = scalar_array(np.zeros(3, np.float32), 0.5)
    >>> rate.shape, rate.dtype, float(rate)
    ((), dtype('float32'), 0.5)
    """
    return np.array(value, parameters.dtype)


def copy_equal(array: np.ndarray, saved: np.ndarray) -> None:
    """Copy a saved array back, without broadcasting.

    Parameters
    ----------
    array : ndarray
        The array to fill.
    saved : ndarray
        Its saved content.

    Raises
    ------
    ValueError
        If the two differ in shape or dtype.
    """
    if (saved.shape, saved.dtype) != (array.shape, array.dtype):
        raise ValueError(
            f"The saved array is {saved.dtype} of shape {saved.shape}; the array to "
            f"fill is {array.dtype} of shape {array.shape}."
        )
    np.copyto(array, saved)


def clear_tiny(array: np.ndarray) -> None:
    """Set numbers to 0, in place, that are next to the smallest of their dtype.

    A penalty shrinks the weights of a dead unit or of a constant column by the same
    factor in each step, and an optimizer shrinks their moments. They would end below
    the smallest normal number, where a processor takes some hundred times as long for
    an operation.

    Parameters
    ----------
    array : ndarray
        A contiguous array of floats.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.blocks import clear_tiny
    >>> weights = np.array([1.0, -1e-310, 1e-290, np.nan])
    >>> clear_tiny(weights)
    >>> weights.tolist()
    [1.0, 0.0, 1e-290, nan]
    """
    info = np.finfo(array.dtype)
    # Below this, a product with a rate or a strength may leave the normal numbers.
    limit = info.smallest_normal / info.eps
    flat = array.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        part = flat[start : start + BLOCK]
        is_tiny = np.absolute(part) < limit
        if is_tiny.any():
            np.copyto(part, 0, where=is_tiny)


class Blockwise:
    """The state of an optimizer that treats each parameter by itself.

    A subclass has ``prepare(rate)``, which sets the numbers of a step, and
    ``update(w, g, *moments, scratch)``, which does the step for one block.

    Parameters
    ----------
    parameters : ndarray
        The parameters of the run, or an array like them.

    Attributes
    ----------
    moments : sequence of str
        Names of the attributes that hold an array for all parameters.
    constants : sequence of str
        Names of the attributes that hold an array for all parameters which no step
        changes. `update` gets their blocks behind those of the moments.
    numbers : sequence of str
        Names of the attributes that hold an array without axes, see `scalar_array`.
        `update` reads no other numbers. In a stack, a column holds those of all
        networks.
    denominators : ndarray of shape (n_parameters,), or None
        What `update` leaves in the scratch memory of all blocks, once
        `store_denominators` was called.
    """

    moments: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def __init__(self, parameters):
        for name in self.moments:
            setattr(self, name, aligned_zeros(parameters.shape, parameters.dtype))
        self._arrays: Any = None
        self._blocks: Any = None
        self.denominators: Any = None

    def prepare(self, rate):
        """Set the numbers of a step.

        Parameters
        ----------
        rate : float
            The learning rate.
        """
        raise NotImplementedError

    def update(self, w, g, *moments_and_scratch):
        """Do the step for one block, in place.

        Parameters
        ----------
        w, g : ndarray
            Parameters and gradient.
        *moments_and_scratch : ndarray
            The block of each moment and each constant, then scratch memory.
        """
        raise NotImplementedError

    def __getstate__(self):
        """Leave out the blocks: pickle would store the views as copies."""
        return {**vars(self), "_arrays": None, "_blocks": None, "denominators": None}

    def before_update(self, parameters):
        """Change the parameters before `update`; most rules do not.

        Parameters
        ----------
        parameters : ndarray of shape (..., n_parameters)
            The parameters of the run.
        """

    def store_denominators(self, denominators):
        """From now on store the denominators that `update` computes, block by block.

        Parameters
        ----------
        denominators : ndarray of shape (n_parameters,)
            Those of the latest step. The next steps overwrite them.
        """
        self.denominators = denominators
        self._arrays = None

    def step(self, parameters, gradient, rate):
        """Update the parameters in place. The gradient is overwritten.

        Parameters
        ----------
        parameters : ndarray of shape (..., n_parameters)
            The parameters of the run.
        gradient : ndarray
            Their gradient.
        rate : float
            The learning rate.
        """
        if self._arrays is None or not (
            self._arrays[0] is parameters and self._arrays[1] is gradient
        ):
            names = (*self.moments, *self.constants)
            arrays = (parameters, gradient, *(getattr(self, name) for name in names))
            self._blocks = blocks_of(*arrays, scratch=self.denominators)
            self._arrays = parameters, gradient
        self.prepare(rate)
        self.before_update(parameters)
        for block in self._blocks:
            self.update(*block)

    def state_dict(self):
        """Return copies of the moments by name."""
        return {name: getattr(self, name).copy() for name in self.moments}

    def load(self, state):
        """Resume from a result of `state_dict`."""
        self._arrays = self.denominators = None
        for name in self.moments:
            copy_equal(getattr(self, name), state[name])
