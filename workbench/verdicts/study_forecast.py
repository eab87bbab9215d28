"""What a study will be able to see, said before it starts, from the pilots of earlier ones on the same data. Pure.

A pilot is {"run", "title", "recipe" (of that run), "started" and "plan" (bodies of its events)}. It speaks for a new
study with the same metric, the same number of pretrainings and the same training rows; the encoder may be another one,
which is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from backend.recipe import Finetune
from backend.statistics.planning import Foreseen, Spread, foresee
from backend.targets.figures import Figures
from backend.workspace.formats import chosen, duration, in_words

from ..targets import said_of
from .arms import method

if TYPE_CHECKING:
    from ..modality._words import Words

Pilot = dict[str, Any]
RANDOM = ("linear",)  # how the untrained encoder is used whatever the recipe's methods are


@dataclass(frozen=True)
class Known:
    """What one pilot knows of the study that is asked for. covers: [(fraction, method, arm of the rival)]"""

    pilot: Pilot
    spreads: list[Spread]
    cost: dict[str, float]
    covers: set[tuple[float, str, str]]


def lines(
    recipe: dict[str, Any], asked: Finetune, pilots: Iterable[Pilot], target: dict[str, Any] | None, of: Words
) -> list[str]:
    """Sentences. recipe: of the new run, as far as it is filled in; asked: its section "finetune"; pilots: the newest
    first; target: of the data set's manifest, None of classes; of: the words of the kind of data."""
    figures = Figures.of(asked.metric, target)
    best = closest(recipe, asked, pilots)
    if best is None:
        return unknown(asked, figures)
    found = _foreseen(asked, best)
    own = said_of(best.pilot["started"]).figures
    return [_seen(found, asked, own), *_open(found, asked), _source(best, recipe, asked, of)]


def closest(recipe: dict[str, Any], asked: Finetune, pilots: Iterable[Pilot]) -> Known | None:
    """The pilot that knows most of what is asked for; of equals one with the same encoder, then the newest."""
    found = [known for pilot in pilots if _fits(pilot, recipe, asked) and (known := _known(pilot, asked)).spreads]
    return max(found, key=lambda one: (len(one.covers), _same_encoder(one.pilot, recipe)), default=None)


def unknown(asked: Finetune, figures: Figures) -> list[str]:
    """What happens where no pilot can speak for the study."""
    lacking = (
        "What this study will be able to see is not known yet: no earlier study on this data had a pilot with the same "
        f"metric ({figures.title}), {in_words(asked.pretrain_seeds, 'pretraining')} and as many training rows."
    )
    if not asked.precision:
        return [
            f"{lacking} It fits every model on {in_words(asked.subset_seeds, 'label subset')} and says afterwards what "
            "it could have seen; with a precision a pilot would say it before the test labels are read."
        ]
    within = f", within the {asked.minutes:g} minutes" if asked.minutes else ""
    return [
        f"{lacking} A pilot of {in_words(asked.subset_seeds, 'label subset')} decides: from the spread on validation "
        f"rows it plans how many subsets intervals of ±{_wanted(asked, figures)} take{within}, before any test label "
        "is read."
    ]


def _fits(pilot: Pilot, recipe: dict[str, Any], asked: Finetune) -> bool:
    started, own = pilot["started"], pilot["recipe"]
    return (
        bool(pilot["plan"].get("spreads"))  # older records have none
        and started["metric"] == asked.metric
        and started["pretrain_seeds"] == asked.pretrain_seeds
        and _most_rows(own) == _most_rows(recipe)
    )


def _most_rows(recipe: dict[str, Any]) -> int:
    return (recipe.get("data") or {}).get("max_train") or 0


def _same_encoder(pilot: Pilot, recipe: dict[str, Any]) -> bool:
    return _encoder(pilot["recipe"]) == _encoder(recipe)


def _encoder(recipe: dict[str, Any]) -> str | None:
    return (recipe.get("encoder") or {}).get("name")


def _known(pilot: Pilot, asked: Finetune) -> Known:
    """The part of a pilot that belongs to the study that is asked for."""

    def wanted(place: str) -> bool:
        arm, name, fraction = place.split("/")
        if float(fraction) not in asked.fractions:
            return False
        if arm == "ssl":
            return name in asked.methods
        return arm in asked.baselines and (arm != "random" or name in (*RANDOM, *asked.methods))

    every = map(Spread.read, pilot["plan"]["spreads"])
    spreads = [pair for pair in every if wanted(pair.first) and wanted(pair.second)]
    cost = {place: seconds for place, seconds in pilot["plan"]["cost"].items() if wanted(place)}
    covers = set()
    for pair in spreads:
        _, name, fraction = pair.first.split("/")
        covers.add((float(fraction), name, pair.second.split("/")[0]))
    return Known(pilot, spreads, cost, covers)


def _foreseen(asked: Finetune, best: Known) -> Foreseen:
    """Its precision counts in the unit of the metric, which the pilot knows by what was asked of itself."""
    own = best.pilot["recipe"]["finetune"]["precision"]
    scale = best.pilot["plan"]["precision"] / own
    return foresee(best.spreads, best.cost, asked.subset_seeds, asked.precision * scale, asked.minutes)


def _seen(found: Foreseen, asked: Finetune, figures: Figures) -> str:
    least, most = found.subsets
    subsets = in_words(least, "label subset") if least == most else f"{least} to {most} label subsets"
    if least < 2:
        return "With one label subset no interval can be given, so no difference can be told from chance: take five."
    takes = f"about {duration(found.seconds)} for all models"
    if asked.precision:
        takes = f"{subsets}, {takes}"
        lead = in_minutes(asked.minutes) if asked.minutes else f"intervals of ±{_wanted(asked, figures)}"
    else:
        lead = subsets
    at = [f"{figures.size(size)} on at {chosen(fraction)}" for fraction, size in found.smallest.items()]
    return (
        f"With {lead}: differences from {', from '.join(at)} of the labels ({takes}). 8 in 10 such studies find a true "
        "difference of that size, between the two models whose difference varies most."
    )


def in_minutes(minutes: float) -> str:
    """ "10 minutes", "1 minute" """
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


def _open(found: Foreseen, asked: Finetune) -> list[str]:
    """What keeps intervals wider than wanted."""
    if found.ended_by == "subsets" or (found.ended_by == "minutes" and found.would_take is None):
        return ["Some intervals stay wider than wanted with any number of subsets: that takes more test rows."]
    if found.ended_by != "minutes":
        return []
    if found.pilot_seconds > asked.minutes * 60:
        first = f"The pilot alone should take {duration(found.pilot_seconds)}, more than that"
    else:
        first = f"{in_minutes(asked.minutes).capitalize()} should not be enough for the precision wanted"
    return [f"{first}: all intervals would be as narrow after about {duration(found.would_take)}."]


def _source(best: Known, recipe: dict[str, Any], asked: Finetune, of: Words) -> str:
    """Whose pilot that is, and what it cannot know."""
    pilot = best.pilot
    said = f"From the pilot of {pilot['title'] or 'an earlier run'} ({pilot['run']}), on validation rows alone."
    if not _same_encoder(pilot, recipe):
        said += " Its encoder was another one, so this is a rough figure."
    every = set(product(asked.fractions, asked.methods, asked.baselines))
    missing = every - best.covers
    parts = [
        *(f"{chosen(f)} of the labels" for f in asked.fractions if all(one in missing for one in every if one[0] == f)),
        *(method(name) for name in asked.methods if all(one in missing for one in every if one[1] == name)),
        *(of.arms[arm] for arm in asked.baselines if all(one in missing for one in every if one[2] == arm)),
    ]
    return f"{said} It knows nothing of: {', '.join(parts)}." if parts else said


def _wanted(asked: Finetune, figures: Figures) -> str:
    """The precision as it was asked for."""
    if figures.is_of.unit == "target":
        return f"{asked.precision:g} standard deviations"
    return figures.margin(asked.precision)
