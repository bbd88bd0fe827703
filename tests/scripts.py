"""Scripts of examples/ and docs/, as modules that tests can call."""

import importlib.util

__all__ = ["module_of"]


def module_of(path):
    """Run a script without its ``main``, and return its module.

    Parameters
    ----------
    path : Path
        The script. Each call makes a module of its own.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
