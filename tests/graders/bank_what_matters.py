"""Answers to exercise 08, right ones in many styles and wrong ones with a piece of the message each must get."""

import bisect
import itertools
import math
import statistics
from types import SimpleNamespace

import numpy as np
import scipy.stats
import torch
from registry import bank

from ppo_edu import gae as package
from ppo_edu.clip import clipped_objective
from ppo_edu.diagnostics import bootstrap_interval, interquartile_mean
from ppo_edu.entropy import categorical_entropy, logprobs_and_entropy
from ppo_edu.grading.checks.what_matters_patients import NAMES, PATIENTS, QUICK, SUSPECTS
from ppo_edu.loss import normalize, total_objective, value_loss
from ppo_edu.ratio import probability_ratio

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- diagnoses ---------------------------------------------------------------------------------------------------

SHOWS = {"A": "two arms", "B": "constant reward", "C": "rows drawn"}
FOUND = {who: (name, SHOWS[who]) for who, name in PATIENTS.items()}


def says(name, **pairs):
    """An answer that differs from the right one in these patients."""

    def diagnoses():
        return FOUND | pairs

    diagnoses.__name__ = name
    return diagnoses


STYLES = {
    "as_written": {},
    "lists": {who: list(pair) for who, pair in FOUND.items()},
    "capitals": {who: tuple(text.capitalize() for text in pair) for who, pair in FOUND.items()},
    "shouted": {who: tuple(text.upper() for text in pair) for who, pair in FOUND.items()},
    "underscores": {who: tuple(text.replace(" ", "_") for text in pair) for who, pair in FOUND.items()},
    "blanks_around": {who: tuple(f"  {text} " for text in pair) for who, pair in FOUND.items()},
    "two_blanks": {who: tuple(text.replace(" ", "  ") for text in pair) for who, pair in FOUND.items()},
    "a_line_break": {who: tuple(text + "\n" for text in pair) for who, pair in FOUND.items()},
    "from_the_lists": {
        "A": (NAMES[1], QUICK[0]),
        "B": (NAMES[7], QUICK[1]),
        "C": (NAMES[11], QUICK[5]),
    },
    "one_of_each_kind": {"A": list(FOUND["A"]), "B": tuple(map(str.title, FOUND["B"]))},
}
for style, pairs in STYLES.items():
    right("diagnoses")(says(style, **pairs))


@right("diagnoses")
def in_another_order():
    return {who: FOUND[who] for who in "CBA"}


@right("diagnoses")
def zipped():
    return dict(zip("ABC", zip(PATIENTS.values(), SHOWS.values())))


# Each costs a training run of its own; `test_every_wrong_name_is_refuted_by_a_number` tries them, in the slow tier.
COSTLY = {("B", "entropy bonus"), ("C", "entropy bonus"), ("C", "constant reward")}


def misnamed(who, name):
    """The right answer but for the name of one patient's bug."""
    return says(f"{who}_{name.replace(' ', '_')}", **{who: (name, SHOWS[who])})


for who, name in itertools.product(PATIENTS, NAMES):
    if name != PATIENTS[who] and (who, SUSPECTS[name].bug.experiment) not in COSTLY:
        wrong("diagnoses", f"Patient {who} does not have “{name}”")(misnamed(who, name))
for who, experiment in itertools.product(PATIENTS, QUICK):
    if experiment != SHOWS[who] and (who, experiment) not in COSTLY:
        answer = says(f"{who}_{experiment.replace(' ', '_')}", **{who: (PATIENTS[who], experiment)})
        wrong("diagnoses", f"Patient {who}: `{experiment}` gives")(answer)
in_bulk(
    "diagnoses",
    {
        ("numbers_that_differ_but_not_enough", "as a sound trainer may: no `!`"): says(
            "", A=("ratio upside down", "ratios seen")
        ),
        ("a_return", "never what"): says("", A=("ratio upside down", "cartpole")),
        ("one_missing", "Still to be named: C"): lambda: {"A": FOUND["A"], "B": FOUND["B"]},
        ("one_none", "Still to be named: B"): says("", B=None),
        ("none_of_the_list", "not in the list of bugs"): says("", A=("gremlins", "two arms")),
        ("nearly_of_the_list", "Did you mean 'minibatches never shuffled'"): says(
            "", C=("never shuffled", "rows drawn")
        ),
        ("no_such_experiment", "not in the list of experiments"): says("", B=("future discounted twice", "V")),
        ("names_alone", "two texts are asked for"): says("", **PATIENTS),
        ("three_texts", "two texts are asked for"): says("", A=("ratio upside down", "two arms", "sure")),
        ("numbers", "two texts are asked for"): says("", A=(1, 0)),
        ("a_fourth_patient", "Give a dict with the keys A, B, C"): says("", D=FOUND["A"]),
        ("a_list", "Give a dict with the keys A, B, C"): lambda: list(FOUND.items()),
        ("exchanged", "'two arms' is not in the list of bugs"): says("", A=("two arms", "ratio upside down")),
        ("all_three", "Patient C does not have"): says("", **dict.fromkeys(PATIENTS, ("detached ratio", "what moved"))),
    },
)

# -- the mended loss ---------------------------------------------------------------------------------------------

MENDED = """\
def mended(logits, values, rollout, config):
    dones = rollout.terminated | rollout.truncated
    advantages, following = torch.zeros_like(rollout.rewards), 0.0
    for t in reversed(range(len(dones))):
        future = config.gamma * rollout.next_values[t] * ~rollout.terminated[t]
        delta = rollout.rewards[t] + future - rollout.values[t]
        following = delta + config.gamma * config.gae_lambda * ~dones[t] * following
        advantages[t] = following
    returns = advantages + rollout.values
    advantages = normalize(advantages)
    logprobs, entropy = logprobs_and_entropy(logits, rollout.actions)
    ratio = probability_ratio(logprobs, rollout.logprobs)
    objective = clipped_objective(ratio, advantages, config.clip_eps).mean()
    vf_loss = value_loss(values, returns).mean()
    return -(objective - config.vf_coef * vf_loss + config.ent_coef * entropy.mean())
"""
PLANTED = {
    "bootstrap": ("* ~rollout.terminated[t]", "* ~dones[t]"),
    "cut": ("gae_lambda * ~dones[t]", "gae_lambda * ~rollout.terminated[t]"),
    "promised": ("- rollout.values[t]", "- values[t]"),
    "targets": (
        "    returns = advantages + rollout.values\n    advantages = normalize(advantages)\n",
        "    advantages = normalize(advantages)\n    returns = advantages + rollout.values\n",
    ),
    "ratio": ("(logprobs, rollout.logprobs)", "(logprobs, logprobs.detach())"),
    "bonus": ("+ config.ent_coef", "- config.ent_coef"),
}
"""The six bugs of the broken loss, as they stand in it."""
SAID = {
    "bootstrap": "still counts as death",
    "cut": "runs on through a time limit",
    "promised": "what the critic says *now*",
    "targets": "*normalised* advantages",
    "ratio": "The ratio is 1 for ever",
    "bonus": "The entropy is punished",
}


def edited(name, *changes):
    """The mended loss with some of its text replaced."""
    source = MENDED
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    space = {"torch": torch, "normalize": normalize, "value_loss": value_loss, "total_objective": total_objective}
    space |= {"clipped_objective": clipped_objective, "probability_ratio": probability_ratio}
    exec(compile(source, f"<{name}>", "exec"), space | {"logprobs_and_entropy": logprobs_and_entropy}, found := {})
    found["mended"].__name__ = name
    return found["mended"]


def with_bugs(*bugs):
    """The loss with these of the six bugs still in it."""
    return edited("bugs_" + "_".join(bugs), *(PLANTED[bug] for bug in bugs))


@right("mended_loss")
def as_in_the_solution(logits, values, rollout, config):
    return edited("right")(logits, values, rollout, config)


for name, changes in {
    "dones_in_place": [("~dones[t]", "~(rollout.terminated[t] | rollout.truncated[t])")],
    "one_minus_flags": [
        ("* ~rollout.terminated[t]", "* (1 - rollout.terminated[t].double())"),
        ("* ~dones[t]", "* (1 - dones[t].double())"),
    ],
    "branches": [
        ("config.gamma * rollout.next_values[t] * ~rollout.terminated[t]", "0.0"),
        ("+ future", "+ (future if rollout.terminated[t] else config.gamma * rollout.next_values[t])"),
    ],
    "forgets_at_the_end": [("~dones[t] * following", "(0.0 if dones[t] else following)")],
    "targets_at_the_end": [
        ("    returns = advantages + rollout.values\n", "    raw = advantages\n"),
        ("value_loss(values, returns)", "value_loss(values, raw + rollout.values)"),
    ],
    "detached_once_more": [
        ("advantages + rollout.values", "(advantages + rollout.values).detach()"),
        ("normalize(advantages)", "normalize(advantages).detach()"),
        ("(logprobs, rollout.logprobs)", "(logprobs, rollout.logprobs.detach())"),
    ],
    "three_losses_added": [
        (
            "-(objective - config.vf_coef * vf_loss + config.ent_coef * entropy.mean())",
            "-objective + config.vf_coef * vf_loss - config.ent_coef * entropy.mean()",
        ),
    ],
    "single_precision_on_the_way": [("torch.zeros_like(rollout.rewards)", "torch.zeros(len(dones))")],
    "with_ones_detach": [("-(objective", "-1 * (objective")],
    "of_the_package": [
        (
            "-(objective - config.vf_coef * vf_loss + config.ent_coef * entropy.mean())",
            "-total_objective(objective, vf_loss, entropy.mean(), config.vf_coef, config.ent_coef)",
        ),
    ],
}.items():
    right("mended_loss")(edited(name, *changes))


@right("mended_loss")
def numpy_until_the_networks(logits, values, rollout, config):
    rows = SimpleNamespace(**{name: x.numpy() for name, x in rollout._asdict().items()})
    deltas = package.td_errors(rows.rewards, rows.values, rows.next_values, rows.terminated, config.gamma)
    raw = package.gae(deltas, rows.terminated | rows.truncated, config.gamma, config.gae_lambda)
    returns, advantages = torch.from_numpy(raw + rows.values), torch.from_numpy((raw - raw.mean()) / (raw.std() + 1e-8))
    policy = torch.distributions.Categorical(logits=logits)
    ratio = torch.exp(policy.log_prob(rollout.actions) - rollout.logprobs)
    clipped = torch.clamp(ratio, 1 - config.clip_eps, 1 + config.clip_eps)
    policy_loss = torch.max(-ratio * advantages, -clipped * advantages).mean()
    vf_loss = torch.nn.functional.mse_loss(values, returns) / 2
    return policy_loss + config.vf_coef * vf_loss - config.ent_coef * policy.entropy().mean()


@right("mended_loss")
def double_sum_and_probabilities(logits, values, rollout, config):
    T, dones = len(rollout.rewards), rollout.terminated | rollout.truncated
    future = torch.where(rollout.terminated, torch.zeros(()), rollout.next_values)
    deltas = rollout.rewards + config.gamma * future - rollout.values
    raw = []
    for t in range(T):
        total, weight = 0.0, 1.0
        for l in range(t, T):
            total, weight = total + weight * deltas[l], weight * config.gamma * config.gae_lambda
            if dones[l]:
                break
        raw.append(total)
    raw = torch.stack(raw)
    scaled = (raw - raw.mean()) / (raw.std(unbiased=False) + 1e-8)
    probs = torch.softmax(logits, -1)
    ratio = probs[torch.arange(T), rollout.actions] / rollout.logprobs.exp()
    low, high = 1 - config.clip_eps, 1 + config.clip_eps
    gain = torch.minimum(ratio * scaled, ratio.clip(low, high) * scaled)
    vf = ((values - raw - rollout.values) ** 2).sum() / (2 * T)
    return -gain.mean() + config.vf_coef * vf + config.ent_coef * (probs * probs.log()).sum(-1).mean()


@right("mended_loss")
def row_by_row(logits, values, rollout, config):
    T, carried, raw = len(values), 0.0, {}
    for t in range(T - 1, -1, -1):
        over = bool(rollout.terminated[t])
        carried = 0.0 if over or rollout.truncated[t] else config.gamma * config.gae_lambda * carried
        carried += float(rollout.rewards[t] - rollout.values[t])
        carried += 0.0 if over else config.gamma * float(rollout.next_values[t])
        raw[t] = carried
    middle = statistics.fmean(raw.values())
    spread = statistics.pstdev(raw.values()) + 1e-8
    loss = 0.0
    for t in range(T):
        logs = logits[t] - torch.logsumexp(logits[t], 0)
        A, r = (raw[t] - middle) / spread, torch.exp(logs[rollout.actions[t]] - rollout.logprobs[t])
        loss = loss - min(r * A, r.clamp(1 - config.clip_eps, 1 + config.clip_eps) * A)
        loss = loss + config.vf_coef * (values[t] - raw[t] - rollout.values[t]) ** 2 / 2
        loss = loss - config.ent_coef * categorical_entropy(logits[t])
    return loss / T


for bugs in [(bug,) for bug in PLANTED] + [
    tuple(PLANTED),
    ("bootstrap", "cut"),
    ("cut", "bonus"),
    ("promised", "ratio"),
    ("targets", "ratio", "bonus"),
    ("promised", "targets"),
    ("ratio", "bonus"),
]:
    wrong("mended_loss", SAID[bugs[0]])(with_bugs(*bugs))

FLAG, CUT = "~rollout.terminated[t]", "~dones[t]"
TOTAL = "-(objective - config.vf_coef * vf_loss + config.ent_coef * entropy.mean())"
for name, piece, *changes in [
    ("swapped_once_more", "the wrong one of the two flags", (FLAG, "~rollout.truncated[t]")),
    ("only_limits_count", "the future counts where the episode is over", (FLAG, "rollout.truncated[t]")),
    ("nothing_ends", "Now nothing ends the future", (" * " + FLAG, "")),
    ("future_at_ends", "the future counts where the episode is over", (FLAG, "rollout.terminated[t]")),
    ("future_at_all_ends", "the future counts where the episode is over", (FLAG, "dones[t]")),
    ("limits_cut", "through true ends", (CUT, "~rollout.truncated[t]")),
    ("nothing_cuts", "Nothing cuts the sum", (" * " + CUT, "")),
    (
        "only_both_cut",
        "or only a row with both flags up",
        ("rollout.terminated | rollout.truncated", "rollout.terminated & rollout.truncated"),
    ),
    ("goes_on_at_ends", "it goes on at the ends", (CUT, "dones[t]")),
    ("goes_on_at_limits", "it goes on at the ends", (CUT, "rollout.truncated[t]")),
    ("goes_on_at_true_ends", "it goes on at the ends", (CUT, "rollout.terminated[t]")),
    ("flags_added", "through true ends", ("rollout.terminated | rollout.truncated", "rollout.truncated")),
    ("detached_now", "what the critic says *now*", ("- rollout.values[t]", "- values[t].detach()")),
    ("no_value_subtracted", "Nothing is subtracted", (" - rollout.values[t]", "")),
    ("targets_are_advantages", "The targets are advantages", ("advantages + rollout.values", "advantages")),
    ("targets_scaled_advantages", "The targets are advantages", ("(values, returns)", "(values, advantages)")),
    (
        "next_values_added",
        "value of the *same* state",
        ("advantages + rollout.values", "advantages + rollout.next_values"),
    ),
    ("rewards_as_targets", "rewards of single steps", ("(values, returns)", "(values, rollout.rewards)")),
    ("no_value_loss", "no value loss left", (" - config.vf_coef * vf_loss", "")),
    ("value_loss_added", "sign is turned", ("- config.vf_coef", "+ config.vf_coef")),
    ("squares", "the ½ or the square", ("value_loss(values, returns)", "(values - returns).square()")),
    ("sizes", "the ½ or the square", ("value_loss(values, returns)", "(values - returns).abs()")),
    ("half_sizes", "the ½ or the square", ("value_loss(values, returns)", "0.5 * (values - returns).abs()")),
    ("half_twice", "the ½ or the square", ("value_loss(values, returns)", "0.5 * value_loss(values, returns)")),
    ("both_new", "new and old are the same", ("(logprobs, rollout.logprobs)", "(logprobs, logprobs)")),
    (
        "detached_ratio",
        "the right value and no slope",
        ("(logprobs, rollout.logprobs)", "(logprobs.detach(), rollout.logprobs)"),
    ),
    ("ratio_detached", "the right value and no slope", ("rollout.logprobs)", "rollout.logprobs).detach()")),
    ("upside_down", "upside down", ("(logprobs, rollout.logprobs)", "(rollout.logprobs, logprobs)")),
    (
        "log_ratio",
        "a logarithm, of the ratio or of a probability",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs - rollout.logprobs"),
    ),
    (
        "plain_logprobs",
        "a logarithm, of the ratio or of a probability",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs"),
    ),
    (
        "probability_alone",
        "holds a probability where",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs.exp()"),
    ),
    (
        "probability_over_log",
        "holds a probability where",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs.exp() / rollout.logprobs"),
    ),
    (
        "probabilities_subtracted",
        "holds a probability where",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs.exp() - rollout.logprobs.exp()"),
    ),
    (
        "logs_divided",
        "divided by each other",
        ("probability_ratio(logprobs, rollout.logprobs)", "logprobs / rollout.logprobs"),
    ),
    ("no_clip", "this is L^CPI", ("clipped_objective(ratio, advantages, config.clip_eps)", "(ratio * advantages)")),
    (
        "clip_alone",
        "without the min",
        (
            "clipped_objective(ratio, advantages, config.clip_eps)",
            "(ratio.clip(1 - config.clip_eps, 1 + config.clip_eps) * advantages)",
        ),
    ),
    (
        "maximum",
        "without the min",
        (
            "clipped_objective(ratio, advantages, config.clip_eps)",
            "torch.max(ratio * advantages, ratio.clip(1 - config.clip_eps, 1 + config.clip_eps) * advantages)",
        ),
    ),
    ("no_bonus", "The bonus is gone", (" + config.ent_coef * entropy.mean()", "")),
    ("bonus_detached", "has no slope: the entropy", ("entropy.mean()", "entropy.detach().mean()")),
    ("bonus_without_its_factor", "without c₂", ("config.ent_coef * entropy", "entropy")),
    ("targets_move", "the same whatever the critic says", ("advantages + rollout.values", "advantages + values")),
    (
        "targets_move_detached",
        "The targets move with the critic",
        ("advantages + rollout.values", "advantages + values.detach()"),
    ),
    ("critic_detached", "The critic gets no gradient", ("(values, returns)", "(values.detach(), returns)")),
    ("old_critic_learns", "the same whatever the critic says", ("(values, returns)", "(rollout.values, returns)")),
    ("sign_of_all", "sign of the whole loss", (TOTAL, TOTAL[1:])),
    ("policy_sign", "sign of the policy's term", ("-(objective", "-(-objective")),
    ("not_normalised", "not normalised any more", ("    advantages = normalize(advantages)\n", "")),
    ("centred_only", "not normalised any more", ("normalize(advantages)", "advantages - advantages.mean()")),
    (
        "sample_deviation",
        "another standard deviation",
        (
            "normalize(advantages)",
            "(advantages - advantages.mean()) / (advantages.std(correction=min(1, len(values) - 1)) + 1e-8)",
        ),
    ),
    (
        "sample_deviation_nan",
        "another standard deviation",
        ("normalize(advantages)", "(advantages - advantages.mean()) / (advantages.std() + 1e-8)"),
    ),
    (
        "sums",
        "The loss is a sum",
        ("config.clip_eps).mean()", "config.clip_eps).sum()"),
        ("returns).mean()", "returns).sum()"),
        ("entropy.mean()", "entropy.sum()"),
    ),
    ("per_sample", "yours has shape", ("config.clip_eps).mean()", "config.clip_eps)")),
    ("a_number", "a torch tensor", (TOTAL, f"({TOTAL}).item()")),
    ("everything_detached", "No gradient goes through", (TOTAL, f"({TOTAL}).detach()")),
    ("a_wrong_name", "AttributeError", ("rollout.next_values", "rollout.nextvalues")),
    ("divided_by_nothing", "a nan or an infinity", ("normalize(advantages)", "(advantages - advantages) / 0")),
    ("dice", "two answers", (TOTAL, f"{TOTAL} + torch.rand(())")),
    (
        "in_place_on_the_rollout",
        "changed its inputs",
        ("advantages[t] = following", "advantages[t] = following\n    rollout.rewards.add_(0.5)"),
    ),
    ("gamma_twice", "once too often", ("gae_lambda * ~dones", "gae_lambda * config.gamma * ~dones")),
    ("gamma_once_less", "γ or λ is missing", ("config.gamma * rollout.next_values", "rollout.next_values")),
    ("gamma_of_a_default", "does not move", ("config.gamma * rollout.next_values", "0.98 * rollout.next_values")),
    ("fixed_band", "does not move", ("config.clip_eps", "0.2")),
    ("fixed_value_weight", "does not move", ("config.vf_coef", "0.5")),
    ("one_flag_or_the_other", "both flags up", ("terminated | rollout", "terminated ^ rollout")),
    (
        "flags_as_numbers",
        "both flags up",
        ("rollout.terminated | rollout.truncated", "rollout.terminated * 1 + rollout.truncated * 1"),
        ("~dones[t]", "(1 - dones[t])"),
    ),
    ("sum_of_rewards_forgotten", "nearly every place", ("rollout.rewards[t] + future", "future")),
    ("forwards", "nearly every place", ("reversed(range(len(dones)))", "range(len(dones))")),
]:
    wrong("mended_loss", piece)(edited(name, *changes))

# -- an experiment of one's own ----------------------------------------------------------------------------------

ONES, NO, SECOND = np.ones(4), np.zeros(4, dtype=bool), np.arange(4) == 1
AFTER = np.arange(4) > 1


def first(function, rewards=ONES, next_values=ONES, end=NO, limit=SECOND, gamma=0.9, gae_lambda=0.8, values=ONES):
    """The advantage of row 0 in a rollout whose first episode ends with row 1."""
    return function(rewards, values, next_values, end, limit, gamma, gae_lambda)[0][0]


def dead(function, **settings):
    """Does the value behind the limit count nothing?"""
    return first(function, next_values=ONES + 5 * SECOND, **settings) == first(function, **settings)


def leaks(function, **settings):
    """Do later rewards reach row 0?"""
    return first(function, rewards=ONES + 5 * AFTER, **settings) != first(function, **settings)


def leaks_anywhere(function):
    return leaks(function) or leaks(function, end=SECOND, limit=NO)


@right("audit")
def one_change_at_a_time(f):
    return dead(f), leaks_anywhere(f)


@right("audit")
def a_list_of_python_bools(f):
    return [bool(dead(f)), bool(leaks_anywhere(f))]


@right("audit")
def an_array(f):
    return np.array([dead(f), leaks_anywhere(f)])


@right("audit")
def ones_and_zeros(f):
    return int(dead(f)), int(leaks_anywhere(f))


@right("audit")
def a_single_row_for_the_limit(f):
    def one(behind):
        return f(np.array([0.0]), np.array([0.0]), np.array([behind]), np.array([False]), np.array([True]), 0.5, 0.5)[0]

    return abs(one(4.0) - one(0.0)).max() < 1e-9, leaks_anywhere(f)


@right("audit")
def by_the_targets(f):
    def targets(rewards, behind):
        end, limit = np.array([0, 1, 0, 0, 0, 0]), np.array([0, 0, 0, 1, 0, 0])
        following = np.zeros(6) + behind * limit
        return np.asarray(f(rewards, np.zeros(6), following, end > 0, limit > 0, 0.9, 0.9)[1])

    still, later, last = np.zeros(6), np.array([0, 0, 9.0, 0, 0, 0]), np.array([0, 0, 0, 0, 9.0, 0])
    dead_ = np.isclose(targets(still, 0)[3], targets(still, 7)[3])
    across_end = not np.allclose(targets(still, 0)[:2], targets(later, 0)[:2])
    across_limit = not np.allclose(targets(still, 0)[:4], targets(last, 0)[:4])
    return dead_, across_end or across_limit


@right("audit")
def many_random_rollouts(f):
    rng, death, leak = np.random.default_rng(0), True, False
    for _ in range(20):
        rewards, values, following = rng.normal(size=(3, 8))
        end, limit = np.zeros((2, 8), dtype=bool)
        where = rng.integers(1, 6)
        (end if rng.random() < 0.5 else limit)[where] = True
        before = f(rewards, values, following, end, limit, 0.9, 0.9)[0]
        moved = f(np.where(np.arange(8) > where, rewards + 3, rewards), values, following, end, limit, 0.9, 0.9)[0]
        leak |= not np.allclose(before[: where + 1], moved[: where + 1])
        if limit.any():
            moved = f(rewards, values, following + 2 * limit, end, limit, 0.9, 0.9)[0]
            death &= bool(np.isclose(before[where], moved[where]))
    return death, leak


def torch_audit(behind):
    def audit(f):
        rows, flags = torch.ones(5, dtype=torch.float64), torch.tensor([False, True, False, False, False])
        later, nothing = rows + torch.tensor([0, 0, 1, 1, 1]), torch.zeros(5, dtype=torch.bool)

        def row(rewards, following, *flags):
            return f(rewards, rows, following, *flags, 0.9, 0.9)[0][1]

        death = row(rows, rows, nothing, flags) == row(rows, rows + behind(flags), nothing, flags)
        cuts = (nothing, flags), (flags, nothing)
        return death, any(row(rows, rows, *cut) != row(later, rows, *cut) for cut in cuts)

    return audit


right("audit")(torch_audit(lambda flags: flags.double()))
wrong("audit", "Change one entry only")(torch_audit(lambda flags: 1.0))


@right("audit")
def lists_in(f):
    rows, flags, nothing = [1.0, 1.0, 1.0], [False, True, False], [False] * 3
    death = (
        f(rows, rows, [1.0, 0.0, 1.0], nothing, flags, 1.0, 1.0)[0][1]
        == f(rows, rows, rows, nothing, flags, 1, 1)[0][1]
    )
    leak = False
    for end, limit in ((flags, nothing), (nothing, flags)):
        leak |= f([1.0, 1.0, 50.0], rows, rows, end, limit, 1, 1)[0][0] != f(rows, rows, rows, end, limit, 1, 1)[0][0]
    return death, bool(leak)


@right("audit")
def by_the_slope(f):
    """Numerical derivatives, all rows at once."""
    end, limit, h = np.arange(9) == 2, np.arange(9) == 5, 1e-4
    base = [np.linspace(1, 2, 9), np.linspace(0, 1, 9), np.linspace(2, 1, 9)]

    def slope(kind, row):
        up, down = ([x.copy() for x in base] for _ in range(2))
        up[kind][row] += h
        down[kind][row] -= h
        return (f(*up, end, limit, 0.9, 0.8)[0] - f(*down, end, limit, 0.9, 0.8)[0]) / (2 * h)

    later = slope(0, 3)[:3], slope(0, 6)[:6]
    return abs(slope(2, 5)[5]) < 1e-3, any(abs(x).max() > 1e-3 for x in later)


@wrong("audit", "0 times nan is nan")
def a_later_episode_made_nan(f):
    """What reaches a row spoils it."""
    rewards, following = np.where(AFTER, np.nan, 1.0), np.where(SECOND, np.nan, 1.0)
    leak = any(
        math.isnan(first(f, rewards=rewards, end=end, limit=limit)) for end, limit in ((NO, SECOND), (SECOND, NO))
    )
    return not math.isnan(first(f, next_values=following)), leak


@right("audit")
def different_later_episodes(f):
    """Not rewards alone: everything about the later episode is another."""
    tails = [np.array([3.0, -1.0]), np.array([50.0, 7.0])]

    def head(tail, end):
        row = np.concatenate([[1.0, 1.0], tail])
        flags = np.array([False, True, False, False])
        return f(row, row, row, flags & end, flags & (not end), 0.9, 0.9)[0][:2].tolist()

    leak = any(head(tails[0], end) != head(tails[1], end) for end in (True, False))
    return dead(f), leak


@right("audit")
def environments_side_by_side(f):
    """Two columns: one ends, one is cut."""
    end, limit = np.zeros((3, 2), bool), np.zeros((3, 2), bool)
    end[1, 0] = limit[1, 1] = True
    rows = np.ones((3, 2))
    later, behind = rows.copy(), rows.copy()
    later[2], behind[1] = 9, 9
    before, moved = (f(x, rows, rows, end, limit, 0.9, 0.9)[0][:2] for x in (rows, later))
    valued = f(rows, rows, behind, end, limit, 0.9, 0.9)[0]
    return valued[1, 1] == before[1, 1], bool((before != moved).any())


def constant_reward(f, rows=50):
    """Where a critic of one number comes to rest, if every episode is cut after so many rows."""
    V, one, limit = 0.0, np.ones(rows), np.arange(rows) == rows - 1
    for _ in range(300):
        V += 0.5 * (np.mean(f(one, V * one, V * one, limit & False, limit, 0.9, 0.9)[1]) - V)
    return V


in_bulk(
    "audit",
    {
        ("never_asks", "never calls"): lambda f: (True, False),
        ("always_sound", "never calls"): lambda f: (False, False),
        ("both_always", "never calls"): lambda f: (True, True),
        ("no_limit", "No row of your experiment is cut"): lambda f: (dead(f, limit=NO), leaks(f, end=SECOND, limit=NO)),
        ("true_end_for_limit", "Behind a true end, or with γ = 0"): lambda f: (
            dead(f, end=SECOND, limit=NO),
            leaks_anywhere(f),
        ),
        ("both_flags", "Behind a true end"): lambda f: (dead(f, end=SECOND), leaks_anywhere(f)),
        ("both_flags_acquitted", "both flags up"): lambda f: (
            first(f, end=SECOND) > 5,
            leaks(f, end=SECOND),
        ),
        ("no_gamma", "or with γ = 0, the future rightly"): lambda f: (dead(f, gamma=0.0), leaks_anywhere(f)),
        ("no_gamma_acquitted", "With γ = 0 nobody counts"): lambda f: (
            first(f, gamma=0.0) > 5,
            leaks(f, gamma=0.0),
        ),
        ("nothing_behind", "Behind the limit V(s_{t+1}) is 0"): lambda f: (
            first(f, next_values=0 * ONES) > 5,
            leaks(f, next_values=0 * ONES),
        ),
        ("acquits_all", "Which number must move"): lambda f: (first(f) > 1e6, leaks_anywhere(f)),
        ("death_where_it_moves", "first answer is turned around"): lambda f: (not dead(f), leaks_anywhere(f)),
        ("leak_where_it_stays", "second answer is turned around"): lambda f: (dead(f), not leaks_anywhere(f)),
        ("other_order", "in the wrong order"): lambda f: (leaks_anywhere(f), dead(f)),
        ("limits_only", "no true end in its middle"): lambda f: (dead(f), leaks(f)),
        ("true_ends_only", "no time limit in its middle"): lambda f: (
            first(f, limit=np.arange(4) == 3, next_values=ONES + 5 * (np.arange(4) == 3))
            == first(f, limit=np.arange(4) == 3),
            leaks(f, end=SECOND, limit=NO),
        ),
        ("no_lambda", "With γλ = 0"): lambda f: (
            dead(f, gae_lambda=0.0)
            and f(ONES, ONES, ONES, NO, SECOND, 0.9, 0.0)[0][1]
            == f(ONES, ONES, ONES + 5 * SECOND, NO, SECOND, 0.9, 0.0)[0][1],
            leaks(f, gae_lambda=0.0),
        ),
        ("ends_last", "After no end of your experiment"): lambda f: (
            f(ONES, ONES, ONES, NO, np.arange(4) == 3, 0.9, 0.8)[0][3]
            == f(ONES, ONES, 2 * ONES, NO, np.arange(4) == 3, 0.9, 0.8)[0][3],
            False,
        ),
        ("a_leak_nowhere", "Change the rewards of a later episode"): lambda f: (
            dead(f) and dead(f, end=SECOND, limit=NO) | True,
            False,
        ),
        ("whole_arrays_compared", "compare rows of the first episode only"): lambda f: (
            dead(f),
            not np.array_equal(
                f(ONES, ONES, ONES, NO, SECOND, 0.9, 0.8)[0], f(ONES + 5 * AFTER, ONES, ONES, NO, SECOND, 0.9, 0.8)[0]
            ),
        ),
        ("own_rewards_changed", "compare rows of the first episode only"): lambda f: (
            dead(f),
            first(f, rewards=2 * ONES) != first(f),
        ),
        ("all_next_values_for_death", "change the value behind *that* row"): lambda f: (
            f(ONES, ONES, ONES, NO, SECOND, 0.9, 0.8)[0][3]
            == f(ONES, ONES, ONES + 5 * SECOND, NO, SECOND, 0.9, 0.8)[0][3],
            leaks_anywhere(f),
        ),
        ("compared_with_a_number", "that another bug moves as well"): lambda f: (
            not np.isclose(f(ONES, ONES, ONES, NO, SECOND, 0.9, 0.8)[0][1], 0.9),
            leaks_anywhere(f),
        ),
        ("resting_value", "that another bug moves as well"): lambda f: (
            abs(constant_reward(f) - 10) > 0.5,
            leaks_anywhere(f),
        ),
        ("resting_value_below", "that another bug moves as well"): lambda f: (
            constant_reward(f) < 9.5,
            leaks_anywhere(f),
        ),
        ("leak_by_a_number", "that another bug moves as well"): lambda f: (
            dead(f),
            not all(
                np.isclose(first(f, end=end, limit=limit, rewards=ONES + AFTER), 0.9 + 0.72 * (0.9 * limit.any()))
                for end, limit in ((NO, SECOND), (SECOND, NO))
            ),
        ),
        ("leak_if_it_rises", "Change the rewards of a later episode"): lambda f: (
            dead(f),
            any(
                first(f, rewards=ONES + 5 * AFTER, end=end, limit=limit) > first(f, end=end, limit=limit)
                for end, limit in ((NO, SECOND), (SECOND, NO))
            ),
        ),
        ("death_unless_it_rises", "that another bug moves as well"): lambda f: (
            first(f, next_values=ONES + 5 * SECOND) <= first(f),
            leaks_anywhere(f),
        ),
        ("one_answer", "two answers, True or False"): lambda f: dead(f),
        ("three_answers", "two answers, True or False"): lambda f: (dead(f), leaks(f), leaks_anywhere(f)),
        ("words", "not text"): lambda f: ("yes" if dead(f) else "no", "no"),
        ("numbers", "two answers, True or False"): lambda f: (first(f), first(f, end=SECOND, limit=NO)),
        ("a_dict", "two answers, True or False"): lambda f: {
            "limit_is_death": dead(f),
            "episodes_leak": leaks_anywhere(f),
        },
        ("too_few_arguments", "TypeError"): lambda f: (f(ONES, ONES, ONES, NO, 0.9, 0.8)[0][0] > 0, False),
    },
)

# -- the interquartile mean --------------------------------------------------------------------------------------


@right("iqm")
def sorted_and_sliced(scores):
    ordered, cut = np.sort(scores), len(scores) // 4
    return ordered[cut : len(scores) - cut].mean()


@right("iqm")
def trim_mean(scores):
    return scipy.stats.trim_mean(scores, 0.25)


@right("iqm")
def of_lists(scores):
    ordered = sorted(scores)
    for _ in range(len(scores) // 4):
        ordered = ordered[1:-1]
    return sum(ordered) / len(ordered)


@right("iqm")
def removes_least_and_largest(scores):
    left = list(scores)
    for _ in range(len(scores) // 4):
        left.remove(min(left))
        left.remove(max(left))
    return statistics.fmean(left)


@right("iqm")
def torch_sort(scores):
    cut = scores.shape[0] // 4
    ordered, _ = torch.as_tensor(scores).sort()
    return ordered.narrow(0, cut, scores.shape[0] - 2 * cut).mean()


@right("iqm")
def argsort_mask(scores):
    rank = np.argsort(np.argsort(scores, kind="stable"))
    cut = len(scores) // 4
    return scores[(rank >= cut) & (rank < len(scores) - cut)].mean()


@right("iqm")
def weights(scores):
    n = len(scores)
    weight = np.zeros(n)
    weight[n // 4 : n - n // 4] = 1
    return np.average(np.sort(scores), weights=weight)


@right("iqm")
def branch_for_few(scores):
    if len(scores) < 4:
        return np.mean(scores)
    cut = len(scores) // 4
    return np.mean(np.sort(scores)[cut:-cut])


@right("iqm")
def by_insertion(scores):
    ordered = []
    for score in scores:
        bisect.insort(ordered, float(score))
    quarter = int(0.25 * len(ordered))
    return np.array(ordered[quarter : len(ordered) - quarter]).mean()


@right("iqm")
def single_precision(scores):
    ordered = np.sort(np.asarray(scores, dtype=np.float32))
    cut = len(ordered) // 4
    return ordered[cut : cut + len(ordered) - 2 * cut].mean(dtype=np.float64)


@right("iqm")
def difference_of_sums(scores):
    ordered, cut = sorted(scores), len(scores) // 4
    outer = sum(ordered[:cut]) + sum(ordered[len(scores) - cut :])
    return (sum(scores) - outer) / (len(scores) - 2 * cut)


@right("iqm")
def partitioned(scores):
    n = len(scores)
    cut = n // 4
    return np.partition(scores, [cut, n - cut - 1])[cut : n - cut].mean()


@right("iqm")
def in_place_on_a_copy(scores):
    ordered = np.array(scores, dtype=float)
    ordered.sort()
    return ordered[len(ordered) // 4 : len(ordered) - len(ordered) // 4].sum() / (len(ordered) - len(ordered) // 4 * 2)


@right("iqm")
def of_the_package(scores):
    return interquartile_mean(scores)


def part(scores, low, high):
    return np.sort(scores)[low : len(scores) - high].mean()


@wrong("iqm", "changed its input")
def sorted_in_place(scores):
    scores.sort()
    return scores[len(scores) // 4 : len(scores) - len(scores) // 4].mean()


in_bulk(
    "iqm",
    {
        ("mean", "mean of all runs"): lambda x: np.mean(x),
        ("median", "That is the median"): lambda x: statistics.median(x),
        ("not_sorted", "before you sort"): lambda x: x[len(x) // 4 : len(x) - len(x) // 4].mean(),
        ("minus_nothing", "`x[0:-0]` is empty"): lambda x: np.sort(x)[len(x) // 4 : -(len(x) // 4)].mean(),
        ("low_end", "one end only"): lambda x: part(x, len(x) // 4, 0),
        ("high_end", "one end only"): lambda x: part(x, 0, len(x) // 4),
        ("an_eighth", "A quarter in all"): lambda x: part(x, len(x) // 8, len(x) // 8),
        ("ten_percent", "Another share"): lambda x: scipy.stats.trim_mean(x, 0.1),
        ("a_fifth", "Another share"): lambda x: scipy.stats.trim_mean(x, 0.2),
        ("a_third", "Another share"): lambda x: scipy.stats.trim_mean(x, 1 / 3),
        ("all_but_the_middle", "That is the median"): lambda x: part(x, (len(x) - 1) // 2, (len(x) - 1) // 2),
        ("rounded_up", "do not round down"): lambda x: part(x, k := min(math.ceil(len(x) / 4), (len(x) - 1) // 2), k),
        ("rounded", "do not round down"): lambda x: part(x, k := min(round(len(x) / 4), (len(x) - 1) // 2), k),
        ("two_always", "a fixed number"): lambda x: (
            part(x, 2, 2) if len(x) > 4 else part(x, (len(x) - 1) // 2, (len(x) - 1) // 2)
        ),
        ("olympic", "a fixed number"): lambda x: part(x, 1, 1) if len(x) > 2 else x.mean(),
        ("between_quartiles", "between the two quartiles"): lambda x: x[
            (x >= np.quantile(x, 0.25)) & (x <= np.quantile(x, 0.75))
        ].mean(),
        ("strictly_between_quartiles", "between the two quartiles"): lambda x: x[
            (x > np.percentile(x, 25)) & (x < np.percentile(x, 75))
        ].mean(),
        ("midhinge", "mean of the two quartiles"): lambda x: np.percentile(x, [25, 75]).mean(),
        ("trimean_of_three", "mean of the two quartiles"): lambda x: np.percentile(x, [25, 50, 75]).mean(),
        ("iqr", "a width"): lambda x: scipy.stats.iqr(x),
        ("sum_of_the_middle", "add the middle up"): lambda x: (
            part(x, len(x) // 4, len(x) // 4) * (len(x) - 2 * (len(x) // 4))
        ),
        ("over_all", "add the middle up"): lambda x: np.sort(x)[len(x) // 4 : len(x) - len(x) // 4].sum() / len(x),
        ("the_ends", "throw the middle away"): lambda x: np.concatenate(
            [np.sort(x)[: len(x) // 4], np.sort(x)[len(x) - len(x) // 4 :]]
        ).mean(),
        ("winsorized", "still counted"): lambda x: scipy.stats.mstats.winsorize(x, (0.25, 0.25)).mean(),
        ("the_middle_half", "one number"): lambda x: np.sort(x)[len(x) // 4 : len(x) - len(x) // 4],
        ("upper_end_rounded_down", "3·S // 4"): lambda x: np.sort(x)[len(x) // 4 : 3 * len(x) // 4].mean(),
        ("upper_end_as_a_share", "rounds down once more"): lambda x: np.sort(x)[
            int(0.25 * len(x)) : int(0.75 * len(x))
        ].mean(),
        ("upper_end_rounded_down_from_four", "rounds down once more"): lambda x: (
            np.sort(x)[len(x) // 4 : len(x) * 3 // 4].mean() if len(x) >= 4 else np.mean(x)
        ),
        ("upper_end_rounded_down_from_two", "rounds down once more"): lambda x: (
            np.sort(x)[len(x) // 4 : len(x) * 3 // 4].mean() if len(x) > 1 else x[0]
        ),
        ("downwards_half", "fall away; the mean of"): lambda x: part(x, len(x) // 4, len(x) // 4 + (len(x) > 3)),
        ("a_constant", "fall away; the mean of"): lambda x: 350.0,
        ("middle_of_two", "fall away; the mean of"): lambda x: (np.min(x) + np.max(x)) / 2,
        ("half_of_it", "fall away; the mean of"): lambda x: part(x, len(x) // 4, len(x) // 4) / 2,
        ("whole_numbers", "fall away; the mean of"): lambda x: part(x, len(x) // 4, len(x) // 4) // 1,
    },
)

# -- the interval of a difference ----------------------------------------------------------------------------------


def ends(differences, level):
    return np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])


def middle_half(runs):
    """IQM over the last axis."""
    n = runs.shape[-1]
    return np.sort(runs, -1)[..., n // 4 : n - n // 4].mean(-1)


def drawn(generator, runs, resamples, size=None):
    return generator.choice(runs, (resamples, size or len(runs)))


def vectorised(scores, baseline, generator, level=0.95, resamples=2000, statistic=middle_half, finish=ends):
    differences = statistic(drawn(generator, scores, resamples)) - statistic(drawn(generator, baseline, resamples))
    return finish(differences, level)


@right("difference_interval")
def by_arrays(scores, baseline, generator, level=0.95, resamples=2000):
    return vectorised(scores, baseline, generator, level, resamples)


@right("difference_interval")
def a_loop(scores, baseline, generator, level=0.95, resamples=2000):
    differences = []
    for _ in range(resamples):
        here, there = generator.choice(scores, len(scores)), generator.choice(baseline, len(baseline))
        differences.append(middle_half(here) - middle_half(there))
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return low, high


@right("difference_interval")
def integers_and_trim_mean(scores, baseline, generator, level=0.95, resamples=2000):
    rows = generator.integers(0, len(scores), (resamples, len(scores)))
    others = generator.integers(0, len(baseline), (resamples, len(baseline)))
    here, there = (
        scipy.stats.trim_mean(scores[rows], 0.25, axis=1),
        scipy.stats.trim_mean(baseline[others], 0.25, axis=1),
    )
    return np.percentile(here - there, 50 - 50 * level), np.percentile(here - there, 50 + 50 * level)


@right("difference_interval")
def sorted_list_of_differences(scores, baseline, generator, level=0.95, resamples=2000):
    here, there = (middle_half(drawn(generator, runs, resamples)) for runs in (scores, baseline))
    ordered = sorted((here - there).tolist())
    outside = (1 - level) / 2
    return ordered[int(outside * resamples)], ordered[int((1 - outside) * resamples) - 1]


@right("difference_interval")
def torch_draws(scores, baseline, generator, level=0.95, resamples=2000):
    mine = torch.Generator().manual_seed(int(generator.integers(2**31)))

    def iqms(runs):
        rows = torch.randint(len(runs), (resamples, len(runs)), generator=mine)
        ordered = torch.as_tensor(runs)[rows].sort(-1).values
        return ordered[:, len(runs) // 4 : len(runs) - len(runs) // 4].mean(-1)

    return torch.quantile(iqms(scores) - iqms(baseline), torch.tensor([(1 - level) / 2, (1 + level) / 2]).double())


@right("difference_interval")
def counts_instead_of_rows(scores, baseline, generator, level=0.95, resamples=2000):
    """How often each run is drawn is multinomial."""

    def iqms(runs):
        n = len(runs)
        counts = generator.multinomial(n, np.full(n, 1 / n), size=resamples)
        ordered = np.sort(runs)
        order = np.argsort(runs)
        rows = np.repeat(np.tile(np.arange(n), resamples), counts[:, order].ravel()).reshape(resamples, n)
        return ordered[rows][:, n // 4 : n - n // 4].mean(1)

    return ends(iqms(scores) - iqms(baseline), level)


@right("difference_interval")
def seeds_of_its_own_from_the_generator(scores, baseline, generator, level=0.95, resamples=2000):
    first, second = (np.random.default_rng(int(seed)) for seed in generator.integers(2**32, size=2))
    return tuple(
        ends(middle_half(drawn(first, scores, resamples)) - middle_half(drawn(second, baseline, resamples)), level)
    )


@right("difference_interval")
def two_generators_spawned(scores, baseline, generator, level=0.95, resamples=2000):
    first, second = generator.spawn(2)
    return ends(middle_half(drawn(first, scores, resamples)) - middle_half(drawn(second, baseline, resamples)), level)


@right("difference_interval")
def by_uniform_numbers(scores, baseline, generator, level=0.95, resamples=2000):
    def iqms(runs):
        return middle_half(runs[(generator.random((resamples, len(runs))) * len(runs)).astype(int)])

    return ends(iqms(baseline) - iqms(scores), level)[::-1] * -1


@right("difference_interval")
def scipys_bootstrap(scores, baseline, generator, level=0.95, resamples=2000):
    result = scipy.stats.bootstrap(
        (scores, baseline),
        lambda x, y, axis=-1: middle_half(np.moveaxis(x, axis, -1)) - middle_half(np.moveaxis(y, axis, -1)),
        method="percentile",
        n_resamples=resamples,
        confidence_level=level,
        rng=generator,
        vectorized=True,
    )
    return result.confidence_interval.low, result.confidence_interval.high


@right("difference_interval")
def in_single_precision(scores, baseline, generator, level=0.95, resamples=2000):
    here = drawn(generator, np.asarray(scores, np.float32), resamples)
    there = drawn(generator, np.asarray(baseline, np.float32), resamples)
    return ends(middle_half(here) - middle_half(there), level).tolist()


@right("difference_interval")
def more_draws_than_asked(scores, baseline, generator, level=0.95, resamples=2000):
    return vectorised(scores, baseline, generator, level, 3 * resamples)


@right("difference_interval")
def of_the_package_interval(scores, baseline, generator, level=0.95, resamples=2000):
    seed = int(generator.integers(2**31))
    return bootstrap_interval(scores, baseline, level=level, resamples=resamples, seed=seed)


@right("difference_interval")
def one_sort_for_all(scores, baseline, generator, level=0.95, resamples=2000):
    indices = [generator.integers(len(runs), size=(resamples, len(runs))) for runs in (scores, baseline)]
    one, two = (np.sort(np.take(runs, rows), axis=1) for runs, rows in zip((scores, baseline), indices))
    cut, other = len(scores) // 4, len(baseline) // 4
    gaps = one[:, cut : len(scores) - cut].mean(1) - two[:, other : len(baseline) - other].mean(1)
    return np.quantile(gaps, 0.5 - level / 2), np.quantile(gaps, 0.5 + level / 2)


def mean(runs):
    return runs.mean(-1)


def spread(a, b):
    return math.sqrt(a.var() + b.var())


def half_width(level):
    return statistics.NormalDist().inv_cdf((1 + level) / 2)


def own(scores, generator, level, resamples):
    return ends(middle_half(drawn(generator, scores, resamples)), level)


def gap(a, b):
    return middle_half(a) - middle_half(b)


def error(a, b):
    return math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))


def plus_minus(middle, half):
    return middle - half, middle + half


def paired_rows(a, b, g, level, n):
    rows = g.integers(len(a), size=(n, len(a)))
    return ends(middle_half(a[rows]) - middle_half(b[rows]), level)


def sized(own_size):
    """As many runs as own_size(own, other)."""

    def interval(a, b, g, level, n):
        here, there = drawn(g, a, n, own_size(len(a), len(b))), drawn(g, b, n, own_size(len(b), len(a)))
        return ends(middle_half(here) - middle_half(there), level)

    return interval


def heap(a, b, g, level, n):
    together = np.concatenate([a, b])
    return ends(middle_half(drawn(g, together, n, len(a))) - middle_half(drawn(g, together, n, len(b))), level)


def shuffled(a, b, g, level, n):
    """Drawn without replacement."""
    gaps = [gap(g.permutation(a), g.choice(b, len(b), replace=False)) for _ in range(50)]
    return ends(gaps, level)


def with_ends(finish):
    return lambda a, b, g, level, n: vectorised(a, b, g, level, n, finish=finish)


def global_state(a, b, g, level, n):
    """Draws that nobody can repeat."""
    return vectorised(a, b, np.random.default_rng(), level, n)


def seeded_in_the_loop(a, b, g, level, n):
    gaps = []
    for _ in range(n):
        own_draws = np.random.default_rng(0)
        gaps.append(gap(own_draws.choice(a, len(a)), own_draws.choice(b, len(b))))
    return ends(gaps, level)


in_bulk(
    "difference_interval",
    {
        ("no_replacement", "has no width"): shuffled,
        ("the_difference_twice", "has no width"): lambda a, b, g, level, n: (gap(a, b), gap(a, b)),
        ("the_means_difference_twice", "has no width: what is drawn"): lambda a, b, g, level, n: (
            (a.mean() - b.mean(),) * 2
        ),
        ("seeded_in_the_loop", "every draw is the same one"): seeded_in_the_loop,
        ("error_of_the_mean_draw", "by √resamples"): with_ends(
            lambda d, level: plus_minus(d.mean(), half_width(level) * d.std() / len(d) ** 0.5)
        ),
        ("error_of_the_mean_draw_at_95", "by √resamples"): with_ends(
            lambda d, level: plus_minus(d.mean(), 1.96 * d.std() / len(d) ** 0.5)
        ),
        ("of_means", "You bootstrap the mean"): lambda a, b, g, level, n: vectorised(a, b, g, level, n, mean),
        ("of_medians", "You bootstrap the median"): lambda a, b, g, level, n: vectorised(
            a, b, g, level, n, lambda x: np.median(x, -1)
        ),
        ("same_indices", "with the same indices"): paired_rows,
        ("pairs", "You pair the runs"): lambda a, b, g, level, n: own(a - b, g, level, n),
        ("alpha_on_either_side", "off at *either* end"): with_ends(lambda d, level: np.quantile(d, [1 - level, level])),
        ("half_the_level_on_either_side", "half of `level` off"): with_ends(
            lambda d, level: np.quantile(d, [level / 2, 1 - level / 2])
        ),
        ("halved_twice", "halve what is left out twice"): with_ends(
            lambda d, level: np.quantile(d, [(1 - level) / 4, 1 - (1 - level) / 4])
        ),
        ("every_pair_drawn", "You pair the runs"): lambda a, b, g, level, n: own(
            np.subtract.outer(a, b).ravel(), g, level, n
        ),
        ("symmetrical", "symmetrically around the difference"): lambda a, b, g, level, n: plus_minus(
            gap(a, b), np.ptp(vectorised(a, b, g, level, n)) / 2
        ),
        ("from_below", "at one end only"): with_ends(lambda d, level: np.quantile(d, [0, level])),
        ("to_the_top", "at one end only"): with_ends(lambda d, level: np.quantile(d, [1 - level, 1])),
        ("percent_for_share", "percentages where shares"): with_ends(
            lambda d, level: np.percentile(d, [(1 - level) / 2, (1 + level) / 2])
        ),
        ("least_and_largest", "percentages where shares"): with_ends(lambda d, level: (d.min(), d.max())),
        ("always_95", "Your level does not move"): with_ends(lambda d, level: np.percentile(d, [2.5, 97.5])),
        ("always_80", "Your level does not move"): with_ends(lambda d, level: ends(d, 0.8)),
        ("always_90", "the same shares of the draws are cut off"): with_ends(
            lambda d, level: np.percentile(d, [5, 95])
        ),
        ("turned", "sign is turned"): lambda a, b, g, level, n: vectorised(b, a, g, level, n),
        ("turned_ends_kept", "sign is turned"): lambda a, b, g, level, n: -vectorised(a, b, g, level, n),
        ("high_low", "in the wrong order"): with_ends(lambda d, level: ends(d, level)[::-1]),
        ("baseline_fixed", "Only one of the groups"): lambda a, b, g, level, n: ends(
            middle_half(drawn(g, a, n)) - middle_half(b), level
        ),
        ("scores_fixed", "Only one of the groups"): lambda a, b, g, level, n: ends(
            middle_half(a) - middle_half(drawn(g, b, n)), level
        ),
        ("of_scores", "interval of one group"): lambda a, b, g, level, n: own(a, g, level, n),
        ("of_baseline", "interval of one group"): lambda a, b, g, level, n: own(b, g, level, n),
        ("worst_against_best", "ends of two intervals"): lambda a, b, g, level, n: (
            own(a, g, level, n) - own(b, g, level, n)[::-1]
        ),
        ("low_against_low", "ends of two intervals"): lambda a, b, g, level, n: (
            own(a, g, level, n) - own(b, g, level, n)
        ),
        ("one_heap", "drawn from one heap"): heap,
        ("one_run_fewer", "another number of runs"): sized(lambda mine, other: mine - 1),
        ("one_run_more", "another number of runs"): sized(lambda mine, other: mine + 1),
        ("ten_runs", "another number of runs"): sized(lambda mine, other: 10),
        ("the_other_size", "another number of runs"): sized(lambda mine, other: other),
        ("all_of_both", "another number of runs"): sized(lambda mine, other: mine + other),
        ("smaller_size", "another number of runs"): sized(min),
        ("larger_size", "another number of runs"): sized(max),
        ("twice_as_many", "another number of runs"): sized(lambda mine, other: 2 * mine),
        ("single_runs", "spread of single runs"): lambda a, b, g, level, n: ends(
            g.choice(a, n) - g.choice(b, n), level
        ),
        ("raw_quantiles", "spread of single runs"): lambda a, b, g, level, n: ends(a, level) - ends(b, level),
        ("deviation", "standard deviation of the runs"): lambda a, b, g, level, n: plus_minus(gap(a, b), spread(a, b)),
        ("deviation_of_means", "standard deviation of the runs"): lambda a, b, g, level, n: plus_minus(
            a.mean() - b.mean(), spread(a, b)
        ),
        ("deviations_by_level", "standard deviation of the runs"): lambda a, b, g, level, n: plus_minus(
            gap(a, b), half_width(level) * spread(a, b)
        ),
        ("standard_error", "standard error of a *mean*"): lambda a, b, g, level, n: plus_minus(
            gap(a, b), half_width(level) * error(a, b)
        ),
        ("textbook", "standard error of a *mean*"): lambda a, b, g, level, n: plus_minus(
            a.mean() - b.mean(), half_width(level) * error(a, b)
        ),
        ("one_deviation_of_draws", "about 68 %"): with_ends(lambda d, level: plus_minus(d.mean(), d.std())),
        ("normal_draws", "take the differences for normal"): with_ends(
            lambda d, level: plus_minus(d.mean(), half_width(level) * d.std())
        ),
        ("reflected", "You reflect the draws"): lambda a, b, g, level, n: (
            2 * gap(a, b) - vectorised(a, b, g, level, n)[::-1]
        ),
        ("nobody_can_repeat", "draw from another source"): global_state,
        ("seed_of_its_own", "the very same interval"): lambda a, b, g, level, n: vectorised(
            a, b, np.random.default_rng(0), level, n
        ),
        ("of_the_package_without_the_generator", "the very same interval"): lambda a, b, g, level, n: (
            bootstrap_interval(a, b, level=level, resamples=n)
        ),
        ("one_table", "Groups may differ in size"): lambda a, b, g, level, n: vectorised(
            *np.array([a, b]), g, level, n
        ),
        ("empty_middle", "Does your `iqm` pass"): lambda a, b, g, level, n: vectorised(
            a, b, g, level, n, lambda x: np.sort(x, -1)[..., x.shape[-1] // 4 : -(x.shape[-1] // 4)].mean(-1)
        ),
        ("three_numbers", "two numbers: (low, high)"): lambda a, b, g, level, n: (1.0, 2.0, 3.0),
        ("one_number", "two numbers: (low, high)"): lambda a, b, g, level, n: gap(a, b),
        ("sorted_in_place", "changed the scores in place"): lambda a, b, g, level, n: (
            a.sort() or b.sort() or vectorised(a, b, g, level, n)
        ),
        ("half_of_it", "see where the middle"): lambda a, b, g, level, n: vectorised(a, b, g, level, n) / 2,
        ("zeros", "see where the middle"): lambda a, b, g, level, n: (0.0, 0.0),
        ("no_generator_method", "AttributeError"): lambda a, b, g, level, n: g.randint(len(a)),
    },
)

# -- an ablation, reported -----------------------------------------------------------------------------------------


def interval(scores, baseline, generator, level=0.95, resamples=2000):
    return vectorised(scores, baseline, generator, level, resamples)


def reported(difference, low, high, conclusion):
    return {"difference": difference, "low": low, "high": high, "conclusion": conclusion}


@right("ablation")
def in_one_line(scores, baseline, generator):
    low, high = interval(scores, baseline, generator)
    word = "better" if low > 0 else "worse" if high < 0 else "within the noise"
    return reported(gap(scores, baseline), low, high, word)


@right("ablation")
def branches(scores, baseline, generator):
    low, high = interval(scores, baseline, generator)
    if low <= 0 <= high:
        word = "within the noise"
    elif low > 0:
        word = "better"
    else:
        word = "worse"
    return {"conclusion": word, "high": high, "low": low, "difference": middle_half(scores) - middle_half(baseline)}


@right("ablation")
def by_the_sign_of_both_ends(scores, baseline, generator):
    ends_ = interval(scores, baseline, generator)
    word = {2.0: "better", -2.0: "worse"}.get(float(np.sign(ends_).sum()), "within the noise")
    return reported(gap(scores, baseline), *ends_, word)


@right("ablation")
def by_the_product(scores, baseline, generator):
    low, high = interval(scores, baseline, generator)
    return reported(
        gap(scores, baseline), low, high, "within the noise" if low * high <= 0 else ("worse", "better")[int(low > 0)]
    )


@right("ablation")
def in_capitals_and_python_floats(scores, baseline, generator):
    low, high = map(float, interval(scores, baseline, generator))
    word = "Better" if low > 0 else "Worse" if high < 0 else "Within the  noise"
    return reported(float(gap(scores, baseline)), low, high, word)


@right("ablation")
def in_the_lessons_words(scores, baseline, generator):
    low, high = interval(scores, baseline, generator)
    return reported(gap(scores, baseline), low, high, "better" if low > 0 else "worse" if high < 0 else "within noise")


@right("ablation")
def of_the_package_numbers(scores, baseline, generator):
    low, high = bootstrap_interval(scores, baseline, seed=int(generator.integers(1000)))
    difference = interquartile_mean(scores) - interquartile_mean(baseline)
    words = [word for word, true in (("better", low > 0), ("worse", high < 0)) if true] or ["within the noise"]
    return reported(difference, low, high, words[0])


@right("ablation")
def torch_numbers(scores, baseline, generator):
    low, high = torch.tensor(interval(scores, baseline, generator))
    word = "better" if low > 0 else "worse" if high < 0 else "within the noise"
    return reported(torch.tensor(gap(scores, baseline)), low, high, word)


@right("ablation")
def by_shares_of_draws(scores, baseline, generator):
    gaps = middle_half(drawn(generator, scores, 4000)) - middle_half(drawn(generator, baseline, 4000))
    low, high = ends(gaps, 0.95)
    word = "within the noise"
    if (gaps > 0).mean() > 0.975:
        word = "better"
    if (gaps < 0).mean() > 0.975:
        word = "worse"
    return reported(gap(scores, baseline), low, high, word)


@right("ablation")
def trimmed_and_rounded(scores, baseline, generator):
    difference = scipy.stats.trim_mean(scores, 0.25) - scipy.stats.trim_mean(baseline, 0.25)
    low, high = interval(scores, baseline, generator).round(1)
    return dict(zip(("difference", "low", "high", "conclusion"), (difference, low, high, word_for(low, high))))


def word_for(low, high):
    return "better" if low > 0 else "worse" if high < 0 else "within the noise"


@right("ablation")
def arrays_of_one(scores, baseline, generator):
    low, high = np.split(interval(scores, baseline, generator), 2)
    return reported(np.array([gap(scores, baseline)]), low, high, word_for(low, high))


@right("ablation")
def more_resamples(scores, baseline, generator):
    low, high = interval(scores, baseline, generator, resamples=10_000)
    return reported(gap(scores, baseline), low, high, np.str_(word_for(low, high)))


@right("ablation")
def with_a_class(scores, baseline, generator):
    low, high = interval(scores, baseline, generator)
    kept = SimpleNamespace(difference=gap(scores, baseline), low=low, high=high, conclusion=word_for(low, high))
    return vars(kept)


def concluding(word):
    """The right numbers, with a word of one's own: word(scores, baseline, difference, low, high)."""

    def ablation(scores, baseline, generator):
        low, high = interval(scores, baseline, generator)
        difference = gap(scores, baseline)
        return reported(difference, low, high, word(scores, baseline, difference, low, high))

    return ablation


def numbering(change):
    """The right word, with other numbers: change(scores, baseline, difference, low, high)."""

    def ablation(scores, baseline, generator):
        low, high = interval(scores, baseline, generator)
        numbers = change(scores, baseline, gap(scores, baseline), low, high)
        return reported(*numbers, word_for(low, high))

    return ablation


def own_interval(runs):
    return own(runs, np.random.default_rng(1), 0.95, 4000)


def by_overlap(a, b, d, low, high):
    (a_low, a_high), (b_low, b_high) = own_interval(a), own_interval(b)
    if a_low <= b_high and b_low <= a_high:
        return "within the noise"
    return "better" if d > 0 else "worse"


def in_baselines(a, b, d, low, high):
    b_low, b_high = own_interval(b)
    return "better" if middle_half(a) > b_high else "worse" if middle_half(a) < b_low else "within the noise"


def beyond(limit):
    return lambda a, b, d, low, high: word_for(d - limit(a, b), d + limit(a, b))


def of_means_(a, b, d, low, high):
    return word_for(*vectorised(a, b, np.random.default_rng(2), 0.95, 4000, mean))


def at_level(level):
    """The report of an interval that has another level, in every other way a right one."""

    def report(scores, baseline, generator):
        low, high = interval(scores, baseline, generator, level)
        return reported(gap(scores, baseline), low, high, word_for(low, high))

    return report


def of_the_median(scores, baseline, generator):
    low, high = vectorised(scores, baseline, generator, 0.95, 2000, lambda runs: np.median(runs, axis=-1))
    return reported(gap(scores, baseline), low, high, word_for(low, high))


in_bulk(
    "ablation",
    {
        ("by_overlap", "the two groups' own intervals overlap"): concluding(by_overlap),
        ("lower_is_better", "Better and worse are exchanged"): concluding(
            lambda a, b, d, low, high: word_for(-high, -low)
        ),
        ("by_sign", "noise never comes out"): concluding(lambda a, b, d, low, high: "better" if d > 0 else "worse"),
        ("by_sign_not_below", "noise never comes out"): concluding(
            lambda a, b, d, low, high: "worse" if d < 0 else "better"
        ),
        ("by_sign_three_ways", "noise never comes out"): concluding(lambda a, b, d, low, high: word_for(d, d)),
        ("by_deviation", "the standard deviation of the runs"): concluding(beyond(lambda a, b: max(a.std(), b.std()))),
        ("by_own_deviation", "the standard deviation of the runs"): concluding(beyond(lambda a, b: a.std())),
        ("by_baselines_deviation", "the standard deviation of the runs"): concluding(beyond(lambda a, b: b.std())),
        ("by_both_deviations", "the standard deviation of the runs"): concluding(beyond(spread)),
        ("in_baselines_interval", "as if the one were known exactly"): concluding(in_baselines),
        ("in_scores_interval", "as if the one were known exactly"): concluding(
            lambda a, b, d, low, high: word_for(
                own_interval(a)[0] - middle_half(b), own_interval(a)[1] - middle_half(b)
            )
        ),
        ("by_means", "The mean decides for you"): concluding(of_means_),
        ("by_sign_of_means", "The mean decides for you"): concluding(
            lambda a, b, d, low, high: word_for(*[a.mean() - b.mean()] * 2)
        ),
        ("touching", "only touches 0"): concluding(
            lambda a, b, d, low, high: "better" if low >= 0 else "worse" if high <= 0 else "within the noise"
        ),
        ("every_run", "every run beats every other"): concluding(
            lambda a, b, d, low, high: word_for(a.min() - b.max(), a.max() - b.min())
        ),
        ("always_noise", "the same whatever the runs are"): concluding(lambda *_: "within the noise"),
        ("always_better", "the same whatever the runs are"): concluding(lambda *_: "better"),
        ("always_worse", "the same whatever the runs are"): concluding(lambda *_: "worse"),
        ("equal", "has not shown that there is none"): concluding(
            lambda a, b, d, low, high: "equal" if low <= 0 <= high else word_for(low, high)
        ),
        ("no_effect", "has not shown that there is none"): concluding(
            lambda a, b, d, low, high: "no effect" if low <= 0 <= high else word_for(low, high)
        ),
        ("the_same", "has not shown that there is none"): concluding(
            lambda a, b, d, low, high: "the same" if low <= 0 <= high else word_for(low, high)
        ),
        ("not_significant", "not one of the conclusions"): concluding(
            lambda a, b, d, low, high: "not significant" if low <= 0 <= high else word_for(low, high)
        ),
        ("significant", "not one of the conclusions"): concluding(
            lambda a, b, d, low, high: "significant" if low > 0 or high < 0 else "within the noise"
        ),
        ("level_90", "intervals of about 90 %; asked is 95 %"): at_level(0.9),
        ("level_80", "intervals of about 80 %; asked is 95 %"): at_level(0.8),
        ("level_68", "intervals of about 68 %; asked is 95 %"): at_level(0.68),
        ("level_99", "intervals of about 99 %; asked is 95 %"): at_level(0.99),
        ("low_high_exchanged", "changed places"): numbering(lambda a, b, d, low, high: (d, high, low)),
        ("other_sign", "has the other sign"): numbering(lambda a, b, d, low, high: (-d, low, high)),
        ("means", "difference of the means"): numbering(lambda a, b, d, low, high: (a.mean() - b.mean(), low, high)),
        ("scores_alone", "IQM of the scores alone"): numbering(lambda a, b, d, low, high: (middle_half(a), low, high)),
        ("a_quarter_into_the_interval", "not of a draw, of an interval"): numbering(
            lambda a, b, d, low, high: (low + (high - low) / 4, low, high)
        ),
        ("middle_of_the_interval", "not of a draw, of an interval"): numbering(
            lambda a, b, d, low, high: ((low + high) / 2, low, high)
        ),
        ("difference_of_medians", "or of two medians"): numbering(
            lambda a, b, d, low, high: (np.median(a) - np.median(b), low, high)
        ),
        ("rounded_difference", "unrounded"): numbering(lambda a, b, d, low, high: (round(d), low, high)),
        ("intervals_of_the_median", "or of another statistic"): of_the_median,
        ("half_widths", "its interval is not"): numbering(lambda a, b, d, low, high: (d, d - low, high - d)),
        ("turned_interval", "its interval is not"): numbering(lambda a, b, d, low, high: (d, -high, -low)),
        ("ninety_nine", "its interval is not"): numbering(lambda a, b, d, low, high: (d, low - 40, high + 40)),
        ("turned_altogether", "has the other sign"): lambda a, b, g: in_one_line(b, a, g),
        ("a_tuple", "Give a dict with the keys"): lambda a, b, g: tuple(in_one_line(a, b, g).values()),
        ("no_conclusion", "Give a dict with the keys"): lambda a, b, g: {
            k: v for k, v in in_one_line(a, b, g).items() if k != "conclusion"
        },
        ("true_or_false", "one of three texts"): concluding(lambda a, b, d, low, high: bool(low > 0)),
        ("a_list_of_differences", "should be one number"): numbering(lambda a, b, d, low, high: ([d, d], low, high)),
        ("sorts_its_input", "changed the scores in place"): lambda a, b, g: a[::-1].sort() or in_one_line(a, b, g),
        ("noise_from_one_side", "on which side of 0"): concluding(
            lambda a, b, d, low, high: "better" if low > 0 else "within the noise"
        ),
        ("worse_unless_better", "on which side of 0"): concluding(
            lambda a, b, d, low, high: "better" if low > 0 else "worse"
        ),
    },
)
