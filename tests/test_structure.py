"""The rules of docs/design/README.md, held by reading the source.

A rule is a function of ``files``, a dict from path to text, and returns its findings as
"path:line: what is wrong". `PLANTED` and `ALLOWED` test the rules themselves: a rule
that would let everything pass fails there.
"""

import ast
import gc
import importlib
import inspect
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("skdl", "tests", "examples", "benchmarks", "docs")
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [
        *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
    ]
    if "generated" not in path.parts  # made for the site
}

# Imports go from a higher number to a lower one. "_" stands for the private modules
# beside the packages, which everything but the engine may use; the engine uses the
# words of error messages alone.
LAYERS = [
    ["_"],
    ["engine"],
    ["callbacks", "datasets", "metrics", "preprocessing"],
    ["estimators"],
    ["ensemble", "inspection", "model_selection"],
    ["export"],
    ["skdl"],
]
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
WORDS = "skdl._text"
# The only private module that other packages may use.
INTERNAL_API = "skdl.estimators._internal_api"
# What does not keep the rules about private names yet.
UNFINISHED = ()
# Private names that Python gives to all users, and scikit-learn to its subclasses.
THEIRS = {"_asdict", "_fields", "_getframe", "_make", "_replace", "_skl_callbacks"}
THEIRS |= {"_checked_cv_orig", "_get_param_names", "_init_callback_context"}
THEIRS |= {"_parameter_constraints", "_validate_params"}
# Functions with more than `LONG` lines of code, and why they are not divided.
LONG = 60
REASONS = {
    "train": "The training loop: calls would cost time in each step.",
}
# joblib, narwhals and threadpoolctl come with scikit-learn.
DEPENDENCIES = {"numpy", "scipy", "sklearn", "joblib", "narwhals", "threadpoolctl"}
EXTRAS = {"PIL", "dask", "matplotlib", "optuna", "pandas", "polars", "rich", "skops"}
EXTRAS |= {"IPython", "mlflow", "onnx", "skl2onnx", "tensorboardX", "torch", "tqdm"}
# What numpy.random has that does not draw from its global state.
RANDOM = {
    "BitGenerator",
    "bit_generator",
    "Generator",
    "MT19937",
    "PCG64",
    "PCG64DXSM",
    "Philox",
}
RANDOM |= {"RandomState", "SFC64", "SeedSequence", "default_rng", "get_state"}

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
parse = cache(ast.parse)


def for_types(node):
    """Return whether a block is for type checkers only."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@cache
def nodes(tree):
    """List (node, whether it stands in a function or class) for all nodes below."""
    return _below(tree, False)


def _below(node, nested):
    found = []
    for child in ast.iter_child_nodes(node):
        found.append((child, nested))
        found += _below(child, nested or isinstance(child, SCOPES) or for_types(child))
    return found


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection():
    """Syntax trees are millions of objects, and each pass would look at all of them."""
    gc.disable()
    yield
    gc.enable()


def module_name(path):
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def package_of(module):
    """Return the package of a module; "_" for the private modules beside them."""
    part = [*module.split("."), "skdl"][1]
    if part == "__main__":
        return "skdl"
    return "_" if part.startswith("_") else part


def is_private(name):
    return name.startswith("_") and not name.endswith("__") and name not in THEIRS


@cache
def imported(path, text):
    """List (line, nested, module, name or None, the name that it gets here)."""
    found = []
    for node, nested in nodes(parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                found.append((node.lineno, nested, alias.name, None, bound))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parts = path.removesuffix(".py").split("/")[: -node.level]
                module = ".".join([*parts, *filter(None, [module])])
            for alias in node.names:
                bound = alias.asname or alias.name
                found.append((node.lineno, nested, module, alias.name, bound))
        elif isinstance(node, ast.Call) and node.args:
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            name = getattr(node.args[0], "value", None)
            if function in ("import_module", "__import__") and isinstance(name, str):
                found.append((node.lineno, nested, name, None, ""))
    return found


def our_imports(path, text, modules):
    """Yield (line, nested, module) for imports of skdl's own modules."""
    for line, nested, module, name, _ in imported(path, text):
        if module.split(".")[0] == "skdl":
            inner = f"{module}.{name}"
            is_module = inner in modules or (module == "skdl" and name in RANKS)
            yield line, nested, inner if is_module else module


def full_names(path, text):
    """Yield (line, dotted name) for imports and attributes of what they bring in."""
    origins = {}
    for line, _, module, name, bound in imported(path, text):
        full = f"{module}.{name}" if name else module
        # "import a.b" binds a; "import a.b as c" binds a.b.
        origins[bound] = module.split(".")[0] if bound == full.split(".")[0] else full
        yield line, full
    for node, _ in nodes(parse(text)):
        if isinstance(node, ast.Attribute):
            line, others = node.lineno, []
            while isinstance(node, ast.Attribute):
                others.insert(0, node.attr)
                node = node.value
            if isinstance(node, ast.Name) and node.id in origins:
                yield line, ".".join([origins[node.id], *others])


def source(files):
    return {path: text for path, text in files.items() if path.startswith("skdl/")}


def imports_run_one_way(files):
    modules = {module_name(path) for path in files}
    for path, text in source(files).items():
        here = package_of(module_name(path))
        if here not in RANKS:
            yield f"{path}:1: no place among the layers"
            continue
        for line, _, module in our_imports(path, text, modules):
            there = package_of(module)
            lower = RANKS.get(there, 99) < RANKS[here]
            is_kept_out = (here, there) == ("engine", "_") and module != WORDS
            if is_kept_out or not (here == there or lower):
                yield f"{path}:{line}: {here} imports {module}"


def engine_stands_alone(files):
    for path, text in source(files).items():
        if not path.startswith("skdl/engine/"):
            continue
        for line, _, module, name, _ in imported(path, text):
            package = module.split(".")[0]
            allowed = package in {"numpy", "scipy", "skdl", *sys.stdlib_module_names}
            if not allowed and (module, name) != ("sklearn.base", "BaseEstimator"):
                yield f"{path}:{line}: the engine imports {name or ''} of {module}"


def no_circles(files):
    modules = {module_name(path) for path in source(files)}
    graph = {
        module_name(path): [module for _, _, module in our_imports(path, text, modules)]
        for path, text in source(files).items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "skdl:0: a circle: " + " <- ".join(error.args[1])


def own_imports_at_the_top(files):
    modules = {module_name(path) for path in files}
    for path, text in source(files).items():
        for line, nested, module in our_imports(path, text, modules):
            if nested:
                yield f"{path}:{line}: {module} imported inside a function or class"


def extras_inside_functions(files):
    for path, text in source(files).items():
        for line, nested, module, _, _ in imported(path, text):
            known = {"skdl", *DEPENDENCIES, *sys.stdlib_module_names}
            if not nested and module.split(".")[0] not in known:
                yield f"{path}:{line}: {module} is not a dependency"


def top_level(body):
    """Yield the statements of a module, those below if, try and with included."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(node, SCOPES):
                yield from top_level(getattr(node, part, []))
        for handler in getattr(node, "handlers", []):
            yield from top_level(handler.body)


def names_of(text):
    """Return (all names, {public def or class: line}, __all__ or None) of a module."""
    names, public, exported = set(), {}, None
    for node in top_level(parse(text).body):
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        targets = {name.id for name in targets if isinstance(name, ast.Name)}
        names |= targets
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
            if not node.name.startswith("_"):
                public[node.name] = node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {name.asname or name.name.split(".")[0] for name in node.names}
        elif "__all__" in targets:
            before = exported if isinstance(node, ast.AugAssign) else []
            exported = [*before, *ast.literal_eval(node.value)]
    return names, public, exported


def all_is_exact(files):
    for path, text in source(files).items():
        name = path.split("/")[-1]
        if name.startswith("_") and name != "__init__.py":
            continue  # nobody imports * from a private module
        names, public, exported = names_of(text)
        for name in exported or []:
            if name not in names:
                yield f"{path}:1: __all__ has {name}, which the module has not"
            if is_private(name):
                yield f"{path}:1: __all__ has the private {name}"
        if len(set(exported or [])) != len(exported or []):
            yield f"{path}:1: __all__ has a name twice"
        for name, line in public.items():
            is_public = not is_private(path.rpartition("/")[2].removesuffix(".py"))
            if is_public and name not in (exported or []):
                yield f"{path}:{line}: {name} is public and not in __all__"


def package_all_is_what_it_imports(files):
    for path, text in source(files).items():
        if not path.endswith("/__init__.py"):
            continue
        names, _, exported = names_of(text)
        brought = {bound for *_, name, bound in imported(path, text) if name}
        defined = {"__version__", *(exported or [])} & names - brought
        expected = brought | defined
        for name in sorted(expected ^ set(exported or [])):
            yield f"{path}:1: {name} is in __all__ or imported, but not both"


def no_private_module_of_another_package(files):
    for path, text in source(files).items():
        here = package_of(module_name(path))
        for line, name in full_names(path, text):
            parts = name.replace(INTERNAL_API, "skdl.estimators").split(".")
            is_foreign = parts[0] == "skdl" and package_of(name) != here
            if is_foreign and any(map(is_private, parts[2:])):
                yield f"{path}:{line}: {name} is private"


def defined_names(text):
    """Return the names that a module defines or assigns, attributes included."""
    names = set()
    for node in ast.walk(parse(text)):
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Dict):
            # The keys are names of attributes in vars(self).update({"_a": 1}).
            names |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    return names


def read_attributes(text):
    """Yield (line, attribute) for each read, getattr with a constant name included."""
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            name = getattr(node.args[1], "value", None)
            if getattr(node.func, "id", "") in ("getattr", "hasattr") and name:
                yield node.lineno, str(name)


def no_private_attribute_of_another_package(files):
    own = {}
    for path, text in source(files).items():
        own.setdefault(package_of(module_name(path)), set()).update(defined_names(text))
    for path, text in source(files).items():
        known = own[package_of(module_name(path))]
        for line, name in read_attributes(text):
            if is_private(name) and name not in known and path != "skdl/_sklearn.py":
                yield f"{path}:{line}: {name} is defined in another package"


def code_lines(function, text):
    """Count the lines of a function without docstring, comments and blank lines."""
    lines = text.splitlines()[function.lineno - 1 : function.end_lineno]
    if ast.get_docstring(function) is not None:
        doc = function.body[0]
        del lines[doc.lineno - function.lineno : doc.end_lineno - function.lineno + 1]
    return sum(bool(line.strip()) and line.strip()[0] != "#" for line in lines)


def long_functions_have_a_reason(files, reasons=REASONS):
    for path, text in source(files).items():
        for node in ast.walk(parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name not in reasons:
                n_lines = code_lines(node, text)
                if n_lines > LONG:
                    yield f"{path}:{node.lineno}: {node.name} has {n_lines} lines"


def public_names_are_tested(files):
    tests = "\n".join(text for path, text in files.items() if path.startswith("tests/"))
    words = set(re.findall(r"\w+", tests))
    for path, text in source(files).items():
        is_public = not any(map(is_private, module_name(path).split(".")))
        if path.endswith("/__init__.py") and is_public:
            for name in names_of(text)[2] or []:
                if name not in words:
                    yield f"{path}:1: no test has {name}"


def private_sklearn_in_one_module(files):
    for path, text in files.items():
        if path == "skdl/_sklearn.py":
            continue
        for line, name in full_names(path, text):
            package, *parts = name.split(".")
            if package == "sklearn" and any(map(is_private, parts)):
                yield f"{path}:{line}: {name} is private"


def no_global_random_state(files):
    for path, text in files.items():
        for line, name in full_names(path, text):
            parts = [*name.split("."), "", ""]
            if parts[:2] == ["numpy", "random"] and parts[2] not in {"", *RANDOM}:
                yield f"{path}:{line}: {name} draws from a global state"


RULES = [
    imports_run_one_way,
    engine_stands_alone,
    no_circles,
    own_imports_at_the_top,
    extras_inside_functions,
    all_is_exact,
    package_all_is_what_it_imports,
    no_private_module_of_another_package,
    no_private_attribute_of_another_package,
    long_functions_have_a_reason,
    public_names_are_tested,
    private_sklearn_in_one_module,
    no_global_random_state,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_source(rule):
    findings = sorted(set(rule(FILES)))
    assert not findings, "\n".join(findings)


def test_source_is_found():
    assert {"skdl/engine/network.py"} <= set(FILES)


A, B, INIT = "skdl/engine/a.py", "skdl/engine/b.py", "skdl/engine/__init__.py"
NET, TOP = "skdl/estimators/net.py", "skdl/_top.py"
# Each of these has exactly one finding, in the file that comes first.
PLANTED = [
    (imports_run_one_way, {A: "from skdl.estimators import Net"}),
    (imports_run_one_way, {A: "from skdl._top import f"}),
    (imports_run_one_way, {A: "from skdl import _top", TOP: ""}),
    (imports_run_one_way, {A: "import skdl"}),
    (imports_run_one_way, {A: "from ..estimators import net", NET: ""}),
    (imports_run_one_way, {TOP: "from skdl.engine import Adam"}),
    (imports_run_one_way, {NET: "from skdl import ensemble"}),
    (imports_run_one_way, {NET: "import_module('skdl.inspection')"}),
    (imports_run_one_way, {"skdl/callbacks/c.py": "import skdl.preprocessing.p"}),
    (imports_run_one_way, {"skdl/unheard/c.py": ""}),
    (engine_stands_alone, {A: "from sklearn.base import clone"}),
    (engine_stands_alone, {A: "def f():\n    import joblib"}),
    (no_circles, {A: "from skdl.engine.b import f", B: "import skdl.engine.a"}),
    (no_circles, {A: "from skdl.engine import f", INIT: "from .a import f"}),
    (no_circles, {A: "from . import b", B: "def f():\n    from .a import g"}),
    (own_imports_at_the_top, {A: "def f():\n    from skdl.engine import b"}),
    (own_imports_at_the_top, {A: "class C:\n    from .b import f"}),
    (own_imports_at_the_top, {A: "f = lambda: __import__('skdl.engine.b')"}),
    (extras_inside_functions, {A: "import matplotlib.pyplot as plt"}),
    (extras_inside_functions, {A: "try:\n    import rich\nexcept ImportError: pass"}),
    (all_is_exact, {A: "def f(): pass"}),
    (all_is_exact, {A: "__all__ = ['f']\ndef f(): pass\nclass C: pass"}),
    (all_is_exact, {A: "__all__ = ['f', 'g']\ndef f(): pass"}),
    (all_is_exact, {A: "__all__ = ['_f']\ndef _f(): pass"}),
    (all_is_exact, {A: "__all__ = ['f', 'f']\ndef f(): pass"}),
    (all_is_exact, {A: "try:\n    f = 1\nexcept OSError:\n    def g(): pass"}),
    (package_all_is_what_it_imports, {INIT: "__version__ = '1'\n__all__ = []"}),
    (no_private_module_of_another_package, {NET: "from skdl.engine._a import f"}),
    (no_private_module_of_another_package, {NET: "from skdl.engine.a import _f"}),
    (no_private_module_of_another_package, {NET: "import skdl.engine as e\ne._a"}),
    (no_private_module_of_another_package, {A: f"from {INTERNAL_API} import _f"}),
    (no_private_module_of_another_package, {A: "from skdl._warn import _f"}),
    (no_private_attribute_of_another_package, {NET: "n._f()", A: "def _f(): pass"}),
    (no_private_attribute_of_another_package, {NET: "self._a", A: "n._a = 1"}),
    (no_private_attribute_of_another_package, {NET: "getattr(n, '_a', 1)"}),
    (no_private_attribute_of_another_package, {NET: "hasattr(n, '_a')"}),
    (no_private_attribute_of_another_package, {NET: "del n._a"}),
    (long_functions_have_a_reason, {A: "def f():" + LONG * "\n    1"}),
    (long_functions_have_a_reason, {A: "class C:\n def f():" + LONG * "\n  1"}),
    (public_names_are_tested, {INIT: "__all__ = ['f']", "tests/t.py": "ff"}),
    (private_sklearn_in_one_module, {NET: "from sklearn.base import _fit_context"}),
    (private_sklearn_in_one_module, {NET: "from sklearn.utils._tags import Tags"}),
    (private_sklearn_in_one_module, {NET: "def f():\n    import sklearn._config"}),
    (private_sklearn_in_one_module, {NET: "import sklearn\nsklearn.utils._a()"}),
    (private_sklearn_in_one_module, {NET: "from sklearn import utils as u\nu._a()"}),
    (no_global_random_state, {A: "import numpy as np\nnp.random.seed(0)"}),
    (no_global_random_state, {A: "import numpy.random as r\nr.rand(3)"}),
    (no_global_random_state, {A: "from numpy.random import shuffle"}),
    (no_global_random_state, {"tests/t.py": "from numpy import random\nrandom.rand"}),
]
# These look alike and are fine.
ALLOWED = [
    (imports_run_one_way, {NET: "import skdl.engine\nimport skdl._top"}),
    (imports_run_one_way, {NET: "from .other import f"}),
    (imports_run_one_way, {"skdl/__init__.py": "from skdl.estimators import Net"}),
    (imports_run_one_way, {"skdl/__main__.py": "from skdl.estimators import Net"}),
    (engine_stands_alone, {A: "from sklearn.base import BaseEstimator\nimport math"}),
    (engine_stands_alone, {NET: "import sklearn"}),
    (no_circles, {A: "from skdl.engine.b import f", INIT: "from .a import f", B: ""}),
    (own_imports_at_the_top, {A: "from .b import f\ndef g():\n    import rich"}),
    (extras_inside_functions, {A: "def f():\n    import matplotlib"}),
    (extras_inside_functions, {A: "if TYPE_CHECKING:\n    import pandas"}),
    (all_is_exact, {A: "LIMIT = 3\ndef _f(): pass"}),
    (all_is_exact, {TOP: "def f(): pass"}),
    (all_is_exact, {A: "from b import f\n__all__ = ['f']\n__all__ += ['C']\nC = 1"}),
    (package_all_is_what_it_imports, {INIT: "import b\nfrom b import f\n__all__='f'"}),
    (all_is_exact, {"skdl/engine/_c.py": "def f(): pass"}),
    (no_private_module_of_another_package, {NET: "from skdl.estimators._a import f"}),
    (no_private_module_of_another_package, {NET: "from skdl.engine.a import f\nf.g"}),
    (no_private_module_of_another_package, {NET: "from skdl._warn import f"}),
    (no_private_module_of_another_package, {"skdl/a/b.py": f"import {INTERNAL_API}"}),
    (no_private_attribute_of_another_package, {A: "n._f()", B: "def _f(): pass"}),
    (no_private_attribute_of_another_package, {A: "n._a", B: "self._a = 1"}),
    (no_private_attribute_of_another_package, {A: "n._a", B: "class C:\n _a: int = 1"}),
    (no_private_attribute_of_another_package, {A: "n.__name__\nnp.r_"}),
    (no_private_attribute_of_another_package, {A: "a._b = 1\nt._replace(b=a._b)"}),
    (no_private_attribute_of_another_package, {A: "f({'_a': 1})\ng(self._a)"}),
    (long_functions_have_a_reason, {A: "def f():\n 'D'" + (LONG - 1) * "\n 1"}),
    (long_functions_have_a_reason, {A: "def f():\n 1\n\n" + LONG * " # c\n" + " 1"}),
    (long_functions_have_a_reason, {A: "def train():" + LONG * "\n    1"}),
    (public_names_are_tested, {INIT: "__all__ = ['f']", "tests/t.py": "f()"}),
    (public_names_are_tested, {"skdl/_c/__init__.py": "__all__ = ['f']"}),
    (private_sklearn_in_one_module, {NET: "import sklearn\nsklearn.__version__"}),
    (private_sklearn_in_one_module, {"skdl/_sklearn.py": "import sklearn._config"}),
    (no_global_random_state, {A: "import numpy as n\nn.random.PCG64().jumped"}),
]


@pytest.mark.parametrize(("rule", "files"), PLANTED)
def test_rule_finds_what_is_planted(rule, files):
    findings = set(rule(files))
    assert len(findings) == 1, findings
    assert rule is no_circles or findings.pop().startswith(next(iter(files)))


@pytest.mark.parametrize(("rule", "files"), ALLOWED)
def test_rule_lets_pass(rule, files):
    assert not list(rule(files))


def test_every_rule_is_tested():
    assert {rule for rule, _ in PLANTED} == {rule for rule, _ in ALLOWED} == set(RULES)


def test_every_reason_is_needed():
    found = {line.split()[1] for line in long_functions_have_a_reason(FILES, {})}
    assert found == set(REASONS)


def packages_after(statement):
    """Return the top-level packages that a fresh interpreter has after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return {module.split(".")[0] for module in output.stdout.decode().split()}


@pytest.mark.slow
def test_import_brings_in_no_extras():
    # scikit-learn itself imports some where they are installed: so without them, too
    # (without torch, as SciPy stumbles over an entry of None for it).
    absent = f"sys.modules.update(dict.fromkeys({sorted(EXTRAS - {'torch'})})); "
    assert "skdl" in packages_after(absent + "import skdl")
    theirs = "import sklearn.metrics, sklearn.model_selection, sklearn.neural_network"
    ours = packages_after("import skdl") - packages_after(theirs)
    assert "skdl" in ours
    assert not ours & EXTRAS


@pytest.mark.slow
def test_packages_after_sees_an_import():
    assert "wave" in packages_after("import wave") - packages_after("import sklearn")


def entries(doc, title):
    """Return the names that a section of a numpydoc docstring describes."""
    lines = inspect.cleandoc(doc).splitlines()
    rules = {i for i, line in enumerate(lines) if line and set(line) == {"-"}}
    if not any(lines[i - 1] == title for i in rules):
        return []
    start = next(i for i in rules if lines[i - 1] == title) + 1
    stop = min((i - 1 for i in rules if i > start), default=len(lines))
    heads = [line for line in lines[start:stop] if line and not line[0].isspace()]
    groups = [head.partition(" : ")[0].split(",") for head in heads]
    return [name.strip(" *") for group in groups for name in group]


def docstring_findings(doc, parameters, *, is_record=False):
    """Compare a docstring with the names of a signature.

    The fields of a record (a plain dataclass or a named tuple) may be described as
    attributes.
    """
    if not (doc or "").strip():
        return ["no docstring"]
    described = entries(doc, "Parameters")
    if is_record and not described:
        described = entries(doc, "Attributes")
    missing = [name for name in parameters if name not in described]
    stale = [name for name in described if name not in parameters]
    return [f"{name} is not described" for name in missing] + [
        f"{name} is described, and no parameter" for name in stale
    ]


def public_objects():
    """Yield each public class and function of skdl's public modules once."""
    seen = {}
    for path in source(FILES):
        if not any(p[0] == "_" and p != "__init__.py" for p in path.split("/")):
            module = importlib.import_module(module_name(path))
            for name in getattr(module, "__all__", []):
                thing = getattr(module, name)
                if inspect.isclass(thing) or inspect.isfunction(thing):
                    seen[f"{thing.__module__}.{name}"] = thing
    return [pytest.param(thing, id=name) for name, thing in sorted(seen.items())]


@pytest.mark.parametrize("thing", public_objects())
def test_docstrings(thing):
    is_record = type(thing).__name__ == "type" and (
        hasattr(thing, "_fields") or "__eq__" in vars(thing)
    )
    # A protocol has no constructor.
    is_protocol = getattr(thing, "_is_protocol", False)
    names = {} if is_protocol else inspect.signature(thing).parameters
    findings = docstring_findings(thing.__doc__, names, is_record=is_record)
    assert not findings, findings


DOC = """Do it.

    Parameters
    ----------
    a, b : float, default=0.9 and 0.999
        Two: of them.
    *rest : object

    Returns
    -------
    c : int
    """


@pytest.mark.parametrize(
    ("doc", "parameters", "is_record", "n_findings"),
    [
        (DOC, ["a", "b", "rest"], False, 0),
        (DOC, ["a", "b", "rest", "c"], False, 1),
        (DOC, ["a", "rest"], False, 1),
        (DOC, ["a", "d", "rest"], False, 2),
        ("Do it.", ["a"], False, 1),
        (None, [], False, 1),
        (DOC.replace("Parameters", "Attributes"), ["a", "b", "rest"], True, 0),
        (DOC.replace("Parameters", "Attributes"), ["a", "b", "rest"], False, 3),
        (DOC.replace("a, b", "{parameters}"), ["rest"], False, 1),
    ],
)
def test_docstring_findings(doc, parameters, is_record, n_findings):
    assert len(docstring_findings(doc, parameters, is_record=is_record)) == n_findings
