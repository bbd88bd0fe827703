"""Where exponentials end, so that no step multiplies subnormal numbers.

A subnormal number lies between 0 and the smallest normal one, which is 1.2e-38 in
float32. Many processors take a hundred times as long for a product with one. The
exponential of a score of -90 is one, and every layer below multiplies by it.
"""

import numpy as np

__all__ = ["LOWEST_EXPONENT"]

# Its exponential is ε², 1.4e-14 in float32: nothing beside rounding errors of 1.
LOWEST_EXPONENT = {
    np.dtype(dtype): np.array(2 * np.log(np.finfo(dtype).eps), dtype)
    for dtype in (np.float16, np.float32, np.float64, np.longdouble)
}
