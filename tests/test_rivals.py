"""TRPO, penalties and L^CPI beside PPO: the clip is the trainer's own, TRPO keeps its wall, penalties move."""

import math

import numpy as np
import pytest

from ppo_edu import ppo
from ppo_edu.ppo import PPOConfig
from ppo_edu.rivals import RIVALS, Rival, train

CONFIG = PPOConfig(iterations=4, learning_rate=1e-2, update_epochs=8)


def column(rival, name, config=CONFIG):
    return np.array([row[name] for row in train(rival, config)[1]])


def test_the_clip_is_the_trainer_s():
    _, history = ppo.train(CONFIG)
    assert column(RIVALS["clip"], "return") == pytest.approx(history["return"], rel=0.05)


def test_only_trpo_never_passes_its_wall():
    assert 0 < column(RIVALS["TRPO"], "kl").max() <= 0.01
    assert column(RIVALS["L^CPI"], "kl").max() > 0.1


def test_a_stronger_penalty_moves_less():
    weak, strong = (column(Rival(kl_coef=beta), "kl").mean() for beta in (1.0, 100.0))
    assert strong < weak / 3 and column(Rival(), "max_ratio").min() > 1
    adaptive = column(Rival(kl_coef=1e-6, target_kl=1e-4), "kl")
    assert adaptive[0] > 0.01 and math.isfinite(adaptive.sum())
