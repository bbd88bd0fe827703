"""Run the benchmarks: ``python -m benchmarks``; see benchmarks/README.md."""

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks.session import CONTENDERS, Session
from benchmarks.table import replace_section

README = Path(__file__).with_name("README.md")
QUESTIONS = ("steps",)


def main(argv=None):
    """Answer the questions in turn; write the answers into the README."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__.split(":")[0])
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument(
        "--quick", action="store_true", help="small and imprecise; writes nothing"
    )
    parser.add_argument("--rounds", type=int, help="turns for each contender")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shapes", type=int, nargs="+", help="of steps: 1 to 6")
    parser.add_argument("--output", type=Path, help="a file with the same marks")
    options = parser.parse_args(argv)
    n_rounds = options.rounds or (2 if options.quick else 7)
    session = Session(n_rounds, options.threads, options.quick)
    missing = set(CONTENDERS) - set(session.available(CONTENDERS))
    if missing:
        print(f"Not installed, and left out: {', '.join(sorted(missing))}")
    output = options.output or (None if options.quick else README)
    if options.shapes:
        output = options.output
    start = time.perf_counter()
    try:
        for name in options.only:
            print(f"## {name}\n", flush=True)
            question = import_module(f"benchmarks.questions.{name}")
            chosen = {}
            if name == "steps" and options.shapes:
                chosen["shapes"] = [question.SHAPES[i - 1] for i in options.shapes]
            answer = question.measure(session, **chosen)
            print(f"{answer}\n\n{time.perf_counter() - start:.0f} s\n", flush=True)
            if output:
                text = output.read_text(encoding="utf-8")
                output.write_text(replace_section(text, name, answer), encoding="utf-8")
    finally:
        session.close()


if __name__ == "__main__":
    main()
