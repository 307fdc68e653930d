"""Exercise 08, what matters: three patients, a broken loss, an audit, and an ablation with an interval."""

from ppo_edu.grading.checks.what_matters_ablation import ABLATION
from ppo_edu.grading.checks.what_matters_audit import AUDIT
from ppo_edu.grading.checks.what_matters_diagnoses import DIAGNOSES
from ppo_edu.grading.checks.what_matters_interval import INTERVAL
from ppo_edu.grading.checks.what_matters_iqm import IQM
from ppo_edu.grading.checks.what_matters_mend import MEND

ITEMS = (DIAGNOSES, MEND, AUDIT, IQM, INTERVAL, ABLATION)
