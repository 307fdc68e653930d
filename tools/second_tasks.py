"""Lesson 08's sweeps beyond CartPole: the paper's table in miniature, and LunarLander. Run by `tools.precompute`."""

import math
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from tqdm import tqdm

from ppo_edu.ppo import PPOConfig, evaluate, train
from ppo_edu.sweep import METHODS, SEEDS, TASKS, results, sweep

UNFINISHED = Path(__file__).parent.parent / "build" / "paper_table.csv"


def paper_runs(name, jobs):
    """Every method, task and seed of `ppo_edu.sweep`. The file in build/ carries on after an interruption."""
    UNFINISHED.parent.mkdir(exist_ok=True)
    total = len(METHODS) * len(TASKS) * len(SEEDS)
    with tqdm(total=total, desc=name) as bar:

        def on_run(done, _):
            bar.update(done - bar.n)

        sweep(UNFINISHED, jobs=jobs, on_run=on_run)
    yield from (f"{task}: {_changed(config)}" for task, config in TASKS.items())
    yield f"{len(METHODS)} methods of ppo_edu.sweep, seeds {SEEDS[0]} to {SEEDS[-1]}; 100 fresh episodes, sampled"
    rows = sorted(results(UNFINISHED), key=lambda row: (row["task"], list(METHODS).index(row["method"]), row["seed"]))
    yield f"{sum(row['cpu_seconds'] for row in rows):.0f} CPU seconds of training; what build/ held was not run again"
    yield rows


LANDER = PPOConfig(
    env_id="LunarLander-v3",
    num_steps=256,
    iterations=60,
    update_epochs=6,
    num_minibatches=16,
    learning_rate=3e-3,
    gamma=0.99,
    gae_lambda=0.97,
    normalize_obs=True,
)
LANDERS = {
    "λ = 0.97": LANDER,
    "λ = 0.5": replace(LANDER, gae_lambda=0.5),
    "λ = 0.97, observations as they are": replace(LANDER, normalize_obs=False),
}


def lander(label, seed):
    """The return along one run, and of its agent in 100 fresh episodes."""
    agent, history = train(replace(LANDERS[label], seed=seed))
    final = evaluate(agent).mean()
    row = {"run": label, "seed": seed, "final": f"{final:.4g}", "seconds": f"{history['seconds'][-1]:.0f}"}
    columns = zip(history["env_steps"], history["return"], strict=True)
    return [row | {"env_steps": steps, "return": f"{mean:.4g}"} for steps, mean in columns if not math.isnan(mean)]


def lander_runs(name, jobs, seeds=range(1, 4)):
    """Two λ, and the first without standardised observations. Needs Box2D: `pip install gymnasium[box2d]`."""
    pairs = [(label, seed) for label in LANDERS for seed in seeds]
    found = Parallel(n_jobs=jobs, return_as="generator")(delayed(lander)(*pair) for pair in pairs)
    rows = sum(tqdm(found, total=len(pairs), desc=name), [])
    yield from (f"{label}: {_changed(config)}" for label, config in LANDERS.items())
    yield f"seeds {seeds[0]} to {seeds[-1]}; 100 fresh episodes, sampled"
    yield rows


def _changed(config):
    return {name: value for name, value in vars(config).items() if value != getattr(PPOConfig, name)}
