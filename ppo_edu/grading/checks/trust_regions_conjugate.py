"""Exercise 04: conjugate gradient, judged by its iterates and by how many products it takes."""

import numpy as np

from ppo_edu.grading.checks.trust_regions_conjugate_beliefs import BELIEFS
from ppo_edu.grading.checks.trust_regions_cost import AtACost, free, in_kind, products
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile
from ppo_edu.trpo import conjugate_gradient

LESSON = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])


def by_products(H):
    """v -> H v, for vectors of any kind; `.calls` counts, `.matrix` is for the check's own eyes."""

    def product(v):
        if v.shape != (len(H),):
            raise ValueError(f"matvec takes one vector of {len(H)} entries, got shape {v.shape}")
        matvec.calls += 1
        return H @ v

    kind_by_kind = in_kind(product)

    def matvec(v):
        return kind_by_kind(v)

    matvec.calls, matvec.matrix = 0, H
    return matvec


def problem(rng, size, spread=4.0, length=1.0):
    """A made-up H whose eigenvalues go from 1 to 1 + spread, and b of the length given."""
    turned, _ = np.linalg.qr(rng.normal(size=(size, size)))
    b = rng.normal(size=size)
    H = turned * np.linspace(1, 1 + spread, size) @ turned.T
    return (H + H.T) / 2, length * size * b / np.linalg.norm(b)


def residuals(H, b, count):
    """‖b − H x‖ / ‖b‖ of the iterates 0 … count."""
    xs = (conjugate_gradient(lambda v: H @ v, b, k, 0.0) for k in range(count + 1))
    return np.array([np.linalg.norm(b - H @ x) / np.linalg.norm(b) for x in xs])


def solved(seed):
    """As many iterations as unknowns: the solution."""
    rng = np.random.default_rng(seed)
    sizes = [problem(rng, size) for size in (3, 5)]
    return [(by_products(H), b, len(b), 1e-10) for H, b in (LESSON, *sizes)]


def on_the_way(seed):
    """Fewer iterations than unknowns, from none to all but one."""
    rng = np.random.default_rng(seed + 1)
    H, b = problem(rng, 6, spread=9.0)
    cases = [(by_products(H), b, k, 1e-10) for k in (1, 2, 3, 5)]
    return [(by_products(LESSON[0]), LESSON[1], 1, 1e-10), *cases, (by_products(H), b, 0, 1e-10)]


def stopped(seed):
    """A tolerance between the residuals of two iterates, for b of several lengths."""
    rng = np.random.default_rng(seed + 2)
    probes = []
    for length, after in ((1.0, 2), (50.0, 3), (0.05, 1), (1.0, 4)):
        H, b = problem(rng, 7, spread=14.0, length=length)
        left = residuals(H, b, after)
        probes.append((by_products(H), b, 40, float(np.sqrt(left[after - 1] * left[after]))))
    return probes


def at_the_end(seed):
    """Few iterations; more than there are unknowns; nothing left to do: H = 1, b = 0, one unknown."""
    rng = np.random.default_rng(seed + 3)
    few, (H, b) = problem(rng, 6), problem(rng, 4)
    one = by_products(np.eye(3)), np.array([1.0, -2.0, 0.5]), 5, 1e-10
    nothing, single = (by_products(H), 0 * b, 4, 1e-10), (by_products(2 * np.eye(1)), b[:1], 3, 1e-10)
    return [(by_products(few[0]), few[1], 4, 1e-10), (by_products(H), b, 25, 1e-10), one, nothing, single]


def words(inputs, index):
    """Words for the entry that differs."""
    matvec, b, iterations, tol = inputs
    where = f"entry {index[0]} of x, " if index else ""
    size = f"H with rows {', '.join(map(shown, matvec.matrix))}" if len(b) < 3 else f"H of {len(b)} × {len(b)}"
    return f"{where}{size}, b = {shown(b)}, iterations = {iterations}, tol = {tol:.3g}"


def explain(matvec, b, iterations, tol):
    """A sentence about the case."""
    if not b.any():
        return "b is 0 here, and so is x: nothing is left to do before the first iteration."
    if tol > 1e-6:
        return f"Here iterating should end early, once ‖b − Hx‖ ≤ {shown(tol)} · ‖b‖, and not before."
    if iterations < len(b):
        return f"After {iterations} of {len(b)} iterations x is not the solution yet, but it is the one of the method."
    return (
        "Each iteration: one product Hd, the length rᵀr / dᵀHd, then x, r and the direction, and the new direction is "
        "the new r plus a share of the old direction."
    )


CONJUGATE_GRADIENT = Item(
    name="conjugate_gradient",
    exercise="04_trust_regions",
    points=1,
    judge=AtACost(
        free(lambda matvec, b, iterations, tol: conjugate_gradient(matvec, b, iterations, tol)),
        ("matvec", "b", "iterations", "tol"),
        ("x", "too many products"),
        (
            Part("as many iterations as unknowns: the solution", 0.25, solved, entry=0),
            Part("fewer iterations: on the way there", 0.25, on_the_way, entry=0),
            Part("`tol`, for b of any length", 0.25, stopped, entry=0),
            Fragile(
                "nothing left to do; one product an iteration; inputs left as they were",
                0.25,
                at_the_end,
                raised="Once b − Hx is 0, dᵀHd is 0 as well, and the next length would be 0/0.",
            ),
        ),
        BELIEFS,
        explain,
        "n unknowns, n products at most if nothing is rounded; TRPO stops after ten, with an x that is good enough. "
        "Nothing here knows what H is: the same lines serve a table of logits and a network.",
        row=words,
        meter=products,
        allowed=lambda inputs: (f"at most {inputs[2]} products H d", "more"),
        too_dear="x is right, but costs more products than there are iterations. One product H d is enough: it gives "
        "the length of the step, and the residual as well. For a network each product is two passes of autograd.",
    ),
    hints=(
        "Which direction is best at first, when x = 0? And after a step along d, how can you know the new b − Hx "
        "without another product?",
        "Keep three vectors: x, the residual r = b − Hx, the direction d. The product p = Hd gives the length rᵀr/dᵀp "
        "and the new residual r − length · p. The next direction is the new r plus d times (new rᵀr / old rᵀr).",
        "for …: stop if ‖r‖ ≤ tol·‖b‖; p = matvec(___); a = ___ / (d @ p); x, r, d = x + a·___, ___, ___",
    ),
    answer="x, r, d = 0 * b, b, b\n"
    "while iterations > 0 and r @ r > tol**2 * (b @ b):\n"
    "    p = matvec(d)\n"
    "    a = r @ r / (d @ p)\n"
    "    x, left = x + a * d, r - a * p\n"
    "    d, r = left + left @ left / (r @ r) * d, left\n"
    "    iterations -= 1\n"
    "return x",
)
