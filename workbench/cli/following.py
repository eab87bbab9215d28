"""Waiting for a run on the shell: its progress, Ctrl-C, and how it ended.

Ctrl-C asks: cancel the run, leave it running, or watch on. Enter, a second Ctrl-C, and Ctrl-C where nobody can be asked
(no terminal) leave it running, since that loses nothing: `workbench runs cancel RUN` still stops it.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backend.workspace.formats import duration
from backend.workspace.visible import visible

from .telling import tell

PROMPT = "Ctrl-C: [c]ancel {run}, [w]atch on, or leave it running (Enter)? "
ANSWERS = {"c": "cancel", "w": "watch"}


def follow(service: Any, run: str, verdicts: bool = True) -> dict[str, Any]:
    """Wait for a run with a progress bar on stderr; prints how it ended and its verdicts.

    Returns the run with "verdicts" (where asked for) and "left": whether the person left it running.
    """
    with interrupts() as asked:
        tell(f"run {run}")
        now, left = _watch(service, run, asked)
    if left:
        tell(left_line(now, getattr(service, "owns", False)), err=True)
    elif now["state"] != "succeeded":
        tell(f"{run}: {now['state']}: {now['reason'] or 'no reason given'}", err=True)
    else:
        tell(f"{run}: succeeded in {seconds(now)}")
    result = {**now, "left": left}
    if verdicts and not left:
        from ..verdicts.run import sentences

        result["verdicts"] = sentences(service, run)
        for line in result["verdicts"]:
            tell(f"  {line}")
    return result


def detach(service: Any, run: str) -> dict[str, Any]:
    """Leave a run as soon as its worker is at work, or at once where somebody else looks after the workspace or another
    run is before it; says which. Returns as `follow` does, without verdicts.
    """
    from backend.control.runs.states import ENDED

    with interrupts() as asked:
        tell(f"run {run}")
        while (now := service.run(run))["state"] == "queued" and getattr(service, "owns", False):
            if any(r["state"] == "running" and r["run"] != run for r in service.runs()) or asked.wait(0.1):
                break
    left = now["state"] not in ENDED
    if left:
        tell(left_line(now, getattr(service, "owns", False)), err=True)
    else:
        tell(f"{run}: {now['state']}" + (f": {now['reason']}" if now["reason"] else ""), err=True)
    return {**now, "left": left}


def _watch(service: Any, run: str, asked: threading.Event) -> tuple[dict[str, Any], bool]:
    """(the run at its end, False), or (the run as it is, True) where it was left running."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from backend.control.runs.states import ENDED

    from ..verdicts.run import stage_name

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<12}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[what]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("queued", total=None, what="")
        while (now := service.run(run))["state"] not in ENDED:
            if asked.is_set():
                bar.stop()
                choice = chosen(run)
                if choice == "leave":
                    return now, True
                if choice == "cancel":
                    tell(f"cancelling {run} (it writes a checkpoint first)", err=True)
                    service.cancel(run)
                    return service.wait(run, timeout=40), False
                asked.clear()
                bar.start()
            progress = now.get("progress") or {}
            bar.update(
                task,
                description=visible(stage_name(progress["stage"]) if progress.get("stage") else now["state"]),
                total=progress.get("total") or None,
                completed=progress.get("done") or 0,
                what=visible(describe(progress)),
            )
            asked.wait(0.3)
        return now, False


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, instead of breaking into whatever is being read or written at that moment."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def chosen(run: str) -> str:
    """What the person who pressed Ctrl-C wants: "cancel", "watch" or "leave"."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "leave"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        tell(PROMPT.format(run=run), end="", err=True)
        return ANSWERS.get(sys.stdin.readline().strip().lower()[:1], "leave")
    except KeyboardInterrupt:
        tell(err=True)
        return "leave"
    finally:
        signal.signal(signal.SIGINT, before)


def left_line(run: dict[str, Any], owns: bool) -> str:
    """What becomes of a run that is left; `owns`: nobody but this command looked after the workspace."""
    name = run["run"]
    if run["state"] == "running" or not owns:
        return (
            f"{name}: left {run['state']}; `workbench runs show {name}` tells how far it is, "
            f"`workbench runs cancel {name}` stops it"
        )
    return f"{name}: left {run['state']}; it starts when somebody is at work here again, such as `workbench serve`"


def describe(progress: dict[str, Any]) -> str:
    """'120 of 600 steps, 2 min 5 s left' from a heartbeat's progress."""
    if not progress.get("total"):
        return progress.get("note") or ""
    text = f"{progress['done']:.0f} of {progress['total']:.0f} {progress.get('unit') or ''}".strip()
    left = progress.get("eta_s")
    return f"{text}, {duration(left)} left" if left is not None else text


def seconds(run: dict[str, Any]) -> str:
    """How long an ended run took, in words."""
    if not (run.get("started") and run.get("ended")):
        return "an unknown time"
    return duration(run["seconds"])
