"""Stable-Baselines3's PPO with the settings that rl-zoo tuned for CartPole-v1; as a script, it trains: `SEED`."""

import sys

STEPS = 100_000


def tuned(seed):
    """The untrained model, on the CPU, which is where networks this small are quickest."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    return PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=8, seed=seed),
        n_steps=32,
        batch_size=256,
        n_epochs=20,
        gamma=0.98,
        gae_lambda=0.8,
        ent_coef=0.0,
        learning_rate=lambda left: left * 1e-3,
        clip_range=lambda left: left * 0.2,
        seed=seed,
        device="cpu",
    )


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    tuned(int(sys.argv[1])).learn(STEPS)
