"""Where exponentials end, so that no step multiplies subnormal numbers.

A subnormal number lies between 0 and the smallest normal one, which is 1.2e-38 in
float32. Many processors take a hundred times as long for a product with one. The
exponential of a score of -90 is one, and every layer below multiplies by it.

Below the lowest exponent, a function is therefore constant, and its derivative is 0. A
derivative of 1e-14 would not do: optimizers square gradients, and the square of 1e-20
is subnormal.
"""

import numpy as np

__all__ = ["EXPONENTS", "LOWEST_EXPONENT", "NEGATIVE_EXPONENTS", "OVERFLOW"]

# In float32, its exponential is 1.3e-14: nothing beside rounding errors of 1. NumPy's
# exp of infinity is slow in float64, hence the low limit. Powers of two: see OVERFLOW.
LOWEST_EXPONENT = {
    np.dtype(dtype): np.array(-limit, dtype)
    for dtype, limit in [
        (np.float16, 8), (np.float32, 32), (np.float64, 512), (np.longdouble, 512),
    ]
}  # fmt: skip
# Bounds for `ndarray.clip`: of all exponents, and of those that are not positive.
EXPONENTS = {
    dtype: (lowest, np.negative(lowest, out=np.empty_like(lowest)))
    for dtype, lowest in LOWEST_EXPONENT.items()
}
NEGATIVE_EXPONENTS = {
    dtype: (lowest, np.zeros_like(lowest)) for dtype, lowest in LOWEST_EXPONENT.items()
}


def _overflow(dtype, lowest):
    """Return 2ⁿ and -2⁻ⁿ, with the n for which 2ⁿ times the lowest one overflows."""
    n = int(np.finfo(dtype).maxexp - np.log2(-lowest))
    one = np.ones((), dtype)
    return np.array(np.ldexp(one, n)), np.array(-np.ldexp(one, -n))


# Two factors. Multiplied by both, an exponent changes its sign and no digit. If it is
# beyond the lowest one, of either sign, the first product overflows to infinity. The
# two products take no longer than `clip` does, and end at exactly 0.
OVERFLOW = {
    dtype: _overflow(dtype, lowest) for dtype, lowest in LOWEST_EXPONENT.items()
}
