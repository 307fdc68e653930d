"""Checks for the exercises: `check.clipped_objective(clipped_objective)` says what is right and what is not yet.

    from ppo_edu.grading import check, reveal

A check cell is exactly one such expression. The `Report` it gives reads as a page in a notebook, as text elsewhere,
and as the score under nbgrader. `reveal("clipped_objective")` shows a reference answer, and notes that it did.
"""

from ppo_edu.grading.items import check, reveal

__all__ = ["check", "reveal"]
