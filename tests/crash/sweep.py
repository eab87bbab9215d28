"""A server for the kill test of sweeps: owns the workspace and drives its sweeps; begins one where there is none.

python tests/crash/sweep.py WORKSPACE RECIPE.json TRIALS
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from backend.control.runs.launchers.local import Local
from backend.control.service import Service

WORKER = Path(__file__).parents[1] / "sweep_worker.py"


def main(root: str, recipe: str, trials: str) -> None:
    service = Service.open(root, start_supervisor=False)
    service.supervisor.launcher = Local((sys.executable, str(WORKER)))
    if not service.sweeps.listed():
        service.sweeps.begin(json.loads(Path(recipe).read_text()), minutes=600, trials=int(trials))
    while service.sweeps.listed()[0]["state"] == "running":
        service.supervisor.tick()
        time.sleep(0.02)
    service.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
