"""Mechanical mutants of the reference answers: every operator, comparison, number, argument and line, one by one.

    python tests/graders/mutants.py [EXERCISE …]     prints how many each item has, and those that pass its check

A mutant that passes is a hole in the check, or as right as the original; `survivors.csv` says why, for each of them.
"""

import ast
import contextlib
import copy
import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SURVIVORS = Path(__file__).parent / "survivors.csv"
SEEDS = (0, 1, 2)
SECONDS = 3
# Answers in words, and a whole training run a mutant.
LEFT_OUT = {"proof_order", "k_epochs", "recursion_lines", "entropy_lines", "diagnoses", "train"}

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
CALLS = {
    "max": "min", "min": "max", "sum": "mean", "mean": "sum", "minimum": "maximum", "maximum": "minimum",
    "zeros": "ones", "zeros_like": "ones_like", "argmin": "argmax", "exp": "log", "expm1": "exp", "reversed": "list",
    "log_softmax": "softmax", "cumsum": "cumprod", "choice": "permutation",
}  # fmt: skip


def changes(node, arguments):
    """Every changed copy of one node."""
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS:
            yield {"op": OPERATORS[type(op)]()}
        case ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield {"op": OPERATORS[type(op)]()}
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield from ({"ops": [other()]} for other in COMPARISONS[type(op)])
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield {"value": not value}
        case ast.Constant(value=int(value) | float(value)):
            yield from ({"value": other} for other in {value + 1, value * 2, 0} - {value})
        case ast.Attribute(attr=name) if name in CALLS:
            yield {"attr": CALLS[name]}
        case ast.Call(func=ast.Attribute(value=inner, attr="detach")):
            yield inner
        case ast.Name(id=name) if name in CALLS:
            yield {"id": CALLS[name]}
        case ast.Name(id=name, ctx=ast.Load()) if name in arguments:
            yield from ({"id": other} for other in arguments if other != name)


def mutants(source, function):
    """(line before, line after, source) of every mutant of the function that the cell defines."""
    tree = ast.parse(source)
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    if isinstance(body.body[0], ast.Expr) and isinstance(body.body[0].value, ast.Constant):
        del body.body[0]  # the docstring is no code
    arguments = [argument.arg for argument in body.args.args]
    inside = [node for statement in body.body for node in ast.walk(statement)]
    whole = ast.unparse(tree).splitlines()
    for number, node in enumerate(inside):
        for change in changes(node, arguments):
            yield _told(whole, _changed(tree, function, number, change))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
            yield _told(whole, _changed(tree, function, number, ast.Pass()))


def _changed(tree, function, number, change):
    """A copy of the tree with one node replaced, or some of its fields."""
    tree = copy.deepcopy(tree)
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    node = [node for statement in body.body for node in ast.walk(statement)][number]
    if isinstance(change, dict):
        for field, value in change.items():
            setattr(node, field, value)
        return ast.fix_missing_locations(tree)

    class Replace(ast.NodeTransformer):
        def visit(self, seen):
            return change if seen is node else self.generic_visit(seen)

    return ast.fix_missing_locations(Replace().visit(tree))


def _told(whole, tree):
    source = ast.unparse(tree)
    lines = source.splitlines()
    first = next((k for k, (a, b) in enumerate(zip(whole, lines)) if a != b), min(len(whole), len(lines)) - 1)
    return whole[first].strip(), lines[first].strip(), source


def survivors(exercise):
    """({item: how many mutants}, [(item, before, after)] of those that pass)."""
    from ppo_edu.grading.items import find, grade
    from ppo_edu.grading.submission import functions, read_master, read_submission

    master = read_master(ROOT / "exercises" / f"{exercise}.ipynb")
    submission = read_submission(ROOT / "solutions" / f"{exercise}.ipynb", master)
    solved, counts, passed = {"__name__": "__main__"}, {}, []
    for source in submission.sources:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, exercise, "exec"), solved)
    for name, function in master.checks:
        if name in LEFT_OUT:
            continue
        item = replace(find(name), seconds=SECONDS)
        cell = next(source for source in submission.sources if function in functions(source))
        counts[name] = 0
        for before, after, source in mutants(cell, function):
            counts[name] += 1
            scope = dict(solved)
            with contextlib.suppress(Exception):
                exec(compile(source, f"mutant of {name}", "exec"), scope)
                if all(grade(item, scope[function], seed).outcome == "correct" for seed in SEEDS):
                    passed.append((name, before, after))
    return counts, passed


def explained():
    """{(item, before, after): why it is right}."""
    with open(SURVIVORS, newline="", encoding="utf8") as file:
        return {(row["item"], row["before"], row["after"]): row["why"] for row in csv.DictReader(file)}


def main():
    names = sys.argv[1:] or [path.stem for path in sorted((ROOT / "exercises").glob("*.ipynb"))]
    known = explained() if SURVIVORS.exists() else {}
    for exercise in names:
        counts, passed = survivors(exercise)
        print(f"{exercise}: {sum(counts.values())} mutants, {len(passed)} pass ({counts})", flush=True)
        for key in passed:
            print(f"    {key[0]}: {key[1]}   →   {key[2]}   [{known.get(key, 'NOT EXPLAINED')}]", flush=True)


if __name__ == "__main__":
    main()
