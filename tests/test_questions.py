"""The lessons' questions: each has one right answer and says to every other what is wrong with it."""

import importlib
import pkgutil

import pytest

from ppo_edu import questions
from ppo_edu.widgets.proof import AlgebraProof, OrderProof
from ppo_edu.widgets.quiz import Quiz

MODULES = [importlib.import_module(f"{questions.__name__}.{m.name}") for m in pkgutil.iter_modules(questions.__path__)]
CONSTANTS = {f"{module.__name__}.{name}": value for module in MODULES for name, value in vars(module).items()}
QUIZZES = {name: value for name, value in CONSTANTS.items() if name.endswith("_QUIZ")}
ALGEBRA = {name: value for name, value in CONSTANTS.items() if name.endswith("_ALGEBRA")}
PROOFS = {name: value for name, value in CONSTANTS.items() if name.endswith("_PROOF")}


@pytest.mark.parametrize("name", QUIZZES)
def test_every_option_has_its_own_feedback_and_one_is_right(name):
    for question in QUIZZES[name]:
        assert sum(option.correct for option in question.options) == 1
        feedback = [option.feedback for option in question.options]
        assert all(feedback) and len(set(feedback)) == len(feedback) >= 4
    assert len(Quiz("test", QUIZZES[name]).questions) == len(QUIZZES[name])


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_accepts_its_own_order_only(name):
    proof = OrderProof("test", **PROOFS[name])
    order = list(range(len(proof.lines)))
    assert proof.wrong_step(order) is None and proof.wrong_step(order[::-1]) == 0


@pytest.mark.parametrize("name", ALGEBRA)
def test_a_written_proof_accepts_its_own_lines_and_knows_every_belief(name):
    proof = AlgebraProof("test", **ALGEBRA[name])
    for line in proof.lines:
        assert proof.judge(line, line.answer)[0]
        for belief, words in line.beliefs:
            right, said = proof.judge(line, belief)
            assert not right and said.startswith(words), said
