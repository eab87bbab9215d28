"""2(g): validation and testing: the data, the metrics with their intervals, possible discrimination, the test log."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from backend.targets.figures import Figures
from backend.workspace.formats import chosen, interval, moment, p_is

from ..evidence import Evidence
from ..value import Event, Value, at, count_of, file_of
from ..words import NO_INTERVAL, arm, contrast_of_groups, difference, figures, metric, short
from . import accuracy

FIELD = "2.g"


def evidence(source: Evidence) -> Iterator[Value]:
    planned, verdict = source.latest("study.started"), source.latest("study.verdict")
    yield from at(planned, "validation_rows", label="Validation examples", say="{:,}".format)
    yield from at(verdict, "test_rows", label="Test examples", say="{:,}".format)
    yield from at(planned, "metric", label="Metric, named before training", say=metric)
    yield from accuracy.evidence(source)
    for i, found in enumerate(verdict["body"]["contrasts"] if verdict else ()):
        label = f"Pretrained against {arm(found['against'])}, {chosen(found['fraction'])} of labels"
        yield from at(verdict, "contrasts", i, label=label, say=partial(_contrast, figures(verdict["body"])))
    yield from _discrimination(source)
    yield from _log(source)


def _contrast(told: Figures, found: dict) -> str:
    p = "no test" if found["p_holm"] is None else f"{p_is(found['p_holm'])} after Holm"
    return f"{difference(found['difference'], told)}, {p}: {found['decision']}"


def _discrimination(source: Evidence) -> Iterator[Value]:
    """Potentially discriminatory impacts: does pretraining widen a gap, does it amplify the data's bias?"""
    for event in source.newest("fairness.contrast"):
        for name, found in event["body"]["metrics"].items():
            if found["decision"].startswith("ssl"):
                label = f"Gap in {metric(name)} by {event['body']['attribute']}, pretrained minus supervised"
                yield from at(event, "metrics", name, label=label, say=partial(_contrast_of_groups, event))
    for event in source.newest("fairness.amplification"):
        label = f"Bias of the data amplified by {event['body']['attribute']}, pretrained minus supervised"
        yield from at(event, "difference", label=label, say=difference)
    for event in source.of_arm("probe"):
        label = f"Probe {event['body']['probe'].replace('_', ' ')}: {event['body']['measure']}"
        yield from at(event, "estimate", label=label, say=probed)


def _contrast_of_groups(event: Event, found: dict) -> str:
    return f"{found['decision']}: {contrast_of_groups(event, found)}, {p_is(found['p_holm'])} after Holm"


def probed(found: dict) -> str:
    """A probe's estimate in its own unit."""
    return interval(found, digits=3, bare=NO_INTERVAL)


def _log(source: Evidence) -> Iterator[Value]:
    read = source.latest("study.test_read")
    yield from count_of(source.events("study.cell"), "Test log: models recorded")
    yield from count_of(source.events("study.test_read"), "Test log: times that the test labels were read")
    yield from at(read, "when", label="Test log: read on", say=moment)
    yield from at(read, "digest", label="Test log: digest of the test examples", say=short)
    yield from at(read, "predictions_digest", label="Test log: digest of the predictions, sealed before", say=short)
    yield from file_of(source.latest("study.verdict"), "study/cells", "Test log: every model's metrics", short)
