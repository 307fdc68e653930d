"""Exercise 07, train PPO: collect, deal into minibatches, take a step, and the whole run."""

from ppo_edu.grading.checks.train_ppo_collect import COLLECT
from ppo_edu.grading.checks.train_ppo_minibatches import MINIBATCHES
from ppo_edu.grading.checks.train_ppo_step import PPO_STEP
from ppo_edu.grading.checks.train_ppo_train import TRAIN

ITEMS = (COLLECT, MINIBATCHES, PPO_STEP, TRAIN)
