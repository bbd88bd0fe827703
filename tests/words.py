"""Find phrases that CONTRIBUTING.md replaces: ``python tests/words.py [path ...]``.

The script prints each phrase with its file, its line and better words, then the number
of findings per folder. It exits with 1 if there is a finding. In Markdown, `code` in
backticks is skipped.
"""

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATHS = ("skdl", "tests", "examples", "benchmarks", "docs", "*.md")
# These two files name the phrases.
EXEMPT = {"tests/words.py", "tests/test_words.py"}
# A phrase as a regular expression, and better words. A space matches a line break, too.
BETTER = [
    (r"[Aa]new", "again, afresh, or from scratch"),
    (r"(?:[Gg]o|[Gg]oes|[Gg]oing|[Gg]one|[Ww]ent) on", "continue, resume, or happen"),
    (r"[Ww]hence", "so, therefore, or from which"),
    (r"(?<![Tt]here\s)(?:is|are|was|were) none", "has no ..., or does not exist"),
    (r"by heart", "memorize"),
    (r"no matter of course", "cannot be taken for granted"),
    (r"so manieth", "every n-th"),
    (r"so many(?! that)", "name the number: n rows, at most `n_rows`"),
    (r"(?<![Tt]here\s)(?:is|are|was|were) no (?!longer|matter|more|less|better)",
     "is not a ..., or has no ..."),
    (r"by way of", "through, with, or by"),
    (r"at (?:its|their) end", "has ended, or is used up"),
    (r"for good", "permanently"),
    (r"(?:[Tt]ells?|told) (?:of|apart)", "report, name, or distinguish"),
    (r"[Ss]tands? in the way(?: of)?", "prevents, or is not supported"),
    (r"(?:[Tt]akes?|[Tt]aking|[Tt]aken|[Tt]ook) away", "remove"),
    (r"Of (?:a|an|the|several|its|each|both|all|these|those|more|what)", "begin with "
     "the subject: 'A loss returns ...', not 'Of a loss ...'"),
]  # fmt: skip
# A line break inside a comment has a "#" after it, inside a Markdown quotation a ">".
PATTERNS = [
    (re.compile(r"\b" + phrase.replace(" ", r"(?:\s+[#>]?\s*)") + r"\b"), better)
    for phrase, better in BETTER
]


def findings(text, is_markdown=False):
    """Yield (line, phrase, better words), in the order of the lines.

    Parameters
    ----------
    text : str
        Source code or Markdown.
    is_markdown : bool, default=False
        Whether to skip what stands between backticks.
    """
    if is_markdown:
        text = re.sub(r"`[^`\n]+`", "`code`", text)
    matches = [
        (match, better)
        for pattern, better in PATTERNS
        for match in pattern.finditer(text)
    ]
    for match, better in sorted(matches, key=lambda pair: pair[0].start()):
        line = text.count("\n", 0, match.start()) + 1
        yield line, " ".join(match[0].replace("#", " ").split()), better


def files(paths):
    """Yield the Python and Markdown files below paths or patterns."""
    for pattern in paths:
        for path in sorted(ROOT.glob(str(pattern))):
            below = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (file for file in below if file.suffix in (".py", ".md"))


def main(arguments=None):
    """Print the findings, and return the exit code."""
    parser = argparse.ArgumentParser("words", description=__doc__.split(":")[0])
    parser.add_argument("paths", nargs="*", default=PATHS, help="relative to the root")
    counts = Counter()
    for file in files(parser.parse_args(arguments).paths):
        name = file.relative_to(ROOT).as_posix()
        if name not in EXEMPT:
            text = file.read_text(encoding="utf-8")
            for line, phrase, better in findings(text, file.suffix == ".md"):
                print(f"{name}:{line}: {phrase!r}: {better}")
                counts["/".join(name.split("/")[:2][: name.count("/") or 1])] += 1
    for folder, count in sorted(counts.items()):
        print(f"{count:5d}  {folder}")
    return int(bool(counts))


if __name__ == "__main__":
    sys.exit(main())
