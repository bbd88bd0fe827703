"""Links from scikit-learn's HTML of an estimator to the page about its class."""

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

__all__ = ["Linked", "documentation"]


@cache
def documentation() -> str:
    """Return the address of the site, or "" if the package does not name one.

    It is the URL "Documentation" in the table ``[project.urls]`` of pyproject.toml, as
    the metadata of the installed package have it.
    """
    try:
        urls = metadata("skdl").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a folder, without installation
        return ""
    for line in urls:
        label, _, address = line.partition(",")
        if label.strip().lower() == "documentation":
            return address.strip().rstrip("/")
    return ""


class Linked:
    """Mixin for estimators whose HTML links to the site, if there is one.

    scikit-learn reads the three attributes. It links a class whose package is
    `_doc_link_module`, and so no class of a user.
    """

    @property
    def _doc_link_module(self):
        return "skdl" if documentation() else ""

    @property
    def _doc_link_template(self):
        return documentation() + "/generated/{page}.html"

    def _doc_link_url_param_generator(self):
        """Return the name of the page, which is the public name of the class."""
        package = type(self).__module__.split(".")[1]
        place = "skdl" if package == "estimators" else f"skdl.{package}"
        return {"page": f"{place}.{type(self).__name__}"}
