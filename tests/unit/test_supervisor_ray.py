"""The Ray launcher's four verbs against a client that remembers what it was asked."""

import enum
import sys

import pytest

from backend.control.runs.launchers import Status, launcher
from backend.control.runs.launchers.ray import Ray
from backend.workspace.layout import BadInput


class JobStatus(enum.StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class Client:
    def __init__(self):
        self.submitted, self.stopped, self.status = [], [], JobStatus.PENDING

    def submit_job(self, **job):
        self.submitted.append(job)
        return "job-1"

    def get_job_status(self, job):
        return self.status

    def stop_job(self, job):
        self.stopped.append(job)


def test_a_slot_with_a_gpu_asks_ray_for_one(workspace):
    client, folder = Client(), workspace.run("r1")
    assert Ray(client).submit(folder, "cuda:0") == {"job": "job-1"}
    Ray(client).submit(folder, "cpu")
    assert [job["entrypoint_num_gpus"] for job in client.submitted] == [1, 0]
    command = f"umask 077 && exec {sys.executable} -m backend.worker {folder.path} >> {folder.log}"
    assert client.submitted[0]["entrypoint"].startswith(command)
    assert "CUDA_VISIBLE_DEVICES" not in client.submitted[0]["runtime_env"]["env_vars"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (JobStatus.PENDING, Status(True)),
        (JobStatus.RUNNING, Status(True)),
        (JobStatus.SUCCEEDED, Status(False, 0)),
        (JobStatus.FAILED, Status(False)),
        (JobStatus.STOPPED, Status(False)),
    ],
)
def test_what_ray_says_of_a_job(workspace, status, expected):
    client = Client()
    client.status = status
    assert Ray(client).poll(workspace.run("r1"), {"job": "job-1"}) == expected


def test_cancel_and_logs(workspace):
    client, folder = Client(), workspace.run("r1")
    folder.path.mkdir()
    folder.log.write_text("one\ntwo\nthree\n")
    Ray(client).cancel(folder, {"job": "job-1"})
    assert client.stopped == ["job-1"]
    assert Ray(client).logs(folder, {"job": "job-1"}, 2) == "two\nthree"


def test_without_ray_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.job_submission", None)
    with pytest.raises(BadInput, match=r"expected the extra ssl-workbench\[ray\]"):
        launcher("ray")
