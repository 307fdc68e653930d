"""Run the sweeps whose results notebooks draw, and store them: `python -m tools.precompute [--jobs N] [NAME …]`."""

import argparse
import csv
import math
import platform
import time
from dataclasses import asdict
from pathlib import Path

import gymnasium
import numpy
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from ppo_edu import clinic, rivals
from ppo_edu.ablations import SWITCHES
from ppo_edu.overfit import epochs_on, frozen_batch, histogram
from ppo_edu.ppo import PPOConfig, evaluate, train
from tools.rlhf_sweeps import best_of_runs, goodhart_runs, method_runs
from tools.second_tasks import lander_runs, paper_runs

DATA = Path(__file__).parent.parent / "ppo_edu" / "data"
SEEDS = range(1, 11)
METRICS = ("env_steps", "return", "approx_kl", "clip_fraction", "entropy", "explained_variance")


def run(label, config):
    """Rows of one training run: its curves, and how the agent plays in the end."""
    agent, history = train(config)
    final = {kind: evaluate(agent, greedy=kind == "greedy").mean() for kind in ("sampled", "greedy")}
    return [
        {"run": label, "seed": config.seed}
        | {name: f"{history[name][i]:.5g}" for name in METRICS}
        | {f"final_{kind}": f"{mean:.5g}" for kind, mean in final.items()}
        for i in range(len(history["return"]))
    ]


SWEEPS = {
    "cartpole_seeds": {"default": PPOConfig()},
    "cartpole_clip": {
        "clip": PPOConfig(learning_rate=1e-2, update_epochs=8),
        "no clip": PPOConfig(learning_rate=1e-2, update_epochs=8, clip_eps=math.inf),
    },
}


def training_runs(name, jobs):
    """Every setting of a sweep with every seed."""
    configs = [
        (label, PPOConfig(**asdict(config) | {"seed": seed}))
        for label, config in SWEEPS[name].items()
        for seed in SEEDS
    ]
    rows = sum(Parallel(n_jobs=jobs)(delayed(run)(label, config) for label, config in configs), [])
    for label, config in SWEEPS[name].items():
        changed = {k: v for k, v in asdict(config).items() if v != getattr(PPOConfig(), k)}
        yield f"{label}: {changed or 'the default PPOConfig'}, seeds {SEEDS[0]} to {SEEDS[-1]}"
    yield rows


EPOCHS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100)
CURSOR = (1, 2, 4, 10, 30, 100)
LEARNING_RATES = (1e-3, 3e-3, 1e-2)
EDGES = numpy.linspace(-2, 2, 33)  # log₂ of the ratio: ¼ to 4, with 1 − ε and 1 + ε inside bins


def frozen(seed):
    """One frozen batch: measurements along the epochs, and histograms of the ratio where the cursor stops."""
    agent, batch, held_out = frozen_batch(seed)
    start, curves, histograms = evaluate(agent).mean(), [], []
    for learning_rate in LEARNING_RATES:
        for clip in (1, 0):
            setting = {"clip": clip, "learning_rate": learning_rate}
            eps = 0.2 if clip else math.inf
            for epoch, learner, measured in epochs_on(agent, batch, held_out, learning_rate, eps, max(EPOCHS)):
                if epoch in EPOCHS:
                    returns = evaluate(learner).mean() if epoch in CURSOR else math.nan
                    numbers = measured | {"start": start, "return": returns}
                    row = setting | {"seed": seed, "epoch": epoch}
                    curves.append(row | {name: f"{value:.4g}" for name, value in numbers.items()})
                if epoch in CURSOR:
                    counts = histogram(batch.ratio(learner).detach(), batch.advantages, 0.2, EDGES)
                    histograms.append((learning_rate, clip, epoch, counts))
    return curves, histograms


def frozen_runs(name, jobs):
    """The sweep of lesson 03's second explorer: curves per seed, and in a file of their own histograms of all seeds."""
    began = time.perf_counter()
    results = Parallel(n_jobs=jobs)(delayed(frozen)(seed) for seed in SEEDS)
    sums = {}
    for _, histograms in results:
        for *setting, counts in histograms:
            sums[tuple(setting)] = sums.get(tuple(setting), 0) + counts
    notes = [f"ppo_edu.overfit.frozen_batch and epochs_on, epsilon 0.2 or none, seeds {SEEDS[0]} to {SEEDS[-1]}"]
    rows = [
        {"learning_rate": rate, "clip": clip, "epoch": epoch, "log2_ratio": f"{middle:.5g}"}
        | dict(zip(("inside", "outside", "silent"), map(int, column), strict=True))
        for (rate, clip, epoch), counts in sums.items()
        for middle, column in zip((EDGES[1:] + EDGES[:-1]) / 2, counts.T, strict=True)
    ]
    store(f"{name}_ratios", notes, rows, time.perf_counter() - began, jobs)
    yield from notes
    yield sum((curves for curves, _ in results), [])


RIVALS_CONFIG = {"learning_rate": 1e-2, "update_epochs": 8}


def rival(label, seed):
    """Rows of one run of lesson 08's comparison."""
    agent, rows = rivals.train(rivals.RIVALS[label], PPOConfig(seed=seed, **RIVALS_CONFIG))
    final = evaluate(agent).mean()
    return [
        {"method": label, "seed": seed}
        | {name: value if name == "iteration" else f"{value:.5g}" for name, value in row.items()}
        | {"final": f"{final:.5g}"}
        for row in rows
    ]


def rival_runs(name, jobs):
    """Clip, penalties, TRPO and L^CPI, every seed."""
    pairs = [(label, seed) for label in rivals.RIVALS for seed in SEEDS]
    rows = sum(Parallel(n_jobs=jobs)(delayed(rival)(*pair) for pair in pairs), [])
    for label, settings in rivals.RIVALS.items():
        yield f"{label}: {settings}"
    yield f"all: the default PPOConfig but {RIVALS_CONFIG}, seeds {SEEDS[0]} to {SEEDS[-1]}"
    yield rows


def ablation(label, seed):
    """The return along one run with one switch changed, and of its agent in the end."""
    agent, history = train(PPOConfig(seed=seed, **SWITCHES[label]))
    final = evaluate(agent).mean()
    return [
        {"switch": label, "seed": seed, "iteration": i + 1, "return": f"{value:.4g}", "final": f"{final:.4g}"}
        for i, value in enumerate(history["return"])
    ]


def ablation_runs(name, jobs):
    """Every switch of lesson 08 with every seed, counted off as they end."""
    pairs = [(label, seed) for label in SWITCHES for seed in SEEDS]
    found = Parallel(n_jobs=jobs, return_as="generator")(delayed(ablation)(*pair) for pair in pairs)
    rows = sum(tqdm(found, total=len(pairs), desc=name), [])
    yield f"one switch changed at a time, otherwise the default PPOConfig, seeds {SEEDS[0]} to {SEEDS[-1]}"
    yield from (f"{label}: {settings}" for label, settings in SWITCHES.items() if settings)
    yield rows


def patient(name, seed):
    """Every metric of one CartPole run of a planted bug, or of the sound trainer, and how its agent plays."""
    ppo = clinic.planted(name) if name in clinic.BUGS else clinic.sound
    agent, history = ppo.train(PPOConfig(seed=seed))
    final = evaluate(agent).mean()
    return [
        {"run": name, "seed": seed, "iteration": i + 1}
        | {metric: f"{history[metric][i]:.3g}" for metric in ("return", *clinic.sound.UPDATE_METRICS[1:])}
        | {"final": f"{final:.4g}"}
        for i in range(len(history["return"]))
    ]


def patient_runs(name, jobs):
    """The sound trainer and each planted bug, every seed."""
    pairs = [(run, seed) for run in ("sound", *clinic.BUGS) for seed in SEEDS]
    yield f"the default PPOConfig, sound or with one bug of ppo_edu.clinic, seeds {SEEDS[0]} to {SEEDS[-1]}"
    yield sum(Parallel(n_jobs=jobs)(delayed(patient)(*pair) for pair in pairs), [])


def store(name, notes, rows, seconds, jobs):
    """Write `ppo_edu/data/<name>.csv`: notes as `#` lines, then the table."""
    with open(DATA / f"{name}.csv", "w", newline="", encoding="utf8") as file:
        versions = f"Python {platform.python_version()}, numpy {numpy.__version__}, torch {torch.__version__}"
        versions += f", gymnasium {gymnasium.__version__}, {torch.backends.cpu.get_cpu_capability()}"
        for note in (*notes, versions, f"{seconds:.0f} s on {jobs} cores"):
            file.write(f"# {note}\n")
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


RUNNERS = dict.fromkeys(SWEEPS, training_runs) | {
    "clip_epochs": frozen_runs,
    "cartpole_bugs": patient_runs,
    "cartpole_rivals": rival_runs,
    "cartpole_ablations": ablation_runs,
    "paper_table": paper_runs,
    "lander": lander_runs,
    "rlhf_beta": goodhart_runs,
    "rlhf_methods": method_runs,
    "rlhf_best_of_n": best_of_runs,
}


def sweep(name, jobs):
    """Run a sweep and store what it found: rows of one table, or a dict of tables."""
    began = time.perf_counter()
    *notes, found = RUNNERS[name](name, jobs)
    for table, rows in (found if isinstance(found, dict) else {name: found}).items():
        store(table, notes, rows, time.perf_counter() - began, jobs)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(RUNNERS)}; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(RUNNERS):
        parser.error(f"no sweep is called {', '.join(sorted(unknown))}")
    for name in arguments.names or RUNNERS:
        sweep(name, arguments.jobs)
        print(f"wrote {name}.csv")


if __name__ == "__main__":
    main()
