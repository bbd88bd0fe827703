"""The examples run as a user runs them: as scripts, anywhere, without warnings.

So do the scripts that draw the figures of docs/.
"""

import importlib.util
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.scripts import module_of

ROOT = Path(__file__).resolve().parents[1]
# Those that need data sets from elsewhere; tests/test_image_examples.py has them.
IMAGE_EXAMPLES = ("cifar10_mlp", "mnist_mlp")
# What several examples share begins with an underscore.
EXAMPLES = sorted(
    script
    for script in (ROOT / "examples").glob("[!_]*.py")
    if script.stem not in IMAGE_EXAMPLES
)
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
FIGURES = sorted((ROOT / "docs" / "figures").glob("*.py"))
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def run(script, cwd, *arguments):
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONWARNINGS": "default",
    }
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def check_clean(result):
    """No failure and no warning; warnings of the workers come by stderr, too."""
    assert result.returncode == 0, result.stderr
    # Other packages may deprecate things as they like: that is not the examples' fault.
    warned = re.findall(r".*\b(?!\w*Deprecat)\w*Warning\b.*", result.stderr)
    assert not warned, result.stderr
    assert "Traceback" not in result.stderr


def check_quickstart(result, folder):
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    reports = [line for line in lines if re.search(r"test.*accuracy", line, re.I)]
    assert reports == lines[-1:]
    accuracy = float(re.fullmatch(r".*: (\d\.\d+)", lines[-1])[1])
    assert 0.97 <= accuracy <= 1
    rows = quickstart_rows(result.stdout)
    assert rows.keys() > {"the net with faults", "softmax", "svm", "logistic"}
    assert [accuracy] == [
        scores[-1] for name, scores in rows.items() if name in lines[-1]
    ]
    picture = Path(re.search("^Picture: (.*)$", result.stdout, re.M)[1])
    assert picture.read_bytes().startswith(PNG_SIGNATURE)
    # Only where --output asks for it does a file stay beside the user's own.
    assert list(folder.iterdir()) == [picture] * (picture.parent == folder.resolve())
    if picture.parent != folder.resolve():
        picture.unlink()
        picture.parent.rmdir()
    return rows


def quickstart_rows(text):
    """Return {row: numbers} of the two tables that the quickstart prints."""
    found = re.findall(r"^(\w[\w ]*?) {2,}((?:0\.\d{4} *)+)(?: .*)?$", text, re.M)
    return {name: [float(n) for n in numbers.split()] for name, numbers in found}


def check_whole_quickstart(result, folder):
    rows = check_quickstart(result, folder)
    before, *cures = (scores[0] for scores in rows.values() if len(scores) == 1)
    assert before < 0.2
    assert len(cures) >= 2
    assert cures[-1] > 0.9
    gains = [scores[2] - scores[1] for scores in rows.values() if len(scores) == 3]
    assert len(gains) == 3
    assert np.mean(gains) > 0
    # A page shows the table. Other machines round otherwise, and stop a bit earlier.
    text = (ROOT / "docs" / "quickstart.md").read_text("utf-8")
    shown = quickstart_rows(text)
    assert list(shown) == list(rows)
    for name, numbers in rows.items():
        assert shown[name] == pytest.approx(numbers, abs=0.03), name


def check_picture_and_table(result, folder, name, rows):
    picture = folder / f"{name}.png"
    assert picture.read_bytes().startswith(PNG_SIGNATURE)
    assert str(picture.resolve()) in result.stdout
    assert list(folder.iterdir()) == [picture]
    for row in rows:
        assert re.search(rf"^ *{row} .*\d", result.stdout, re.M), row


def check_overfitting(result, folder):
    check_picture_and_table(result, folder, "overfitting", range(1, 10))


def check_optimizers(result, folder):
    names = ["gradient descent", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam"]
    check_picture_and_table(result, folder, "optimizers", names)


def check_checkpoint(result, folder):
    assert re.search(r"^the process died +yes$", result.stdout, re.M)
    assert re.search(r"^epochs after the crash +20 to [34]\d$", result.stdout, re.M)
    scores = re.findall(
        r"score +(\S+)\n  without the crash +(\S+)$", result.stdout, re.M
    )
    assert len(scores) == 1
    assert float(scores[0][0]) == float(scores[0][1]) > 0.9
    (rescued,) = re.findall(r"^the file as a net +accuracy (\S+)$", result.stdout, re.M)
    assert float(rescued) > 0.9
    assert "equal weights            yes\n" in result.stdout
    assert result.stdout.endswith("loaded net predicts so   yes\n")
    assert not list(folder.iterdir())


def number(name, text):
    return float(re.search(rf"^ *{name} +(\S+)", text, re.M)[1])


def check_dask_search(result, folder):
    assert number("workers that died", result.stdout) == 1
    assert number("best score", result.stdout) > 0.9
    assert result.stdout.endswith("equal scores             yes\n")
    assert not list(folder.iterdir())


def check_out_of_core(result, folder):
    assert number("data", result.stdout) == 1000
    assert number("memory at its peak", result.stdout) < 500
    accuracy, best = (
        number(name, result.stdout)
        for name in ("test accuracy", "who knows the centres")
    )
    assert best - 0.02 < accuracy
    assert not list(folder.iterdir())


def check_optuna_search(result, folder):
    assert number("pruned", result.stdout) >= 5
    assert number("epochs trained", result.stdout) < 700
    accuracy = number("validation accuracy", result.stdout)
    assert number("of the net trained", result.stdout) == accuracy > 0.95
    assert not list(folder.iterdir())


def check_troubleshooting(result, folder):
    check_picture_and_table(result, folder, "troubleshooting", ["test accuracy after"])
    before, after = (
        number(f"test accuracy {when}", result.stdout) for when in ("before", "after")
    )
    assert before < 0.7 < 0.93 < after
    kinds = ["unscaled_columns", "vanishing_gradient", "loss_rises_early"]
    assert re.findall(r"^  \((\w+)\)$", result.stdout, re.M) == kinds
    assert "Round 4: test accuracy 0.9" in result.stdout
    assert ", 0 found" in result.stdout


def check_table(result, folder, rows):
    """Return {row: numbers}, and check that the example leaves no file."""
    assert not list(folder.iterdir())
    found = {row: re.search(rf"^ *{row}  +(.*\d)", result.stdout, re.M) for row in rows}
    assert all(found.values()), found
    return {row: [float(n) for n in match[1].split()] for row, match in found.items()}


def imbalance_rows(result, folder):
    rows = ["the net", "class weights", "weights, calibrated", "threshold by costs"]
    rows += ["threshold, tuned", "all three"]
    return check_table(result, folder, rows).values()


def check_imbalance(result, folder):
    net, weighted, calibrated, *tuned = imbalance_rows(result, folder)
    brier, recall, total = 0, 3, 5
    assert weighted[brier] > 1.5 * net[brier]
    assert weighted[recall] > net[recall] + 0.1
    assert calibrated[brier] < weighted[brier] / 1.5
    assert calibrated[recall] < weighted[recall] - 0.1
    for columns in tuned:
        assert columns[2] < 0.5  # a missed case costs more than a false alarm
        assert columns[total] < net[total]


def check_mixed_table(result, folder):
    rows = ["net, numbers", "and marked gaps", "and words", "ridge regression"]
    numbers, gaps, words, ridge = (
        score for _, score, *_ in check_table(result, folder, rows).values()
    )
    assert numbers < gaps < words
    assert ridge < words


def ensemble_votes(result):
    """Return (mean of the members, ensemble) of each row of the table."""
    return re.findall(r"^\w+ +\w+ +(0\.\d+) +(0\.\d+) +\S+$", result.stdout, re.M)


def check_ensembles(result, folder):
    assert not list(folder.iterdir())
    votes = ensemble_votes(result)
    assert len(votes) == 6
    for members, score in votes:
        assert float(members) < float(score)
    places = re.findall(r"^ +(\d\.\d) +\S+ +\S+ +(\d\.\d+)(.*)$", result.stdout, re.M)
    near, far = [], []
    for place, deviation, note in places:
        assert bool(note) == (2 < float(place) < 4)
        (far if note else near).append(float(deviation))
    assert max(far) > 3 * np.median(near)


def check_learning_rate(result, folder):
    assert "learning_rate_init=" in result.stdout.splitlines()[0]
    rows = ["default", "a tenth", "ten times", "suggested", "suggested, one cycle"]
    default, *others, suggested, cycle = (
        score for _, score in check_table(result, folder, rows).values()
    )
    assert max(default, *others) < min(suggested, cycle)


def check_intervals(result, folder):
    check_picture_and_table(result, folder, "intervals", ["line", "diabetes"])
    head = re.search("^data +rows +(.*)$", result.stdout, re.M)[1].split()
    assert head[:2] == ["before", "after"]
    for row in re.findall(r"^(?:line|diabetes) +\d+ +(.*)$", result.stdout, re.M):
        before, after, *mapie = (
            float(share.strip("%")) for share in row.split()[: len(head) // 2]
        )
        assert abs(after - 90) < abs(before - 90) + 3
        assert mapie in ([], [pytest.approx(after, abs=1)])


def check_tabular_from_csv(result, folder):
    rows = ["R² on held-out rows", "area", "town", "90% intervals"]
    check_picture_and_table(result, folder, "tabular_from_csv", rows)
    held_out, new = (
        float(score) for score in re.findall(r"^R².* (\S+)$", result.stdout, re.M)
    )
    assert abs(held_out - new) < 0.03
    covered = re.search(r"contain (\S+)%", result.stdout)[1]
    assert abs(float(covered) - 90) < 4
    model = Path(re.search("^Model: (.*)$", result.stdout, re.M)[1])
    assert model.stat().st_size < 2e6
    shutil.rmtree(model.parent)


CHECKS = {
    "ensembles": check_ensembles,
    "imbalance": check_imbalance,
    "intervals": check_intervals,
    "learning_rate": check_learning_rate,
    "mixed_table": check_mixed_table,
    "checkpoint": check_checkpoint,
    "dask_search": check_dask_search,
    "optuna_search": check_optuna_search,
    "out_of_core": check_out_of_core,
    "quickstart": check_whole_quickstart,
    "tabular_from_csv": check_tabular_from_csv,
    "overfitting": check_overfitting,
    "optimizers": check_optimizers,
    "troubleshooting": check_troubleshooting,
}
# What an example imports that no other does, and the extra that brings it.
NEEDS = {
    "dask_search": ("distributed", "dask"),
    "optuna_search": ("optuna", "optuna"),
    "out_of_core": ("dask_ml", "dask"),
}
# Those that draw only if they are asked to.
WITH_OUTPUT = {"checkpoint", "ensembles", "imbalance", "learning_rate", "mixed_table"}
WITH_OUTPUT |= NEEDS.keys()


def load(name):
    return module_of(ROOT / "examples" / f"{name}.py")


def test_examples_are_found():
    assert {script.stem for script in EXAMPLES} >= set(CHECKS)
    assert "weight_init" in [script.stem for script in FIGURES]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(script, marks=[] if script.stem in NEEDS else pytest.mark.slow)
        for script in EXAMPLES
    ],
    ids=lambda script: script.stem,
)
def test_example(script, tmp_path):
    module, extra = NEEDS.get(script.stem, ("skdl", None))
    if importlib.util.find_spec(module) is None:
        pytest.skip(f'needs the extra: pip install ".[{extra}]"')
    if script.stem in WITH_OUTPUT:
        result = run(script, tmp_path, "--output", "picture.png")
        check_clean(result)
        picture = tmp_path / "picture.png"
        assert picture.read_bytes().startswith(PNG_SIGNATURE)
        picture.unlink()
        # The rest of the output is the same as without a picture.
        result.stdout = result.stdout.removesuffix(f"\n\nPicture: {picture}\n") + "\n"
    else:
        result = run(script, tmp_path)
        check_clean(result)
    if script.stem in CHECKS:
        CHECKS[script.stem](result, tmp_path)


def test_the_margin_covers_the_rows_that_it_was_measured_on():
    margin = load("intervals").margin
    y = np.arange(1.0, 20.0)
    assert margin(y, np.zeros(19), np.full(19, 10.0)) == 8.0  # of 20, 18 are at most 18
    assert margin(y, np.zeros(19), np.full(19, 30.0)) == -2.0
    assert margin(y[:8], np.zeros(8), np.zeros(8)) == np.inf  # too few rows for 90 %


def test_mapie_finds_the_same_intervals():
    pytest.importorskip("mapie", reason="needs MAPIE: pip install mapie")
    example = load("intervals")
    X, y = example.make_line(400, 0)
    tested = example.intervals(example.make_net(0), X, y, 0)
    found = tested[-1]
    np.testing.assert_allclose(found["MAPIE"], found["after"])


@pytest.mark.parametrize("name", NEEDS)
def test_example_names_the_missing_package(name, monkeypatch, capsys):
    module, extra = NEEDS[name]
    # An earlier test may have imported parts of the package, too.
    parts = [name for name in sys.modules if name.startswith(f"{module}.")]
    for name_of_part in (module, *parts):
        monkeypatch.setitem(sys.modules, name_of_part, None)
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / "examples" / f"{name}.py"))
    assert capsys.readouterr().out == ""
    # Python prints it to stderr, and exits with 1.
    assert f'pip install "skdl[{extra}]"' in end.value.code


@pytest.mark.slow
@pytest.mark.parametrize("script", FIGURES, ids=lambda script: script.stem)
def test_figure(script, tmp_path):
    def pictures(folder, stem):
        return {
            path.name.removeprefix(stem): path.read_bytes()
            for path in folder.glob(f"{stem}*.png")
        }

    committed = pictures(script.parent, script.stem)
    check_clean(run(script, tmp_path, "--output", str(tmp_path / "figure.png")))
    drawn = pictures(tmp_path, "figure")
    assert drawn.keys() == committed.keys() != set()
    assert pictures(script.parent, script.stem) == committed
    for picture in (*committed.values(), *drawn.values()):
        assert picture.startswith(PNG_SIGNATURE)
        assert len(picture) < 150_000  # four times the pixels of a plain screen


@pytest.mark.parametrize("seed", [0, 100])
def test_overfitting_grows_with_the_order_and_penalty_or_data_reduce_it(seed):
    example = load("overfitting")
    train, validation, norm, _ = (
        np.median(
            [
                [example.measure(order, 12, 0.0, seed + k) for k in range(5)]
                for order in (1, 5, 9)
            ],
            axis=1,
        )
    ).T
    assert np.all(np.diff(train) < 0)
    assert np.all(np.diff(validation) > 0)
    assert norm[2] > 10 * max(norm[:2])
    for n, alpha in [(12, 1.0), (24, 0.0)]:
        _, cured, smaller, _ = np.median(
            [example.measure(9, n, alpha, seed + k) for k in range(5)], axis=0
        )
        assert validation[2] > 1.5 * cured
        assert norm[2] > 2 * smaller


def test_overfitting_finds_the_optimum():
    """Least squares without the penalty, ridge regression with it."""
    example = load("overfitting")
    (X, y), _ = example.make_points(12, 0)
    grid = np.linspace(X.min(), X.max(), 50)[:, np.newaxis]
    for order in (1, 5, 9):
        model = example.make_model(order, 0.0).fit(X, y)
        best = np.polynomial.Polynomial.fit(X[:, 0], y, order)
        np.testing.assert_allclose(model.predict(grid), best(grid[:, 0]), atol=0.01)
    model = example.make_model(9, 1.0).fit(X, y)
    powers = model[:-1]
    ridge = Ridge(1.0).fit(powers.transform(X), y)
    expected = ridge.predict(powers.transform(grid))
    np.testing.assert_allclose(model.predict(grid), expected, atol=0.01)


def test_optimizers_behave_as_described():
    example = load("optimizers")
    heights = {name: h[-1] for name, (_, h) in example.walk_all(example.valley).items()}
    first_three = [heights.pop(n) for n in ("gradient descent", "momentum", "Nesterov")]
    assert first_three == sorted(first_three, reverse=True)
    assert heights["Adam"] < 1e-6 < heights["RMSprop"] < heights["Adagrad"]

    left = {
        name: example.escape_step(points)
        for name, (points, _) in example.walk_all(example.saddle).items()
    }
    assert max(left["Adagrad"], left["RMSprop"], left["Adam"]) < 10
    assert 50 < left["Nesterov"] <= left["momentum"] < left["gradient descent"]
    for function in (example.valley, example.saddle):
        point, step = np.array([0.3, -0.7]), 1e-6
        slopes = [
            (function(point + d)[0] - function(point - d)[0]) / (2 * step)
            for d in step * np.eye(2)
        ]
        np.testing.assert_allclose(function(point)[1], slopes, rtol=1e-6)


def code_cells(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs_and_its_links_lead_somewhere(notebook):
    for cell in code_cells(notebook):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        compile("".join(cell["source"]), notebook.name, "exec")
    links = re.findall(r"\]\((\.\./[^)\s]+)\)", notebook.read_text("utf-8"))
    assert links
    for link in links:
        assert (notebook.parent / link).exists(), link


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook, tmp_path, monkeypatch):
    """By nbclient, where it is installed with a kernel; else its cells as a script."""
    if all(map(importlib.util.find_spec, ("nbclient", "ipykernel"))):
        monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        printed = outputs_of(notebook, tmp_path)
    else:
        script = tmp_path / "notebook.py"
        cells = ["".join(cell["source"]) for cell in code_cells(notebook)]
        script.write_text("\n".join(cells), "utf-8")
        result = run(script, tmp_path)
        check_clean(result)
        printed = result.stdout
    scores = [number(name, printed) for name in ("test", "one net", "vote")]
    assert min(scores) > 0.9
    assert printed.count(" -> {") >= 2


def outputs_of(notebook, folder):
    """Return what the cells of a notebook print."""
    import nbclient
    import nbformat

    content = nbformat.read(notebook, as_version=4)
    nbclient.NotebookClient(content, resources={"metadata": {"path": folder}}).execute()
    outputs = [output for cell in content.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)
