"""scikit-learn's HTML of an estimator links to the page about its class."""

from email.message import Message
from importlib import metadata

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skdl import MLPRegressor, PCAWhitener, SoftmaxClassifier, Standardizer
from skdl import _doc_link as module
from skdl.ensemble import SeedEnsembleClassifier
from skdl.inspection import NeuralFeatures
from skdl.preprocessing import ImageAugmenter

SITE = "https://docs.example"


class OwnNet(MLPRegressor):
    """A net of a user's own."""


@pytest.fixture(autouse=True)
def forget():
    module.documentation.cache_clear()
    yield
    module.documentation.cache_clear()


@pytest.fixture
def site(monkeypatch):
    found = Message()
    found["Project-URL"] = "Source, https://code.example"
    found["Project-URL"] = f"Documentation, {SITE}/"
    monkeypatch.setattr(module, "metadata", lambda name: found)


@pytest.mark.parametrize(
    ("estimator", "page"),
    [
        (SoftmaxClassifier(), "skdl.SoftmaxClassifier"),
        (MLPRegressor(), "skdl.MLPRegressor"),
        (Standardizer(), "skdl.preprocessing.Standardizer"),
        (PCAWhitener(), "skdl.preprocessing.PCAWhitener"),
        (ImageAugmenter(), "skdl.preprocessing.ImageAugmenter"),
        (SeedEnsembleClassifier(), "skdl.ensemble.SeedEnsembleClassifier"),
        (NeuralFeatures(MLPRegressor()), "skdl.inspection.NeuralFeatures"),
    ],
)
@pytest.mark.usefixtures("site")
def test_the_html_links_to_the_page_of_the_class(estimator, page):
    assert f'href="{SITE}/generated/{page}.html"' in estimator_html_repr(estimator)


@pytest.mark.usefixtures("site")
def test_only_our_classes_link_to_our_site():
    html = estimator_html_repr(make_pipeline(StandardScaler(), SoftmaxClassifier()))
    assert f"{SITE}/generated/skdl.SoftmaxClassifier.html" in html
    assert f"{SITE}/generated/skdl.StandardScaler" not in html
    assert SITE not in estimator_html_repr(OwnNet())


@pytest.mark.parametrize("installed", [True, False])
def test_without_a_site_there_is_no_link(installed, monkeypatch):
    def found(name):
        if not installed:
            raise metadata.PackageNotFoundError(name)
        return Message()

    monkeypatch.setattr(module, "metadata", found)
    assert module.documentation() == ""
    assert "href=" not in estimator_html_repr(SoftmaxClassifier())
