"""Draw the README's picture: `python -m tools.pictures`."""

from pathlib import Path

import torch

from ppo_edu.ppo import PPOConfig, train
from ppo_edu.widgets.player import Player, record_episode


def main():
    """An agent after one iteration of training and after all of them, on the same start."""
    agents = {"untrained": PPOConfig(iterations=1, learning_rate=0.0), "trained": PPOConfig()}
    episodes = {}
    for name, config in agents.items():
        agent, _ = train(config)
        generator = torch.Generator().manual_seed(0)
        episodes[name] = record_episode(lambda obs, a=agent, g=generator: a.act(obs, g), config.env_id, seed=7)
    path = Path(__file__).parent.parent / ".github" / "agent.gif"
    path.write_bytes(Player(episodes).gif)
    print(f"wrote {path.name}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
