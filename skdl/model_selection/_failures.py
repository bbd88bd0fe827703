"""Which candidates have no score, and why."""

import numpy as np

__all__ = ["describe", "failure_message"]


def describe(params, digits=None):
    """Return parameters as text, in full or with some significant digits."""
    return ", ".join(f"{name}={_text(v, digits)}" for name, v in params.items())


def failure_message(candidates, errors, scores, error_score):
    """Return what to warn of, or None.

    Parameters
    ----------
    candidates : list of dict
    errors : list of str or None
        The traceback of each fit, candidate by candidate.
    scores : ndarray of shape (n_candidates, n_splits)
    error_score : float
    """
    errors = np.array(errors, dtype=object).reshape(scores.shape)
    lines = []
    for params, tracebacks, values in zip(candidates, errors, scores, strict=True):
        failed = [traceback for traceback in tracebacks if traceback is not None]
        if failed:
            lines.append(
                f"  {describe(params)}: {len(failed)} of {len(values)} fits failed, "
                f"the first with {_last_words(failed[0])}"
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
        f"that are not finite. The search goes on; a fit that failed counts as "
        f"error_score={error_score!r}, and error_score='raise' shows where.\n"
        + "\n".join(lines)
    )


def _text(value, digits):
    if digits is not None and isinstance(value, float):
        return f"{value:.{digits}g}"
    return repr(value)


def _last_words(traceback):
    """Return the first line of the error that a traceback ends with."""
    lines = traceback.strip().splitlines()
    indented = [i for i, line in enumerate(lines) if line.startswith(" ")]
    ends = [i + 1 for i in indented if i + 1 < len(lines) and lines[i + 1][:1] != " "]
    return lines[ends[-1]] if ends else lines[-1]
