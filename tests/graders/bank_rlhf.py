"""Answers to exercise 09: the banks of its five items together."""

import bank_rlhf_bradley_terry
import bank_rlhf_loss
import bank_rlhf_masked_gae
import bank_rlhf_three_policies
import bank_rlhf_token_rewards

PARTS = (
    bank_rlhf_bradley_terry,
    bank_rlhf_token_rewards,
    bank_rlhf_masked_gae,
    bank_rlhf_loss,
    bank_rlhf_three_policies,
)
RIGHT = {item: answers for part in PARTS for item, answers in part.RIGHT.items()}
WRONG = {item: answers for part in PARTS for item, answers in part.WRONG.items()}
