"""Lesson 09's sweeps: β for two reward models, best of n, and what stands beside PPO. Run by `tools.precompute`."""

import math
import time
from functools import partial

import numpy as np
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from ppo_edu import customer_service, rlhf, rlhf_rivals

SEEDS = range(1, 11)
SEEDS_IN_WORDS = f"seeds {SEEDS[0]} to {SEEDS[-1]}"
BETAS = (0, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2)
BETAS_IN_TIME = (0, 0.1, 0.3)
REWARD_MODELS = {"counts": rlhf.word_counts, "counts and presence": rlhf.counts_and_presence}


def four(row):
    """The row with its fractions cut to four digits."""
    cut = (float, np.floating)
    return {name: f"{value:.4g}" if isinstance(value, cut) else value for name, value in row.items()}


def spoken(row, model, words, count):
    """Rows for the first `count` sentences."""
    words = words[:count]
    columns = zip(map(customer_service.text, words), model(words), customer_service.gold(words), strict=True)
    return [row | four({"sentence": said, "proxy": p, "gold": g}) for said, p, g in columns]


def listening_to(heard):
    """PPO that also keeps the words of every batch in the list `heard`."""

    def learn(agent, batch, *rest):
        heard.append(batch.words)
        return rlhf.ppo(agent, batch, *rest)

    return learn


def optimum(proxy, gold, beta):
    """Means under π*, from sentences of π_ref; nan for β = 0, where there is no optimum."""
    names = ("optimum_proxy", "optimum_gold", "optimum_kl", "effective_samples")
    if not beta:
        return dict.fromkeys(names, math.nan)
    weights, kl = rlhf.optimum_weights(proxy, beta)
    return dict(zip(names, (weights @ proxy, weights @ gold, kl, 1 / (weights @ weights)), strict=True))


def goodhart(name, seed):
    """One reward model, every β: how each run ends beside the exact optimum, some on the way, and what is said."""
    reference, model = rlhf.prepare(seed, REWARD_MODELS[name])
    pool, _ = rlhf.write(reference, 20_000, torch.Generator().manual_seed(seed + 1000))
    proxy, gold = model(pool), customer_service.gold(pool)
    sft = {"sft_proxy": proxy.mean(), "sft_gold": gold.mean(), "correlation": np.corrcoef(proxy, gold)[0, 1]}
    ends, courses, sentences = [], [], []
    for beta in BETAS:
        label, heard = {"model": name, "kl_coef": beta}, []
        config = rlhf.RLHFConfig(kl_coef=beta, seed=seed)
        agent, history = rlhf.train(reference, model, config, learn=listening_to(heard))
        end, words = rlhf.evaluate(agent, reference, model)
        best = int(np.argmax(history["gold"]))
        way = {"best_gold": history["gold"][best], "best_iteration": best + 1}
        way |= {"outside_old": max(history["clip_fraction"]), "outside_ref": history["outside_ref"][-1]}
        ends.append(four(label | {"seed": seed} | end | sft | way | optimum(proxy, gold, beta)))
        if beta in BETAS_IN_TIME:
            keys = ("iteration", "proxy", "gold", "kl", "approx_kl")
            curve = zip(*(history[key] for key in keys), strict=True)
            courses += [four(label | {"seed": seed} | dict(zip(keys, row, strict=True))) for row in curve]
        if seed == 1:
            sentences += spoken(label | {"iteration": 0}, model, words, 4)
        if seed == 1 and beta in BETAS_IN_TIME:
            for iteration, written in enumerate(heard, start=1):
                sentences += spoken(label | {"iteration": iteration}, model, written, 3)
    return ends, courses, sentences


def goodhart_runs(name, jobs):
    """Both reward models, every β, every seed: how runs end, some over time, and the sentences of seed 1."""
    pairs = [(model, seed) for model in REWARD_MODELS for seed in SEEDS]
    found = Parallel(n_jobs=jobs, return_as="generator")(delayed(goodhart)(*pair) for pair in pairs)
    columns = zip(*tqdm(found, total=len(pairs), desc=name), strict=True)
    yield f"ppo_edu.rlhf.prepare(seed, features) and train, the default RLHFConfig but kl_coef, {SEEDS_IN_WORDS}"
    yield "4000 sentences at the end; the optimum from 20000 of the reference; sentences: iteration 0 is the end"
    yield dict(zip(("rlhf_beta", "rlhf_time", "rlhf_sentences"), (sum(column, []) for column in columns), strict=True))


SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def best_of(seed):
    """Mean proxy and gold of the sentence of highest proxy among n of the reference."""
    reference, model = rlhf.prepare(seed)
    pool, _ = rlhf.write(reference, 20_480, torch.Generator().manual_seed(seed + 1000))
    proxy, gold = model(pool), customer_service.gold(pool)
    rows = []
    for size in SIZES:
        groups = np.arange(len(pool)).reshape(-1, size)
        chosen = groups[np.arange(len(groups)), proxy[groups].argmax(-1)]
        rows.append(four({"seed": seed, "n": size, "proxy": proxy[chosen].mean(), "gold": gold[chosen].mean()}))
    return rows


def best_of_runs(name, jobs):
    """Best of n, every seed."""
    yield f"the first reward model, 20480 sentences of the reference in groups of n, {SEEDS_IN_WORDS}"
    yield sum(Parallel(n_jobs=jobs)(delayed(best_of)(seed) for seed in SEEDS), [])


METHODS = {
    "PPO": (rlhf.ppo, {"kl_coef": 0.5}),
    "RLOO": (rlhf_rivals.rloo, {"kl_coef": 0.5}),
    "GRPO": (rlhf_rivals.grpo, {"kl_coef": 0.5}),
    "GRPO, β = 1": (rlhf_rivals.grpo, {"kl_coef": 1.0}),
    "GRPO, k2": (partial(rlhf_rivals.grpo, estimator="k2"), {"kl_coef": 0.5}),
    "GRPO, k2, not scaled": (partial(rlhf_rivals.grpo, estimator="k2", scaled=False), {"kl_coef": 0.5}),
    "π_ref as π_old": (rlhf_rivals.reference_as_old, {"kl_coef": 0.5}),
    "π_ref as π_old, β = 0": (rlhf_rivals.reference_as_old, {"kl_coef": 0.0}),
    "β = 0, no clip": (rlhf.ppo, {"kl_coef": 0.0, "clip_eps": math.inf}),
    "β = 0, ε = 0.2": (rlhf.ppo, {"kl_coef": 0.0, "clip_eps": 0.2}),
    "β = 0, ε = 0.05": (rlhf.ppo, {"kl_coef": 0.0, "clip_eps": 0.05}),
}
DPO_BETAS = (0.5, 0.1)


def method(seed):
    """How every method of lesson 09 ends with the first reward model of one seed."""
    reference, model = rlhf.prepare(seed)
    pairs = rlhf.compare(reference, seed)

    def ended(label, agent, largest_step, began):
        seconds = time.process_time() - began
        end, _ = rlhf.evaluate(agent, reference, model)
        return four({"method": label, "seed": seed} | end | {"largest_step": largest_step, "seconds": seconds})

    rows = []
    for label, (learn, settings) in METHODS.items():
        began = time.process_time()
        agent, history = rlhf.train(reference, model, rlhf.RLHFConfig(seed=seed, **settings), learn=learn)
        rows.append(ended(label, agent, max(history.get("approx_kl", [math.nan])), began))
    for beta in DPO_BETAS:
        began = time.process_time()
        agent = rlhf_rivals.dpo(reference, *pairs, kl_coef=beta, seed=seed)
        rows.append(ended(f"DPO, β = {beta}", agent, math.nan, began))
    return rows


def method_runs(name, jobs):
    """PPO, GRPO, RLOO, the misreading of π_ref and the clip at β = 0, every seed."""
    yield from (f"{label}: {settings}" for label, (_, settings) in METHODS.items())
    yield "DPO: dpo on the 1500 pairs the reward model was fitted to"
    yield f"otherwise the default RLHFConfig, {SEEDS_IN_WORDS}; largest_step: approx_kl of an iteration"
    yield sum(Parallel(n_jobs=jobs)(delayed(method)(seed) for seed in SEEDS), [])
