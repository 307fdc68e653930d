"""Exercise 04: what is believed about conjugate gradient, as functions that do so."""

import numpy as np

from ppo_edu.grading.checks.trust_regions_cost import about
from ppo_edu.grading.formula import belief


def usual_length(r, d, p):
    return r @ r / (d @ p)


def usual_mix(new, r, p, d):
    return new @ new / (r @ r)


def relative(r, b, tol):
    return np.sqrt(r @ r) <= tol * np.sqrt(b @ b)


def descent(length=usual_length, mix=usual_mix, stop=relative, steps=lambda k: k, result=lambda x, r, d: x, **more):
    """Conjugate gradient with something replaced."""
    follow = more.get("follow", lambda r, a, p, d: r - a * p)
    onwards = more.get("onwards", lambda r, m, d, old: r + m * d)
    begin = more.get("begin", lambda b: (0 * b, b, b))

    def answer(matvec, b, iterations, tol):
        x, r, d = begin(b)
        for _ in range(steps(iterations)):
            if stop(r, b, tol):
                break
            p = matvec(d)
            a = length(r, d, p)
            x = x + a * d
            new = follow(r, a, p, d)
            d = onwards(new, mix(new, r, p, d), d, r)
            r = new
        return result(x, r, d)

    return about(answer)


def from_elsewhere(start):
    """Conjugate gradient from another x, with the residual that belongs to it."""

    def answer(matvec, b, iterations, tol):
        r = b - matvec.matrix @ start(b)
        return descent(begin=lambda b: (start(b), r, r))(matvec, b, iterations, tol)[0]

    return about(answer)


def one_array(in_place):
    """r = d = b.copy(), and r -= … changes d as well; until d becomes an array of its own, or for ever."""

    def answer(matvec, b, iterations, tol):
        x, r, d = 0 * b, b, b
        for k in range(iterations):
            if relative(r, b, tol):
                break
            p = matvec(d)
            before = r @ r
            a = before / (d @ p)
            x, r = x + a * d, r - a * p
            if in_place:
                r = d = 2 * (r @ r / before) * r
            else:
                d = r + r @ r / before * (d if k else r)
        return x

    return about(answer)


def first_square(of_length):
    """Divides by the squared length of the first residual for ever, in the length of the step too or not."""

    def answer(matvec, b, iterations, tol):
        x, r, d = 0 * b, b, b
        for _ in range(iterations):
            if relative(r, b, tol):
                break
            p = matvec(d)
            a = (b @ b if of_length else r @ r) / (d @ p)
            x, r = x + a * d, r - a * p
            d = r + r @ r / (b @ b) * d
        return x

    return about(answer)


def stop_after(stop, before=False):
    """The test stands at the end of the loop, and asks about the new residual or about the one before."""

    def answer(matvec, b, iterations, tol):
        x, r, d = 0 * b, b, b
        for _ in range(iterations):
            p = matvec(d)
            a = r @ r / (d @ p)
            x, new = x + a * d, r - a * p
            asked = r if before else new
            d, r = new + new @ new / (r @ r) * d, new
            if stop(asked, b, tol):
                break
        return x

    return about(answer)


def at_once(solve):
    """Uses the matrix, whatever `iterations` and `tol` say."""
    return about(lambda matvec, b, iterations, tol: solve(matvec.matrix, b))


def never(r, b, tol):
    return False


BELIEFS = (
    belief(
        "That is steepest descent: every direction is the residual alone. Then later steps undo part of earlier ones, "
        "and with n unknowns n steps are not enough. Mix in the direction before.",
        descent(mix=lambda *_: 0.0),
        descent(mix=lambda *_: 0.0, length=lambda r, d, p: r @ d / (d @ p)),
        descent(mix=lambda *_: 0.0, stop=never),
    ),
    belief(
        "Your steps all have one length. The right one is where the parabola along the direction is lowest, and needs "
        "dᵀHd.",
        *(descent(length=lambda *_, a=a: a) for a in (1.0, 0.5, 0.1, 0.01)),
        *(descent(length=lambda *_, a=a: a, mix=lambda *_: 0.0) for a in (1.0, 0.5, 0.1, 0.01)),
        *(descent(length=lambda *_, a=a: a, mix=lambda *_: 0.0, stop=never) for a in (1.0, 0.5, 0.1, 0.01)),
    ),
    belief(
        "The length of your step is turned upside down, or has a factor too many: it is rᵀr over dᵀHd.",
        descent(length=lambda r, d, p: (d @ p) / (r @ r)),
        descent(length=lambda r, d, p: r @ r / (d @ p) / 2),
        descent(length=lambda r, d, p: 2 * r @ r / (d @ p)),
        descent(length=lambda r, d, p: np.sqrt(r @ r) / (d @ p)),
        descent(length=lambda r, d, p: np.sqrt(r @ r / (d @ p))),
        descent(length=lambda r, d, p: -(r @ r) / (d @ p)),
    ),
    belief(
        "In the length of your step a product is of the wrong pair of vectors: above the line stands rᵀr, below it "
        "dᵀHd.",
        descent(length=lambda r, d, p: r @ r / (p @ p)),
        descent(length=lambda r, d, p: r @ r / (d @ d)),
        descent(length=lambda r, d, p: d @ d / (d @ p)),
        descent(length=lambda r, d, p: r @ p / (p @ p)),
        descent(length=lambda r, d, p: d @ p / (p @ p)),
    ),
    belief(
        "How much of the direction before is kept is turned upside down: it is the new rᵀr over the old one.",
        descent(mix=lambda new, r, p, d: (r @ r) / (new @ new)),
    ),
    belief(
        "How much of the direction before is kept is a quotient of *squares*, rᵀr after and before, with a plus.",
        descent(mix=lambda new, r, p, d: np.sqrt(new @ new / (r @ r))),
        descent(mix=lambda new, r, p, d: -(new @ new) / (r @ r)),
        descent(mix=lambda new, r, p, d: (new @ new / (r @ r)) ** 2),
        descent(mix=lambda new, r, p, d: (r - new) @ new / (r @ r)),
        descent(mix=lambda new, r, p, d: new @ new / (d @ d)),
    ),
    belief(
        "You keep all of the direction before, or a fixed share of it.",
        *(descent(mix=lambda *_, m=m: m) for m in (1.0, 0.9, 0.5, -1.0)),
    ),
    belief(
        "The squared length of the residual before is not kept up: every later step divides by that of the first.",
        first_square(False),
        first_square(True),
    ),
    belief(
        "Your new direction is made of the *old* residual. Update r first, then the direction.",
        descent(onwards=lambda r, m, d, old: old + m * d),
        descent(onwards=lambda r, m, d, old: old + m * d, mix=lambda *_: 1.0),
    ),
    belief(
        "Your direction forgets the residual, or takes it with a minus: it is the new r plus a share of the direction "
        "before.",
        descent(onwards=lambda r, m, d, old: m * d),
        descent(onwards=lambda r, m, d, old: d),
        descent(onwards=lambda r, m, d, old: m * d - r),
        descent(onwards=lambda r, m, d, old: d + m * r),
    ),
    belief(
        "The residual goes the wrong way: x moves by length · d, so b − Hx *falls* by length · Hd.",
        descent(follow=lambda r, a, p, d: r + a * p),
    ),
    belief(
        "The residual is never brought up to date, or without the length of the step, or without H: b − Hx falls by "
        "length · Hd.",
        descent(follow=lambda r, a, p, d: r),
        descent(follow=lambda r, a, p, d: r - p),
        descent(follow=lambda r, a, p, d: r - a * d),
    ),
    belief(
        "Your residual and your direction are one and the same array: `r = d = b.copy()`, and what is done to one in "
        "place is done to the other.",
        one_array(False),
        one_array(True),
    ),
    belief(
        "You begin somewhere else. At x = 0 the residual is b itself, and the first direction too.",
        descent(begin=lambda b: (b, b, b)),
        descent(begin=lambda b: (1 + 0 * b, b, b)),
        descent(begin=lambda b: (0 * b, b, -b)),
        from_elsewhere(lambda b: b),
        from_elsewhere(lambda b: 1 + 0 * b),
    ),
    belief(
        "There is one iteration too many, or one too few.",
        descent(steps=lambda k: k + 1),
        descent(steps=lambda k: max(k - 1, 0)),
        stop_after(relative, before=True),
    ),
    belief(
        "With b = 0 nothing is left to do, and the first length would be 0/0. Either you ask only after a step whether "
        "to stop, or you ask for less than `tol`, where both sides are 0.",
        stop_after(relative),
    ),
    belief(
        "The number of iterations is not used: yours is always the same.",
        descent(steps=lambda k: 10),
        descent(steps=lambda k: 100),
        descent(steps=lambda k: 1000),
        *(descent(steps=lambda k, n=n: n) for n in (1, 2, 20, 50)),
    ),
    belief(
        "That is the exact solution, however few iterations are allowed. A network has too many parameters for that: "
        "give what conjugate gradient has after `iterations` steps.",
        at_once(np.linalg.solve),
        at_once(lambda H, b: np.linalg.pinv(H) @ b),
    ),
    belief(
        "`tol` is not used: once b − Hx is small enough, iterating ends. With nothing left the next length would be "
        "0/0.",
        descent(stop=never),
        descent(stop=lambda r, b, tol: not r.any()),
        *(descent(stop=lambda r, b, tol, t=t: r @ r <= t) for t in (1e-10, 1e-12, 1e-16, 1e-20, 1e-30)),
        *(descent(stop=lambda r, b, tol, t=t: relative(r, b, t)) for t in (1e-10, 1e-6, 1e-12)),
    ),
    belief(
        "Your test is not relative: it compares ‖b − Hx‖ with tol itself. What is small depends on ‖b‖.",
        descent(stop=lambda r, b, tol: np.sqrt(r @ r) <= tol),
        descent(stop=lambda r, b, tol: r @ r <= tol),
        descent(stop=lambda r, b, tol: abs(r).max() <= tol),
        descent(stop=lambda r, b, tol: r @ r <= tol**2),
    ),
    belief(
        "Your test compares a square with a length: rᵀr is ‖r‖², so the other side needs its square, too.",
        descent(stop=lambda r, b, tol: r @ r <= tol * (b @ b)),
        descent(stop=lambda r, b, tol: r @ r <= tol * np.sqrt(b @ b)),
        descent(stop=lambda r, b, tol: np.sqrt(r @ r) <= tol * (b @ b)),
        descent(stop=lambda r, b, tol: np.sqrt(r @ r) <= tol**2 * np.sqrt(b @ b)),
    ),
    belief(
        "You give the residual or the direction. Asked is x.",
        descent(result=lambda x, r, d: r),
        descent(result=lambda x, r, d: d),
        descent(result=lambda x, r, d: x + r),
    ),
    belief(
        "The sign of x is turned.",
        descent(result=lambda x, r, d: -x),
    ),
    belief(
        "That is H b, or b itself: the product, or nothing, where the inverse is asked.",
        about(lambda matvec, b, iterations, tol: matvec(b)),
        about(lambda matvec, b, iterations, tol: b),
        about(lambda matvec, b, iterations, tol: 0 * b),
    ),
)
