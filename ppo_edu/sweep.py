"""The question of the PPO paper's Table 1 on tasks that fit in minutes: what should restrain an update? (lesson 08)

`sweep` makes the runs that a file of results does not hold yet, in parallel through joblib; `table` reads the file.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from ppo_edu.config import PPOConfig

METHODS = {
    "untrained": {},
    "no clipping or penalty": {},
    "clipping, ε = 0.1": {"clip_eps": 0.1},
    "clipping, ε = 0.2": {"clip_eps": 0.2},
    "clipping, ε = 0.3": {"clip_eps": 0.3},
    "adaptive KL, target 0.003": {"kl_coef": 1.0, "target_kl": 0.003},
    "adaptive KL, target 0.01": {"kl_coef": 1.0, "target_kl": 0.01},
    "adaptive KL, target 0.03": {"kl_coef": 1.0, "target_kl": 0.03},
    "fixed KL, β = 0.3": {"kl_coef": 0.3},
    "fixed KL, β = 1": {"kl_coef": 1.0},
    "fixed KL, β = 3": {"kl_coef": 3.0},
    "fixed KL, β = 10": {"kl_coef": 10.0},
}
"""Fields of `rivals.Rival`, by the name of the row."""

PAPER = dict(zip(METHODS, (0.0, -0.39, 0.76, 0.82, 0.70, 0.68, 0.74, 0.71, 0.62, 0.71, 0.72, 0.69), strict=True))
"""Table 1 of Schulman et al. 2017: seven MuJoCo tasks, three seeds, one million steps each; a random policy is 0."""

BOLD = PPOConfig(learning_rate=1e-2, update_epochs=8)
TASKS = {
    "CartPole-v1": BOLD,
    "Acrobot-v1": replace(BOLD, env_id="Acrobot-v1", gamma=0.99),
    "Pendulum-v1": replace(BOLD, env_id="Pendulum-v1", gamma=0.9),
}
SEEDS = range(1, 6)
COLUMNS = ("task", "method", "seed", "final", "largest_kl", "cpu_seconds")


def run(task, method, seed):
    """One training run as a row of the results: `final` is the mean of 100 fresh episodes with sampled actions."""
    from ppo_edu.ppo import evaluate
    from ppo_edu.rivals import Rival, train

    config = replace(TASKS[task], seed=seed)
    if method == "untrained":
        config = replace(config, iterations=1, learning_rate=0.0)
    agent, rows = train(Rival(**METHODS[method]), config)
    numbers = evaluate(agent).mean(), max(row["kl"] for row in rows), rows[-1]["seconds"]
    return dict(zip(COLUMNS, (task, method, seed, *(f"{number:.5g}" for number in numbers)), strict=True))


def sweep(path, tasks=tuple(TASKS), methods=tuple(METHODS), seeds=SEEDS, jobs=None, on_run=None):
    """Make every run that the CSV file `path` does not hold, each written the moment it ends; → how many were made.

    An interruption loses only the runs that were under way, and the next call makes just those. `jobs` and the
    backend are joblib's: inside `joblib.parallel_config(backend="dask")` the same call runs on a cluster.
    `on_run(done, total)` is called after every run. Raises `ValueError` for an unknown task or method, or a file that
    holds something else.
    """
    from joblib import Parallel, delayed

    for name, known in (*((task, TASKS) for task in tasks), *((method, METHODS) for method in methods)):
        if name not in known:
            raise ValueError(f"unknown: {name!r}; there are {', '.join(known)}")
    done = {(row["task"], row["method"], row["seed"]) for row in results(path)}
    wanted = [(task, method, seed) for seed in seeds for method in methods for task in tasks]
    missing = [key for key in wanted if key not in done]
    runs = Parallel(n_jobs=jobs, return_as="generator_unordered")(delayed(run)(*key) for key in missing)
    for made, row in enumerate(runs, 1):
        append(path, row)
        if on_run is not None:
            on_run(len(wanted) - len(missing) + made, len(wanted))
    return len(missing)


def append(path, row):
    """Add one row to the file at once, and a header to a new file; a line cut short by a crash is closed first."""
    path = Path(path)
    text = path.read_text(encoding="utf8") if path.exists() else ""
    with open(path, "a", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not text:
            writer.writeheader()
        elif not text.endswith("\n"):
            file.write("\n")
        writer.writerow(row)


def results(path):
    """The rows of a results file, numbers as numbers, each run once; none where there is no file.

    A line cut short by a crash is left out. Raises `ValueError` for a file with another header.
    """
    if not Path(path).exists():
        return []
    lines = [line for line in Path(path).read_text(encoding="utf8").splitlines() if line and line[0] != "#"]
    if lines and lines[0] != ",".join(COLUMNS):
        raise ValueError(f"{path} holds other results: its columns are {lines[0][:80]}")
    rows = {}
    for line in csv.reader(lines[1:]):
        try:
            task, method, seed, *numbers = line
            values = [float(number) for number in numbers]
            row = dict(zip(COLUMNS, (task, method, int(seed), *values), strict=True))
        except ValueError:
            continue
        rows[task, method, row["seed"]] = row
    return list(rows.values())


def scores(rows):
    """Normalised scores {method: {task: [S]}}: 0 is the mean of a task's untrained agents, 1 its best run.

    Raises `ValueError` where a task has no untrained runs, or none better than them.
    """
    found = {}
    for task in dict.fromkeys(row["task"] for row in rows):
        here = {(row["method"], row["seed"]): row["final"] for row in rows if row["task"] == task}
        zero = [final for (method, _), final in here.items() if method == "untrained"]
        if not zero or not max(here.values()) > np.mean(zero):
            raise ValueError(f"{task} has no untrained run to be 0, or no better one to be 1")
        for (method, _), final in sorted(here.items()):
            score = (final - np.mean(zero)) / (max(here.values()) - np.mean(zero))
            found.setdefault(method, {}).setdefault(task, []).append(score)
    known = [method for method in METHODS if method in found]
    return {method: {task: np.array(runs) for task, runs in found[method].items()} for method in known}


def interval(by_task, level=0.95, resamples=5000, seed=0):
    """Bootstrap interval (low, high) of the mean over tasks; by_task {task: [S]}, each task's runs drawn for itself."""
    generator = np.random.default_rng(seed)
    means = np.mean([generator.choice(runs, (resamples, len(runs))).mean(1) for runs in by_task.values()], 0)
    return tuple(float(edge) for edge in np.quantile(means, [(1 - level) / 2, (1 + level) / 2]))


def table(rows):
    """A line a method: mean over the tasks with its interval, each task, and the paper's score."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    lines = [f"{'':<26} mean  interval      " + "".join(f"{task.split('-')[0]:>10}" for task in tasks) + "   paper"]
    for method, by_task in scores(rows).items():
        means = [by_task[task].mean() if task in by_task else np.nan for task in tasks]
        low, high = interval(by_task)
        each = "".join(f"{mean:10.2f}" for mean in means)
        lines.append(f"{method:<26}{np.mean(means):5.2f}  {low:5.2f} to {high:5.2f}{each}{PAPER[method]:8.2f}")
    return "\n".join(lines)
