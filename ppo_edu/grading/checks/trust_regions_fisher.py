"""Exercise 04: the Fisher matrix of a table of logits times a vector, without the matrix."""

import numpy as np

from ppo_edu.grading.checks.trust_regions_cost import AtACost, about, free, memory
from ppo_edu.grading.formula import Part, belief, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile

ROWS = (
    "One state comes out right. With several, a row of weights [S] meets tables [S, A], and numpy lines it up with the "
    "*actions*. The weight of a state belongs to its whole row."
)


def product(probs, weights, vector, damping):
    """weights(s) · (π v − π (π·v)) + damping v, state by state."""
    average = (probs * vector).sum(-1, keepdims=True)
    return weights[:, None] * probs * (vector - average) + damping * vector


def table(rng, states, actions, damping):
    """Made-up policies, shares of visits that sum to 1 unevenly, and a vector of both signs."""
    probs, weights = rng.dirichlet(np.ones(actions), states), rng.dirichlet(np.full(states, 2.0))
    vector = rng.choice([-1.0, 1.0], (states, actions)) * rng.uniform(1, 9, (states, actions))
    return probs, weights, vector, damping


def one_state(seed):
    """The lesson's policy against (1, 0, 0), then others; all weight on the one state."""
    rng = np.random.default_rng(seed)
    lesson = np.array([[0.5, 0.4, 0.1]]), np.array([1.0]), np.array([[1.0, 0.0, 0.0]]), 0.0
    return [lesson, table(rng, 1, 3, 0.0), table(rng, 1, 6, 0.0)]


def several_states(seed):
    """Uneven visits; a state that is never visited; as many states as actions."""
    rng = np.random.default_rng(seed + 1)
    unvisited = table(rng, 4, 3, 0.0)
    unvisited[1][:] = [0.5, 0.0, 0.2, 0.3]
    return [table(rng, 3, 2, 0.0), table(rng, 3, 3, 0.0), unvisited]


def damped(seed):
    """With damping; with every entry of the vector the same."""
    rng = np.random.default_rng(seed + 2)
    probs, weights, vector, _ = table(rng, 3, 4, 0.0)
    return [table(rng, 4, 3, 0.1), table(rng, 3, 3, 0.5), (probs, weights, 0 * vector + 3.0, 0.2)]


def large(seed):
    """600 parameters: 360,000 entries."""
    return [table(np.random.default_rng(seed + 3), 100, 6, 0.05)]


def per_state(formula):
    """A belief about F v of one state, π and v; weights and damping are as they should be."""

    def answer(probs, weights, vector, damping):
        return weights[:, None] * formula(probs, vector) + damping * vector

    return about(answer)


def centred(p, v):
    """What stands in the brackets: v less its average under π."""
    return v - (p * v).sum(-1, keepdims=True)


def with_weights(change):
    return about(lambda p, w, v, damping: change(w)[:, None] * p * centred(p, v) + damping * v)


def with_damping(change):
    return about(lambda p, w, v, damping: change(w[:, None] * p * centred(p, v), v, damping))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


BELIEFS = (
    belief(
        "−π πᵀ is missing: that is diag(π) alone. Raising all logits of a state alike changes no policy, so such a "
        "vector should give 0.",
        per_state(lambda p, v: p * v),
    ),
    belief(
        "diag(π) is missing: that is π πᵀ v alone, or with its minus.",
        per_state(lambda p, v: p * (p * v).sum(-1, keepdims=True)),
        per_state(lambda p, v: -p * (p * v).sum(-1, keepdims=True)),
    ),
    belief(
        "π πᵀ is added. It is subtracted: diag(π) − π πᵀ.",
        per_state(lambda p, v: p * (v + (p * v).sum(-1, keepdims=True))),
    ),
    belief(
        "You square π(a): what is taken off is π(a) times the *number* π·v, in which each v(b) comes with its own "
        "π(b).",
        per_state(lambda p, v: p * v - p**2 * v),
        per_state(lambda p, v: p * v - p * p * v.sum(-1, keepdims=True)),
    ),
    belief(
        "What you take off v is a plain mean or a sum. It is the mean under π: the sum Σ π v, not divided by anything.",
        per_state(lambda p, v: p * (v - v.mean(-1, keepdims=True))),
        per_state(lambda p, v: p * (v - v.sum(-1, keepdims=True))),
        per_state(lambda p, v: p * (v - (p * v).mean(-1, keepdims=True))),
    ),
    belief(
        "A factor π is missing: v and its mean under π both come with a π(a) in front.",
        per_state(lambda p, v: centred(p, v)),
        per_state(lambda p, v: p * v - (p * v).sum(-1, keepdims=True)),
        per_state(lambda p, v: v - p * (p * v).sum(-1, keepdims=True)),
    ),
    belief(
        "Your π·v runs over all states, or over the states in place of the actions. Each state has a block of its own.",
        per_state(lambda p, v: p * (v - (p * v).sum())),
        per_state(lambda p, v: p * (v - (p * v).sum(0))),
        per_state(lambda p, v: p * (v - (p * v).mean())),
        about(lambda p, w, v, damping: w[:, None] * p * (v - (w[:, None] * p * v).sum()) + damping * v),
    ),
    belief(
        "The weight stands inside, too: Σ π v of a state is the same however often the state is visited. Weights count "
        "once.",
        about(
            lambda p, w, v, damping: w[:, None] * p * (v - (w[:, None] * p * v).sum(-1, keepdims=True)) + damping * v
        ),
        about(
            lambda p, w, v, damping: (
                w[:, None] * p * v - (w[:, None] * p) * (w[:, None] * p * v).sum(-1, keepdims=True) + damping * v
            )
        ),
        with_weights(lambda w: w**2),
    ),
    belief(
        "The weights are not used, or not as they are: each is the share of the visits already, and states that are "
        "visited often count more.",
        with_weights(np.ones_like),
        with_weights(lambda w: np.full_like(w, 1 / len(w))),
        with_weights(lambda w: w / len(w)),
        with_weights(lambda w: w / w.max()),
        with_weights(lambda w: w * len(w)),
        with_weights(np.sqrt),
    ),
    belief(
        "The weights stand on one of the two terms only.",
        about(
            lambda p, w, v, damping: w[:, None] * p * v - p * (p * v).sum(-1, keepdims=True) + damping * v,
        ),
        about(
            lambda p, w, v, damping: p * v - w[:, None] * p * (p * v).sum(-1, keepdims=True) + damping * v,
        ),
    ),
    belief(
        "The damping is not used. It is added to the diagonal: damping times v.",
        with_damping(lambda Fv, v, damping: Fv),
    ),
    belief(
        "The damping is added to the product. It is added to the diagonal of F, so it comes as damping times *v*.",
        with_damping(lambda Fv, v, damping: Fv + damping),
        with_damping(lambda Fv, v, damping: (1 + damping) * Fv),
        with_damping(lambda Fv, v, damping: Fv + damping * v**2),
    ),
    belief(
        "The damping is multiplied with something else: with the weights, or with π, or subtracted.",
        about(lambda p, w, v, damping: w[:, None] * (p * centred(p, v) + damping * v)),
        about(lambda p, w, v, damping: w[:, None] * p * (centred(p, v) + damping * v)),
        about(lambda p, w, v, damping: w[:, None] * p * centred(p, v) + damping * p * v),
        with_damping(lambda Fv, v, damping: Fv - damping * v),
        with_damping(lambda Fv, v, damping: damping * Fv + v),
        with_damping(lambda Fv, v, damping: (1 - damping) * Fv + damping * v),
        with_damping(lambda Fv, v, damping: damping * Fv),
    ),
    belief(
        "You take the softmax of `probs`. They are probabilities already.",
        about(lambda p, w, v, damping: product(softmax(p), w, v, damping)),
    ),
    belief(
        "That is vᵀFv or a sum: one number, or one for each state. Asked is the vector F v, in the shape of v.",
        about(lambda *inputs: (inputs[2] * product(*inputs)).sum()),
        about(lambda *inputs: (inputs[2] * product(*inputs)).sum(-1)),
        about(lambda *inputs: product(*inputs).sum()),
        about(lambda *inputs: product(*inputs).sum(-1)),
    ),
    belief(
        "You add the states up. Each has logits of its own, and so a row of its own in F v.",
        about(lambda *inputs: product(*inputs).sum(0)),
        about(lambda *inputs: np.broadcast_to(product(*inputs).sum(0), inputs[2].shape)),
    ),
    belief(
        "The numbers are right but stand in one line. Keep the shape of v: one row for each state.",
        about(lambda *inputs: product(*inputs).ravel()),
    ),
    belief(
        "A sign or a factor: F is the curvature of the KL itself, so v = F⁻¹g is a step uphill, and ½ stands before "
        "vᵀFv only.",
        about(lambda *inputs: -product(*inputs)),
        per_state(lambda p, v: -p * centred(p, v)),
        per_state(lambda p, v: p * centred(p, v) / 2),
        about(lambda *inputs: product(*inputs) / 2),
    ),
)


def words(inputs, index):
    """Words for the entry that differs."""
    probs, weights, vector, damping = inputs
    if not index:
        return f"tables of shape {probs.shape}"
    s = index[0]
    where = f"state {s}, action {index[1]}" if len(index) > 1 else f"state {s}"
    return (
        f"{where}: π = {shown(probs[s])}, weight {shown(weights[s])}, v = {shown(vector[s])}, damping {shown(damping)}"
    )


FISHER_VECTOR_PRODUCT = Item(
    name="fisher_vector_product",
    exercise="04_trust_regions",
    points=1,
    judge=AtACost(
        free(product),
        ("probs", "weights", "v", "damping"),
        ("F v", "a matrix of all parameters"),
        (
            Part("one state", 0.25, one_state, entry=0),
            Fragile("several states and their weights", 0.25, several_states, entry=0, raised=ROWS),
            Fragile("damping", 0.25, damped, entry=0, raised=ROWS),
            Fragile("600 parameters, without their matrix; inputs left as they were", 0.25, large, raised=ROWS),
        ),
        BELIEFS,
        lambda *inputs: (
            "Take one state, and weight 1. What is diag(π) v, and what kind of thing is πᵀv? Then the weight, then the "
            "damping."
        ),
        "As much work as the table has entries, while the matrix has their square. For a network the same product "
        "comes out of autograd, as the gradient of ∇KL · v.",
        row=words,
        meter=memory,
        allowed=lambda inputs: (f"no array of {np.size(inputs[0])} × {np.size(inputs[0])}", "one, or as much memory"),
        too_dear="The product is right, but a matrix of all parameters was in memory on the way: 360,000 numbers for "
        "600 parameters. diag(π) − π πᵀ times v needs no matrix: what is diag(π) v, and what is π (πᵀv)?",
    ),
    hints=(
        "diag(π) v has entries π(a) v(a). And in π (πᵀ v), what kind of thing is πᵀ v?",
        "For each state take the average of v under π: one number. The entry of the product is π(a) times how far v(a) "
        "is above that average.",
        "average = (probs * ___).sum(axis=1, keepdims=True); return weights[:, None] * probs * (___) + ___",
    ),
    answer="average = (probs * vector).sum(axis=1, keepdims=True)\n"
    "return weights[:, None] * probs * (vector - average) + damping * vector",
)
