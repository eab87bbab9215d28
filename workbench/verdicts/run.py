"""What a run is doing or how it ended, in words. Pure: runs as the service lists them -> sentences."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from backend import exports
from backend.recipe import STAGES, known
from backend.targets import type_of
from backend.workspace.formats import count, duration

from .. import modality
from ..targets import short
from . import arms, bias, collapse, decide, embeddings, explain, language, proxies, study

STATE = {
    "queued": "Queued",
    "running": "Running",
    "succeeded": "Finished",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "lost": "Lost",
}
LIVE = ("queued", "running", "lost")
EARLY = "Ended early"


def name(run: dict[str, Any]) -> str:
    """How a person knows the run: its title, else its identifier."""
    return run["title"] or run["run"]


def title(run: dict[str, Any]) -> str:
    """The run in a list: its title, data, identifier (two runs may share a title) and state."""
    return " · ".join(filter(None, (run["title"], run["dataset"], run["run"], ended(run).lower())))


def ended(run: dict[str, Any]) -> str:
    """Its state in a word or two; a trial that its sweep ended has neither failed nor been cancelled by anybody."""
    return EARLY if early(run) else STATE[run["state"]]


def ended_since(at_work: Container[str], runs: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """(those of the runs `at_work` that have ended, the runs that are at work now); workers that answer a page, and
    trials of a sweep, count for neither."""
    told = [run for run in runs if run["kind"] != "interactive" and not run["sweep"]]
    ended = [run for run in told if run["run"] in at_work and run["state"] not in LIVE]
    return ended, frozenset(run["run"] for run in told if run["state"] in LIVE)


def early(run: dict[str, Any]) -> bool:
    """Did a sweep end this run, which is one of its trials, before its time?"""
    return run["state"] == "cancelled" and bool(run.get("why"))


def stage(run: dict[str, Any]) -> str:
    found = run["stage"] or (run["progress"] or {}).get("stage") or ""
    return stage_name(found) if found else "Starting"


def stage_name(stage: str) -> str:
    """What a stage, or the job that registers data, is called."""
    return "Reading the data" if stage == "data" else exports.title("stages", stage)


def task(run: dict[str, Any]) -> str:
    """The pretext task of the run's recipe by its file's name, or nothing."""
    return run["recipe"].get("pretext", {}).get("name", "")


def evidence(run: dict[str, Any]) -> str:
    """Which run this is: its name, its data, what it learns from, its identifier."""
    told = run["recipe"].get("pretext", {})
    texts = {key: one for key, one in told.items() if key != "name" and isinstance(one, str)}
    chosen = [f"{exports.plain(key)} {exports.called(key, one)}" for key, one in texts.items()]
    with_them = f" ({', '.join(chosen)})" if chosen else ""
    learns = f"learns by {exports.called('pretext', task(run))}{with_them}" if told else ""
    return " · ".join(filter(None, (name(run), f"data {run['dataset']}", learns, run["run"])))


def sentence(run: dict[str, Any]) -> str:
    """The run's state in one sentence."""
    state = run["state"]
    if run.get("cancelling"):
        return f"Cancelling …{_at_work(run)}"
    if state == "running":
        return f"Running: {stage(run).lower()}{_far(run)}."
    if state == "queued":
        again = f" again (attempt {run['attempt'] + 1})" if run["attempt"] else ""
        return f"Queued{again}: it starts as soon as a device is free."
    if state == "succeeded":
        empty = run["kind"] == "run" and not stages_of(run)
        return f"Finished{_took(run)}" + (", but its recipe names no stage: nothing was done." if empty else ".")
    reason = (run["reason"] or "no reason was given").rstrip(".")
    if state == "lost":
        return f"Lost: {reason}. It starts again from its last checkpoint."
    if early(run):
        return f"{EARLY}{_took(run, 'after')} by its sweep: {reason}."
    return f"{STATE[state]}{_took(run, 'after')}{_where(run)}: {reason.removeprefix(f'{state}; ')}."


def _at_work(run: dict[str, Any]) -> str:
    """What still happens before a run that somebody cancelled has ended."""
    if run["state"] != "running":
        return " it has not started and never will."
    kept = "writes a checkpoint and stops" if run["kind"] == "run" else "stops"
    return f" it {kept}, within about 20 s."


def _where(run: dict[str, Any]) -> str:
    """At which stage a run ended. One that was cancelled may have come to that stage's end."""
    if not run["started"] or run["kind"] != "run" or not run["stage"]:
        return ""
    return f", {'last ' if run['state'] == 'cancelled' else ''}at the stage “{stage(run)}”"


def banner(run: dict[str, Any]) -> tuple[str, str] | None:
    """(level, line) that every page says of a run that has not finished; None of one that has.

    level: "info", "warning" or "error".
    """
    if run["state"] == "succeeded":
        return None
    level = {"failed": "error", "cancelled": "warning", "lost": "warning"}.get(run["state"], "info")
    level = "info" if early(run) else level
    rest = "may still change" if run["state"] in LIVE else "was recorded before that"
    return level, f"{sentence(run)} What this page shows {rest}."


def nothing(run: dict[str, Any], stage: str) -> str:
    """Why a run has nothing from a stage that was not passed over."""
    if stage not in stages_of(run):
        return "This run's recipe left this stage out."
    if run["state"] in LIVE:
        return "This run has not come that far."
    return "This run recorded nothing of it." if run["state"] == "succeeded" else "This run ended before that."


def fraction(run: dict[str, Any]) -> float:
    """Share of the current stage that is done, 0 to 1."""
    progress = run["progress"] or {}
    total = progress.get("total") or 0
    return min(1.0, max(0.0, progress.get("done", 0) / total)) if total else 0.0


def progress_text(run: dict[str, Any]) -> str:
    """The line on the progress bar: stage, how far, time left."""
    note = noted((run["progress"] or {}).get("note") or "")
    return f"{stage(run)}{_far(run)}" + (f" · {note}" if note else "")


def noted(note: str) -> str:
    """What a worker says it is at, with arms and methods of a study as they are called: "ssl · lpft"."""
    named = arms.ARM | arms.methods()
    return " · ".join(named.get(part, part) for part in note.split(" · "))


def stages_of(run: dict[str, Any]) -> list[str]:
    """The stages of the recipe, in the order in which they run."""
    named = run["recipe"].get("stages", STAGES[:5])
    order = known()
    return [s for s in order if s in named] + [s for s in named if s not in order]


def steps_of(run: dict[str, Any], finished: Container[str], skipped: Container[str]) -> list[tuple[str, str]]:
    """(name, state) of every stage of the recipe: "done", "skipped", "now", "waiting", or how it ended: "failed",
    "cancelled", "ended early" or "not reached". finished, skipped: the stages of which the record says so."""
    live = run["state"] in LIVE
    states = []
    for one in stages_of(run):
        if one in skipped:
            states.append("skipped")
        elif one in finished:
            states.append("done")
        elif one == run["stage"] and run["state"] != "succeeded":
            states.append("now" if live else "ended early" if early(run) else run["state"])
        else:
            states.append("waiting" if live else "not reached")
    return [(stage_name(one), state) for one, state in zip(stages_of(run), states, strict=True)]


def steps(service: Any, run: dict[str, Any]) -> list[tuple[str, str]]:
    """The same, read from the run's record."""
    told = (service.events(run["run"], kind) for kind in ("stage.finished", "stage.skipped"))
    finished, skipped = ({event["body"]["stage"] for event in events} for events in told)
    return steps_of(run, finished, skipped)


def rate(metrics: dict[str, Any]) -> str:
    """How fast training goes, in what its data is counted in."""
    key = next(key for key in metrics if key.endswith("_per_s"))
    return f"{metrics[key]:,.0f} {key.removesuffix('_per_s').replace('_', ' ')}/s"


def _far(run: dict[str, Any]) -> str:
    progress = run["progress"] or {}
    if not progress.get("total"):
        return ""
    far = f", {progress['done']:,.0f} of {progress['total']:,.0f} {progress.get('unit') or ''}".rstrip()
    left = progress.get("eta_s")
    return far + (f", about {duration(left)} left" if left is not None else "")


def _took(run: dict[str, Any], word: str = "in") -> str:
    return f" {word} {duration(run['seconds'])}" if run["started"] and run["ended"] else ""


def overview(runs: list[dict[str, Any]], datasets: list[dict[str, Any]]) -> str:
    """What is going on in the workspace, in one sentence."""
    if not runs and not datasets:
        return "Nothing yet: this workspace is empty."
    jobs = [r for r in runs if r["kind"] != "interactive"]
    working = sum(r["state"] == "running" for r in jobs)
    waiting = sum(r["state"] in ("queued", "lost") for r in jobs)
    done = sum(r["kind"] == "run" and r["state"] == "succeeded" for r in runs)
    now = [f"{n} {word}" for n, word in ((working, "running"), (waiting, "waiting")) if n]
    start = ", ".join(now) if now else "Nothing is running"
    return f"{start}; {count(done, 'run')} finished on {count(len(datasets), 'data set')}."


def dataset_line(manifest: dict[str, Any]) -> str:
    """A data set in one line: name, size, what is predicted."""
    return f"{manifest['name']}: {modality.of(manifest).words.size(manifest)}, {short(manifest)}"


def shortened(names: list[str], most: int = 12) -> str:
    """The names with commas, of many the first ones and how many follow."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def sentences(service: Any, run: str) -> list[str]:
    """The verdicts that a run has come to, one sentence a stage, in the order of the stages."""
    found = service.run(run)
    lines = [] if found["state"] == "succeeded" and stages_of(found) else [sentence(found)]
    readings = [e["body"] for e in service.events(run, "collapse")]
    if readings:
        seed = readings[-1]["seed"]
        lines.append(health(service, found, [r for r in readings if r["seed"] == seed], seed).sentence)
    counted = service.latest(run, "lm.baselines")
    if counted:
        guesses = [e["body"] for e in service.events(run, "lm")]
        own = [g for g in guesses if g["seed"] == guesses[-1]["seed"]]
        lines.append(language.sentence(own, counted["body"]))
    answer = service.latest(run, "study.verdict")
    if answer:
        of = modality.of_run(found).words
        lines += [study.sentence(answer["body"], of), *study.further(answer["body"], of)]
        if decided := service.latest(run, "decide.verdict"):
            lines.append(decide.headline(service.latest(run, "decide.plan")["body"], decided["body"], of))
    lines += filter(None, (_map(service, run), _maps(service, found), _groups(service, run)))
    lines += [proxies.sentence(e["body"]) for e in service.events(run, "proxies") if proxies.proxies(e["body"])]
    return lines or [sentence(found)]


def health(service: Any, run: dict[str, Any], readings: list[dict[str, Any]], seed: int) -> collapse.Verdict:
    """The verdict on one pretraining seed's readings."""
    whole = service.latest(run["run"], "encoder", f"pretrain/{seed}") is not None
    return collapse.verdict(readings, task(run), "ended early" if early(run) else run["state"], whole)


def _map(service: Any, run: str) -> str:
    maps = [e["body"] for e in service.events(run, "projection")]
    own = [m for m in maps if m["arm"] == "ssl"]
    if not own:
        return ""
    near = [e["body"] for e in service.events(run, "neighbours") if e["body"]["arm"] == "ssl"]
    target = type_of(service.dataset(service.run(run)["dataset"]))
    return embeddings.sentence(near[-1] if near else None, own[0], target)


def _maps(service: Any, run: dict[str, Any]) -> str:
    drawn = [e["body"] for e in service.events(run["run"], "attribution")]
    if not drawn:
        return ""
    methods = {b["method"]: b for b in drawn if b["arm"] == drawn[0]["arm"]}
    tests = service.latest(run["run"], "attribution.controls", drawn[0]["arm"])
    return explain.sentence(methods, tests and tests["body"], modality.of_run(run).words)


def _groups(service: Any, run: str) -> str:
    audits = [e["body"] for e in service.events(run, "fairness")]
    own = [a for a in audits if a["arm"] == "ssl"] or audits
    if not own:
        return ""
    attribute, metric = bias.strongest(own)
    return bias.sentence(next(a for a in own if a["attribute"] == attribute), metric)
