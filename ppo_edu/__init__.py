"""Proximal Policy Optimization, one idea per module.

Nothing is re-exported here: `from ppo_edu.gae import gae`, `from ppo_edu.clip import clipped_objective`.
"""
