"""Workers as Ray Jobs on an existing cluster whose nodes see this workspace and source at the same paths.

    WORKBENCH_LAUNCHER=ray  WORKBENCH_RAY_ADDRESS=http://head:8265      (default http://127.0.0.1:8265)

Ray does the queueing: set WORKBENCH_DEVICES to as many devices as the cluster has, such as "cuda:0,cuda:1". Needs the
extra `[ray]`.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any

from ....workspace.layout import BadInput, RunFolder
from . import Status
from .local import environment, tail_of

ENDED = {"SUCCEEDED": 0, "FAILED": None, "STOPPED": None}
PASSED_ON = ("PYTHONPATH", "PYTHONUNBUFFERED", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS")


class Ray:
    def __init__(self, client: Any):
        self.client = client

    def submit(self, folder: RunFolder, slot: str) -> dict[str, Any]:
        """Queue the worker; Ray gives it a GPU when the slot is one."""
        folder.path.mkdir(parents=True, exist_ok=True)
        worker = shlex.join([sys.executable, "-m", "backend.worker", str(folder.path)])
        own = environment(slot)
        job = self.client.submit_job(
            entrypoint=f"umask 077 && exec {worker} >> {shlex.quote(str(folder.log))} 2>&1",
            runtime_env={"env_vars": {name: own[name] for name in PASSED_ON if name in own}},
            entrypoint_num_gpus=1 if slot.startswith("cuda") else 0,
            entrypoint_num_cpus=1,
            metadata={"run": folder.name},
        )
        return {"job": job}

    def poll(self, folder: RunFolder, handle: dict[str, Any]) -> Status:
        state = str(self.client.get_job_status(handle["job"]))
        state = state.rsplit(".", 1)[-1]
        return Status(False, ENDED[state]) if state in ENDED else Status(True)

    def cancel(self, folder: RunFolder, handle: dict[str, Any], force: bool = False) -> None:
        """Ray sends SIGTERM, and SIGKILL to what is left after its own grace (RAY_JOB_STOP_WAIT_TIME_S)."""
        self.client.stop_job(handle["job"])

    def logs(self, folder: RunFolder, handle: dict[str, Any], tail: int) -> str:
        return tail_of(folder.log, tail)


def create() -> Ray:
    address = os.environ.get("WORKBENCH_RAY_ADDRESS", "http://127.0.0.1:8265")
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError:
        raise BadInput("WORKBENCH_LAUNCHER=ray: expected the extra ssl-workbench[ray], found no ray") from None
    try:
        return Ray(JobSubmissionClient(address))
    except (ConnectionError, RuntimeError) as error:
        raise BadInput(f"WORKBENCH_RAY_ADDRESS: expected a Ray cluster at {address}, found {error}") from None
