"""Where jobs may run: one slot a CUDA device, or else one for the CPU; and one for light data jobs."""

from __future__ import annotations

import os
import shutil
import subprocess

DATA = "data"


def devices() -> list[str]:
    """["cuda:0", ...] or ["cpu"]. WORKBENCH_DEVICES (such as "cuda:1,cuda:3" or "cpu") overrides what is found."""
    if chosen := os.environ.get("WORKBENCH_DEVICES"):
        return [name.strip() for name in chosen.split(",") if name.strip()]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    indices = visible.split(",") if visible is not None else _listed_gpus()
    return [f"cuda:{i.strip()}" for i in indices if i.strip() not in ("", "-1")] or ["cpu"]


def _listed_gpus() -> list[str]:
    if shutil.which("nvidia-smi") is None:
        return []
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return listing.stdout.split() if listing.returncode == 0 else []
