"""The resource of a search: its name, and the budgets of the first and last stage."""

import math
from numbers import Integral


def check_resource(estimator, resource, spaces):
    """Raise unless an estimator has the resource, and no space has a range for it.

    Parameters
    ----------
    estimator : estimator
        The estimator of the search.
    resource : str or None
        Parameter `resource` of the search.
    spaces : list of dict
        Checked spaces, from names to ranges or choices.

    Raises
    ------
    ValueError
        If the resource is not a parameter of the estimator, or is in a space.
    """
    if resource is None:
        return
    if any(resource in space for space in spaces):
        raise ValueError(
            f"resource={resource!r} is among the parameters of param_space. Each "
            "stage sets it: remove it from param_space."
        )
    if resource == "n_samples":
        return
    names = estimator.get_params()
    if resource not in names:
        ends = ("max_iter", "n_estimators")
        like = [repr(name) for name in names if name.endswith(ends)]
        raise ValueError(
            f"resource={resource!r} is not a parameter of {type(estimator).__name__}. "
            f"Take {', '.join([*like, repr('n_samples')])}, another integer parameter, "
            "or None."
        )


def resource_range(search, n_samples):
    """Return the budgets of the first and the last stage; None twice without resource.

    Parameters
    ----------
    search : CoarseToFineSearchCV
        The search with its parameters.
    n_samples : int
        Number of rows of X.

    Raises
    ------
    ValueError
        If a budget is not possible, or is given without a resource.
    """
    name = search.resource
    largest, smallest = search.max_resources, search.min_resources
    if name is None:
        for end, amount in (("min", smallest), ("max", largest)):
            if amount != "auto":
                raise ValueError(
                    f"{end}_resources={amount} is the amount of a resource, but "
                    f"resource=None: set resource, or {end}_resources='auto'."
                )
        return None, None
    own = n_samples if name == "n_samples" else search.estimator.get_params()[name]
    if largest == "auto":
        largest = own
        if not is_positive_integer(largest):
            raise ValueError(
                f"max_resources='auto' is the estimator's own {name}, which must be a "
                f"positive integer, got {largest!r}. Set max_resources to a number."
            )
    if name == "n_samples" and largest > n_samples:
        raise ValueError(
            f"max_resources={largest} must not be above the number of rows, "
            f"{n_samples}."
        )
    if smallest == "auto":
        smallest = math.ceil(largest / search.factor)
    if smallest > largest:
        raise ValueError(
            f"min_resources={smallest} must not be above max_resources, {largest}."
        )
    return int(smallest), int(largest)


def is_positive_integer(value):
    """Return whether a value is an integer of at least 1, and not a bool."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and value >= 1
