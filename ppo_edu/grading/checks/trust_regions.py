"""Exercise 04, trust regions: KL, its estimators, the counter-example, adaptive β; optional: the pieces of TRPO."""

from ppo_edu.grading.checks.trust_regions_coef import ADAPTIVE_KL_COEF
from ppo_edu.grading.checks.trust_regions_conjugate import CONJUGATE_GRADIENT
from ppo_edu.grading.checks.trust_regions_counter import COUNTER_EXAMPLE
from ppo_edu.grading.checks.trust_regions_estimators import ESTIMATORS
from ppo_edu.grading.checks.trust_regions_fisher import FISHER_VECTOR_PRODUCT
from ppo_edu.grading.checks.trust_regions_kl import CATEGORICAL_KL
from ppo_edu.grading.checks.trust_regions_step import TRPO_STEP

ITEMS = (
    CATEGORICAL_KL,
    ESTIMATORS,
    COUNTER_EXAMPLE,
    ADAPTIVE_KL_COEF,
    CONJUGATE_GRADIENT,
    FISHER_VECTOR_PRODUCT,
    TRPO_STEP,
)
