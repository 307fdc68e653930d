"""Exercise 07: judges one gradient step of PPO by where it leaves the parameters."""

import functools
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.train_ppo_step_beliefs import ABOUT_THE_LOSS
from ppo_edu.grading.checks.train_ppo_step_gradients import ABOUT_THE_GRADIENT, NORMS
from ppo_edu.grading.checks.train_ppo_step_probes import FREE, STAGES, situation
from ppo_edu.grading.checks.train_ppo_step_recipes import REFERENCE
from ppo_edu.grading.checks.train_ppo_toy import call
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

TOLERANCE = dict(rtol=2e-3, atol=2e-4)
BELIEFS = (*ABOUT_THE_LOSS, *ABOUT_THE_GRADIENT)


@dataclass(frozen=True)
class Moved:
    """What a step did on one probe: by how much each parameter changed, and the norm it returned."""

    change: dict  # parameter -> array
    norm: np.ndarray
    damaged: tuple[str, ...] = ()

    def differs(self, other, part=None):
        """The first parameter that changed otherwise, with its index; None when none did."""
        for name, mine in self.change.items():
            if part is None or name.startswith(part):
                off = ~np.isclose(other.change[name], mine, equal_nan=True, **TOLERANCE)
                if off.any():
                    return name, tuple(np.argwhere(off)[0])
        return None


def measured(step, probe, seed):
    """`Moved` of `step(agent, optimizer, batch, settings)`. With plain descent of rate 1 a change is a gradient."""
    import torch

    net, batch = situation(probe, seed)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    given = dict(batch)
    norm = step(net, torch.optim.SGD(net.parameters(), lr=1.0), given, probe.settings)
    change = {name: (p.detach() - before[name]).double().numpy() for name, p in net.named_parameters()}
    _, intact = situation(probe, seed)
    damaged = [name for name, x in intact.items() if name not in given or not _same(given[name], x)]
    return Moved(change, runner.numbers(norm), tuple(damaged))


@functools.cache
def believed(recipe, probe, seed):
    """`Moved` of a recipe."""
    return runner.quietly(measured, recipe, probe, seed)


def _same(left, right):
    import torch

    return isinstance(left, torch.Tensor) and left.shape == right.shape and torch.equal(left.detach(), right)


@dataclass(frozen=True)
class Stepped:
    """`Stepped(...)(function, seed)` gives the `Verdict` on a `ppo_step`."""

    why: str
    beliefs: tuple = (*BELIEFS, *NORMS)

    def __call__(self, function, seed):
        def step(net, optimizer, batch, settings):
            before = [p.detach().clone() for p in net.parameters()]
            try:
                return call(function, net, optimizer, batch, *settings)
            except runner.NotAttempted:
                if all(map(_same, net.parameters(), before)):
                    raise
                return ()  # a step was taken, and nothing returned

        probes = [(stage, probe) for stage in STAGES for probe in stage.probes]
        runs = [
            (stage, probe, measured(step, probe, seed), believed(REFERENCE, probe, seed)) for stage, probe in probes
        ]
        steps = []
        for stage in STAGES:
            mine = [(probe, got, right) for owner, probe, got, right in runs if owner is stage]
            case = next((c for entry in mine if (c := _case(stage, *entry))), None)
            damaged = stage is STAGES[-1] and any(got.damaged for _, _, got, _ in runs)
            steps.append(Step(stage.title, stage.points, case is None and not damaged, case))
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), self.why)
        return Verdict(tuple(steps), _say([run[1:] for run in runs], seed))


def _norm_is_wrong(got, right):
    return got.norm.size != 1 or not np.isclose(got.norm.item(), right.norm.item(), rtol=2e-3, atol=1e-5)


def _case(stage, probe, got, right):
    """Where a parameter moved otherwise than it should, or the norm is another."""
    if found := right.differs(got, stage.part):
        name, index = found
        where = f"change of {name}[{', '.join(map(str, index))}], {_described(probe)}"
        return Case(where, shown(right.change[name][index]), shown(got.change[name][index]))
    if stage.norm and _norm_is_wrong(got, right):
        returned = shown(np.squeeze(got.norm)) if got.norm.size else "nothing"
        return Case(f"what is returned, {_described(probe)}", shown(right.norm), returned)
    return None


def _described(probe):
    s = probe.settings
    parts = [f"{probe.rows} row{'s' if probe.rows > 1 else ''}", f"ε = {s.clip_eps:g}, c₁ = {s.vf_coef:g}"]
    parts += [f"c₂ = {s.ent_coef:g}"] + [f"max_grad_norm = {s.max_grad_norm:g}"] * (s.max_grad_norm < FREE)
    return ", ".join(parts + ["a gradient of an earlier step is still there"] * bool(probe.leftover))


def _say(runs, seed):
    if names := sorted({name for _, got, _ in runs for name in got.damaged}):
        return f"Your step changed the batch ({', '.join(names)}); later epochs still need it as it was."
    wrong = any(right.differs(got) for _, got, right in runs)
    if not wrong and not any(got.norm.size for _, got, _ in runs):
        return NOTHING
    if not wrong:
        return next((b.message for b in NORMS if all(_agrees(b, *run) for run in runs)), NORM)
    for belief in BELIEFS:
        if any(_takes(recipe, runs, seed) for recipe in belief.formulas):
            return belief.message
    ruined = [p.rows for p, got, _ in runs if not all(np.isfinite(x).all() for x in got.change.values())]
    if ruined:
        return NAN if max(ruined) > 1 else NAN_OF_ONE
    return _in_general(runs)


def _agrees(belief, probe, got, right):
    return got.norm.size == 1 and any(
        np.isclose(got.norm.item(), formula(right.norm.item(), probe.settings), rtol=2e-3)
        for formula in belief.formulas
    )


def _takes(recipe, runs, seed):
    """Does this recipe leave the parameters of all probes where the learner's step does, and not where it should?"""
    differs = False
    for probe, got, right in runs:
        theirs = believed(recipe, probe, seed)
        if theirs.differs(got):
            return False
        differs |= theirs.differs(right) is not None
    return differs


NAN = "Some parameters have become nan: a division by 0 or a logarithm of 0 on the way to the loss."
NAN_OF_ONE = (
    "With a minibatch of one row the parameters become nan. Its advantage less their mean is 0, and so is their "
    "deviation: 0/0. What is added to the deviation is there for that."
)
NOTHING = "The parameters are right. But you return nothing. Asked is the length of the gradient before it was cut."
NORM = "The parameters are right; what you return is not the length of the whole gradient before it was cut."


def _in_general(runs):
    """No known belief: which network is wrong, and is it the direction or the length?"""
    runs = [run for run in runs if run[0].settings.max_grad_norm == FREE]  # a cut mixes the networks up
    for part, name in (("policy", "policy"), ("critic", "critic")):
        got, right = (
            np.concatenate(
                [run[i].change[key].ravel() for run in runs for key in run[2].change if key.startswith(part)]
            )
            for i in (1, 2)
        )
        if np.allclose(got, right, **TOLERANCE):
            continue
        if not got.any():
            return f"The {name} does not move at all: its part of the loss has no gradient, or is missing."
        cosine = got @ right / np.linalg.norm(got) / np.linalg.norm(right)
        if cosine > 0.9999:
            return (
                f"The {name} moves in the right direction, but {shown(np.linalg.norm(got) / np.linalg.norm(right))} "
                "times as far: a factor is missing, or there is one too many."
            )
        other = "" if part == "critic" else " L^CLIP and the entropy bonus move it, and nothing else."
        return f"The {name} ends up elsewhere.{other or ' c₁ times the value loss moves it, and nothing else.'}"
    return "Without a cut the parameters are right, with one they end up elsewhere."


ANSWER = """\
logs = agent.policy(batch["obs"]).log_softmax(-1)
logprobs = logs.gather(1, batch["actions"][:, None])[:, 0]
A = batch["advantages"]
A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
ratio = torch.exp(logprobs - batch["old_logprobs"])
clip_objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A).mean()
value_loss = ((agent.critic(batch["obs"])[:, 0] - batch["returns"]) ** 2 / 2).mean()
entropy = -(logs.exp() * logs).sum(-1).mean()
loss = -(clip_objective - vf_coef * value_loss + ent_coef * entropy)
optimizer.zero_grad()
loss.backward()
norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
optimizer.step()
return norm"""

PPO_STEP = Item(
    name="ppo_step",
    exercise="07_train_ppo",
    points=3,
    judge=Stepped(
        "Three parts with one sign, old log-probabilities from the rollout, a gradient that starts at zero and is cut: "
        "this is the line of PPO that everything else prepares.",
    ),
    hints=(
        "L is to be maximised and an optimizer descends. Which of the numbers may carry a gradient, and which were "
        "fixed when the rollout was played?",
        "Log-probabilities of the actions taken, from the policy as it is now; their difference to the stored ones "
        "gives the ratio. The critic answers with a column [B, 1]: make it [B] before it meets the returns.",
        "loss = −(___ − vf_coef · ___ + ent_coef · ___); zero_grad, ___, clip_grad_norm_(agent.parameters(), ___), "
        "step; clip_grad_norm_ returns what is asked for.",
    ),
    answer=ANSWER,
)
