"""Training runs kept by their settings, for sliders that train (lesson 07)."""

import math
from dataclasses import dataclass, replace

import numpy as np

from ppo_edu.ppo import PPOConfig, evaluate, train

SYMBOLS = {
    "clip_eps": "ε",
    "update_epochs": "K",
    "learning_rate": "lr",
    "gae_lambda": "λ",
    "gamma": "γ",
    "ent_coef": "c₂",
}


@dataclass(frozen=True)
class Run:
    """One training, and what came of it."""

    config: PPOConfig
    returns: np.ndarray  # [I] mean of the episodes that ended in each iteration, nan where none did
    entropy: float  # in the last iteration
    final: float  # mean return of 100 fresh episodes with sampled actions
    seconds: float  # of training
    stopped: str | None  # why it ended early, None if it did not

    @property
    def words(self):
        """The settings that are not the default, in symbols."""
        changed = {name: getattr(self.config, name) for name in SYMBOLS}
        changed = {name: value for name, value in changed.items() if value != getattr(PPOConfig, name)}
        if changed.get("clip_eps") == math.inf:
            del changed["clip_eps"]
            return ", ".join(["no clip", *_assigned(changed)])
        return ", ".join(_assigned(changed)) or "defaults"


def _assigned(settings):
    return [f"{SYMBOLS[name]} {value:g}" for name, value in settings.items()]


def measured(config):
    """Train with `config`, then play 100 fresh episodes; returns the `Run`."""
    agent, history = train(config)
    return Run(
        config,
        np.array(history.get("return", []), dtype=float),
        history["entropy"][-1] if history else math.nan,
        evaluate(agent).mean(),
        history["seconds"][-1] if history else 0.0,
        history.stopped,
    )


class Runs:
    """Runs by their settings. `train` is a pure function of its config, so no run is made twice.

    A run that was stopped is returned and neither kept nor shown; `interrupted` says whether the last one was.
    """

    def __init__(self, make=measured):
        self._make = make
        self.interrupted = False
        self._kept = {}  # config → Run
        self._shown = {}  # settings without the seed → {seed: Run}, what was asked for last at the end

    def __call__(self, config):
        """The run of `config`, made now if it is not kept, and shown from now on."""
        self.interrupted = True  # until there is a complete run
        run = self._kept.get(config) or self._make(config)
        self.interrupted = run.stopped is not None
        settings = _settings(config)
        seeds = self._shown.pop(settings, {})
        if not self.interrupted:
            self._kept[config] = run
            seeds[config.seed] = run
        if seeds:
            self._shown[settings] = seeds
        return run

    def same(self, config):
        """The runs to be shown with the settings of `config`, of every seed."""
        return list(self._shown.get(_settings(config), {}).values())

    def earlier(self, config):
        """The runs to be shown with other settings, one list per setting, the latest last."""
        return [list(seeds.values()) for settings, seeds in self._shown.items() if settings != _settings(config)]

    def forget(self):
        """Show none of the runs made so far; they are still kept."""
        self._shown = {}

    def over(self, seeds):
        """Stops of an explorer's walk over `seeds`; it ends early when a run is interrupted."""
        for seed in seeds:
            yield {"seed": seed}
            if self.interrupted:
                return


def _settings(config):
    return replace(config, seed=0)
