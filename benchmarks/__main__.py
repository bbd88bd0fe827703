"""Run the benchmarks: ``python -m benchmarks``; see benchmarks/README.md."""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.session import CONTENDERS, Session
from benchmarks.table import replace_section

README = Path(__file__).with_name("README.md")
QUESTIONS = (
    "steps", "stacks", "accuracy", "options", "sparse", "predict", "lbfgs", "memory",
    "imports", "growth", "tabular", "activations", "fixed_cost", "memory_map",
    "whitening",
)  # fmt: skip


def main(argv=None):
    """Answer the questions in turn, and return the number of failures."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__.split(":")[0])
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to check that all runs"
    )
    parser.add_argument("--rounds", type=int, help="turns of each contender")
    parser.add_argument("--threads", type=int, default=2, help="per contender")
    parser.add_argument("--shapes", type=int, nargs="+", help="shapes of steps: 1 to 6")
    parser.add_argument(
        "--output",
        type=Path,
        help="a file with marks as in benchmarks/README.md, to write to; default: that "
        "file, if the run is limited by nothing but --only",
    )
    options = parser.parse_args(argv)
    limits = (options.quick, options.rounds, options.shapes)
    output = options.output
    if output and not output.is_file():
        parser.error(
            f"--output: {output} does not exist; copy benchmarks/README.md there "
            "first, for its marks"
        )
    if output is None and not any(limits) and options.threads == 2:
        output = README
    n_rounds = options.rounds or (1 if options.quick else 11)
    figures = output and output.parent
    with Session(n_rounds, options.threads, options.quick, figures=figures) as session:
        missing = [name for name in CONTENDERS if name not in session.names]
        if missing:
            print(f"Not installed, and left out: {', '.join(missing)}\n")
        if set(options.only) == set(QUESTIONS):
            keep(output, "machine", describe(session))
        return sum(
            not answer(session, name, output, options.shapes) for name in options.only
        )


def answer(session, name, output, shapes):
    """Print and save the answer; return whether there is one."""
    question = import_module(f"benchmarks.questions.{name}")
    print(f"## {name}: {question.__doc__.splitlines()[0]}\n", flush=True)
    chosen = {"shapes": shapes} if name == "steps" else {}
    start = time.perf_counter()
    try:
        text = question.measure(session, **chosen)
    except AssertionError as error:
        print(f"FAILED: {error}\n", flush=True)
        return False
    print(f"\n{text}\n\n({time.perf_counter() - start:.0f} s)\n", flush=True)
    keep(output, name, text)
    return True


def keep(output, name, text):
    """Write a text to its section of the file, if there is a file."""
    if output:
        old = output.read_text(encoding="utf-8")
        output.write_text(replace_section(old, name, text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
