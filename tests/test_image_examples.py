"""The examples on MNIST and CIFAR-10: all options on small data in the files' formats.

Where the real data are, short forms of the recipes reach an accuracy as well. What
starts a process, or trains for more than a second, is left to .ci/run.
"""

import csv
import importlib
import io
import re
import sys
import tarfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdl.callbacks import EpochLogger
from tests.datasets.formats import binary_files, write_folder, write_idx
from tests.test_examples import (
    IMAGE_EXAMPLES,
    PNG_SIGNATURE,
    ROOT,
    check_clean,
    run,
)

DATA = ROOT.parent / "shared" / "data"
MNIST, CIFAR = DATA / "mnist.npz", DATA / "cifar10_jpg.tar.xz"
SCRIPTS = {name: ROOT / "examples" / f"{name}.py" for name in IMAGE_EXAMPLES}


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory):
    """scikit-learn's digits as if they were MNIST: 1,297 to train on, 500 to test."""
    digits = load_digits()
    images = np.kron(digits.images.astype(np.uint8) * 15, np.ones((3, 3), np.uint8))
    images = np.pad(images, [(0, 0), (2, 2), (2, 2)])
    parts = [(images[500:], digits.target[500:]), (images[:500], digits.target[:500])]
    return write_idx(tmp_path_factory.mktemp("mnist"), parts, packed=True)


@pytest.fixture(scope="module")
def colors_file(tmp_path_factory):
    """The digits as if they were CIFAR-10's photographs: 1,250 to train on."""
    digits = load_digits()
    images = np.kron(digits.images.astype(np.uint8) * 15, np.ones((4, 4), np.uint8))
    images = np.stack([images, 255 - images, images // 2], axis=-1)
    batches = [
        (images[i : i + 250], digits.target[i : i + 250]) for i in range(0, 1500, 250)
    ]
    return write_folder(tmp_path_factory.mktemp("cifar"), binary_files(batches))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """The archive's first images of each class, 500 to train on and 100 to test."""
    path = tmp_path_factory.mktemp("photographs") / "small.tar"
    counts = Counter()
    with tarfile.open(CIFAR) as archive, tarfile.open(path, "w") as small:
        for member in archive:
            folder = member.name.rpartition("/")[0]
            counts[folder] += member.isfile()
            limit = 500 if "train" in folder else 100
            if member.isfile() and counts[folder] <= limit:
                small.addfile(member, archive.extractfile(member))
    return path


@pytest.fixture
def load_script(monkeypatch):
    """Return what imports a script or the module that they share."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    yield importlib.import_module
    for name in ("_image_nets", "_image_pictures", *IMAGE_EXAMPLES):
        sys.modules.pop(name, None)


def train(name, folder, data, *arguments):
    """Run a script, and return (test accuracies, their mean, its result)."""
    result = run(SCRIPTS[name], folder, "--data", str(data), *arguments)
    check_clean(result)
    rows = re.findall(r"^(\d+|mean) +[\d.]+ +(\d\.\d{4})$", result.stdout, re.M)
    *scores, (last, mean) = [(seed, float(score)) for seed, score in rows]
    assert last == "mean"
    assert [int(seed) for seed, _ in scores] == list(range(len(scores)))
    return [score for _, score in scores], mean, result


def check_picture(path, result):
    assert path.read_bytes().startswith(PNG_SIGNATURE)
    assert f"Picture: {path.resolve()}" in result.stdout


def rows_of(table):
    """Return {name: (accuracy, gain, gains of the seeds)} of a printed table."""
    found = re.findall(
        r"^(\S.*?) {2,}(?:[\d.]+ +)?(\d\.\d{4})(?: +([+-][\d.]+) +(.*))?$", table, re.M
    )
    return {
        name: (float(score), float(gain or 0), [float(g) for g in gains.split()])
        for name, score, gain, gains in found
    }


@pytest.mark.slow
def test_log_checkpoint_and_picture(digits_file, tmp_path):
    options = [
        "--rows", "800", "--hold-out", "100", "--epochs", "5", "--seeds", "2",
        "--checkpoint", "run.npz", "--log", "run.csv", "--output", "curves.png",
    ]  # fmt: skip
    scores, mean, result = train("mnist_mlp", tmp_path, digits_file, *options)
    assert "800 rows to train on, 500 to test" in result.stdout
    assert len(scores) == 2
    assert min(scores) > 0.8
    assert mean == pytest.approx(np.mean(scores), abs=1e-4)
    check_picture(tmp_path / "curves.png", result)
    logs = {path: path.read_text() for path in tmp_path.glob("run-*.csv")}
    assert len(logs) == len(list(tmp_path.glob("run-*.npz"))) == 2
    for text in logs.values():
        epochs = list(csv.DictReader(io.StringIO(text)))
        assert [row["epoch"] for row in epochs] == list("12345")
        assert float(epochs[-1]["validation_score"]) > 0.7
    assert len(re.findall("epoch 5 of 5", result.stderr)) == 2

    again, _, result = train("mnist_mlp", tmp_path, digits_file, *options, "--resume")
    assert again == scores
    # The logged times are those of the first run: nothing was trained again.
    assert {path: path.read_text() for path in logs} == logs
    assert "epoch 5 of 5" not in result.stderr


@pytest.mark.slow
def test_recipe_with_a_bar(colors_file, tmp_path):
    pytest.importorskip("rich")
    options = [
        "--recipe", "pixels", "--members", "2", "--rows", "600", "--epochs", "6",
        "--progress", "bar",
    ]  # fmt: skip
    (score,), mean, result = train("cifar10_mlp", tmp_path, colors_file, *options)
    assert 0.4 < score == mean
    assert result.stdout.count("SoftmaxClassifier - fit") == 2
    assert "100%" in result.stdout
    assert list(tmp_path.iterdir()) == [tmp_path / "cifar10_mlp.png"]
    check_picture(tmp_path / "cifar10_mlp.png", result)


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("mnist_mlp", "text"),
        pytest.param("mnist_mlp", "best", marks=pytest.mark.slow),
        ("cifar10_mlp", "text"),
        pytest.param("cifar10_mlp", "pixels", marks=pytest.mark.slow),
    ],
)
def test_ablation(
    name, recipe, digits_file, colors_file, tmp_path, capsys, load_script
):
    script = load_script(name)
    path = tmp_path / "gains.png"
    data = digits_file if name == "mnist_mlp" else colors_file
    options = [
        "--recipe", recipe, "--ablation", "--rows", "250", "--epochs", "1",
        "--seeds", "2", "--progress", "none", "--output", path, "--data", data,
    ]  # fmt: skip
    script.main([str(option) for option in options])
    printed = capsys.readouterr().out
    check_picture(path, SimpleNamespace(stdout=printed))
    table = rows_of(printed)
    whole = table.pop("the recipe")[0]
    steps = script.RECIPES[recipe].steps
    mirror = ["the mirror image"] if script.RECIPES[recipe].mirror else []
    assert sorted(table) == sorted(f"without {step}" for step in [*steps, *mirror])
    for score, gain, gains in table.values():
        assert gain == pytest.approx(100 * (whole - score), abs=0.02)
        assert gain == pytest.approx(np.mean(gains), abs=0.01)
    if recipe != "text":
        assert len({score for score, _, _ in table.values()}) > len(steps) / 2


@pytest.mark.parametrize("name", IMAGE_EXAMPLES)
def test_steps_change_their_parameters_and_not_the_recipe(name, load_script):
    shared = load_script("_image_nets")
    for recipe in load_script(name).RECIPES.values():
        for changes in recipe.steps.values():
            net = shared.replace(recipe, members=1).model((2, 2, 1), 1, 0, [])
            before = net.get_params()
            assert all(before[key] != value for key, value in changes.items())
            net.set_params(**changes)
        fresh = shared.replace(recipe, members=1).model((2, 2, 1), 1, 0, [])
        for key, value in recipe.net.items():
            key = f"model__{key}" if recipe.copies else key
            if isinstance(value, (int, float, str)) and "max_iter" not in key:
                assert fresh.get_params()[key] == value
            elif hasattr(value, "get_params"):
                assert fresh.get_params()[key].get_params() == value.get_params()


@pytest.mark.slow
def test_few_labels(digits_file, tmp_path):
    result = run(
        SCRIPTS["mnist_mlp"], tmp_path, "--data", str(digits_file),
        "--semi-supervised", "100", "--rows", "1000", "--hold-out", "100",
        "--epochs", "4", "--seeds", "2", "--checkpoint", "few.npz",
    )  # fmt: skip
    check_clean(result)
    assert "100 labels, 900 without" in result.stdout
    table = rows_of(result.stdout)
    first = table.pop("labelled images only")[0]
    assert list(table) == [f"students, round {i}" for i in (1, 2, 3)]
    for score, gain, gains in table.values():
        assert gain == pytest.approx(score - first, abs=2e-4)
        assert gain == pytest.approx(np.mean(gains), abs=2e-4)
        assert score > 0.7
    check_picture(tmp_path / "mnist_mlp.png", result)
    assert len(list(tmp_path.glob("few-*.npz"))) == 2 * 4


def test_other_labels_are_not_used(digits_file, tmp_path, capsys, load_script):
    script = load_script("mnist_mlp")
    options = script.parse(
        script.make_parser("", "x.png", []), ["--epochs", "1", "--rows", "600"]
    )
    options.semi_supervised, options.progress = 200, "none"
    options.output = tmp_path / "x.png"
    data = script.load_mnist(digits_file)
    tables = []
    for _ in range(2):
        script.learn_from_few(data, options)
        table = rows_of(capsys.readouterr().out)
        tables.append({name: row[0] for name, row in table.items()})
        order = np.random.default_rng(0).permutation(len(data.y_train))
        data.y_train[order[200:]] = 0
    assert tables[0] == tables[1]
    assert len(tables[0]) == 4


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("mnist_mlp", ["--recipe", "none"], "--recipe: invalid choice"),
        (
            "mnist_mlp",
            ["--output", "no/x.png"],
            "--output: the folder 'no' does not exist",
        ),
        ("mnist_mlp", ["--resume"], "--resume needs --checkpoint"),
        ("mnist_mlp", ["--epochs", "0"], "--epochs must be at least 1, got 0"),
        ("cifar10_mlp", ["--hold-out", "-1"], "--hold-out must be at least 0, got -1"),
        ("cifar10_mlp", ["--ablation", "--members", "2"], "leave out --members"),
        ("mnist_mlp", ["--semi-supervised", "--ablation"], "has its own recipe"),
        ("mnist_mlp", ["--semi-supervised", "5"], "must be in .10, --rows., got 5"),
        ("mnist_mlp", ["--semi-supervised", "--rows", "900"], "got 1000"),
    ],
)
def test_errors(name, arguments, message, capsys, load_script):
    script = load_script(name)
    with pytest.raises(SystemExit, match="2"):
        script.main(arguments)
    assert re.search(message, capsys.readouterr().err)


def test_too_few_rows(digits_file, load_script):
    script = load_script("mnist_mlp")
    options = ["--data", str(digits_file), "--rows", "1000", "--hold-out", "400"]
    with pytest.raises(SystemExit, match="1297 training rows are too few"):
        script.main(options)
    with pytest.raises(SystemExit, match="1297 .* too few for 2000 labels"):
        script.main([*options[:2], "--semi-supervised", "2000"])


def test_without_rich(capsys, monkeypatch, load_script):
    shared = load_script("_image_nets")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    def callbacks(*arguments):
        options = shared.parse(shared.make_parser("", "x", []), arguments)
        return [type(c).__name__ for c in shared.make_callbacks(options, 1)]

    if shared.find_spec("rich"):
        assert callbacks() == ["ProgressBar"]
    assert callbacks("--progress", "none") == []
    monkeypatch.setitem(sys.modules, "rich", None)
    assert callbacks() == [EpochLogger.__name__]
    with pytest.raises(SystemExit, match="2"):
        callbacks("--progress", "bar")
    assert "pip install rich" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [[], ["--ablation"]])
def test_without_matplotlib(
    mode, digits_file, tmp_path, capsys, monkeypatch, load_script
):
    script = load_script("mnist_mlp")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.chdir(tmp_path)
    options = ["--rows", "200", "--epochs", "1", "--progress", "none", *mode]
    script.main(["--data", str(digits_file), *options])
    printed = capsys.readouterr().out
    assert "No picture, as matplotlib is missing" in printed
    assert re.search(r"^(mean|the recipe) .*0\.\d{4}", printed, re.M)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [[], ["--ablation"], ["--semi-supervised", "100"]])
def test_failing_picture_keeps_the_results(
    mode, digits_file, tmp_path, capsys, load_script
):
    pytest.importorskip("matplotlib")
    script = load_script("mnist_mlp")
    options = ["--rows", "200", "--epochs", "1", "--progress", "none", *mode]
    options += ["--data", str(digits_file), "--output", str(tmp_path / "x.none")]
    with pytest.raises(ValueError, match="'none' is not supported"):
        script.main(options)
    printed = capsys.readouterr().out
    assert re.search(r"^(mean|the recipe|labelled) .*0\.\d{4}", printed, re.M)


def test_source_of_the_data(digits_file, tmp_path, monkeypatch, load_script):
    shared = load_script("_image_nets")
    monkeypatch.setattr(shared, "SHARED_DATA", tmp_path)

    def read(*arguments):
        options = shared.parse(shared.make_parser("", "x", []), arguments)
        rows = SimpleNamespace(X_train=np.zeros((3, 1)))
        asked = []
        shared.read(
            options, "a.npz",
            lambda path: asked.append(path) or rows,
            lambda: asked.append("fetched") or rows,
        )  # fmt: skip
        return asked

    assert read() == ["fetched"]
    (tmp_path / "a.npz").touch()
    assert read() == [tmp_path / "a.npz"]
    assert read("--data", "there") == [Path("there")]


def test_training_and_held_out_rows(load_script):
    shared = load_script("_image_nets")
    X = np.arange(20)[:, np.newaxis]
    data = SimpleNamespace(X_train=X, y_train=X[:, 0])

    def split(rows, hold_out):
        options = SimpleNamespace(rows=rows, hold_out=hold_out)
        X, y, validation = shared.split(data, options)
        np.testing.assert_array_equal(X[:, 0], y)
        held = validation.get("y_val", np.array([], int))
        np.testing.assert_array_equal(validation.get("X_val", X[:0])[:, 0], held)
        return y, held

    y, held = split(None, 0)
    assert y is data.y_train
    y, held = split(None, 5)
    assert sorted([*y, *held]) == list(range(20))
    fewer, same = split(7, 5)
    np.testing.assert_array_equal(fewer, y[:7])
    np.testing.assert_array_equal(same, held)


def test_mirror_images(load_script):
    shared = load_script("_image_nets")
    X = np.random.default_rng(0).normal(size=(4, 2 * 3 * 3))

    def share(X):
        return X[:, :2] ** 2 / 9

    model = SimpleNamespace(predict_proba=share)
    expected = []
    for row in X:
        image = row.reshape(2, 3, 3)
        mirrored = np.array([[line[2], line[1], line[0]] for line in image])
        both = np.array([row, mirrored.ravel()])
        expected.append(share(both).mean(axis=0))
    got = shared.probabilities(model, X, (2, 3, 3), True)
    np.testing.assert_allclose(got, expected)
    plain = shared.probabilities(model, X, (2, 3, 3), False)
    np.testing.assert_array_equal(plain, share(X))


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.exists(), reason="needs ../shared/data/mnist.npz")
@pytest.mark.parametrize(
    ("recipe", "steps", "accuracy"),
    [
        ("text", ["--rows", "6000", "--epochs", "8"], 0.93),
        ("best", ["--rows", "6000", "--epochs", "8"], 0.93),
    ],
)
def test_mnist_short(recipe, steps, accuracy, tmp_path):
    options = ["--recipe", recipe, *steps]
    (score,), _, _ = train("mnist_mlp", tmp_path, MNIST, *options)
    assert accuracy < score < 0.99


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.exists(), reason=f"needs ../shared/data/{CIFAR.name}")
@pytest.mark.parametrize(
    ("recipe", "steps", "accuracy"),
    [
        ("text", ["--epochs", "10"], 0.3),
        ("best", ["--epochs", "1", "--members", "1"], 0.35),
    ],
)
def test_cifar10_short(recipe, steps, accuracy, photographs, tmp_path):
    options = ["--recipe", recipe, *steps]
    (score,), _, result = train("cifar10_mlp", tmp_path, photographs, *options)
    assert "5000 rows to train on, 1000 to test" in result.stdout
    assert accuracy < score < 0.6
