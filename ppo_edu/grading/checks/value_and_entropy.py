"""Exercise 06: entropy and its gradient, the critic's loss, three terms in one objective, and normalisation."""

from ppo_edu.grading.checks.value_and_entropy_clipping import CLIPPED_VALUE_LOSS
from ppo_edu.grading.checks.value_and_entropy_critic import VALUE_LOSS
from ppo_edu.grading.checks.value_and_entropy_entropy import ENTROPY
from ppo_edu.grading.checks.value_and_entropy_gradient import GRADIENT
from ppo_edu.grading.checks.value_and_entropy_lines import ENTROPY_LINES
from ppo_edu.grading.checks.value_and_entropy_loss import LOSS
from ppo_edu.grading.checks.value_and_entropy_normalize import NORMALIZE
from ppo_edu.grading.checks.value_and_entropy_total import TOTAL

ITEMS = (VALUE_LOSS, CLIPPED_VALUE_LOSS, ENTROPY, GRADIENT, ENTROPY_LINES, TOTAL, LOSS, NORMALIZE)
