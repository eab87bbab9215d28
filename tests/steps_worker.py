"""A worker for tests of the control plane: counts steps with a checkpoint each, and misbehaves on request.

    python tests/steps_worker.py RUN_DIR        job.json: {"recipe": {"steps": n, "pause": s, "how": HOW}}

how: "good"; "deaf" (does not hear SIGTERM); "exit 7" (ends without a word); "die" (SIGKILLs itself at step 3, always);
"die once" (on its first attempt alone); "hungry" (takes 400 MiB and holds them).
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend import worker
from backend.workspace.layout import RunFolder, write_atomic


def count(todo, folder, events, progress, stop):
    steps, pause, how = (todo["recipe"][k] for k in ("steps", "pause", "how"))
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if how.startswith("exit"):
        print("this is the last line of the log", flush=True)
        os._exit(int(how.split()[1]))
    worker.say_started(events, todo, {"recipe": todo["recipe"]})
    taken = b"x" * (400 << 20) if how == "hungry" else b""  # noqa: F841
    state = folder.path / "checkpoint.json"
    done = json.loads(state.read_text()) if state.exists() else {"step": 0, "sum": 0}
    with worker.stage_events(events, progress, "count"):
        for step in range(done["step"], steps):
            if stop.is_set():
                raise worker.Stopped
            if step == 3 and (how == "die" or (how == "die once" and todo["attempt"] == 0)):
                os.kill(os.getpid(), signal.SIGKILL)
            done = {"step": step + 1, "sum": (done["sum"] * 31 + step) % 1_000_003}
            events.append("metrics", done, key=f"count/{step}")
            write_atomic(state, json.dumps(done).encode())
            progress.done, progress.total, progress.unit = step + 1, steps, "steps"
            time.sleep(pause)
        events.append("checkpoint", done, key="result", durable=True)


if __name__ == "__main__":
    worker.run_stages = count
    sys.exit(worker.main(RunFolder(Path(sys.argv[1]).resolve())))
