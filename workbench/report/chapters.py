"""What a section of the report looks like: facts (backend/audit/sections) -> sentences, tables, figures.

One function a section, named as its file; a section without one here shows its gaps and its leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..charts import run as run_charts
from ..charts.theme import ARM_NAME
from ..recipes import in_order, to_toml
from ..verdicts import audit as audit_words
from ..verdicts import collapse
from ..verdicts import run as run_words

EXAMPLES = 4  # explained images that are printed
SHEET_ROWS = 40
SPLITS = ("train", "val", "test")


@dataclass
class Table:
    title: str
    rows: list[dict[str, Any]]


@dataclass
class Chapter:
    """`verdict` is the section's one sentence on the first page; a figure is a function, called when it is drawn."""

    verdict: str = ""
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Callable[[], go.Figure]] = field(default_factory=list)
    pairs: list[Callable[[], go.Figure]] = field(default_factory=list)  # small ones, two in a row
    code: str = ""


def recipe(facts: dict[str, Any], service: Any) -> Chapter:
    run, started = facts["run"], facts["started"]
    lines = {
        "Run": run["run"],
        "Title": run["title"] or "–",
        "Data set": run["dataset"],
        "State": run_words.sentence(run),
        "Started": run_words.clock(run["started"]),
        "Ended": run_words.clock(run["ended"]),
        "Resumed from a checkpoint": f"{facts['resumed']} times" if facts["resumed"] else "no",
    }
    if started:
        device = started["device"]
        lines |= {
            "Code": f"version {started['code']['version']}, digest {started['code']['digest']}",
            "Data digest": started["dataset"]["digest"],
            "Device": f"{device['name']} ({device['type']}), {device['threads']} threads",
            "Python": f"{started['python']} on {started['platform']}",
            "Packages": ", ".join(f"{name} {version}" for name, version in started["packages"].items()),
        }
    rows = [{"What": what, "Value": value} for what, value in lines.items()]
    return Chapter(
        verdict=run_words.sentence(run),
        tables=[Table("The run", rows)],
        code=to_toml(in_order((started or run)["recipe"])),
    )


def data_sheet(facts: dict[str, Any], service: Any) -> Chapter:
    manifest, sheet = facts["manifest"], facts["sheet"]
    tables = []
    if sheet.get("counts"):
        classes = sheet.get("class_counts") or {}
        splits = sorted(sheet["counts"], key=SPLITS.index)
        rows = [{"Split": s, "Images": sheet["counts"][s], **classes.get(s, {})} for s in splits]
        tables.append(Table("Images by split and class", rows))
    for attribute, groups in (sheet.get("crosses") or {}).items():
        rows = [{attribute.capitalize(): group, **counts} for group, counts in list(groups.items())[:SHEET_ROWS]]
        tables.append(Table(f"Class by {attribute}", rows))
    missing = {column: n for column, n in (sheet.get("missing") or {}).items() if n}
    if missing:
        tables.append(Table("Missing values", [{"Column": c, "Missing": n} for c, n in missing.items()]))
    copies = _duplicates(sheet.get("duplicates") or {})
    if copies:
        tables.append(Table("Duplicates", copies))
    warnings = sheet.get("warnings") or []
    found = f"{len(warnings)} warnings" if len(warnings) != 1 else "1 warning"
    verdict = f"{run_words.dataset_line(manifest)}; {found if warnings else 'nothing wrong was found on arrival'}."
    return Chapter(verdict, [*warnings, f"Content digest {manifest['digest']}."], tables)


def _duplicates(found: dict[str, Any]) -> list[dict[str, Any]]:
    within = [{"What": "Exact copies", "Where": s, "Images": n} for s, n in found.get("exact_within", {}).items() if n]
    across = [
        {"What": what, "Where": " and ".join(pair["splits"]), "Images": pair["count"]}
        for what, kind in (("Exact copies", "exact_across"), ("Near copies", "near_across"))
        for pair in found.get(kind, ())
        if pair["count"]
    ]
    return within + across


def pretraining(facts: dict[str, Any], service: Any) -> Chapter:
    chapter = Chapter()
    seeds = sorted({m["seed"] for m in facts["metrics"]})
    for seed in seeds:
        own = {kind: [b for b in facts[kind] if b["seed"] == seed] for kind in ("metrics", "knn", "collapse")}
        judged = collapse.verdict(own["collapse"], facts["pretext"])
        if seed == seeds[0]:
            chapter.verdict = judged.sentence
            chapter.pairs = _curves(own)
        else:
            chapter.sentences.append(f"Pretraining seed {seed}: {judged.sentence}")
        if judged.state == "collapsed":
            chapter.sentences.append(judged.meaning)
    return chapter


def _curves(own: dict[str, list[dict[str, Any]]]) -> list[Callable[[], go.Figure]]:
    readings = own["collapse"]
    since, bound = collapse.onset(readings), readings[-1]["loss_bound"] if readings else None
    figures = [lambda: run_charts.loss(own["metrics"], bound, since)]
    if own["knn"]:
        figures.append(lambda: run_charts.knn(own["knn"]))
    if readings:
        figures += [lambda m=metric: run_charts.strip(readings, m, since) for metric in run_charts.STRIP]
        figures.append(lambda: run_charts.spectrum(readings))
    return figures


def study(facts: dict[str, Any], service: Any) -> Chapter:
    from ..charts import study as charts
    from ..verdicts import study as words

    verdict, reads = facts["verdict"], facts["test_reads"]
    read = reads[-1] if reads else None
    return Chapter(
        verdict=words.sentence(verdict),
        sentences=[words.evidence(verdict, read), *words.per_fraction(verdict), words.efficiency(verdict), words.RULE],
        tables=[
            Table("Test metric in percent, mean and 95 % interval", words.arm_table(verdict, ARM_NAME)),
            Table(
                "Pretrained less supervised with the same augmentation", words.contrast_table(verdict, "scratch_aug")
            ),
            Table("What the baselines are", words.BASELINES),
        ],
        figures=[lambda: charts.curves(verdict), lambda: charts.differences(verdict)],
    )


def embedding_map(facts: dict[str, Any], service: Any) -> Chapter:
    from ..verdicts import embeddings as words

    own = [m for m in facts["maps"] if m["arm"] == "ssl"] or facts["maps"]
    shown = next((m for m in own if m["method"] == "umap"), own[0])
    mine = [n for n in facts["neighbours"] if (n["arm"], n["seed"]) == (shown["arm"], shown["seed"])]
    return Chapter(
        verdict=words.sentence(mine[-1] if mine else None, shown),
        sentences=[words.flattery(shown["fidelity"]), words.warning(shown["method"]), words.evidence(shown)],
        figures=[lambda: _map(shown, facts["dataset"], service)],
    )


def _map(shown: dict[str, Any], dataset: str, service: Any) -> go.Figure:
    from ..charts import embeddings as charts
    from ..explorer.columns import Category, Places
    from ..verdicts import embeddings as words

    manifest = service.dataset(dataset)
    table = service.table(shown["sha256"])
    rows = table["row"].to_numpy()
    at = np.column_stack([table[axis].to_numpy() for axis in "xy"]).astype(np.float32)
    labels = service.table(manifest["table"]["sha256"], ["label"])["label"].to_numpy()[rows]
    names = (*manifest["classes"], *(["missing"] if (labels < 0).any() else []))
    codes = np.where(labels < 0, len(names) - 1, labels).astype(np.int16)
    colour = Category(manifest["label"] or "label", names, codes)
    title = f"{shown['method'].upper()} of {shown['points']:,} images, coloured by {colour.title}"
    places = Places(rows, at, table["kept"].to_numpy().astype(np.float32))
    return charts.scatter(places, colour, title, words.fidelity_line(shown["fidelity"]), shown["method"].upper())


def explanations(facts: dict[str, Any], service: Any) -> Chapter:
    from ..charts import explain as charts
    from ..verdicts import explain as words

    chapter = Chapter()
    for arm in dict.fromkeys(m["arm"] for m in facts["methods"]):
        methods = {m["method"]: m for m in facts["methods"] if m["arm"] == arm}
        controls = facts["controls"].get(arm)
        said = words.sentence(methods, controls)
        if chapter.verdict:
            chapter.sentences.append(f"{ARM_NAME.get(arm, arm)}: {said}")
        chapter.verdict = chapter.verdict or said
        chapter.sentences.append(words.evidence(methods, controls))
        if controls:
            rows = words.table(methods, controls)
            found = [{k: _fixed(v) for k, v in row.items() if k != "Why"} for row in rows]
            chapter.tables.append(Table(f"Tests of the maps, {ARM_NAME.get(arm, arm)}", found))
            why = [{k: row[k] for k in ("Map", "Passes", "Why")} for row in rows]
            chapter.tables.append(Table(f"Why a map passes or not, {ARM_NAME.get(arm, arm)}", why))
            chapter.figures.append(lambda c=controls, a=arm: _of(a, charts.tests(c)))
        chapter.figures.append(lambda found=methods, a=arm: _of(a, _maps(found, facts["dataset"], service)))
    chapter.sentences += [words.RULE, words.SCALE_NOTE]
    return chapter


def _of(arm: str, figure: go.Figure) -> go.Figure:
    """The figure with the name of its model: on paper no control above it says which."""
    return figure.update_layout(title_subtitle_text=ARM_NAME.get(arm, arm))


def _fixed(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, int | float) else value


def _maps(methods: dict[str, dict[str, Any]], dataset: str, service: Any) -> go.Figure:
    from ..charts import explain as charts
    from ..verdicts import explain as words

    first = next(iter(methods.values()))
    rows, classes = first["rows"][:EXAMPLES], service.dataset(dataset)["classes"]
    drawn = {m: service.array(b["sha256"], "maps", slice(0, len(rows))) for m, b in methods.items()}
    told = zip(first["label"], first["predicted"], first["probability"], strict=True)
    titles = [words.caption(*numbers, classes) for numbers in told]
    examples = [
        {"title": titles[i], "png": png, "panels": [(words.panel(m), maps[i]) for m, maps in drawn.items()]}
        for i, png in enumerate(service.thumbnails(dataset, rows))
    ]
    return charts.maps(examples)


def groups(facts: dict[str, Any], service: Any) -> Chapter:
    from ..charts import bias as charts
    from ..verdicts import bias as words

    audits = facts["audits"]
    own = [a for a in audits if a["arm"] == "ssl"] or audits
    attribute, metric = words.strongest(own)
    chapter = Chapter(verdict=words.sentence(next(a for a in own if a["attribute"] == attribute), metric))
    for body in own:
        arms = {a["arm"]: a for a in audits if a["attribute"] == body["attribute"]}
        said = words.sentence(body, metric)
        chapter.sentences += filter(None, ["" if said == chapter.verdict else said, words.too_small(body)])
        chapter.figures.append(lambda arms=arms: charts.groups(arms, metric))
        for arm, audit in arms.items():
            chapter.tables.append(
                Table(f"{ARM_NAME.get(arm, arm)}: rates by {body['attribute']}", words.group_rows(audit))
            )
        chapter.tables.append(Table(f"Gaps by {body['attribute']}, pretrained", words.gap_rows(body)))
    for contrast in facts["contrasts"]:
        if metric in contrast["metrics"]:
            said = words.contrast_sentence(contrast["metrics"][metric])
            chapter.sentences.append(f"{words.name(metric)} by {contrast['attribute']}: {said}")
    for body in facts["amplification"]:
        chapter.sentences.append(words.amplification_sentence(body, body["attribute"]))
    chapter.sentences.append(words.METHOD)
    return chapter


def record(facts: dict[str, Any], service: Any) -> Chapter:
    result, span = facts["verification"], facts["span"]
    rows = [
        {"What": "Leaves in the ledger", "Value": f"{result['events']:,}"},
        {"What": "Files re-hashed", "Value": f"{result['artefacts']:,}"},
        {"What": "Merkle root (SHA-256)", "Value": result["root"]},
        {
            "What": "Leaves of this run",
            "Value": f"{facts['run_leaves']:,}" + (f", from {span[0]:,} to {span[1]:,}" if span else ""),
        },
    ]
    tables = [Table("The ledger when this report was made", rows)]
    if result["findings"]:
        tables.append(Table("Findings", audit_words.findings(result)))
    return Chapter(audit_words.sentence(result, result["events"]), [audit_words.evidence(result)], tables)


CHAPTERS: dict[str, Callable[[dict[str, Any], Any], Chapter]] = {
    "recipe": recipe,
    "data_sheet": data_sheet,
    "pretraining": pretraining,
    "study": study,
    "embedding_map": embedding_map,
    "explanations": explanations,
    "groups": groups,
    "record": record,
}
