"""Memory of a large text file: registered and turned into token ids, each in a process of its own.

    nice -n 10 python -m tests.benchmarks.text_streaming [--gigabytes 2] [--folder PLACE]

The file holds lines of 5 to 120 words, drawn by Zipf's law from 50,000 made-up words; hardly two lines are the same.
What counts is the highest resident memory (VmHWM) above that after the imports: it must not grow with the file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

LIMIT = 1536  # MB above the start
LINES = 20_000  # that are drawn at a time


def write(path: Path, size: int) -> int:
    """Write at least `size` bytes of lines; returns how many lines."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    words = np.array(["".join(rng.choice(letters, rng.integers(2, 11))) for _ in range(50_000)])
    share = 1 / np.arange(1, len(words) + 1)
    cut, lines = np.cumsum(share) / share.sum(), 0
    with open(path, "w", encoding="utf-8") as out:
        while out.tell() < size:
            lengths = rng.integers(5, 121, LINES)
            drawn = words[np.searchsorted(cut, rng.random(lengths.sum()))].tolist()
            ends = np.cumsum(lengths).tolist()
            starts = [0, *ends[:-1]]
            out.writelines(" ".join(drawn[a:b]) + "\n" for a, b in zip(starts, ends, strict=True))
            lines += LINES
    return lines


def resident(what: str) -> float:
    """VmRSS (now) or VmHWM (highest) of this process in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def register(folder: Path, answers) -> None:
    from backend.data.register import register as register_data
    from backend.workspace.artefacts import Artefacts

    before, began = resident("VmRSS"), time.perf_counter()
    spec = {"name": "large", "kind": "text", "path": str(folder / "large.txt")}
    manifest, _ = register_data(spec, Artefacts(folder / "artefacts"))
    answers.put((manifest, time.perf_counter() - began, before, resident("VmHWM")))


def tokenise(folder: Path, manifest: dict, answers) -> None:
    from backend.data.dataset import Dataset
    from backend.engine.corpus import Corpus
    from backend.recipe import Choice
    from backend.registry import plugin
    from backend.workspace.artefacts import Artefacts

    dataset = Dataset(manifest, Artefacts(folder / "artefacts"))
    wordpiece = plugin("tokenizers", "wordpiece")
    first = list(islice(dataset.text_batches(), 20))
    tokenizer = wordpiece.call(wordpiece.params(vocabulary=8000), first, Choice(name="bert"))
    before, began = resident("VmRSS"), time.perf_counter()
    keep = np.ones(manifest["count"], dtype=bool)
    corpus = Corpus.write(folder / "corpus", tokenizer, dataset.text_batches(), keep)
    answers.put((len(corpus), time.perf_counter() - began, before, resident("VmHWM")))


def apart(call, *given):
    """What `call` puts into its queue, run in a fresh process so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=call, args=(*given, answers))
    process.start()
    found = answers.get()
    process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        lines = write(folder / "large.txt", int(asked.gigabytes * 2**30))
        size = (folder / "large.txt").stat().st_size
        print(f"{size / 2**30:.2f} GiB in {lines:,} lines\n")
        print("| part | seconds | MB/s | at the start, MB | highest, MB | above the start, MB |")
        print("|---|---|---|---|---|---|")
        manifest, seconds, before, peak = apart(register, folder)
        say("registered", size, seconds, before, peak)
        assert manifest["count"] == lines
        tokens, seconds, before, peak = apart(tokenise, folder, manifest)
        say(f"tokenised ({tokens:,} tokens)", size, seconds, before, peak)


def say(part: str, size: int, seconds: float, before: float, peak: float) -> None:
    rate = size / 2**20 / seconds
    print(f"| {part} | {seconds:.0f} | {rate:.1f} | {before:.0f} | {peak:.0f} | {peak - before:.0f} |", flush=True)
    if peak - before > LIMIT:
        raise SystemExit(f"{part}: expected at most {LIMIT} MB above the start, found {peak - before:.0f}")


if __name__ == "__main__":
    main()
