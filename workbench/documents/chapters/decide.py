"""Decisions and costs."""

from __future__ import annotations

from typing import Any

from backend.statistics.costs import Costs

from ... import modality
from ...charts import decide as charts
from ...verdicts import decide as words
from ...verdicts import decide_other as other
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    plan, body, of = facts["plan"], facts["verdict"], modality.shown(facts["kind"]).words
    fraction, costs = body["headline_fraction"], Costs(**plan["costs"])
    first, *rest = words.sentences(plan, body, of) or [""]
    own = words.entry(body, "ssl")
    beside = [sentence for sentence, _ in words.others(plan, body, of)]
    said = [*rest, *beside, words.stated(plan), words.references(plan, body)]

    def drawn(name: str) -> Any:
        return service.table(facts[name]).to_pandas()

    return Chapter(
        verdict=first,
        sentences=[*said, words.evidence(plan, body), words.calibration(own, of), words.METHOD, words.OFF],
        tables=[
            Table("Every model", words.table(plan, body, of)),
            Table("Pretraining less each rival", words.contrast_rows(plan, body, of)),
            Table("Outcomes of 1,000 rows, and what they cost", words.confusion(plan, body, of)),
        ],
        figures=[
            lambda: charts.budgets(drawn("budgets"), fraction, plan["budget"], of),
            lambda: charts.costs(
                other.curve(drawn("thresholds"), fraction, costs), costs.threshold, words.unit_of(plan), of
            ),
            lambda: charts.reliability(own, of),
        ],
    )
