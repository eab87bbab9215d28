"""A bundle is checked by one file on another machine; whatever is changed in it is found."""

import ast
import hashlib
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from backend.audit import auditor
from backend.audit.auditor import curve
from backend.audit.auditor.record import Record
from backend.audit.ledger import bundle as bundles
from backend.audit.ledger.notes import SigningKey, sign_note
from backend.audit.ledger.proofs import check_inclusion
from backend.control.people import review_scope
from backend.control.service import Service


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(path of a bundle with 75 events in parts of 16, its digest file's folder, what export said)."""
    root = tmp_path_factory.mktemp("bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundles, "PART", 16)
        service = Service.open(root / "ws", start_supervisor=False)
        subject = service.artefacts.put_bytes("maps", b"{}", "json").as_dict()
        for batch in range(7):

            def some(tx, batch=batch):
                for i in range(10):
                    subjects = [subject] if i == 3 else []
                    tx.log("metrics", {"i": i}, actor="worker", run="r1", seq=10 * batch + i, subjects=subjects)

            service.store.write(some)
            if batch in (1, 4):
                service.trail.checkpoint()
            if batch == 4:
                service.trail.rotate_key()
        leaf = service.store.write(lambda tx: tx.log("note", {}, actor="anna", private={"name": "Jane Roe"}))
        service.trail.redact(leaf, "asked to")
        proof = service.search.inclusion(17)  # of a size that no checkpoint has
        service.store.write(lambda tx: tx.log("note", {}, actor="anna"))
        told = service.trail.export(root / "bundle.zip")
        (root / "leaf-17.json").write_text(json.dumps(proof))
        service.store.write(lambda tx: tx.log("note", {}, actor="anna"))
        (root / "later.json").write_text(json.dumps(service.search.inclusion(0)))
        service.close()
    return root / "bundle.zip", root / "ws" / "artefacts", told


def members(path):
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def rezip(path, files):
    with zipfile.ZipFile(path, "w") as bundle:
        for name, payload in files.items():
            bundle.writestr(name, payload)
    return path


def damage(path):
    with pytest.raises(auditor.Bad) as found:
        auditor.check(path)
    assert "\n" not in str(found.value)
    return str(found.value)


def test_a_clean_bundle_passes(made):
    path, artefacts, told = made
    said = auditor.check(path, told["key"], artefacts=artefacts)
    assert (said["events"], said["root"]) == (told["size"], told["root"])
    assert (said["artefacts"], said["redacted"], said["checkpoints"]) == (1, 1, told["checkpoints"])
    assert b"Jane" not in b"".join(members(path).values())


def test_the_table_is_the_events(made):
    with zipfile.ZipFile(made[0]) as bundle, bundle.open("events.parquet") as file:
        table = pq.read_table(file)
    lines = b"".join(v for k, v in sorted(members(made[0]).items()) if k.startswith("events/")).splitlines()
    assert table.column("hash").to_pylist() == [hashlib.sha256(b"\x00" + line).digest() for line in lines]


def test_it_runs_alone_with_its_own_ed25519_and_proves_a_leaf(made, tmp_path):
    """-S: no site-packages, so the standard library is all there is; the file comes from the bundle."""
    (tmp_path / "verify.py").write_bytes(members(made[0])["verify.py"])
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(made[0])]
    done = subprocess.run([*command, "--leaf", "17"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"clean: {made[2]['size']} events")
    assert "the Ed25519 in this file" in done.stdout
    assert '"leaf":17' in done.stdout
    assert subprocess.run([*command, "--leaf", "999"], capture_output=True).returncode == 2
    crooked = rezip(tmp_path / "b.zip", members(made[0]) | {"keys.txt": b"x"})
    failed = subprocess.run([*command[:-1], str(crooked)], capture_output=True, text=True)
    assert (failed.returncode, failed.stdout.count("\n")) == (1, 1)
    assert failed.stdout.startswith("DAMAGED: ")


def test_a_proof_is_one_that_the_standard_accepts(made):
    said = auditor.check(made[0], leaf=40)
    proof = [bytes.fromhex(h) for h in said["leaf"]["proof"]]
    hashed, root = bytes.fromhex(said["leaf"]["hash"]), bytes.fromhex(said["root"])
    assert check_inclusion(hashed, 40, said["events"], proof, root)


@pytest.fixture
def run(made, tmp_path):
    """The checker of the bundle with these arguments: (exit code, all that it says)."""
    (tmp_path / "verify.py").write_bytes(members(made[0])["verify.py"])

    def called(*arguments):
        command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return called


def test_a_proof_that_was_handed_out_is_held_against_the_bundle(made, run):
    path, proof = str(made[0]), str(made[0].parent / "leaf-17.json")
    code, said = run(path, "--proof", proof)
    assert code == 0
    assert "proof holds: event 17, " in said
    assert "the bundle holds this event there" in said
    code, said = run("--proof", proof)
    assert code == 0
    assert "nobody has signed for this root here" in said
    code, said = run(path, "--proof", str(made[0].parent / "later.json"))
    assert code == 2
    assert "take a newer bundle" in said
    assert run()[0] == 2


def forged(proof):
    """A tree of its own, whole in itself: only the bundle tells that it is another one."""
    event = proof["event"].replace('"actor":"worker"', '"actor":"nobody"')
    hashed = hashlib.sha256(b"\x00" + event.encode()).hexdigest()
    return {"leaf": 0, "event": event, "hash": hashed, "size": 1, "root": hashed, "path": []}


CROOKED = {
    "its leaf hash": lambda p: p | {"event": p["event"].replace("worker", "nobody")},
    "its path": lambda p: p | {"path": p["path"][1:]},
    "another place": lambda p: p | {"leaf": 18},
    "a longer path": lambda p: p | {"path": [*p["path"], "00" * 32]},
    "another root": lambda p: p | {"root": "00" * 32},
    "outside": lambda p: p | {"leaf": p["size"]},
    "another tree": forged,
}


@pytest.mark.parametrize("how", CROOKED)
def test_a_crooked_proof_is_found(made, run, tmp_path, how):
    proof = json.loads((made[0].parent / "leaf-17.json").read_text())
    (tmp_path / "p.json").write_text(json.dumps(CROOKED[how](proof)))
    code, said = run(str(made[0]), "--proof", str(tmp_path / "p.json"))
    assert (code, said.startswith("DAMAGED: the proof")) == (1, True)
    assert said.count("\n") == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"leaf": 1}', "[" * 100_000, '{"hash": 7}'])
def test_what_is_no_proof_is_wrong_usage(run, tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    code, said = run("--proof", str(tmp_path / "p.json"))
    assert (code, said.count("\n")) == (2, 1)
    assert "--proof: expected the JSON of a proof" in said


def test_every_changed_missing_or_added_file_is_found(made, tmp_path):
    files, draw = members(made[0]), random.Random(5)
    for name, payload in files.items():
        place = draw.randrange(len(payload))
        changed = payload[:place] + bytes([payload[place] ^ 1 << draw.randrange(8)]) + payload[place + 1 :]
        for crooked in (files | {name: changed}, {k: v for k, v in files.items() if k != name}, files | {"more": b""}):
            with pytest.raises((auditor.Bad, ValueError, KeyError)):
                auditor.check(rezip(tmp_path / "b.zip", crooked))


def test_no_flipped_byte_of_the_file_changes_what_passes(made, tmp_path):
    raw, draw, clean = made[0].read_bytes(), random.Random(6), members(made[0])
    for _ in range(60):
        place = draw.randrange(len(raw))
        path = tmp_path / "b.zip"
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << draw.randrange(8)]) + raw[place + 1 :])
        try:
            auditor.check(path)
        except Exception:
            continue
        assert members(path) == clean  # a byte that zip readers ignore, a date for one


# With the key in hand the manifest can be signed anew: then the record itself must tell.


@pytest.fixture
def resigned(made, tmp_path):
    """Changes the events of the bundle as the holder of the key could, who leaves the checkpoints alone."""
    workspace_key = SigningKey.parse((made[1].parent / "ledger.key").read_text())

    def change(edit):
        files = members(made[0])
        edit(files)
        manifest = json.loads(files.pop("manifest.note").decode().rpartition("\n\n")[0])
        manifest["files"] = {name: hashlib.sha256(payload).hexdigest() for name, payload in files.items()}
        note = sign_note(json.dumps(manifest) + "\n", workspace_key)
        return rezip(tmp_path / "b.zip", files | {"manifest.note": str(note).encode()})

    return change


def edit_event(files, name, old, new):
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda f: None, None),
        (lambda f: edit_event(f, "events/000000000000.jsonl", b'{"i":4}', b'{"i":5}'), "a leaf from 0 to "),
        (lambda f: edit_event(f, "events/000000000064.jsonl", b'"kind":"note"', b'"kind":"nope"'), "a leaf from"),
        (lambda f: edit_event(f, "events/000000000016.jsonl", b'"seq":17', b'"seq":18'), "a leaf from"),
        (lambda f: edit_event(f, "events/000000000016.jsonl", b'"leaf":17', b'"leaf":18'), "belongs"),
        (lambda f: edit_event(f, "artefacts.json", b"json", b"html"), "not what the events name"),
        (lambda f: edit_event(f, "proofs.json", b'"first": 21', b'"first": 22'), "expected one proof"),
        (lambda f: f.update({"keys.txt": f["keys.txt"].splitlines(True)[-1]}), "keys.txt: expected the keys"),
        (lambda f: f.pop("events/000000000064.jsonl"), "parts of events"),
        (lambda f: f.pop(max(n for n in f if n.startswith("checkpoints/"))), "no checkpoint covers"),
        (
            lambda f: f.pop(min(n for n in f if n.startswith("checkpoints/"))),
            "leaf 21: checkpoint 1",
        ),
    ],
)
def test_the_record_tells_what_a_stolen_manifest_key_hides(resigned, edit, words):
    path = resigned(edit)
    if words is None:
        auditor.check(path)
    else:
        assert words in damage(path)


def test_a_bundle_of_schema_1_named_one_type_of_a_digest(resigned):
    def earlier(files):
        told = json.loads(files["artefacts.json"])
        files["artefacts.json"] = json.dumps({digest: kinds[0] for digest, kinds in told.items()}).encode()

    assert auditor.check(resigned(earlier))["artefacts"] == 1


def test_the_same_bytes_as_two_types_are_two_files(tmp_path):
    """A JSON document and a Markdown file may hold the same bytes, and so have one digest."""
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    kept = [service.artefacts.put_bytes(f"report/{kind}", b"1\n", kind).as_dict() for kind in ("json", "md")]
    service.store.write(lambda tx: tx.log("report.built", {"format": "json"}, actor="anna", run="r1", subjects=kept))
    told, found = service.trail.export(tmp_path / "bundle.zip"), service.verify()
    assert (found["ok"], found["artefacts"], told["artefacts"]) == (True, 2, 2)
    assert json.loads(members(tmp_path / "bundle.zip")["artefacts.json"]) == {kept[0]["sha256"]: ["json", "md"]}
    artefacts = tmp_path / "ws" / "artefacts"
    assert auditor.check(tmp_path / "bundle.zip", told["key"], artefacts=artefacts)["artefacts"] == 2
    rows = review_scope.rows_of(service.store, review_scope.parse("report:r1"))
    seen = review_scope.seen(rows, review_scope.Files(service.artefacts))
    assert (seen["files"], seen["replaced"]) == (2, [])
    service.artefacts.path(kept[1]["sha256"], "md").write_bytes(b"2\n")
    files = review_scope.Files(service.artefacts)
    assert [files.whole(one["sha256"], one["type"]) for one in kept] == [True, False]
    assert [finding["kind"] for finding in service.verify()["findings"]] == ["file replaced"]
    with pytest.raises(auditor.Bad, match="file replaced"):
        auditor.check(tmp_path / "bundle.zip", artefacts=artefacts)
    service.close()


def test_a_worker_that_speaks_in_the_servers_name_is_found():
    for kind in ("user.role", "key.created", "review.decided", "checkpoint.signed", "payload.redacted"):
        with pytest.raises(auditor.Bad, match=f"authority: a worker says {kind}"):
            Record().take(0, "r", 0, "2026-01-01T00:00:00Z", kind, None, None)


def test_what_was_wrong_before_it_was_signed_is_found_too():
    record = Record()
    record.take(0, "r", 0, "2026-01-01T00:00:00Z", "metrics", None, None)
    with pytest.raises(auditor.Bad, match="leaf 1, run r: gap: expected event 1 of the run, found 2"):
        record.take(1, "r", 2, "2026-01-01T00:00:00Z", "metrics", None, None)
    with pytest.raises(auditor.Bad, match="leaf 2, run r: clock"):
        record.take(2, "r", 1, "2025-01-01T00:00:00Z", "metrics", None, None)


def test_another_key_than_the_one_given(made):
    other = SigningKey.make("ssl-workbench/other").verifier
    with pytest.raises(auditor.Bad, match="another key than the one given"):
        auditor.check(made[0], str(other))


def test_replaced_and_missing_artefacts(made, tmp_path):
    path, artefacts, _ = made
    with pytest.raises(auditor.Bad, match="file missing"):
        auditor.check(path, artefacts=tmp_path)
    (file,) = (p for p in Path(artefacts).rglob("*.json") if p.read_bytes() == b"{}")
    copy = tmp_path / file.parent.name
    copy.mkdir()
    (copy / file.name).write_bytes(b"[]")
    with pytest.raises(auditor.Bad, match="file replaced"):
        auditor.check(path, artefacts=tmp_path)


def test_its_ed25519_agrees_with_the_package():
    key = SigningKey.make("k")
    public, signature = key.verifier.public, key.sign("text\n").payload
    for verify in (curve.ed25519_here, curve.ed25519_package):
        assert verify(public, signature, b"text\n")
        assert not verify(public, signature, b"text")
        assert not verify(public, signature[:63], b"text\n")
        assert not verify(public, bytes(64), b"text\n")
        assert not verify(SigningKey.make("k").verifier.public, signature, b"text\n")
    beyond = (int.from_bytes(signature[32:], "little") + curve.Q).to_bytes(32, "little")
    assert not curve.ed25519_here(public, signature[:32] + beyond, b"text\n")


def test_the_published_vectors_of_ed25519():
    """RFC 8032, section 7.1, tests 1 and 2."""
    for public, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ):
        assert curve.ed25519_here(*map(bytes.fromhex, (public, signature, message)))


def test_the_one_file_is_its_parts_joined():
    """No name of a part hides another part's, and each import is there once."""
    tree = ast.parse(auditor.source())
    defined = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    defined += [
        target.id
        for n in tree.body
        if isinstance(n, ast.Assign)
        for target in n.targets
        if isinstance(target, ast.Name)
    ]
    assert len(defined) == len(set(defined))
    imported = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert len(imported) == len(set(imported))
    there = {f.stem for f in Path(auditor.__file__).parent.glob("*.py")} - {"__init__"}
    assert there == set(auditor.PARTS)
