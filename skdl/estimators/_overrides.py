"""Refusal of overridden private methods of scikit-learn's MLP, unknown to skdl."""

INSTEAD = {
    "_init_coef": "Set weight_init to a number, a name or an initializer object.",
    "_initialize": "Set weight_init, or assign coefs_ and intercepts_ after a fit.",
    "_forward_pass": "Set activation to an object with forward and backward.",
    "_forward_pass_fast": "Set activation to an object with forward and backward.",
    "_backprop": "Set loss or activation to an object with its own gradient.",
    "_compute_loss_grad": "Set loss to an object with its own gradient.",
    "_loss_grad_lbfgs": "Set loss to an object with its own gradient.",
    "_fit_lbfgs": "Set solver to an optimizer object.",
    "_fit_stochastic": "Set solver to an optimizer object, or use callbacks.",
    "_update_no_improvement_count": "Set scoring, tol and n_iter_no_change.",
    "_score_with_function": "Set scoring to a function.",
    "_unpack": "Assign coefs_ and intercepts_ after a fit.",
}


def refuse_overrides(net):
    """Raise for a method that scikit-learn's MLP calls and skdl does not.

    Parameters
    ----------
    net : estimator
        A net, perhaps of a user's subclass or with functions set on the object.

    Raises
    ------
    TypeError
        If the net has such a method. The message says what to use instead.
    """
    for name, instead in INSTEAD.items():
        if hasattr(net, name):
            raise TypeError(
                f"{type(net).__name__} has a method {name}, which scikit-learn's MLP "
                f"calls and skdl does not: it would have no effect. {instead}"
            )
