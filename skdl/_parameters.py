"""Values of parameters that are refused: what the user meant, and what to write."""

import re
from difflib import get_close_matches
from types import MappingProxyType

from skdl._arguments import advice
from skdl._sklearn import Interval, InvalidParameterError, StrOptions

__all__ = ["ExplainedParameters", "hint_at", "plain_name", "suggestion"]

NO_NAMES = MappingProxyType({})


def plain_name(name):
    """Return a name without case, spaces, hyphens and underscores.

    Parameters
    ----------
    name : str
    """
    return re.sub(r"[\W_]", "", name.lower())


def suggestion(value, names, others=NO_NAMES, n=1):
    """Return " Did you mean …?" for a name like one of ours, or an empty text.

    Parameters
    ----------
    value : object
        What the user gave.
    names : iterable of str
        The valid names.
    others : dict of str to str
        Names of other libraries, as `plain_name` returns them, and what they stand for.
    n : int, default=1
        The most names to suggest.

    Examples
    --------
    >>> from skdl._parameters import suggestion
    >>> suggestion("Sigmod", ["logistic", "relu"], {"sigmoid": "logistic"})
    " Did you mean 'logistic'?"
    >>> suggestion("quadratic", ["logistic", "relu"])
    ''
    """
    if not isinstance(value, str):
        return ""
    plain, names = plain_name(value), list(names)
    known = {other: name for other, name in others.items() if name in names}
    known |= {plain_name(name): name for name in names}
    close = [known[plain]] if plain in known else []
    close += [known[own] for own in known if len(own) > 1 and plain.startswith(own)]
    if len(plain) > 3:  # difflib finds a neighbour for any shorter word
        close += [known[match] for match in get_close_matches(plain, known, n=n)]
    if len(plain) > 2:
        close += [name for own, name in known.items() if plain in own]
    close = [repr(name) for name in dict.fromkeys(close)][:n]
    listed = " or ".join(filter(None, (", ".join(close[:-1]), *close[-1:])))
    return f" Did you mean {listed}?" if close else ""


def hint_at(estimator, error, hints=NO_NAMES, others=NO_NAMES):
    """Return scikit-learn's error about a parameter, with what to write instead.

    Parameters
    ----------
    estimator : estimator
        The estimator whose parameters are wrong.
    error : InvalidParameterError
        What scikit-learn says.
    hints : dict of str to callable
        Parameter -> function of its value, which returns a sentence or nothing.
    others : dict of str to dict
        Parameter -> names of other libraries, as `suggestion` takes them.

    Returns
    -------
    error : InvalidParameterError
        The same text, followed by a hint if there is one.
    """
    name = str(error).split("'")[1]
    value = getattr(estimator, name, None)
    constraints = estimator._parameter_constraints.get(name, [])
    special = hints[name](value) if name in hints else ""
    hint = f" {special}" if special else _hint(name, value, constraints, others)
    return InvalidParameterError(f"{error}{hint}")


def _hint(parameter, value, constraints, others):
    if isinstance(value, str) and value.lower() == "none" and None in constraints:
        return f" Write {parameter}=None, without quotes."
    if "boolean" in constraints and str(value).lower() in ("true", "false"):
        return f" Write {parameter}={value.capitalize()}, without quotes."
    numbers = [one for one in constraints if isinstance(one, Interval)]
    if numbers and isinstance(value, float) and value.is_integer():
        is_allowed = any(int(value) in one for one in numbers)
        return f" Write {parameter}={int(value)}." if is_allowed else ""
    if numbers and isinstance(value, str) and _is_number(value):
        return f" Write {parameter}={value}, without quotes."
    options = [one.options for one in constraints if isinstance(one, StrOptions)]
    names = [name for some in options for name in some]
    return suggestion(value, names, others.get(parameter, NO_NAMES))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


class ExplainedParameters:
    """Mixin for estimators whose errors about parameters say what to write instead."""

    def set_params(self, **params):
        """Set parameters; raise for an unknown one before any is set.

        Parameters
        ----------
        **params : dict
            Parameters of the estimator, and ``component__parameter`` of its parts.

        Returns
        -------
        self : estimator
            The estimator itself.
        """
        known = self._get_param_names()
        for name, value in params.items():
            if name.split("__")[0] in known:
                continue
            if meant := advice(name, value, known):
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}: {meant}."
                )
            super().set_params(**{name: value})  # raises scikit-learn's error
        return super().set_params(**params)

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise hint_at(self, error) from None
