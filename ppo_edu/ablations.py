"""Ten switches of the trainer, each changed alone (lesson 08)."""

import math

SWITCHES = {
    "default": {},
    "no clip": {"clip_eps": math.inf},
    "one epoch": {"update_epochs": 1},
    "learning rate / 10": {"learning_rate": 6e-4},
    "gamma 0.9": {"gamma": 0.9},
    "lambda 0": {"gae_lambda": 0.0},
    "raw advantages": {"normalize_advantages": False},
    "value clipping": {"clip_value_eps": 0.2},
    "constant learning rate": {"anneal_lr": False},
    "no gradient clipping": {"max_grad_norm": math.inf},
    "entropy bonus 0.01": {"ent_coef": 0.01},
}
"""Settings of `PPOConfig` that differ from its defaults, by the name of the switch."""
