"""Functions that can be saved, whatever they are, and need not be there on loading."""

import pickle

from joblib import wrap_non_picklable_objects

__all__ = ["PortableFunction", "portable"]


class PortableFunction:
    """A function as bytes, which are read when it is first called.

    So a net that was saved with it can be loaded and predict where the function, or
    what it refers to, is unknown.

    Parameters
    ----------
    content : bytes
    """

    def __init__(self, content):
        self.content = content

    def __getstate__(self):
        """Leave out the function."""
        return {"content": self.content}

    def __call__(self, *args):
        """Call the function."""
        if "_function" not in vars(self):
            self._function = pickle.loads(self.content)
        return self._function(*args)


def portable(function, name):
    """Return what can be saved in the place of a function.

    Parameters
    ----------
    function : callable or None
        A lambda, a function within a function, or one of a script becomes a
        `PortableFunction` with its code and what it refers to, as joblib does it. What
        pickle finds by its name in a module stays as it is.
    name : str
        What the error says it is.

    Raises
    ------
    TypeError
        If it refers to what cannot be saved, such as an open file.
    """
    if function is None or isinstance(function, PortableFunction):
        return function
    try:
        if _has_a_name(function):
            return function
        wrapped = wrap_non_picklable_objects(function, keep_wrapper=False)
        return PortableFunction(pickle.dumps(wrapped))
    except Exception as error:  # by whatever it refers to
        raise TypeError(
            f"{name} cannot be saved: {error}. Call set_callbacks() without arguments "
            "on the net before you save it: what it has learned stays."
        ) from error


def _has_a_name(function):
    # A script is not "__main__" for who loads the file.
    if getattr(function, "__module__", None) == "__main__":
        return False
    try:
        pickle.dumps(function)
    except Exception:  # by whatever it refers to
        return False
    return True
