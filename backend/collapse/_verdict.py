"""The collapse verdict: what the course of the readings says, against the run's own start and best.

Judged is the projector: it is a function of the backbone, so it cannot be healthy over a collapsed one, while
backbone numbers alone mislead (their std can rise as the representation dies). A method without a projector is judged
on its backbone; one that reads labels for complete collapse and a stuck loss only, since few directions and tight
clusters are what supervised training makes.

A method is judged in the space in which its loss compares. Where that is the sphere (SimCLR), embeddings that
gather in one direction are lost; where it is not (VICReg), a mean far from 0 is harmless, and the variance counts.

Language models are judged on the states of their tokens, by rules of their own: their states crowd into a cone by
nature (Ethayarajh 2019), most of all while they first learn how often tokens occur. A model whose loss lies below that
of guessing without looking (the entropy of the tokens, its bound) tells contexts apart and cannot have collapsed,
however narrow the cone; one that stays at the bound with its states alike has, and so has one that was below and
went back.

No single threshold tells a collapse: a healthy run may start with few directions, and its rank falls while it
learns. Each rule therefore speaks of the share of the run's own best that is left, or of a number that is low and
does not rise, and some rule must hold in two readings in a row. `tests/benchmarks/collapse_alarms.py` shows how the
rules do on planted collapses and healthy runs.

complete     all images alike: nothing varies, the spread on the sphere is lost, or the variance shrank into noise
dimensional  a few directions are left and their number does not rise
cluster      images sit on a few points
stuck        the loss stays at that of a useless representation
diverged     the loss is far above that of a useless representation and of the untrained network
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from math import sqrt
from typing import Any

SPREAD_LOST = 0.4  # share of the best spread that counts as lost
SPREAD_FADING = 0.75  # the same, when it also fell in FADING readings in a row: confirmed at once
FADING = 3
SCALE_LOST = 0.25  # share of the largest total variance
AGREEMENT_LOST = 0.1  # below the best agreement
AGREEMENT_LOW = 0.5  # an agreement from which on views of an image are told from other images
FEW_DIRECTIONS = 2.5  # effective rank
RISING = 1.25  # growth over two readings that lets a low rank pass
GAP_LOST = 0.005  # nearest gap
STUCK = 0.99  # share of the loss bound
STUCK_READINGS = 5
BLIND = 0.97  # share of the loss bound from which on a language model may not look at the context
LOOKED = 0.9  # share of the loss bound below which a language model has looked at the context
ASTRAY = 1.5  # share of the loss bound from which on a language model does worse than before it learnt anything
ALIKE = 0.05  # spread of token states, a mean cosine of 0.9975; healthy models pass 0.13 before they learn to look
ALL_CLEAR = max(
    STUCK_READINGS, FADING + 1, 3
)  # readings from which on every rule can speak: none before is an all-clear
STUCK_SLACK = 0.001  # share of the bound by which a stuck loss may wander down


@dataclass(frozen=True)
class Reading:
    """What the verdict keeps of one reading, at the judged `place`. None: could not be computed."""

    step: int
    place: str
    sphere: bool  # the loss compares directions
    dim: int
    rank: float
    spread: float  # feature std times sqrt(dim): 1 when spread evenly over the sphere
    scale: float
    agreement: float | None
    gap: float | None
    loss: float
    bound: float | None
    supervised: bool = False  # the loss reads labels

    @classmethod
    def of(
        cls,
        step: int,
        loss: float,
        bound: float | None,
        sphere: bool,
        places: dict[str, dict[str, Any]],
        supervised: bool = False,
    ) -> Reading:
        """From the `places` of a `collapse` event."""
        place = next(name for name in ("projector", "tokens", *places) if name in places)
        values = places[place]
        return cls(
            step=step,
            place=place,
            sphere=sphere,
            dim=values["dim"],
            rank=values["effective_rank"],
            spread=values["feature_std"] * sqrt(values["dim"]),
            scale=values["scale"],
            agreement=values["agreement"],
            gap=values["nearest_gap"],
            loss=loss,
            bound=bound,
            supervised=supervised,
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """state: healthy (no rule has raised an alarm so far; an all-clear only after ALL_CLEAR readings), watch (one
    suspicious reading) or collapsed; since: first step of the suspicion."""

    state: str
    kind: str | None
    place: str | None
    since: int | None
    evidence: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def judge(history: Sequence[Reading], before: Verdict | None = None) -> Verdict:
    """The verdict after the last of `history`, which begins with the reading of the untrained network.

    before: the verdict after the reading before it.
    """
    now, evidence = history[-1], _evidence(history)
    kind = suspect(history) if len(history) > 1 else None
    if kind is None:
        return Verdict("healthy", None, None, None, evidence)
    again = before is not None and before.state != "healthy"
    state = "collapsed" if again or fading(history) else "watch"
    return Verdict(state, kind, now.place, before.since if again else now.step, evidence)


def suspect(history: Sequence[Reading]) -> str | None:
    """The kind of collapse that the last reading, seen against the earlier ones, looks like."""
    now, start = history[-1], history[0]
    if now.place == "tokens":
        return suspect_language(history)
    if diverged(history):
        return "diverged"
    if now.scale == 0:
        return "complete"
    supervised = now.supervised
    if not supervised and few_directions(history) and (start.rank < FEW_DIRECTIONS or not spread_lost(history)):
        return "dimensional"
    if spread_lost(history) or fading(history) or shrunk_into_noise(history):
        return "complete"
    if not supervised and now.gap is not None and now.gap < GAP_LOST:
        return "cluster"
    if stuck(history):
        return "stuck"
    return None


def suspect_language(history: Sequence[Reading]) -> str | None:
    """The same of a language model, judged on its token states."""
    now = history[-1]
    if diverged(history):
        return "diverged"
    if forgot(history):
        return "stuck"
    if now.bound is not None and not stuck(history, BLIND):
        return None
    if few_directions(history):
        return "dimensional"
    return "complete" if now.spread < ALIKE else None


def diverged(history: Sequence[Reading]) -> bool:
    """The loss stood far above its bound in each of the last readings, where the untrained model's did not, or far
    above both its bound and the untrained model's."""
    last = [r.loss / r.bound for r in history[-STUCK_READINGS:] if r.bound]
    start = history[0]
    if not start.bound or len(last) < STUCK_READINGS:
        return False
    began = start.loss / start.bound
    return min(last) >= ASTRAY * (1 if began < ASTRAY else began)


def forgot(history: Sequence[Reading]) -> bool:
    """A language model that had looked at the context is back at the loss of guessing without looking."""
    shares = [r.loss / r.bound for r in history if r.bound]
    return len(shares) > 1 and min(shares) < LOOKED and shares[-1] >= BLIND


def few_directions(history: Sequence[Reading]) -> bool:
    """An effective rank below 2.5 (below d / 2 in a tiny space) that is not on its way up."""
    now, before = history[-1], history[max(0, len(history) - 3)]
    return now.rank < min(FEW_DIRECTIONS, now.dim / 2) and now.rank < RISING * before.rank


def spread_lost(history: Sequence[Reading]) -> bool:
    return history[-1].sphere and history[-1].spread < SPREAD_LOST * max(r.spread for r in history)


def fading(history: Sequence[Reading]) -> bool:
    """The spread is on its way out: it fell in each of the last readings, by a quarter of its best in all.

    Only readings since the views first agreed count: before that the spread is that of random weights.
    """
    agreed = [r.agreement is not None and r.agreement >= AGREEMENT_LOW for r in history]
    spreads = [r.spread for r in history[agreed.index(True) :]] if True in agreed else []
    last = spreads[-FADING - 1 :]
    if not history[-1].sphere or len(last) <= FADING or any(b >= a for a, b in pairwise(last)):
        return False
    return last[-1] < SPREAD_FADING * max(spreads)


def shrunk_into_noise(history: Sequence[Reading]) -> bool:
    """The variance shrank, and views of an image are not (or no longer) closer than different images."""
    now = history[-1]
    if now.agreement is None or now.scale >= SCALE_LOST * max(r.scale for r in history):
        return False
    best = max(r.agreement for r in history if r.agreement is not None)
    return now.agreement < AGREEMENT_LOW or now.agreement < best - AGREEMENT_LOST


def stuck(history: Sequence[Reading], share: float = STUCK) -> bool:
    """The loss stayed above this share of the bound over the last readings and did not go down among them."""
    last = history[-STUCK_READINGS:]
    if len(last) < STUCK_READINGS or any(r.bound is None or r.loss < share * r.bound for r in last):
        return False
    fell = (last[0].loss + last[1].loss - last[-2].loss - last[-1].loss) / 2
    return fell < STUCK_SLACK * last[-1].bound


def _evidence(history: Sequence[Reading]) -> dict[str, float]:
    """The numbers that the rules compared; the shares are of the run's own best."""
    now, start = history[-1], history[0]
    evidence = {
        "effective_rank": now.rank,
        "effective_rank_at_start": start.rank,
        "spread_share": _share(now.spread, max(r.spread for r in history)),
        "scale_share": _share(now.scale, max(r.scale for r in history)),
    }
    optional = {"agreement": now.agreement, "nearest_gap": now.gap}
    if now.bound is not None:
        optional["loss_over_bound"] = now.loss / now.bound
    return evidence | {name: value for name, value in optional.items() if value is not None}


def _share(value: float, best: float) -> float:
    return value / best if best > 0 else 0.0
