"""Types in public signatures."""

from numpy.typing import ArrayLike
from scipy.sparse import sparray, spmatrix

# Rows of numbers: an array, a list, a data frame or a sparse matrix.
MatrixLike = ArrayLike | sparray | spmatrix
