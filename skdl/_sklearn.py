"""The only module that imports names which scikit-learn does not document.

They are gathered here so that a release of scikit-learn that moves one of them
breaks a single file.
"""

from sklearn.base import _fit_context as fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    validate_parameter_constraints,
)
from sklearn.utils._param_validation import StrOptions as _StrOptions
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "check_matplotlib_support",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "fit_context",
    "validate_parameter_constraints",
]


class StrOptions(_StrOptions):
    """Names that a parameter takes. Errors list them in alphabetical order.

    Parameters
    ----------
    options : set of str
        The valid names.
    """

    def __init__(self, options):
        super().__init__(options)
        self.options = sorted(options)
