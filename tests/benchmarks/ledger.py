"""The ledger under load: appends a second, seconds to check a bundle, hashes of an inclusion proof.

    python -m tests.benchmarks.ledger                      1,000,000 events; goals: 5,000 appends/s, 15 s, 20 hashes
    python -m tests.benchmarks.ledger --events 20000       a small one first

Appends: as ingestion makes them, in transactions of 1,000, while two threads read pages' queries from the same store,
one checkpoint every 100,000 events. The bundle is checked by the verify.py in it, on two processes, with the standard
library alone, and with the package cryptography.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from backend.audit.auditor import check
from backend.control.service import Service

BATCH = 1_000
BODY = {"step": 0, "loss": 0.123456789, "lr": 0.001, "grad_norm": 1.25, "images_per_s": 1234.5, "note": "x" * 40}


def append(service: Service, events: int) -> float:
    """Events a second, checkpoints included, while two threads read."""
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            service.events("run-0", "metrics", max(0, service.store.size - 500))
            service.ledger(limit=200)
            stop.wait(0.05)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    start = time.perf_counter()
    for first in range(0, events, BATCH):

        def some(tx, first=first):
            for seq in range(first, min(first + BATCH, events)):
                tx.log("metrics", {**BODY, "step": seq}, actor="worker", run="run-0", seq=seq, key=f"s{seq}")

        service.store.write(some)
        if (first + BATCH) % 100_000 == 0:
            service.trail.checkpoint()
    seconds = time.perf_counter() - start
    stop.set()
    for reader in readers:
        reader.join()
    return events / seconds


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("clean")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        root, bundle, verifier = Path(folder) / "ws", Path(folder) / "b.zip", Path(folder) / "verify.py"
        service = Service.open(root, start_supervisor=False)
        rate = append(service, events)
        start = time.perf_counter()
        assert service.verify()["ok"]
        verified = time.perf_counter() - start
        start = time.perf_counter()
        told = service.trail.export(bundle)
        exported = time.perf_counter() - start
        service.close()
        with zipfile.ZipFile(bundle) as files:
            verifier.write_bytes(files.read("verify.py"))
        alone = timed([sys.executable, "-I", "-S", str(verifier), str(bundle)])
        package = timed([sys.executable, str(verifier), str(bundle)])
        proof = len(check(bundle, leaf=events // 2)["leaf"]["proof"])
    row = {
        "events": f"{events:,}",
        "appends/s": f"{rate:,.0f}",
        "audit verify, s": f"{verified:.1f}",
        "export, s": f"{exported:.1f}",
        "bundle, MB": f"{told['bytes'] / 1e6:.0f}",
        "verify.py alone, s": f"{alone:.1f}",
        "with cryptography, s": f"{package:.1f}",
        "proof, hashes": str(proof),
    }
    for cells in (row, ["---"] * len(row), row.values()):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
