"""What docs/ makes for the site: pages of all names, links, titles of examples."""

import importlib
import re
import runpy
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
api = runpy.run_path(str(DOCS / "api.py"))
site = runpy.run_path(str(DOCS / "_site.py"))


def test_every_public_name_has_a_page():
    pages = {}
    for name in api["names"]():
        module, _, short = name.rpartition(".")
        pages[getattr(sys.modules[module], short)] = name
    listed = re.findall(r"^## (.*)|^\| `(\w+)`", api["page"](), re.M)
    assert len(listed) > 100
    for heading, name in listed:
        module = importlib.import_module(heading) if heading else module
        assert not name or getattr(module, name) in pages, (module, name)


def test_a_name_has_one_page():
    names = api["names"]()
    assert len(set(names)) == len(names)
    assert "skdl.SoftmaxClassifier" in names
    assert "skdl.estimators.SoftmaxClassifier" not in names


def test_the_reference_lists_every_name_in_one_group():
    groups = api["groups"]()
    listed = [
        f"{module}.{name}"
        for modules in groups.values()
        for module, names in modules.items()
        for name in names
    ]
    assert sorted(listed) == sorted(api["names"]())
    assert all(groups.values())
    assert groups["Tables"] == {"skdl": ["TabularClassifier", "TabularRegressor"]}
    assert "Huber" in groups["Engine: losses"]["skdl.engine"]
    top, *pages = api["reference"]().values()
    assert len(pages) == len(groups)
    for page, modules in zip(pages, groups.values(), strict=True):
        lines = [f"   {name}\n" for names in modules.values() for name in names]
        assert all(line in page and line in top for line in lines)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("](losses.md#classifiers)", "](losses.md#classifiers)"),
        ("](../CHANGELOG.md)", "](generated/changelog.md)"),
        ("](../benchmarks/README.md#stacks)", "](generated/benchmarks.md#stacks)"),
        ("](../examples/intervals.py)", "](generated/gallery/intervals.rst)"),
        ("](api.md#skdl)", "](generated/api.rst)"),
        ("](../skdl/metrics.py)", "](../skdl/metrics.py)"),
        ("](design/)", "](design/README.md)"),
        ("](https://scikit-learn.org/x.md)", "](https://scikit-learn.org/x.md)"),
        ("`](../CHANGELOG.md)`", "`](../CHANGELOG.md)`"),
    ],
)
def test_links_lead_to_pages_of_the_site(link, expected):
    page = DOCS / "training.md"
    assert site["rewrite"](f"[a{link}", page, page) == f"[a{expected}"


def test_links_of_a_page_from_another_folder():
    source, page = DOCS.parent / "CHANGELOG.md", DOCS / "generated" / "changelog.md"
    text = site["rewrite"]("[](docs/losses.md) [](SECURITY.md)", source, page)
    assert text == "[](../losses.md) [](security.md)"


def test_formulas_of_docstrings_stay_text():
    text = (
        "|x_j| in `a_` and ``b_``, (n_in_,), 'net__'\n\na_, b_ : of (c_,)\n>>> a_ | b_"
    )
    expected = (
        r"\|x_j\| in `a_` and ``b_``, (n_in\_,), 'net\_\_'"
        "\n\na_, b_ : of (c\\_,)\n>>> a_ | b_"
    )
    assert site["escape"](text) == expected


def test_examples_get_titles(tmp_path):
    script = tmp_path / "intervals.py"
    script.write_text(
        '"""One title: and more.\n\nText.\n"""\nf(__doc__.splitlines()[0])'
    )
    text = site["titled"](script)
    assert text.startswith('"""\nOne title\n=========\n\nOne title: and more.\n\nText.')
    assert "f('One title: and more.')" in text
    assert "picture" not in text
    script.write_text('"""A title.\n\nText.\n"""\n')
    assert site["titled"](script).startswith('"""\nA title\n=======\n\nText.')
    script = script.rename(tmp_path / "mnist_mlp.py")
    text = site["titled"](script)
    assert ".. image:: /figures/gallery/mnist_mlp.png\n" in text.split('"""')[1]
    assert text.endswith('thumbnail_path = "figures/gallery/mnist_mlp.png"\n')


def test_every_display_has_a_script_in_the_gallery():
    scripts = (DOCS.parent / "examples" / "displays").glob("*.py")
    text = "".join(script.read_text("utf-8") for script in scripts)
    displays = [name for name in api["names"]() if name.endswith("Display")]
    assert len(displays) > 5
    assert [name for name in displays if name.rpartition(".")[2] not in text] == []


def test_commands_in_the_text_of_an_example_are_code(tmp_path):
    script = tmp_path / "a.py"
    script.write_text('"""Title.\n\nText:\n\n    python a.py --b\n\nprints.\n"""\n')
    text = site["titled"](script)
    assert "Text:\n\n.. code-block:: console\n\n    python a.py --b\n\nprints" in text


def test_the_gallery_has_the_order_of_the_list_of_examples():
    names = ["zzz.py", "intervals.py", "quickstart.py", "aaa.py"]
    expected = ["quickstart.py", "intervals.py", "aaa.py", "zzz.py"]
    assert sorted(names, key=site["order"]) == expected


def test_every_example_runs_or_has_a_stored_picture():
    scripts = sorted((DOCS.parent / "examples").glob("**/[!_]*.py"))
    shown_only = [s.stem for s in scripts if not re.search(site["RUN"], str(s))]
    assert shown_only == sorted(site["STORED"])
    pictures = sorted(site["PICTURES"].iterdir())
    assert [picture.stem for picture in pictures] == shown_only
    assert all(picture.stat().st_size <= 60_000 for picture in pictures)
    assert set(site["ARGUMENTS"]) <= {script.stem for script in scripts}


def test_formulas_become_mathml():
    pytest.importorskip("docutils", reason='needs the extra: pip install ".[docs]"')
    block = site["mathml"](r"f(x) = \tfrac12 x_1 + \dots", as_block=True)
    assert block.startswith("<math")
    assert 'display="block"' in block
    assert "<mfrac" in block
    assert "…" in block
    pages = [DOCS / "course" / "index.md", *(DOCS / "course").glob("[01]*.md")]
    for page in pages:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S)
        for formula in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", text, re.S):
            assert site["mathml"]("".join(formula)).startswith("<math"), page.name
