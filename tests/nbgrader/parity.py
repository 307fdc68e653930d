"""`make nbgrader`: the real nbgrader makes the same exercises and gives the same points as ours.

It needs nbgrader, so it lives in an environment of its own and is no test of the suite: a learner's Lab should not
get the instructor's menu. Exits 1 and names what differs.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from ppo_edu.grading.classroom import exercises, grade_class, handed_in

ROOT = Path(__file__).parent.parent.parent
ASSIGNMENT = "ppo"
# Answers that are worth part of the points, and none: exercise -> {grade id: source}.
PARTLY = {
    "03_clipped_objective": {
        "clipped_objective": "def clipped_objective(ratio, advantages, clip_eps):\n"
        "    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages",
        "gradient_is_zero": "def gradient_is_zero(ratio, advantages, clip_eps):\n    return 1 / 0",
    },
    "05_gae": {"td_errors": "def td_errors(*arrays):\n    raise NotImplementedError()"},
}
TRAINING = "07_train_ppo"  # a minute each; its points are compared only with --training


def main():
    # nbgrader calls alembic by its name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    os.environ["PPO_EDU_PROGRESS"] = str(Path(tempfile.mkdtemp()) / "progress.json")
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        problems = same_exercises(course) + same_points(course, "--training" in sys.argv)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def api(course):
    """nbgrader in a course folder of its own."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course}/gradebook.db"
    config.ExecutePreprocessor.timeout = 600
    config.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
    return NbGraderAPI(config=config)


def same_exercises(course):
    """`generate_assignment` on our solutions gives our exercises, byte for byte."""
    source = course / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        (source / path.name).write_bytes(path.read_bytes())
    result = api(course).generate_assignment(ASSIGNMENT, force=True)
    if not result["success"]:
        return [f"generate_assignment failed:\n{result['log'][-2000:]}"]
    released = sorted((course / "release" / ASSIGNMENT).glob("*.ipynb"))
    problems = [p.name for p in released if p.read_bytes() != (ROOT / "exercises" / p.name).read_bytes()]
    print(f"generate_assignment: {len(released) - len(problems)} of {len(released)} exercises are ours, byte for byte")
    return [f"generate_assignment makes another {name}" for name in problems]


def same_points(course, training):
    """`autograde` gives every item of three students the points that `python -m ppo_edu grade` gives it."""
    for student in ("whole", "partly", "untouched"):
        folder = course / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True)
        for path in sorted((ROOT / "solutions").glob("*.ipynb")):
            if path.stem == TRAINING and not training:
                continue
            (folder / path.name).write_text(json.dumps(submitted(student, path)), encoding="utf8")
    nbgrader = api(course)
    for student in ("whole", "partly", "untouched"):
        result = nbgrader.autograde(ASSIGNMENT, student)
        if not result["success"]:
            return [f"autograde failed for {student}:\n{result['log'][-2000:]}"]
    handed = handed_in([course / "submitted"], exercises(ROOT / "exercises"))
    ours = {
        (row["student"], row["exercise"], row["item"]): row["points"]
        for row in grade_class(handed, course / "grades.jsonl", jobs=os.cpu_count(), training=training)
        if row["outcome"] != "left out"
    }
    theirs = {}
    with nbgrader.gradebook as gradebook:
        for student in ("whole", "partly", "untouched"):
            for notebook in gradebook.find_submission(ASSIGNMENT, student).notebooks:
                for grade in notebook.grades:
                    theirs[student, notebook.name, grade.name.removeprefix("check_")] = grade.score
    for student in ("whole", "partly", "untouched"):
        sums = [sum(points for key, points in table.items() if key[0] == student) for table in (ours, theirs)]
        print(f"autograde: {student:<10} {sums[0]:6g} points by ours, {sums[1]:6g} by nbgrader")
    keys = ours.keys() & theirs.keys()
    print(f"autograde: {sum(ours[key] == theirs[key] for key in keys)} of {len(ours)} items have the same points")
    differ = [key for key in ours if ours[key] != theirs.get(key)]
    return [f"{key}: {ours[key]:g} by ours, {theirs.get(key)} by nbgrader" for key in differ]


def submitted(student, solution):
    """What a student hands in: the solution, the exercise as it was, or the solution with some answers replaced."""
    if student == "untouched":
        return json.loads((ROOT / "exercises" / solution.name).read_text(encoding="utf8"))
    notebook = json.loads((ROOT / "exercises" / solution.name).read_text(encoding="utf8"))
    answers = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in json.loads(solution.read_text(encoding="utf8"))["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    if student == "partly":
        answers |= PARTLY.get(solution.stem, {})
    for cell in notebook["cells"]:
        if (grade_id := cell["metadata"].get("nbgrader", {}).get("grade_id")) in answers:
            cell["source"] = answers[grade_id]
    return notebook


if __name__ == "__main__":
    raise SystemExit(main())
