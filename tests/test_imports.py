"""The arrows between modules: formulas know nothing, widgets know no formula, and importing one is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ppo_edu"
FORMULAS = {"ratio", "clip", "kl", "gae", "loss", "entropy", "diagnostics"}
HEAVY = {"torch", "matplotlib", "gymnasium", "ipywidgets", "IPython", "pandas", "scipy"}


def imports(path):
    """Top-level names of other packages, and `ppo_edu` modules, that a file imports anywhere."""
    outside, inside = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write the import in full"
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "ppo_edu":
                inside.add(".".join(parts[1:3]) if parts[1:2] == ["figures"] else "".join(parts[1:2]))
            else:
                outside.add(parts[0])
    return outside, inside


MODULES = {str(p.relative_to(PACKAGE)): imports(p) for p in sorted(PACKAGE.rglob("*.py"))}


@pytest.mark.parametrize("name", sorted(FORMULAS | {"arrays"}))
def test_a_formula_imports_numpy_and_its_helper_only(name):
    outside, inside = MODULES[f"{name}.py"]
    assert outside <= {"numpy", "math", "functools", "inspect", "sys"}
    assert inside - {""} <= {"arrays"}


def test_the_other_arrows():
    for name, (outside, inside) in MODULES.items():
        inside = inside - {""}
        if name.startswith("widgets/"):
            assert not inside & FORMULAS and not inside & {"ppo", "agent", "grading"}, name
            assert {i for i in inside if i.startswith("figures")} <= {"figures.style"}, name
            assert "torch" not in outside, name
        if name.startswith("figures/"):
            allowed = FORMULAS | {"arrays", "bandit", "mdp", "figures.style"}
            assert inside <= allowed, name
        if not name.startswith("grading/") and name != "cli.py":
            assert "grading" not in inside, name
    assert not MODULES["ppo.py"][1] & {"widgets", "figures", "cli"}


def test_every_formula_module_alone_imports_nothing_heavy():
    code = f"""
import importlib, sys
import ppo_edu
assert [n for n in vars(ppo_edu) if not n.startswith("_")] == [], "ppo_edu re-exports nothing"
for name in {sorted(FORMULAS | {"mdp", "bandit", "workspace", "cli"})}:
    importlib.import_module("ppo_edu." + name)
print(sorted({HEAVY} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_formulas_stay_small():
    """Under 500 lines of code together and under 250 for the trainer, docstrings and comments not counted."""
    assert sum(code_lines(PACKAGE / f"{name}.py") for name in FORMULAS | {"arrays"}) < 500
    assert code_lines(PACKAGE / "ppo.py") < 250
    lengths = {p.name: len(p.read_text(encoding="utf8").splitlines()) for p in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 320} == {}


def code_lines(path):
    source = path.read_text(encoding="utf8")
    prose = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for number, line in lines if line.strip() and number not in prose and line.strip()[0] != "#")
