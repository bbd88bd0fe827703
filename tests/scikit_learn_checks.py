"""scikit-learn's checks of estimators, as tests."""

from functools import cache

import pytest
from sklearn.utils import estimator_checks


def parametrize_with_checks(estimators, alike=(), **options):
    """Return what scikit-learn's function of this name returns, with less to do.

    Its names of tests contain the text of the estimator, which takes milliseconds. Each
    estimator has fifty tests, and its text is made once.

    Parameters
    ----------
    estimators : sequence of estimator
        They get all checks.
    alike : sequence of estimator
        They read X by the code of other estimators, so that sparse matrices are left
        out: sparse arrays of the same formats train them, too.
    **options
        Those of scikit-learn's function.
    """
    mark = estimator_checks.parametrize_with_checks(
        [*estimators, *alike], **options
    ).mark
    names, rows = mark.args
    rows = [row for row in rows if not _is_left_out(row, alike)]
    return pytest.mark.parametrize(names, rows, ids=cache(mark.kwargs["ids"]))


def _is_left_out(row, alike):
    # A check that is expected to fail comes in pytest's container of parameters.
    estimator, check = getattr(row, "values", row)
    is_alike = any(estimator is one for one in alike)
    return is_alike and "check_estimator_sparse_matrix" in repr(check)
