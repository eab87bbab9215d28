"""What to use: pretraining at its best against the strongest model that saw none. Pure.

The entries `strongest` and `beside` of a study's verdict -> sentences; both sides are chosen on validation, at each
fraction anew. `of`: the words of the kind of data. Records from before these entries say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.statistics.headline import nearest
from backend.targets.figures import unsigned
from backend.workspace.formats import chosen, p_is

from ..targets import said_of
from .arms import method

if TYPE_CHECKING:
    from ..modality._words import Words

UNTRAINED = "random"  # the arm of the untrained encoder


def short(verdict: dict[str, Any], of: Words) -> str:
    """What to use at the headline fraction, and by how much it is better; empty where the record lacks it."""
    one = nearest(verdict, verdict.get("strongest") or [])
    if one is None:
        return ""
    said, labels, decision = said_of(verdict), f"{chosen(one['fraction'])} labels", one["decision"]
    rival = f"{rival_of(one, verdict, of)}, the strongest model without it"
    if decision in ("gain", "loss"):
        use = "Use pretraining" if decision == "gain" else _instead(one, of)
        other = rival if decision == "gain" else "the best use of pretraining"
        return f"{use}: at {labels} {_ahead(one, verdict)} {said.title} than with {other}{_small(one, short=True)}."
    difference = said.undecided(one["difference"])
    if decision == "equivalent":
        within = said.figures.margin(verdict["margin"])
        return f"Pretraining is not needed at {labels}: as good as {rival}, within {within}: {difference}."
    if decision == "no significant difference":
        return f"Undecided at {labels}: {difference} {said.beside} {rival}."
    return f"Not enough data to decide at {labels}: {difference} {said.beside} {rival}, without an interval."


def strongest(verdict: dict[str, Any], of: Words) -> str:
    """What to use at the headline fraction, with the figures of both sides; empty where the record lacks it."""
    first = nearest(verdict, verdict.get("strongest") or [])
    return "" if first is None else at(first, verdict, of)


def elsewhere(verdict: dict[str, Any], of: Words) -> str:
    """Which is ahead at the other fractions; empty without others."""
    found = verdict.get("strongest") or []
    first = nearest(verdict, found)
    return _elsewhere([one for one in found if one is not first], verdict, of)


def per_fraction(verdict: dict[str, Any], of: Words) -> list[str]:
    """One sentence a fraction."""
    return [at(one, verdict, of) for one in verdict.get("strongest") or []]


def at(one: dict[str, Any], verdict: dict[str, Any], of: Words) -> str:
    """What to use at one fraction: the values of the better side, and by how much it is better."""
    said, labels, decision = said_of(verdict), f"{chosen(one['fraction'])} labels", one["decision"]
    rival, best = rival_of(one, verdict, of), f"the best use of pretraining ({said.words(method(one['method']))})"
    if decision == "loss":
        reached = _reached(one["against"], one["against_method"], one, verdict)
        return f"{_instead(one, of)}: at {labels} {reached} with {rival}, " \
               f"{_ahead(one, verdict)} than with {best}{_small(one)}."  # fmt: skip
    if decision == "gain":
        reached = _reached("ssl", one["method"], one, verdict)
        return f"Use pretraining: at {labels} {reached} with {said.words(method(one['method']))}, " \
               f"{_ahead(one, verdict)} than with {rival}, the strongest model without " \
               f"pretraining{_small(one)}."  # fmt: skip
    difference = said.undecided(one["difference"])
    if decision == "equivalent":
        margin = said.figures.margin(verdict["margin"])
        reached = _reached(one["against"], one["against_method"], one, verdict)
        return f"Pretraining is not needed at {labels}: {reached} with {rival}, and {best} is as good within " \
               f"{margin}: {difference}."  # fmt: skip
    pair = f"{best} against {rival}, the strongest model without it: {difference}"
    if decision == "no significant difference":
        p = "" if one["p_holm"] is None else f", {p_is(one['p_holm'])} after Holm's correction"
        return f"Undecided at {labels}, {pair}{p}.{would_take(one, verdict)}"
    return f"Not enough data to decide at {labels}, {pair}, without an interval."


def beside(verdict: dict[str, Any], of: Words) -> list[str]:
    """Whether the embedding helps beside the raw data, and more than an untrained one: for each readout that joins
    both, one sentence a decision."""
    lines, found = [], verdict.get("beside") or []
    for readout, against in dict.fromkeys((one["method"], one["against"]) for one in found):
        own = [one for one in found if (one["method"], one["against"]) == (readout, against)]
        for decision, opening in (of.untrained if against == UNTRAINED else of.beside).items():
            if which := [one for one in own if one["decision"] == decision]:
                lines.append(f"{opening}: {_listed(which, verdict)}.")
    return lines


def would_take(one: dict[str, Any], verdict: dict[str, Any]) -> str:
    """What would decide an open difference, " It would take ..."; empty where the record does not say."""
    needed = one.get("would_decide")
    if needed is None:
        return ""
    if needed["rows"] is None:
        more = "" if one["scope"] != "pretraining" else " or more pretrainings"
        return f" A difference as small as this would take more than 100 times the test rows{more} to decide."
    used, what = _shared(one, verdict), "training seeds" if one["fraction"] == 1 else "label subsets"
    asked = [f"about {needed['subsets']} {what} (here {used})"] if needed["subsets"] > used else []
    asked += [f"about {needed['rows']:.2g} times the test rows"] if needed["rows"] > 1 else []
    return f" It would take {' and '.join(asked)} to decide a difference of this size." if asked else ""


def rival_of(one: dict[str, Any], verdict: dict[str, Any], of: Words) -> str:
    """What pretraining is held against, within a sentence."""
    return said_of(verdict).words(of.rival(one["against"], one["against_method"]))


def told(verdict: dict[str, Any]) -> set[tuple[float, str, str]]:
    """(fraction, arm, method) of the rivals that `strongest` already says are better than pretraining."""
    lost = (one for one in verdict.get("strongest") or [] if one["decision"] == "loss")
    return {(one["fraction"], one["against"], one["against_method"]) for one in lost}


def _shared(one: dict[str, Any], verdict: dict[str, Any]) -> int:
    """Label subsets on which both sides were fitted."""
    sides = (("ssl", one["method"]), (one["against"], one["against_method"]))
    counts, begun = verdict.get("subsets") or {}, verdict["subset_seeds"]
    return min(counts.get(f"{arm}/{name}/{one['fraction']:g}", begun) for arm, name in sides)


def _instead(one: dict[str, Any], of: Words) -> str:
    """ "Use trees" """
    use = of.use(one["against"], one["against_method"])
    return f"Use {use}" if use else "Do without pretraining"


def _reached(arm: str, name: str, one: dict[str, Any], verdict: dict[str, Any]) -> str:
    """ "AUROC is 92.8 % [92.1, 93.4]" """
    said, place = said_of(verdict), (arm, name, one["fraction"])
    mean = next(e["mean"] for e in verdict["table"] if (e["arm"], e["method"], e["fraction"]) == place)
    return f"{said.title} is {said.figures.interval(mean)}"


def _ahead(one: dict[str, Any], verdict: dict[str, Any]) -> str:
    """ "1.2 points [0.8, 1.6] more" """
    return f"{_size(one, verdict)} {'more' if said_of(verdict).sign > 0 else 'less'}"


def _size(one: dict[str, Any], verdict: dict[str, Any]) -> str:
    """How far apart the two are, without a sign."""
    return said_of(verdict).figures.difference(unsigned(one["difference"])).removeprefix("+")


def _slight(one: dict[str, Any]) -> bool:
    """Whether a difference is there, and too small to matter by the margin that was stated beforehand."""
    return one["equivalent"] and one["decision"] in ("gain", "loss")


def _corrected_away(one: dict[str, Any]) -> bool:
    """Whether the interval leaves 0 out and the correction for several comparisons leaves it undecided all the same."""
    low, high = one["difference"]["low"], one["difference"]["high"]
    apart = low is not None and (low > 0 or high < 0)
    return apart and one["decision"] == "no significant difference" and one["p_holm"] is not None


def _small(one: dict[str, Any], short: bool = False) -> str:
    if not _slight(one):
        return ""
    return " (within the equivalence margin)" if short else ", which is within the equivalence margin"


def _elsewhere(found: list[dict[str, Any]], verdict: dict[str, Any], of: Words) -> str:
    """Who is ahead at the other fractions, in one sentence: each side with its leads, then what is open."""
    leads: dict[str, list[str]] = {}
    open_at: dict[str, list[str]] = {}
    for one in found:
        labels = chosen(one["fraction"])
        if one["decision"] in ("gain", "loss"):
            rival = of.use(one["against"], one["against_method"]) or rival_of(one, verdict, of)
            ahead = "pretraining" if one["decision"] == "gain" else rival
            leads.setdefault(ahead, []).append(f"at {labels} by {_size(one, verdict)}{_small(one, short=True)}")
        else:
            open_at.setdefault(OPEN[one["decision"]], []).append(labels)
    parts = [f"better with {who} {', '.join(where)}" for who, where in leads.items()]
    parts += [f"{how}: {', '.join(labels)}" for how, labels in open_at.items()]
    return f"At other shares of the labels: {'; '.join(parts)}." if parts else ""


def _listed(found: list[dict[str, Any]], verdict: dict[str, Any]) -> str:
    """ "+0.9 points [0.4, 1.4] at 5 % labels (against tuned boosted trees)" for each, joined."""
    figures, lines = said_of(verdict).figures, []
    for one in found:
        notes = [] if one["against"] == UNTRAINED else [f"against {method(one['against_method'])}"]
        notes += ["within the equivalence margin"] if _slight(one) else []
        notes += [f"{p_is(one['p_holm'])} after Holm's correction"] if _corrected_away(one) else []
        noted = f" ({'; '.join(notes)})" if notes else ""
        lines.append(f"{figures.difference(one['difference'])} at {chosen(one['fraction'])} labels{noted}")
    return ", ".join(lines)


OPEN = {
    "equivalent": "as good as each other",
    "no significant difference": "undecided",
    "not enough data": "not enough data",
}
