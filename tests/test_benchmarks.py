"""The benchmarks run, on small sizes and without the peers that are not installed.

No time is asserted: what is tested is that all train the same, that a difference is
found, and that answers find their place.
"""

import gzip
from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax

import benchmarks.__main__ as command
from benchmarks import tabular_encoder
from benchmarks.contenders.ours import Fit, Step
from benchmarks.contenders.products import Products
from benchmarks.contenders.sklearn_net import Fit as SklearnFit
from benchmarks.problem import cross_entropy, make_problem
from benchmarks.questions import (
    accuracy,
    activations,
    fixed_cost,
    growth,
    lbfgs,
    memory_map,
    options,
    predict,
    sparse,
    stacks,
    steps,
    whitening,
)
from benchmarks.session import Session, compare
from benchmarks.table import goal, number, replace_section, table
from benchmarks.workers import WorkerError, take_turns

OURS = ("skdl fit", "skdl step", "products", "scikit-learn")
NAMES = (*OURS, "skdl stack")


@pytest.fixture(scope="module")
def session():
    with Session(1, n_threads=1, is_quick=True, names=NAMES, pause=0) as session:
        yield session


def small(n_outputs=3, **options):
    return make_problem((6, 8, 8, n_outputs), 20, 200, 3, **options)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_contenders_train_alike_to_rounding(n_outputs):
    problem = small(n_outputs)
    kinds = [Fit] if n_outputs == 2 else [Fit, SklearnFit]
    kinds += [] if n_outputs == 1 else [Step]
    losses = []
    for kind in kinds:
        contender = kind(problem)
        contender.run()
        first = contender.scores(problem.X)
        contender.run()  # from the start again
        assert_array_equal(contender.scores(problem.X), first)
        losses.append(cross_entropy(first, problem.y))
    assert_allclose(losses, losses[0], rtol=1e-5)
    assert losses[0] < 0.98 * loss_of_the_start(problem)


def contender_kinds():
    kinds = {"skdl": Fit, "scikit-learn": SklearnFit}
    if find_spec("torch"):
        kinds["PyTorch"] = import_module("benchmarks.contenders.torch_loop").Loop
    return kinds


@pytest.mark.parametrize("kind", contender_kinds().values(), ids=contender_kinds())
def test_epochs_to_an_accuracy_agree_with_shorter_trainings(kind):
    whole = replace(make_problem((6, 8, 8, 3), 20, 200, 12), rate=3e-3)
    shares = []
    for n_epochs in range(1, 13):
        contender = kind(replace(whole, orders=whole.orders[:n_epochs]))
        contender.run()
        right = contender.scores(whole.X).argmax(axis=1) == whole.y
        shares.append(right.mean())
    target = np.sort(shares)[-3]
    assert target > shares[0]
    first = 1 + np.argmax(np.array(shares) >= target)
    contender = kind(whole)
    assert contender.epochs_to(target, whole.X, whole.y) == first
    assert contender.epochs_to(1.01, whole.X, whole.y) is None
    contender.run()
    right = contender.scores(whole.X).argmax(axis=1) == whole.y
    assert right.mean() == shares[-1]


def loss_of_the_start(problem):
    A = problem.X
    for weights, biases in problem.start[:-1]:
        A = np.maximum(A @ weights + biases, 0)
    scores = A @ problem.start[-1][0] + problem.start[-1][1]
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    return cross_entropy(scores, problem.y)


def test_orders_are_permutations_and_differ():
    problem = small()
    assert problem.n_steps == 30
    assert_array_equal(np.sort(problem.orders, axis=1), [range(200)] * 3)
    assert (problem.orders[0] != problem.orders[1]).any()


def test_cross_entropy():
    scores = np.array([[1.0, 2.0, 0.5], [800.0, 0.0, -800.0]], np.float32)
    expected = -log_softmax(scores.astype(float), axis=1)[[0, 1], [1, 2]].mean()
    assert cross_entropy(scores, np.array([1, 2])) == pytest.approx(expected)


def test_products_are_those_of_a_step():
    problem = small()
    products = Products(problem)
    products.run()
    shapes = [(a.shape, b.shape) for a, b, _ in products.products]
    assert shapes == [
        ((20, 6), (6, 8)),
        ((20, 8), (8, 8)),
        ((20, 8), (8, 3)),
        ((8, 20), (20, 3)),
        ((20, 3), (3, 8)),
        ((8, 20), (20, 8)),
        ((20, 8), (8, 8)),
        ((6, 20), (20, 8)),
    ]
    for a, b, out in products.products[:3]:
        assert_allclose(out, a @ b, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_race(session):
    problem = small()
    seconds, deviation = session.race({name: (name, problem) for name in OURS})
    assert list(seconds) == list(OURS)
    assert min(seconds.values()) > 0
    assert deviation < 1e-5


@pytest.mark.slow
def test_race_between_different_trainings_fails(session):
    problem = small()
    other = replace(problem, rate=2e-3)
    with pytest.raises(AssertionError, match="the trainings differ"):
        session.race({"a": ("skdl fit", problem), "b": ("scikit-learn", other)})


def test_nan_differs_from_every_loss():
    for losses in ({"a": 1.0, "b": np.nan}, {"a": np.nan, "b": 1.0}):
        with pytest.raises(AssertionError):
            compare(losses, 0.01)
    assert compare({"a": 2.0, "b": 1.99}, 0.01) == pytest.approx(0.005)


def test_contenders_that_are_not_installed_are_left_out(monkeypatch):
    entry = ("no_such_package", "ours:Fit")
    monkeypatch.setitem(command.CONTENDERS, "JAX", entry)
    assert "JAX" not in Session(1).names
    assert "skdl fit" in Session(1).names


@pytest.mark.slow
def test_workers_report_errors_and_continue(session):
    runner = session.prepare({"net": ("skdl fit", small())})["net"]
    with pytest.raises(WorkerError, match="Traceback(.|\n)*NotFittedError"):
        runner.loss()
    assert runner.time("run") > 0
    assert runner.loss() < 1.1


@pytest.mark.slow
def test_workers_measure_memory(session):
    n_rows = 100_000
    problem = make_problem((20, 4, 3), 10_000, n_rows, 1)
    runners = session.prepare({n: (n, problem) for n in ("skdl fit", "scikit-learn")})
    used = {}
    for name, runner in runners.items():
        runner.call("run")
        used[name] = runner.memory("predict", n_rows, 1)
    # scikit-learn makes an array of all rows' hidden units.
    assert used["scikit-learn"] > 0.9 * n_rows * 4 * 4
    assert used["skdl fit"] < used["scikit-learn"] + n_rows * 8


def test_take_turns_alternates_and_drops_the_first_round():
    times = {"a": iter([1, 5, 4, 6]), "b": iter([9, 8, 7, 9])}
    called = []

    def act(name):
        called.append(name)
        return next(times[name])

    actions = {name: lambda name=name: act(name) for name in times}
    assert take_turns(actions, 3, pause=0) == {"a": [5, 4, 6], "b": [8, 7, 9]}
    assert called == list("baabbaab")


QUESTIONS = {
    "steps": lambda session: steps.measure(session, shapes=[5]),
    "stacks": stacks.measure,
    "options": options.measure,
    "sparse": sparse.measure,
    "predict": predict.measure,
    "lbfgs": lbfgs.measure,
    "accuracy": accuracy.measure,
    "activations": activations.measure,
    "fixed_cost": fixed_cost.measure,
    "memory_map": memory_map.measure,
    "whitening": whitening.measure,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_questions(session, name):
    if name == "accuracy" and not (accuracy.DATA / "mnist.npz").exists():
        pytest.skip("mnist.npz is not in ../shared/data")
    answer = QUESTIONS[name](session)
    rows = [line for line in answer.splitlines() if line.startswith("|")]
    assert len(rows) > 2
    assert any(character.isdigit() for character in answer)
    assert "nan" not in answer


@pytest.mark.slow
def test_growth_draws(session, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(session, "figures", tmp_path)
    assert "growth.png" in growth.measure(session)
    assert 1000 < (tmp_path / "growth.png").stat().st_size < 80_000


def marked(tmp_path):
    output = tmp_path / "table.md"
    marks = [
        f"<!-- begin {name} -->\nold\n<!-- end {name} -->\n"
        for name in (*command.QUESTIONS, "machine")
    ]
    output.write_text("\n".join(marks), encoding="utf-8")
    return output


@pytest.fixture
def one_session(session, monkeypatch):
    """Let the command measure in the session that is there."""
    monkeypatch.setattr(command, "Session", lambda *_, **__: nullcontext(session))


@pytest.mark.slow
def test_command_writes_its_answer(one_session, tmp_path, capsys):
    output = marked(tmp_path)
    arguments = ["--quick", "--only", "lbfgs", "--output"]
    assert command.main([*arguments, str(output)]) == 0
    text = output.read_text(encoding="utf-8")
    assert text.count("old") == len(command.QUESTIONS)
    assert "| objective " in text
    assert "| objective " in capsys.readouterr().out


def test_command_reports_a_failure(one_session, tmp_path, capsys, monkeypatch):
    def measure(session):
        raise AssertionError("the trainings differ")

    monkeypatch.setattr(lbfgs, "measure", measure)
    output = marked(tmp_path)
    before = output.read_text(encoding="utf-8")
    arguments = ["--quick", "--only", "lbfgs", "--output", str(output)]
    assert command.main(arguments) == 1
    assert "FAILED: the trainings differ" in capsys.readouterr().out
    assert output.read_text(encoding="utf-8") == before


def test_command_refuses_a_missing_file_before_it_measures(tmp_path, capsys):
    with pytest.raises(SystemExit):
        command.main(["--only", "lbfgs", "--output", str(tmp_path / "new.md")])
    assert "copy benchmarks/README.md there first" in capsys.readouterr().err


def test_readme_has_a_section_for_each_answer():
    text = command.README.read_text(encoding="utf-8")
    for name in (*command.QUESTIONS, "machine"):
        assert replace_section(text, name, "x") != text
    assert command.README.with_name("growth.png").exists()


def test_table():
    assert table(["a", "bb"], [["long", 1]]) == (
        "| a    | bb |\n| ---- | -: |\n| long |  1 |"
    )
    assert [number(x) for x in (None, 0.01234, 1.0, 12.34, 1234.5)] == [
        "–", "0.0123", "1.00", "12.3", "1234",
    ]  # fmt: skip
    assert goal(2.0, 3) == "**2.00 < 3**"
    assert goal(2.0, 3, at_least=False) == "2.00 ≤ 3"
    assert goal(3.5, 3) == "3.50 ≥ 3"
    assert goal(None, 3) == "–"


def test_replace_section():
    text = "1\n<!-- begin a -->\n\\1\n<!-- end a -->\n2\n"
    assert replace_section(text, "a", r"\g") == text.replace(r"\1", r"\g")
    with pytest.raises(ValueError, match="begin b"):
        replace_section(text, "b", "x")


@pytest.mark.slow
def test_encodings_are_compared_on_tables_of_a_folder(tmp_path, capsys):
    # Equal rows have both labels, so that no error is zero.
    rows = [f"{i % 3},{'ab'[i % 2]},{label}" for i in range(12) for label in "no"]
    text = "\n".join(["x,word,target", *rows])
    (tmp_path / "tiny.csv.gz").write_bytes(gzip.compress(text.encode()))
    options = ["--only", "tiny", "absent", "--seeds", "1", "--data"]
    tabular_encoder.main([*options, str(tmp_path)])
    printed = capsys.readouterr().out
    assert printed.count("tiny ") == printed.count("mean ratio") == 4
    assert "absent: not in" in printed
    tabular_encoder.main([*options, str(tmp_path / "nowhere")])
    assert capsys.readouterr().out.startswith("Skipped")
