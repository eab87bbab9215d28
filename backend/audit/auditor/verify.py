"""Check a bundle of an SSL Workbench ledger, on any machine: this file needs Python 3.10 or newer and nothing else.

    python3 verify.py bundle.zip                      is it whole and unchanged? exit code 0: yes, 1: no, 2: wrong usage
    python3 verify.py bundle.zip --key NAME+HASH+KEY  and signed by the key that you were given some other way
    python3 verify.py bundle.zip --witness KEY        and cosigned by this witness, whose key its operator told you
    python3 verify.py bundle.zip --leaf 1234          also print event 1234 and the proof that it is in the ledger
    python3 verify.py bundle.zip --artefacts FOLDER   also hash the files that the events speak of (FOLDER/ab/abcd...)
    python3 verify.py bundle.zip --proof leaf-12.json is the event of this proof in the bundle, at the place it claims?
    python3 verify.py --proof leaf-12.json            does the proof hold in itself, whoever signed the root?

A bundle is a zip file: events/*.jsonl (the canonical JSON of one event a line), checkpoints/*.note (signed: the number
of events and the root of their Merkle tree), proofs.json, artefacts.json, events.parquet (the same events as a table,
not read here), keys.txt, and manifest.note, which holds the SHA-256 of each of them and is signed too.

What is checked: every file against the signed manifest; every event hashed into the tree of RFC 9162, whose root must
be the signed one at every checkpoint; the consistency proofs between checkpoints; that every checkpoint but the newest
is an event as well, with none left out (from the first such event on); the chain of keys; that no number is missing in
a run; that no clock was moved back; that artefacts.json names what the events name, and nothing else.

What it cannot tell without --witness: whether somebody who holds the key wrote the whole ledger anew before this bundle
was made. Ask a witness, or compare with a checkpoint that you kept from an earlier day. A stamp of an authority
that you trust says that a checkpoint existed by then; OpenSSL reads it, from the unpacked bundle:

    openssl ts -verify -in stamps/000000001234.tsr -data checkpoints/000000001234.note -CAfile authority.pem
"""

import argparse
import sys
from datetime import datetime, timedelta

from .check import check
from .faults import Bad, Usage, shown
from .proof import proof_read


def utc(seconds):
    return (datetime(1970, 1, 1) + timedelta(seconds=min(seconds, 253402300799))).isoformat() + "Z"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--key", help="the ledger's public key, name+hash+key")
    parser.add_argument("--witness", help="the public key of a witness, name+hash+key, that must have cosigned")
    parser.add_argument("--leaf", type=int, help="print this event and the proof that it is in the ledger")
    parser.add_argument("--artefacts", help="folder of the artefacts, to hash them again")
    parser.add_argument("--proof", help="a proof that the workbench handed out (JSON), to hold against the bundle")
    given = parser.parse_args()
    if given.bundle is None and given.proof is None:
        parser.error("expected a bundle or --proof FILE")
    try:
        proof = proof_read(given.proof) if given.proof else None
        if given.bundle is not None:
            said = check(given.bundle, given.key, given.leaf, given.artefacts, witness=given.witness, proof=proof)
            bundle_say(said, given)
        if proof:
            proof_say(proof, given.bundle is not None)
    except (FileNotFoundError, Usage) as wrong:
        print(f"verify.py: {shown(wrong)}", file=sys.stderr)
        return 2
    except Bad as damage:
        print(f"DAMAGED: {damage}")
        return 1
    except Exception as damage:  # a bundle that cannot even be read is damaged, whatever Python calls it
        print(f"DAMAGED: not a bundle that can be read ({type(damage).__name__}: {shown(damage)[:200]})")
        return 1
    return 0


def bundle_say(said, given):
    line = (
        "clean: {events:,} events, {checkpoints} checkpoints, {artefacts:,} artefacts named, {redacted} payloads erased"
    )
    print(line.format(**said))
    print("root {root}\nsignatures checked by {signatures}\nsigned by {key}".format(**said))
    if given.key is None:
        print("(the bundle itself says that this is the key: compare it with what you were told, or give --key)")
    if said["cosigned"]:
        size, time = said["cosigned"]
        print(f"the witness cosigned the first {size:,} of {said['events']:,} events at {utc(time)}")
    if given.leaf is not None:
        found = said["leaf"]
        print(f"leaf {given.leaf}: {shown(found['event'])}")
        print(f"leaf hash {found['hash']}, proof of {len(found['proof'])} hashes:")
        print("\n".join("  " + hashed for hashed in found["proof"]))


def proof_say(proof, in_bundle):
    print(f"proof holds: event {proof['leaf']:,}, {len(proof['path'])} hashes, root {proof['root'].hex()}")
    print(shown(proof["event"].decode()))
    if in_bundle:
        print(f"the bundle holds this event there, and its first {proof['size']:,} events have this root")
    else:
        print("(nobody has signed for this root here: give a bundle as well, whose checkpoints are signed)")


if __name__ == "__main__":
    sys.exit(main())
