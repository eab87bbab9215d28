"""How much memory a process may take, and how it is held to that.

A file of some kilobytes can unpack to more than the machine has. Who decodes what people hand over is therefore held
by the kernel (`hold`: RLIMIT_DATA, Linux) to what settings.toml allows; work that maps far more than it uses (torch,
CUDA) cannot be, so the supervisor reads what a worker holds (`held`) and ends it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil

from .layout import BadInput

GIB = 1 << 30
THREAD = 16 << 20  # bytes that a library sets aside for each thread before it does anything
_limit: int | None = None  # of this process


def machine() -> int:
    """Bytes of memory that this process can have: the machine's, or its control group's where that is less."""
    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # another version of control groups, or "max"
            limits.append(int(Path("/sys/fs/cgroup", name).read_text()))
    return min(limits)


def hold(limit: int) -> None:
    """From now on this process gets at most `limit` bytes more; beyond that, allocations raise MemoryError.

    Where the kernel has no such limit (macOS), nothing happens.
    """
    global _limit
    _limit = limit
    try:
        import resource

        spare = THREAD * (os.cpu_count() or 1)
        most = _data() + spare + limit
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    except (ImportError, OSError, ValueError):  # not of Linux
        return


def short(what: str) -> BadInput:
    """The line for a source that takes more memory than this process may have."""
    limit = f"{in_gib(_limit)} of memory (settings.toml: [memory])" if _limit else "the memory that there is"
    return BadInput(f"{what}: expected a source that can be read within {limit}, found one that takes more")


def in_gib(size: int) -> str:
    return f"{size / GIB:.3g} GiB"


def held(pid: int) -> int:
    """Bytes that the process and those that it started hold for themselves, in memory or swapped out.

    Files that are mapped do not count: the kernel can drop their pages. 0 for a process that is gone.
    """
    try:
        process = psutil.Process(pid)
        return sum(_own(p.pid) for p in [process, *_children(process)])
    except psutil.Error:
        return 0


def _children(process: psutil.Process) -> list[psutil.Process]:
    """Found by the kernel's own list where it keeps one: psutil looks at every process of the machine."""
    try:
        text = "".join(p.read_text() for p in Path(f"/proc/{process.pid}/task").glob("*/children"))
    except OSError:
        return process.children(recursive=True) if not Path("/proc/self/task").exists() else []
    found = [psutil.Process(int(pid)) for pid in text.split() if psutil.pid_exists(int(pid))]
    return found + [below for child in found for below in _children(child)]


def _own(pid: int) -> int:
    fields = _status(pid)
    if fields:
        return sum(fields.get(name, 0) for name in ("RssAnon", "RssShmem", "VmSwap"))
    with suppress(psutil.Error):
        return psutil.Process(pid).memory_info().rss
    return 0


def _data() -> int:
    """Bytes of this process's data segment, as RLIMIT_DATA counts them."""
    return _status(os.getpid()).get("VmData", 0)


def _status(pid: int) -> dict[str, int]:
    """{field: bytes} of /proc/PID/status; empty where there is none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    rows = (line.split() for line in lines if line.endswith(" kB"))
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}
