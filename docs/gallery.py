"""Store the pictures of examples that do not run when the site is built.

These examples need data or another library: ``pip install ".[dask,optuna,plot]"``, and
the data sets as `skdl.datasets` reads them. After a change of one of them, run

    python docs/gallery.py                      # all
    python docs/gallery.py mnist_mlp            # or some

which runs the scripts and writes docs/figures/gallery. A picture has at most 60 kB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _site import ARGUMENTS, PICTURES, ROOT, STORED
from PIL import Image  # a dependency of matplotlib

WIDTH, COLORS = 640, 64


def shrink(source, target):
    """Save a picture in a width and with a palette that make its file small."""
    picture = Image.open(source).convert("RGB")
    picture.thumbnail((WIDTH, WIDTH))
    picture.quantize(COLORS).save(target, "PNG", optimize=True)


def main(argv=None):
    """Run examples, and store their pictures."""
    parser = argparse.ArgumentParser("gallery", description=__doc__.splitlines()[0])
    parser.add_argument("examples", nargs="*", choices=STORED, default=STORED)
    options = parser.parse_args(argv)
    PICTURES.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    for name in options.examples:
        script = ROOT / "examples" / f"{name}.py"
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(script), *ARGUMENTS[name]]
            subprocess.run(command, cwd=folder, env=environment, check=True)
            shrink(Path(folder) / f"{name}.png", PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
