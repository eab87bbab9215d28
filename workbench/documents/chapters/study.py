"""Did pretraining help?"""

from __future__ import annotations

from typing import Any

from ...charts import study as charts
from ...charts.theme import ARM_NAMES
from ...verdicts import study as words
from ...verdicts.arms import ARM, RULE
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    verdict, reads, kind = facts["verdict"], facts["test_reads"], facts["kind"]
    read, names = reads[-1] if reads else None, ARM_NAMES[kind]
    said = [*words.beaten(verdict, kind), words.evidence(verdict, read, kind), *words.per_fraction(verdict, kind)]
    said.append(words.efficiency(verdict, kind))
    contrasts = words.contrast_table(verdict, "scratch_aug")
    return Chapter(
        verdict=words.sentence(verdict, kind),
        sentences=[*said, RULE[kind]],
        tables=[
            Table(words.table_title(verdict), words.arm_table(verdict, names)),
            Table(f"Pretrained less {ARM[kind]['scratch_aug']}", contrasts),
            Table("What the baselines are", words.baselines(verdict, names, kind)),
        ],
        figures=[lambda: charts.curves(verdict, kind), lambda: charts.differences(verdict, kind)],
    )
