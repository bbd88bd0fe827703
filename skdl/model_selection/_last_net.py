"""The net at the end of an estimator: the estimator, or the last step of a pipeline."""

from sklearn.pipeline import Pipeline

from skdl.estimators._internal_api import BaseNet


def last_net(estimator):
    """Return the net at the end of an estimator, or None.

    Parameters
    ----------
    estimator : object
        A net, a pipeline, whose last step may be a pipeline again, or anything else.
    """
    *_, last = steps_to_end(estimator)
    return last if isinstance(last, BaseNet) else None


def steps_to_end(estimator):
    """Yield an estimator, its last step, the last step of that one, and so on.

    Parameters
    ----------
    estimator : object
    """
    yield estimator
    while isinstance(estimator, Pipeline) and estimator.steps:
        estimator = estimator.steps[-1][1]
        yield estimator


def is_stackable(estimator):
    """Return whether an estimator ends with a net, and has no callbacks down to it.

    Parameters
    ----------
    estimator : object
        A net, a pipeline, or anything else.
    """
    observed = any(hasattr(step, "_skl_callbacks") for step in steps_to_end(estimator))
    return last_net(estimator) is not None and not observed


def prefix_of_net(estimator):
    """Return what stands before the net's names among the parameters: "net__", or "".

    Parameters
    ----------
    estimator : estimator
        A net, or a pipeline that ends with one.
    """
    steps = steps_to_end(estimator)
    return "".join(f"{p.steps[-1][0]}__" for p in steps if isinstance(p, Pipeline))


def settings_before_net(estimator, parameters):
    """Return what tells whether the steps before the nets of two candidates are equal.

    Parameters
    ----------
    estimator : estimator
        A net, or a pipeline that ends with one.
    parameters : dict
        Parameters of a candidate.

    Returns
    -------
    settings : tuple
        Names of the other parameters, and their values' identities: candidates of one
        search share the values.
    """
    prefix = prefix_of_net(estimator)
    others = {k: v for k, v in parameters.items() if not k.startswith(prefix)}
    return tuple((name, id(others[name])) for name in sorted(others))


def adopt_steps(estimator, other):
    """Give a pipeline the steps of another, down to the net, which stays its own.

    Parameters
    ----------
    estimator, other : estimator
        Two pipelines with the same steps; two nets stay as they are.
    """
    for ours, theirs in zip(steps_to_end(estimator), steps_to_end(other), strict=True):
        if isinstance(ours, Pipeline):
            ours.steps = [*theirs.steps[:-1], ours.steps[-1]]


def replace_net(estimator, net):
    """Return an estimator that ends with another net.

    Parameters
    ----------
    estimator : estimator
        A pipeline, which is changed, or a net.
    net : estimator
        The new net.
    """
    *pipelines, last = steps_to_end(estimator)
    if not pipelines:
        return net
    if last is not net:
        pipelines[-1].steps[-1] = (pipelines[-1].steps[-1][0], net)
    return estimator
