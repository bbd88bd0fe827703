"""The warning that names the candidates without a score, and why they have none."""

import re
import warnings
from contextlib import contextmanager

import numpy as np
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning

from skdl._arguments import advice
from skdl._sklearn import ALL_FITS_FAILED, SCORES_NOT_FINITE, SOME_FITS_FAILED
from skdl._text import join_names


def describe(params):
    """Return parameters as text.

    Parameters
    ----------
    params : dict
        Names and values.
    """
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def failure_message(candidates, errors, scores, error_score):
    """Return a warning about fits that failed, or None.

    Parameters
    ----------
    candidates : list of dict
        Parameters of each candidate.
    errors : list of str or None
        Traceback of each fit, candidate by candidate; None for a fit that succeeded.
    scores : ndarray of shape (n_candidates, n_splits)
        Score of each fit.
    error_score : float
        Parameter `error_score` of the search.
    """
    errors = np.array(errors, dtype=object).reshape(scores.shape)
    lines, causes = [], set()
    for params, tracebacks, values in zip(candidates, errors, scores, strict=True):
        failed = [traceback for traceback in tracebacks if traceback is not None]
        if failed:
            cause = _last_words(failed[0])
            words = "with the same error" if cause in causes else f"the first: {cause}"
            causes.add(cause)
            lines.append(
                f"  {describe(params)}: {len(failed)} of {len(values)} fits failed, "
                f"{words}"
            )
        elif not np.isfinite(values).all():
            n = np.count_nonzero(~np.isfinite(values))
            lines.append(
                f"  {describe(params)}: {n} of {len(values)} scores are not finite"
            )
    if not lines:
        return None
    return (
        f"{len(lines)} of {len(candidates)} candidates have fits that failed or scores "
        f"that are not finite. The search continues; a fit that failed counts as "
        f"error_score={error_score!r}. error_score='raise' shows the first error.\n"
        + "\n".join(lines)
    )


def _last_words(traceback):
    """Return the first line of the error at the end of a traceback.

    The name of the error comes without its module.
    """
    lines = traceback.strip().splitlines()
    indented = [i for i, line in enumerate(lines) if line.startswith(" ")]
    ends = [i + 1 for i in indented if i + 1 < len(lines) and lines[i + 1][:1] != " "]
    return re.sub(r"^(\w+\.)+(?=\w+:)", "", lines[ends[-1]] if ends else lines[-1])


@contextmanager
def explained_errors(estimator):
    """Put the error of the first fit before scikit-learn's text about all of them.

    An error about a parameter that a step of a pipeline has names it.

    Parameters
    ----------
    estimator : estimator
        The estimator of the search.
    """
    try:
        yield
    except ValueError as error:
        text = str(error)
        unknown = re.search(r"Invalid parameter '(\w+)' for estimator", text)
        if unknown:
            # An error that says what to write does not list the parameters.
            hint = _hint_at(estimator, unknown[1]) if "Valid param" in text else ""
            if not hint:
                raise
            raise ValueError(f"{text} {hint}.") from None
        if not text.startswith(ALL_FITS_FAILED):
            raise
        # Tracebacks stand between lines of hyphens.
        head, first, *_ = re.split(r"\n-{80}\n", text)
        headline = head.strip().splitlines()[0]
        raise ValueError(
            f"{headline} The first with {_last_words(first)}\n"
            f"error_score='raise' raises it.{text.removeprefix(head)}"
        ) from None


def _hint_at(estimator, name):
    """Return what to write instead of a parameter that a pipeline does not have."""
    nested = [path for path in estimator.get_params() if "__" in path]
    hint = advice(name, None, (), nested=nested)
    if not hint and hasattr(estimator, "named_steps"):
        hint = f"the steps are named {join_names(list(estimator.named_steps))}"
    return hint[:1].upper() + hint[1:]


@contextmanager
def silenced_warnings(is_cut_short):
    """Silence warnings of scikit-learn that `failure_message` replaces.

    Parameters
    ----------
    is_cut_short : bool
        Whether training is cut short by the budget: then a `ConvergenceWarning` is
        expected, and silenced, too.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", SOME_FITS_FAILED, FitFailedWarning)
        warnings.filterwarnings("ignore", SCORES_NOT_FINITE, UserWarning)
        if is_cut_short:
            warnings.simplefilter("ignore", ConvergenceWarning)
        yield
