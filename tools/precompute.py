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

from ppo_edu.ppo import PPOConfig, evaluate, train

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


def sweep(name, jobs):
    """Run every setting of a sweep with every seed; write `ppo_edu/data/<name>.csv`."""
    began = time.perf_counter()
    configs = [(label, PPOConfig(**asdict(c) | {"seed": seed})) for label, c in SWEEPS[name].items() for seed in SEEDS]
    rows = sum(Parallel(n_jobs=jobs)(delayed(run)(label, config) for label, config in configs), [])
    with open(DATA / f"{name}.csv", "w", newline="", encoding="utf8") as file:
        for label, config in SWEEPS[name].items():
            changed = {k: v for k, v in asdict(config).items() if v != getattr(PPOConfig(), k)}
            file.write(f"# {label}: {changed or 'the default PPOConfig'}, seeds {SEEDS[0]} to {SEEDS[-1]}\n")
        versions = f"Python {platform.python_version()}, numpy {numpy.__version__}, torch {torch.__version__}"
        file.write(f"# {versions}, gymnasium {gymnasium.__version__}, {torch.backends.cpu.get_cpu_capability()}\n")
        file.write(f"# {len(configs)} runs in {time.perf_counter() - began:.0f} s on {jobs} cores\n")
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SWEEPS)}; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SWEEPS):
        parser.error(f"no sweep is called {', '.join(sorted(unknown))}")
    for name in arguments.names or SWEEPS:
        sweep(name, arguments.jobs)
        print(f"wrote {name}.csv")


if __name__ == "__main__":
    main()
