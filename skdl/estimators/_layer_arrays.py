"""Lists of the arrays of a network; assigning an item changes the network."""

import numpy as np


class LayerArrays(list):
    """A list of views of the network, one per layer; setting an item writes to it.

    Values are copied, in the dtype of the network. The list keeps its length, and the
    arrays keep their shapes. Slices, copies and pickles are plain lists.

    Parameters
    ----------
    name : str
        Name of the attribute in error messages.
    views : list of ndarray or None
        The arrays of the layers; None for a layer without an array.
    """

    def __init__(self, name, views):
        super().__init__(views)
        self.name = name

    def __setitem__(self, index, value):
        """Write one array, or the arrays of a slice, into the network."""
        if not isinstance(index, slice):
            self._write([range(len(self))[index]], [value])
            return
        numbers, values = range(len(self))[index], list(value)
        if len(values) != len(numbers):
            self._refuse(f"{len(values)} arrays for {len(numbers)} layers")
        self._write(numbers, values)

    def assign(self, values):
        """Write all arrays, or none if one of them is refused."""
        self[:] = values

    def _write(self, numbers, values):
        checked = [
            self._checked(i, value) for i, value in zip(numbers, values, strict=True)
        ]
        for i, array in zip(numbers, checked, strict=True):
            if array is not None:
                np.copyto(self[i], array)

    def _checked(self, i, value):
        """Return the value as an array of the view's shape and dtype."""
        view, name = self[i], f"{self.name}[{i}]"
        if view is None or value is None:
            if view is value:
                return None
            raise ValueError(
                f"{name} must be "
                + ("None" if view is None else f"an array of shape {view.shape}")
                + f", got {type(value).__name__}."
            )
        try:
            if np.asarray(value).dtype.kind not in "biufO":
                raise TypeError("not real numbers")
            with np.errstate(over="ignore"):
                # A copy: the value may be a view of the network, as in a swap.
                array = np.array(value, view.dtype)
        except (OverflowError, TypeError, ValueError) as error:
            raise ValueError(
                f"{name} must be an array of numbers, got {type(value).__name__}: "
                f"{error}."
            ) from error
        if array.shape != view.shape:
            raise ValueError(
                f"{name} must be of shape {view.shape}, got {array.shape}. For layers "
                "of other widths, set hidden_layer_sizes and fit, or use from_sklearn."
            )
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name} must be finite in {view.dtype}, got NaN or infinity."
            )
        return array

    def _refuse(self, what):
        raise TypeError(
            f"{self.name} has one array for each layer: {what} would change that. "
            f"Assign arrays of equal shapes, or change a copy: list(net.{self.name})."
        )

    def _refused(self, *arguments, **options):
        self._refuse("this call")

    append = extend = insert = pop = remove = clear = _refused
    __delitem__ = __iadd__ = __imul__ = reverse = sort = _refused

    def copy(self):
        """Return a plain list of the same views."""
        return list(self)

    def __reduce_ex__(self, protocol):
        """Return a plain list for copies and pickles."""
        return list, (list(self),)
