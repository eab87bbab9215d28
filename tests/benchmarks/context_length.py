"""How long a context does a small causal model take on this machine? Memory and seconds of a step, by length.

    python -m tests.benchmarks.context_length [--lengths 512 2048 8192 32768] [--device cpu]

A GPT-2 of 4 layers and width 128 over 8,000 tokens, one block a step: forward, backward and AdamW, with the SDPA
kernel, the layers recomputed in the backward pass and the logits made in chunks; and the same without recomputing.
Every length runs in a process of its own. Memory on the CPU is the peak above that of the loaded process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import torch

from backend.encoders import gpt2
from backend.encoders._text import Tokens, Vocabulary
from backend.pretext import clm
from backend.pretext._base import Batch

STEPS = 2  # the first is not timed


def measure(length: int, checkpointing: bool, device: str) -> dict[str, float]:
    """{"mib", "seconds"} of a step."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(size=8000, pad=0, length=length)
    encoder = gpt2.build(gpt2.Params(width=128, layers=4, heads=4, dropout=0.0), vocabulary).to(device).train()
    task = clm.build(clm.Params(checkpointing=checkpointing), encoder.dim, vocabulary).to(device)
    task.prepare(encoder)
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    ids = torch.randint(1, vocabulary.size, (1, length), device=device)
    before = peak(device)
    seconds = 0.0
    for _ in range(STEPS):
        began = time.perf_counter()
        loss = task(encoder, Batch({"only": Tokens(ids)})).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        seconds = time.perf_counter() - began
    return {"mib": peak(device) - before, "seconds": seconds}


def peak(device: str) -> float:
    """Peak memory so far, MiB."""
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return torch.cuda.max_memory_allocated() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[512, 2048, 8192, 16384, 32768])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--one", type=int, nargs=2, help=argparse.SUPPRESS)  # length, checkpointing: in its own process
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], bool(options.one[1]), options.device)))
        return
    print("| context | recomputed: MiB | s a step | kept: MiB | s a step |\n|---|---|---|---|---|", flush=True)
    for length in options.lengths:
        cells = []
        for checkpointing in (1, 0):
            command = [sys.executable, "-m", "tests.benchmarks.context_length", "--device", options.device]
            found = subprocess.run([*command, "--one", str(length), str(checkpointing)], capture_output=True, text=True)
            if found.returncode:
                cells += ["failed", found.stderr.strip().splitlines()[-1][:60] if found.stderr else "killed"]
            else:
                told = json.loads(found.stdout.splitlines()[-1])
                cells += [f"{told['mib']:,.0f}", f"{told['seconds']:.2f}"]
        print(f"| {length:,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
