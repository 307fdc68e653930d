"""No mechanical mutant of a reference answer passes its check, but for those that are as right as the original."""

import mutants
import pytest

EXERCISES = [path.stem for path in sorted((mutants.ROOT / "exercises").glob("*.ipynb"))]


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_mutant_that_passes_is_explained(exercise, record_property):
    counts, passed = mutants.survivors(exercise)
    known = mutants.explained()
    lines = [f"{exercise}: {sum(counts.values())} mutants, {len(passed)} pass, as right as the original"]
    lines += [
        f"    {item}: {before}  →  {after}   [{known.get((item, before, after), 'NOT EXPLAINED')}]"
        for item, before, after in passed
    ]
    record_property("table", "\n".join(lines))
    assert counts and all(counts.values())
    assert set(passed) <= set(known)


def test_what_is_mutated():
    source = 'def f(a, b):\n    """Words."""\n    if a < 1:\n        return -a + b.sum(axis=0)\n    return a'
    found = {after for _, after, _ in mutants.mutants(source, "f")}
    assert {"if a <= 1:", "if a > 1:", "if a < 2:", "if b < 1:", "return -a - b.sum(axis=0)", "return b"} <= found
    assert {"return a + b.sum(axis=0)", "return -a + b.mean(axis=0)", "return -a + b.sum(axis=1)"} <= found


def test_every_survivor_is_explained():
    assert all(len(why) > 10 for why in mutants.explained().values())
