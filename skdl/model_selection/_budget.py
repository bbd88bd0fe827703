"""How much of the resource a stage gets."""

import math
from numbers import Integral

__all__ = ["check_resource", "resource_range"]


def check_resource(estimator, resource, spaces):
    """Raise unless an estimator has the resource, and no space searches for it.

    Parameters
    ----------
    estimator : estimator
    resource : str or None
    spaces : list of dict

    Raises
    ------
    ValueError
    """
    if resource is None:
        return
    if any(resource in space for space in spaces):
        raise ValueError(
            f"resource={resource!r} is among the parameters of param_space; a stage "
            "sets it, so take it out there."
        )
    if resource == "n_samples":
        return
    names = estimator.get_params()
    if resource not in names:
        ends = ("max_iter", "n_estimators")
        like = [repr(name) for name in names if name.endswith(ends)]
        raise ValueError(
            f"resource={resource!r} is no parameter of {type(estimator).__name__}. "
            f"Take {', '.join([*like, repr('n_samples')])}, any other parameter that "
            "is an integer, or None."
        )


def resource_range(search, n_samples):
    """Return the least and the largest budget, or None twice without a resource.

    Parameters
    ----------
    search : CoarseToFineSearchCV
    n_samples : int

    Raises
    ------
    ValueError
    """
    name = search.resource
    most, least = search.max_resources, search.min_resources
    if name is None:
        for end, amount in (("min", least), ("max", most)):
            if amount != "auto":
                raise ValueError(
                    f"{end}_resources={amount} is an amount of a resource, and "
                    f"resource=None names none: set resource, or {end}_resources to "
                    "'auto'."
                )
        return None, None
    own = n_samples if name == "n_samples" else search.estimator.get_params()[name]
    if most == "auto":
        most = own
        if not isinstance(most, Integral) or isinstance(most, bool) or most < 1:
            raise ValueError(
                f"max_resources='auto' is the estimator's own {name}, which must be a "
                f"positive integer, got {most!r}. Set max_resources to a number."
            )
    if name == "n_samples" and most > n_samples:
        raise ValueError(
            f"max_resources={most} must not be above the number of rows, {n_samples}."
        )
    if least == "auto":
        least = math.ceil(most / search.factor)
    if least > most:
        raise ValueError(
            f"min_resources={least} must not be above max_resources, {most}."
        )
    return int(least), int(most)
