"""Exercise 09: Bradley–Terry, the rewards of words, masked GAE, one update's loss, three policies."""

from ppo_edu.grading.checks.rlhf_bradley_terry import BRADLEY_TERRY
from ppo_edu.grading.checks.rlhf_loss import LOSS
from ppo_edu.grading.checks.rlhf_masked_gae import MASKED_GAE
from ppo_edu.grading.checks.rlhf_three_policies import THREE_POLICIES
from ppo_edu.grading.checks.rlhf_token_rewards import TOKEN_REWARDS

ITEMS = (BRADLEY_TERRY, TOKEN_REWARDS, MASKED_GAE, LOSS, THREE_POLICIES)
