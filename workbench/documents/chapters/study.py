"""Did pretraining help?"""

from __future__ import annotations

from typing import Any

from backend.statistics.headline import answer

from ... import modality
from ...charts import study as charts
from ...targets._figure import figure_of_study
from ...verdicts import rivals, study_efficiency, study_plan
from ...verdicts import study as words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    verdict, reads, of = facts["verdict"], facts["test_reads"], modality.shown(facts["kind"]).words
    read = reads[-1] if reads else None
    said = [*words.further(verdict, of), words.evidence(verdict, read, of), *words.per_fraction(verdict, of)]
    said += rivals.per_fraction(verdict, of)
    said += [study_efficiency.sentence(verdict, of), *filter(None, [study_plan.could_see(verdict, answer(verdict))])]
    said += study_plan.lines(facts["plan"], verdict) if facts.get("plan") else []
    contrasts = words.contrast_table(verdict, "scratch_aug")
    drawn = [lambda: charts.curves(verdict, of), lambda: charts.differences(verdict, of)]
    if predicted := figure_of_study(facts["run"], verdict, service):
        drawn.append(lambda: predicted)
    return Chapter(
        verdict=words.sentence(verdict, of),
        sentences=[*said, of.rule],
        tables=[
            Table(words.table_title(verdict), words.arm_table(verdict, of)),
            Table(f"Pretrained less {of.arms['scratch_aug']}", contrasts),
            Table("What the baselines are", words.baselines(verdict, of)),
        ],
        figures=drawn,
    )
