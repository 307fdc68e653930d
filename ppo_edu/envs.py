"""Many copies of a Gymnasium environment, stepped as one."""

import gymnasium as gym
from gymnasium.spaces import Box, Discrete


def make_envs(env_id, num_envs):
    """`num_envs` copies of a Gymnasium environment as one vector environment, vectorised where it offers that.

    Raises `ValueError` for an unknown id, or for spaces or a way of resetting that PPO here cannot handle.
    """
    try:
        mode = "vector_entry_point" if gym.spec(env_id).vector_entry_point else "sync"
        envs = gym.make_vec(env_id, num_envs=num_envs, vectorization_mode=mode)
    except Exception as error:  # an environment's own constructor may raise anything
        raise ValueError(f"cannot make environment {env_id!r}: {error}") from error
    if problem := _problem(envs):
        envs.close()
        raise ValueError(f"{env_id}: {problem}")
    return envs


def _problem(envs):
    """Why PPO here cannot learn in these environments, or None."""
    sees, does = envs.single_observation_space, envs.single_action_space
    if not isinstance(sees, Box) or len(sees.shape) != 1:
        return f"observations must be a flat vector of numbers, not {sees}"
    if not (isinstance(does, Discrete) and does.start == 0 or isinstance(does, Box) and len(does.shape) == 1):
        return f"actions must be Discrete (from 0) or a flat Box, not {does}"
    if (mode := envs.metadata.get("autoreset_mode")) != gym.vector.AutoresetMode.NEXT_STEP:
        return f"it must reset on the step after an episode's end, not {mode}"
