"""A finished run with a significant finding, and people who may and may not decide on it, for tests of reviews."""

from __future__ import annotations

from backend.control.record.ingest import ingest
from backend.control.runs import runs as run_rows
from backend.workspace.events import EventLog

SECRET = "correct horse battery"
RUN, FINDING, REPORT = "run:r1", "finding:r1:fairness:ssl/sex", "report:r1"
GAP = {"arm": "ssl", "attribute": "sex", "gaps": {"tpr": {"p_holm": 0.01}}}


def staff(service):
    """rita reviews, sam does too but started the run; vera looks, simon is a scientist."""
    for name, role in (("rita", "reviewer"), ("sam", "reviewer"), ("vera", "viewer"), ("simon", "scientist")):
        service.people.add(name, role, password=SECRET)
    told(service, "sam")
    return service


def told(service, actor, run="r1", end=True):
    service.store.write(lambda tx: run_rows.create(tx, run, "run", "A run", "bars", {"recipe": {}}, actor))
    file = service.artefacts.put_json("note", {"accuracy": 0.9})
    say(service, run, ("encoder", "n", {}, [file]), ("fairness", "ssl/sex", GAP, []))
    say(service, run, ("probe", "ssl/weat", {"arm": "ssl", "p": 0.3}, []), ("probe", "random/weat", {"p": 0.01}, []))
    if end:
        say(service, run, ("run.finished", "end", {"seconds": 1}, []))
    return file


def say(service, run, *events):
    log = EventLog(service.workspace.run(run).events)
    for kind, key, body, subjects in events:
        log.append(kind, body, subjects, key=key)
    log.close()
    ingest(service.store, service.workspace.run(run))


def late(service, run="r1"):
    """An event of the run's worker that came after all that was looked at."""
    seq = service.store.board.run(run).next_seq
    service.store.write(lambda tx: tx.log("encoder", {}, actor="worker", run=run, seq=seq, key="late"))


def by(service, name):
    return service.people.caller(name)


def approve(service, what=RUN, name="rita", **options):
    return service.reviews.decide(what, "approved", "", by(service, name), SECRET, **options)
