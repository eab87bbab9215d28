"""The files of a dossier: PDF/A with its evidence, signature, page, text, bill of material, Croissant, card."""

import copy
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pypdf
import pytest

from backend.workspace.layout import BadInput
from workbench.documents import dossier, dossier_text, pdf
from workbench.documents.bom import bom
from workbench.documents.card import card
from workbench.documents.croissant import croissant
from workbench.documents.render import template
from workbench.documents.sign import sign

HOSTILE = '<script>alert(1)</script> #panic("x") $x$ *bold* `code` ]] \\ 中'


def field(id_, class_, state, values=(), person=None):
    told = {"id": id_, "title": f"Title {id_}", "asks": "What is it for?", "class": class_, "articles": ["11"]}
    return {**told, "state": state, "values": list(values), "person": person}


def value(label, text, leaf):
    query = f"SELECT json_extract(body, '/verdict/layer_integrated_gradients') FROM ledger WHERE leaf = {leaf}"
    return {"label": label, "text": text, "value": 0.85, "leaf": leaf, "hash": "5fe9" * 16, "query": query}


@pytest.fixture(scope="module")
def document():
    person = {"text": f"First.\n\n{HOSTILE}", "scope": "run", "by": "ada", "time": "2026-11-22T10:00:00Z", "leaf": 7}
    fields = [
        field("1.a", "P", "completed", [value("Data set", HOSTILE, 3)], person),
        field("1.b", "H", "gap"),
        field("1.c", "A", "filled", [value("AUROC", "0.850 [0.822, 0.893]", 4)]),
        field("1.e", "P", "prefilled", [value("Device", "x" * 90, 5)]),
    ]
    observed = {"text": "6.8 points [2.3, 11.1]", "leaf": 9, "hash": "ab" * 32}
    scenario = {"id": "gap-sex", "group": "sex: male", "hazard": HOSTILE, "measure": "accuracy", "threshold": None}
    scenario |= {"observed": observed, "mitigation": "", "review_trigger": "", "by": "ada", "exceeded": None}
    return {
        "schema": dossier.SCHEMA,
        "run": "run-1",
        "title": HOSTILE,
        "run_state": "succeeded",
        "built": "2026-11-22T12:00:00.000Z",
        "version": 2,
        "language": "en",
        "statute": {"name": "Annex IV", "as_of": "2026-07-27", "consolidated": ["a", "b"], "applies_from": {}},
        "record": {"size": 892, "root": "b3" * 32, "checkpoint": "origin\n892\nroot\n", "verified": True},
        "points": [{"id": "1", "title": "General", "fields": fields}],
        "progress": [{"point": "1", "filled": 1, "prefilled": 1, "completed": 1, "gap": 1, "of": 4}],
        "share": 0.75,
        "scenarios": [{**scenario, "time": "2026-11-22T10:00:00Z", "leaf": 8, "hash": "cd" * 32}],
        "unheeded": [],
        "crosswalk": [{"field": "1.a", "nist_ai_rmf": ["MAP 1.1"], "iso_42001": ["A.6.2.2"]}],
        "approvals": [
            {"what": "run:run-1", "state": "void", "by": "bo", "time": "2026-11-22T11:00:00Z", "reason": HOSTILE}
            | {"key": "k", "leaf": 10}
        ],
        "open": ["1.b Title: nothing stands here yet."],
        "state": "open",
    }


@pytest.fixture(scope="module")
def content(document):
    return dossier.content(document, [HOSTILE])


@pytest.fixture(scope="module")
def paper(document, content):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><text x="1" y="9">中 −</text></svg>'
    return pdf.pdf(document, content, [{"title": "T", "sentence": "S", "drawings": [drawing], "pairs": [drawing] * 2}])


def test_the_paper_holds_its_evidence_and_says_what_it_is(paper, document):
    read = pypdf.PdfReader(io.BytesIO(paper))
    assert read.attachments["dossier.json"] == [dossier.evidence(document)]
    xmp = read.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part>3<", xmp)
    assert re.search(r"pdfaid:conformance>B<", xmp)


def test_the_same_document_gives_the_same_bytes(paper, document, content):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><text x="1" y="9">中 −</text></svg>'
    figures = [{"title": "T", "sentence": "S", "drawings": [drawing], "pairs": [drawing] * 2}]
    assert pdf.pdf(copy.deepcopy(document), content, figures) == paper
    assert pdf.pdf({**document, "version": 3}, content, figures) != paper


def test_text_from_outside_is_set_as_text_on_paper(paper):
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
    assert "#panic" in text
    assert "*bold*" in text
    assert "[U+4E2D]" in text
    assert "Not filled: What is it for?" in text
    assert "leaf 4, 5fe95fe9…" in text


def test_queries_can_be_copied_from_the_paper(paper, document):
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
    assert "\u200b" not in text
    printed = " ".join(text.split())
    queries = [v["query"] for point in document["points"] for f in point["fields"] for v in f["values"]]
    assert queries
    assert all(" ".join(query.split()) in printed for query in queries)


def test_a_character_without_a_glyph_is_printed_as_its_code_point():
    assert pdf.missing("aé中😀−") == {"中", "😀"}
    assert pdf.printable({"a": ["x中"]}, frozenset("中")) == {"a": ["x[U+4E2D]"]}


def test_every_output_is_free_of_markup_and_of_a_claim(content, document, paper):
    page = template("dossier.html").render(**content, sections=[])
    text = dossier_text.markdown(content, [])
    assert "<script" not in page
    assert "<script" not in text
    read = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(paper)).pages)
    for made in (page, text, read, dossier.evidence(document).decode()):
        assert "compliant" not in made.lower()
    assert "Not filled: What is it for?" in page
    assert "Not filled: What is it for?" in text
    assert all(f"Q{n}" in page and f"Q{n}" in text for n in (1, 2, 3))


def certificate(path, password=b"secret"):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ada")]),
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    made = made.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"a", key, made, None, BestAvailableEncryption(password)))
    return made


def test_a_signature_validates_and_breaks_with_one_byte(paper, tmp_path):
    from asn1crypto import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    made = certificate(tmp_path / "a.p12")
    trusted = ValidationContext(trust_roots=[x509.Certificate.load(made.public_bytes(Encoding.DER))])

    def status(payload):
        return validate_pdf_signature(PdfFileReader(io.BytesIO(payload)).embedded_signatures[0], trusted)

    signed = sign(paper, tmp_path / "a.p12", "secret")
    assert signed.startswith(paper)
    assert status(signed).bottom_line
    assert not status(signed[:200] + bytes([signed[200] ^ 1]) + signed[201:]).intact
    with pytest.raises(BadInput, match="PKCS#12 and its password"):
        sign(paper, tmp_path / "a.p12", "wrong")
    with pytest.raises(BadInput, match="No such file"):
        sign(paper, tmp_path / "b.p12", "")


@pytest.fixture
def facts():
    estimate = {"value": 0.85, "low": 0.8, "high": 0.9}
    started = {"packages": {"torch": "2.13.0+cpu", "scikit_learn": "1.9.1"}, "code": {"version": "1", "digest": "ab"}}
    started["recipe"] = {"encoder": {"name": "convnet"}, "pretext": {"name": "simclr"}}
    manifest = {"name": "ham", "kind": "image", "count": 9, "digest": "ab" * 32, "sensitive": ["sex"]}
    manifest |= {"table": {"sha256": "cd" * 32}, "images": {"sha256": "ef" * 32}}
    row = {"arm": "ssl", "best": True, "fraction": 0.1, "n_labels": 4, "mean": estimate}
    group = {"group": "female", "n": 40, "metrics": {"tpr": {**estimate, "low": None, "trials": 12, "enough": True}}}
    return {
        "run": {"run": "run-1", "title": HOSTILE},
        "started": started,
        "time": "2026-11-22T10:00:00Z",
        "manifest": manifest,
        "sheet": {"counts": {"train": 5, "test": 4}, "warnings": [HOSTILE], "missing": {"age": 1}},
        "verdict": {"metric": "auroc", "table": [row], "test_rows": 4},
        "audits": [{"arm": "ssl", "attribute": "sex", "groups": [group]}],
        "encoders": [{"subjects": [{"role": "encoder/ssl/0", "sha256": "12" * 32}]}],
        "classifiers": [],
        "sentences": [HOSTILE],
        "persons": {"1.a": HOSTILE},
    }


def test_the_bill_of_material_names_slices_packages_and_files_and_is_the_same_twice(facts):
    made = json.loads(bom(facts))
    assert bom(facts) == bom(facts)
    model = made["metadata"]["component"]
    found = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert found[0]["confidenceInterval"] == {"lowerBound": "0.8", "upperBound": "0.9"}
    assert found[1]["slice"] == "sex: female (n = 40)"
    assert "confidenceInterval" not in found[1]
    assert {"pkg:pypi/torch@2.13.0%2Bcpu", "pkg:pypi/scikit-learn@1.9.1"} <= {c.get("purl") for c in made["components"]}
    assert model["components"][0]["hashes"][0]["content"] == "12" * 32


def test_a_bill_of_material_that_breaks_the_schema_does_not_leave(facts):
    facts["manifest"]["digest"] = "no digest"
    with pytest.raises(RuntimeError, match=r"expected CycloneDX 1\.6"):
        bom(facts)


def test_croissant_is_read_by_its_own_library(facts, tmp_path):
    import mlcroissant

    columns = {"row": "int64", "label": "int8", "sex": "string", "age": "double"}
    (tmp_path / "a.json").write_bytes(croissant(facts["manifest"], facts["sheet"], columns, "2026-11-22T10:00:00Z"))
    read = mlcroissant.Dataset(jsonld=tmp_path / "a.json").metadata
    assert not read.ctx.issues.errors
    assert [f.name for f in read.record_sets[0].fields] == list(columns)
    assert {f.sha256 for f in read.distribution} == {"cd" * 32, "ef" * 32}


def test_the_card_quotes_people_escaped_and_names_what_they_have_not_said(facts):
    text = card(facts).decode()
    assert "<script" not in text
    assert "field 3.risks of the dossier" in text
    assert "0.850 \\[0.800, 0.900]" in text
    assert "compliant" not in text


def test_who_decided_what_is_said_in_words(content):
    assert [one["what"] for one in content["approvals"]] == ["The run"]
