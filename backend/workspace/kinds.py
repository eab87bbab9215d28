"""Who may write which kind of event (docs/events.md): a worker those of its kind of run, the server all others."""

from __future__ import annotations

_COURSE = {
    "run.started",
    "run.resumed",
    "stage.started",
    "stage.finished",
    "stage.skipped",
    "run.finished",
    "run.failed",
    "run.cancelled",
}
_TRAINING = {
    *("tokenizer", "weights.read", "metrics", "knn", "collapse", "lm", "lm.baselines", "layers", "lm.samples"),
    *("checkpoint", "encoder", "encoder.kept", "features"),
    *(
        "pretrain.timed",
        "study.started",
        "study.plan",
        "study.cell",
        "study.test_read",
        "study.verdict",
        "classifier",
        "predictions",
    ),
    *("decide.plan", "decide.verdict", "maintenance.verdict"),
    *("projection.methods", "neighbours", "clusters", "projection", "distances", "projection.step", "stability"),
    *("projection.refused", "attribution", "attribution.controls"),
    *("fairness", "fairness.contrast", "fairness.amplification", "probe", "probe.skipped", "proxies"),
}
# kind of run -> what its worker may write
WORKER: dict[str, frozenset[str]] = {
    "run": frozenset(_COURSE | _TRAINING),
    "data": frozenset(_COURSE | {"data.registered"}),
    "interactive": frozenset({"run.started", "run.finished", "answer"}),
}
SERVER = frozenset(
    {
        *("store.migrated", "run.submitted", "run.cancel_asked", "run.resume_asked", "run.labelled", "run.sealed"),
        "job.state",
        *("selection", "report.built", "export", "notice.sent", "notice.failed"),
        *("sweep.begun", "sweep.trial", "sweep.told", "sweep.ended"),
        *("dossier.field", "dossier.scenario", "dossier.built"),
        *("user.added", "user.role", "user.disabled", "user.password", "user.key", "user.token", "user.token_revoked"),
        *("review.asked", "review.decided"),
        *("checkpoint.signed", "checkpoint.witnessed", "checkpoint.timestamped", "checkpoint.refused"),
        *("key.created", "key.rotated", "payload.redacted"),
    }
)
# What begins so is the server's, whatever a later version calls it.
AREAS = (
    "store.",
    "job.",
    "user.",
    "review.",
    "dossier.",
    "checkpoint.",
    "key.",
    "payload.",
    "report.",
    "sweep.",
    "notice.",
)


def of_server(kind: str) -> bool:
    """Does only the server write events of this kind?"""
    return kind in SERVER or kind.startswith(AREAS)
