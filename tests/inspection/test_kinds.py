"""The kinds: named as code, titled as text."""

import re
from pathlib import Path

from skdl.inspection._kinds import KINDS, SEVERITIES

SOURCE = Path(__file__).parents[2] / "skdl" / "inspection"


def test_kinds_are_used_and_well_named():
    source = "".join(
        path.read_text("utf-8")
        for path in SOURCE.glob("_*_checks.py")
    )  # fmt: skip
    assert set(KINDS) == {kind for kind in KINDS if f'"{kind}"' in source}
    for kind, (severity, title) in KINDS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+|[a-z]+", kind)
        assert severity in SEVERITIES
        assert title[0].isupper()
        assert not title.endswith(".")
