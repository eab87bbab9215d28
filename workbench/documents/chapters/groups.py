"""The bias audit."""

from __future__ import annotations

from typing import Any

from ...charts import bias as charts
from ...verdicts import bias as words
from ...verdicts.arms import ARM_NAME
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    audits = facts["audits"]
    own = [a for a in audits if a["arm"] == "ssl"] or audits
    attribute, metric = words.strongest(own)
    found = Chapter(verdict=words.sentence(next(a for a in own if a["attribute"] == attribute), metric))
    for body in own:
        arms = {a["arm"]: a for a in audits if a["attribute"] == body["attribute"]}
        said = words.sentence(body, metric)
        found.sentences += filter(None, ["" if said == found.verdict else said, words.too_small(body)])
        found.figures.append(lambda arms=arms: charts.groups(arms, metric))
        for arm, audit in arms.items():
            what = "errors" if words.of_number(audit) else "rates"
            found.tables.append(
                Table(f"{ARM_NAME.get(arm, arm)}: {what} by {body['attribute']}", words.group_rows(audit))
            )
        found.tables.append(Table(f"Gaps by {body['attribute']}, pretrained", words.gap_rows(body)))
    for contrast in facts["contrasts"]:
        if metric in contrast["metrics"]:
            said = words.contrast_sentence(contrast["metrics"][metric], metric, words.unit_of(contrast))
            found.sentences.append(f"{words.name(metric)} by {contrast['attribute']}: {said}")
    for body in facts["amplification"]:
        found.sentences.append(words.amplification_sentence(body, body["attribute"]))
    found.sentences.append(words.method(own[0]))
    return found
