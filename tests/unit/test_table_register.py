"""Tables from files to records and back: what was written is what a model and a person see, or a line says why not."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import sample_data
from backend.data.preview import preview
from backend.data.register import register
from backend.data.split import _majority, by_time, numbered
from backend.modality.table import types
from backend.modality.table.cell import records
from backend.modality.table.features import OTHER, features, shown
from backend.modality.table.kinds import Known
from backend.modality.table.tally import tally
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

N = 60


@pytest.fixture
def store(tmp_path):
    return Artefacts(tmp_path / "artefacts")


def rows(n=N, **more):
    """Columns of a small table whose label the amount tells; `more` are added or replace these."""
    at = range(n)
    return {
        "amount": [i * 10 + 0.5 for i in at],
        "town": [("bonn", "köln", "ulm")[i % 3] for i in at],
        "day": [f"2021-0{1 + i % 3}-{10 + i % 17}" for i in at],
        "paid": ["yes" if i * 7 % 60 < 30 else "no" for i in at],
    } | {name: values if isinstance(values, list) else [values(i) for i in at] for name, values in more.items()}


def csv(folder, columns, sep=",", encoding="utf-8", name="t.csv"):
    path = folder / name
    path.write_bytes(pd.DataFrame(columns).to_csv(index=False, sep=sep).encode(encoding))
    return path


def added(store, path, **spec):
    """What was registered: the manifest, the sheet, the columns as typed, and all rows as a person sees them."""
    asked = {"name": "t", "kind": "table", "path": str(path), "label": "paid", **spec}
    manifest, artefacts = register(asked, store)
    described = features(store, manifest)
    values = store.array(manifest["records"]["sha256"], "records")
    assert {a.role for a in artefacts} == {"records", "features", "table", "sheet"}
    assert values.dtype == np.float32
    assert values.shape == (manifest["count"], len(described))
    sheet = store.json(manifest["sheet"]["sha256"])
    return SimpleNamespace(
        manifest=manifest,
        sheet=sheet,
        features={one["name"]: one for one in described},
        types={one["name"]: one["type"] for one in sheet["columns"]},
        why={one["name"]: one["why"] for one in sheet["columns"]},
        values={one["name"]: values[:, place] for place, one in enumerate(described)},
        seen={one["name"]: [shown(float(v), one) for v in values[:, place]] for place, one in enumerate(described)},
        table=store.table(manifest["table"]["sha256"]).to_pandas(),
    )


def refused(store, path, **spec):
    with pytest.raises(BadInput) as caught:
        added(store, path, **spec)
    assert "\n" not in str(caught.value)
    assert not list(store.root.rglob(".tmp*"))  # what was read is gone again
    return str(caught.value)


class TestFormats:
    @pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
    def test_the_same_table_in_every_format(self, tmp_path, store, name):
        frame, path = pd.DataFrame(rows()), tmp_path / name
        if name.endswith("parquet"):
            frame.to_parquet(path)
        elif name.endswith("jsonl"):
            frame.to_json(path, orient="records", lines=True)
        else:
            frame.to_csv(path, index=False, sep="\t" if name == "t.tsv" else ",")
        found = added(store, path)
        assert found.types == {"amount": "number", "town": "category", "day": "date", "paid": "yes/no"}
        assert [one["feature"] for one in found.sheet["columns"]] == [True, True, True, False]
        assert list(found.features) == ["amount", "town", "day", "day: weekday", "day: month"]
        assert found.table["amount"].tolist() == rows()["amount"]
        assert found.seen["town"] == rows()["town"]
        assert found.seen["day"] == [pd.Timestamp(day).date().isoformat() for day in rows()["day"]]
        assert found.seen["day: month"] == [pd.Timestamp(day).month_name() for day in rows()["day"]]
        assert found.seen["day: weekday"] == [pd.Timestamp(day).day_name() for day in rows()["day"]]

    def test_only_training_rows_are_measured(self, tmp_path, store):
        split = [("train", "train", "val", "test")[i % 4] for i in range(N)]
        extreme = [i if part == "train" else 10_000 + i for i, part in enumerate(split)]
        town = [
            "bonn" if part == "train" and i % 3 else "rom" if part == "train" else "oslo"
            for i, part in enumerate(split)
        ]
        found = added(store, csv(tmp_path, rows(split=split, amount=extreme, town=town)))
        train = np.array(split) == "train"
        known = np.array(extreme, dtype=float)[train]
        one = found.features["amount"]
        assert (one["mean"], one["std"]) == pytest.approx((known.mean(), known.std()))
        assert (min(one["edges"]), max(one["edges"])) == pytest.approx(
            ((known.min() - one["mean"]) / one["std"], (known.max() - one["mean"]) / one["std"]), rel=1e-6
        )
        assert found.features["town"]["values"] == ["bonn", "rom"]
        assert {found.seen["town"][i] for i in np.flatnonzero(~train)} == {OTHER}

    def test_a_folder_of_files_named_after_their_splits(self, tmp_path, store):
        for name in ("train", "val", "test"):
            csv(tmp_path, rows(40 if name == "train" else 20), name=f"{name}.csv")
        (tmp_path / "notes.pdf").write_bytes(b"%PDF")
        found = added(store, tmp_path)
        assert found.sheet["counts"] == {"train": 40, "val": 20, "test": 20}
        assert found.sheet["left_out"][0]["names"] == ["notes.pdf"]

    def test_json_whose_keys_come_and_go(self, tmp_path, store):
        lines = [{"amount": i, "paid": ("yes", "no")[i % 2]} | ({"late": i / 2} if i % 3 else {}) for i in range(N)]
        path = tmp_path / "t.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        found = added(store, path)
        assert found.values["late"][0] != found.values["late"][0]  # NaN
        assert found.table["late"].isna().sum() == N / 3

    def test_parts_that_are_typed_differently(self, tmp_path, store, monkeypatch):
        monkeypatch.setattr("backend.modality.table.spool.PART_ROWS", 8)
        monkeypatch.setattr("backend.data.readers._tables.BATCH", 8)
        lines = [{"amount": i if i < 20 else i + 0.5, "code": i % 4 if i < 30 else f"k{i % 4}"} for i in range(N)]
        path = tmp_path / "t.jsonl"
        path.write_text("\n".join(json.dumps(line | {"paid": i % 2}) for i, line in enumerate(lines)))
        found = added(store, path)
        assert found.table["amount"].tolist() == [line["amount"] for line in lines]
        assert found.seen["code"] == [str(line["code"]) for line in lines]
        assert found.table["row"].tolist() == list(range(N))


class TestBadInput:
    def test_ragged_rows(self, tmp_path, store):
        path = csv(tmp_path, rows())
        path.write_text(path.read_text().replace("\n10.5,", "\n10.5,extra,", 1))
        assert "t.csv: line 3: expected 4 columns in every row, found 5" in refused(store, path)

    def test_mixed_types(self, tmp_path, store):
        mixed = [str(i * 3 + 7) for i in range(N - 1)] + ["n/k"]
        found = added(store, csv(tmp_path, rows(amount=mixed)))
        assert any("1 of 60 values are no numbers, such as 'n/k'" in said for said in found.sheet["warnings"])
        found = added(store, csv(tmp_path, rows(amount=mixed)), columns={"amount": "number"})
        assert found.table["amount"].tolist()[:-1] == [i * 3 + 7 for i in range(N - 1)]
        assert np.isnan(found.values["amount"][-1])

    def test_duplicate_headers(self, tmp_path, store):
        path = csv(tmp_path, rows())
        path.write_text(path.read_text().replace("town", "amount", 1))
        assert "expected different column names, found 'amount' twice" in refused(store, path)

    def test_another_separator_is_found_and_a_wrong_one_refused(self, tmp_path, store):
        path = csv(tmp_path, rows(), sep=";")
        assert added(store, path).seen["town"] == rows()["town"]
        assert "expected a column of t.csv, found 'paid'" in refused(store, path, separator="|")

    def test_utf_16(self, tmp_path, store):
        assert added(store, csv(tmp_path, rows(), encoding="utf-16")).seen["town"] == rows()["town"]
        assert "choose the encoding utf-16-le" in refused(store, csv(tmp_path, rows(), encoding="utf-16-le"))

    def test_a_decimal_comma(self, tmp_path, store):
        written = [f"{i},{i % 10}" for i in range(N)]
        found = added(store, csv(tmp_path, rows(amount=written), sep=";"))
        assert found.table["amount"].tolist() == [i + (i % 10) / 10 for i in range(N)]
        assert "a decimal comma" in found.why["amount"]

    def test_an_all_missing_column(self, tmp_path, store):
        found = added(store, csv(tmp_path, rows(none=[""] * N)))
        assert (found.types["none"], found.why["none"]) == ("constant", "every value is missing")
        assert "none" not in found.features

    def test_a_column_that_is_missing_in_all_training_rows(self, tmp_path, store):
        split = [("train", "train", "val", "test")[i % 4] for i in range(N)]
        late = ["" if part == "train" else str(i) for i, part in enumerate(split)]
        found = added(store, csv(tmp_path, rows(split=split, late=late)))
        told = next(one for one in found.sheet["columns"] if one["name"] == "late")
        assert not told["feature"]
        assert "late" not in found.features

    def test_infinite_values(self, tmp_path, store):
        path = tmp_path / "t.parquet"
        pd.DataFrame(rows(amount=[np.inf, -np.inf, *(i * 1.5 for i in range(N - 2))])).to_parquet(path)
        found = added(store, path)
        assert np.isnan(found.values["amount"][:2]).all()
        assert np.isfinite(found.values["amount"][2:]).all()
        assert "amount: 2 infinite values count as missing." in found.sheet["warnings"]
        assert "expected finite numbers, found infinity" in refused(store, path, label="amount", target="number")

    def test_very_large_numbers(self, tmp_path, store):
        path = tmp_path / "t.parquet"
        large = [float(i) * 1e304 for i in range(N)]
        pd.DataFrame(rows(amount=large)).to_parquet(path)
        found = added(store, path)
        assert np.isfinite(found.values["amount"]).all()
        assert np.argsort(found.values["amount"]).tolist() == list(range(N))

    def test_dates_before_1900(self, tmp_path, store):
        born = [f"{1600 + 5 * i}-02-28" for i in range(N)]
        found = added(store, csv(tmp_path, rows(born=born)))
        assert found.seen["born"] == born
        assert [str(day) for day in found.table["born"]] == born

    def test_integers_beyond_2_to_the_53(self, tmp_path, store):
        huge = [2**53 + 2 * i + 1 for i in range(N)]
        found = added(store, csv(tmp_path, rows(huge=huge)))
        assert found.types["huge"] == "identifier"
        assert list(map(int, found.table["huge"])) == huge

    def test_a_category_of_many_values(self, tmp_path, store):
        n = 4000
        often = [f"c{i % 1200}" for i in range(n - 1000)] + [f"once{i}" for i in range(1000)]
        found = added(store, csv(tmp_path, rows(n, town=often)), label="paid", columns={"town": "category"})
        values = found.features["town"]["values"]
        assert len(values) <= 1000
        assert not any(value.startswith("once") for value in values)
        assert all(s in (t, OTHER) for s, t in zip(found.seen["town"], often, strict=True))

    def test_a_target_that_is_missing_in_most_rows(self, tmp_path, store):
        paid = [("yes", "no")[i % 2] if i % 4 == 0 or i % 4 == 3 else "" for i in range(N)]
        found = added(store, csv(tmp_path, rows(paid=paid)))
        assert found.table["label"].tolist() == [{"no": 0, "yes": 1, "": -1}[one] for one in paid]
        assert any("30 rows without a label: used for pretraining only." in said for said in found.sheet["warnings"])

    def test_formulas_stay_text_and_long_lines_are_refused(self, tmp_path, store, monkeypatch):
        acts = [("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0")[i % 3] for i in range(N)]
        found = added(store, csv(tmp_path, rows(town=acts)))
        assert found.seen["town"] == acts
        monkeypatch.setattr("backend.data.cleaning.MAX_RECORD", 400)
        path = tmp_path / "t.csv"
        path.write_text(path.read_text() + "1," + "x" * 5000 + ",2021-01-10,yes\n")
        assert "expected at most 400 characters, found more" in refused(store, path)

    def test_nothing_that_a_model_can_read(self, tmp_path, store):
        path = csv(tmp_path, {"key": [f"k{i}" for i in range(N)], "paid": ["yes", "no"] * (N // 2)})
        assert "expected a column that a model can read beside the label, found none" in refused(store, path)

    def test_a_type_of_a_column_that_is_not_there(self, tmp_path, store):
        assert "columns: expected a column of t.csv, found 'agee'" in refused(
            store, csv(tmp_path, rows()), columns={"agee": "number"}
        )
        assert "columns.amount: expected" in refused(store, csv(tmp_path, rows()), columns={"amount": "float"})


class TestRoles:
    def test_what_says_where_a_row_belongs_is_no_feature(self, tmp_path, store):
        found = added(store, csv(tmp_path, rows(person=lambda i: f"p{i // 4}", sex=lambda i: "mf"[i % 2])),
                      split_by="person", sensitive=["sex"])  # fmt: skip
        assert "person" not in found.features
        assert "sex" in found.features
        assert found.manifest["sensitive"] == ["sex"]
        assert found.table.groupby("group")["split"].nunique().max() == 1

    def test_a_number_and_an_event_can_be_predicted(self, tmp_path, store):
        money = [f"${1000 + i:,}" for i in range(N)]
        found = added(store, csv(tmp_path, rows(price=money)), label="price", target="number", unit="USD")
        assert found.table["target"].tolist() == [1000.0 + i for i in range(N)]
        assert "price" not in found.features
        path = csv(tmp_path, rows(time=lambda i: 1 + i % 30, seen=lambda i: i % 2))
        found = added(store, path, label="time", target="event", horizon=12, observed="seen", unit="months")
        assert {"time", "seen"}.isdisjoint(found.features)

    def test_types_can_be_said(self, tmp_path, store):
        path = csv(tmp_path, rows(code=lambda i: i % 5, note=lambda i: f"n{i}"))
        found = added(store, path, columns={"code": "category", "amount": "leave out", "note": "category"})
        assert (found.types["code"], found.types["amount"]) == ("category", "leave out")
        assert "amount" not in found.features
        assert found.seen["code"] == [str(i % 5) for i in range(N)]

    def test_the_same_rows_stay_in_one_split(self, tmp_path, store):
        columns = {name: values[:20] * 3 for name, values in rows().items()}
        found = added(store, csv(tmp_path, columns))
        assert found.table.groupby("amount")["split"].nunique().max() == 1
        assert sum(found.sheet["duplicates"]["exact_within"].values()) == 40


class TestTime:
    def test_train_is_earliest_and_ties_never_part(self, tmp_path, store):
        day = [f"2020-01-{1 + (i * 7) % 20:02d}" for i in range(N)]
        found = added(store, csv(tmp_path, rows(day=day)), split_time="day")
        told = pd.DataFrame({"day": day, "split": found.table["split"]})
        assert told.groupby("day")["split"].nunique().max() == 1
        ends = told.groupby("split")["day"].agg(["min", "max"])
        assert ends.loc["train", "max"] < ends.loc["val", "min"] <= ends.loc["val", "max"] < ends.loc["test", "min"]
        assert found.sheet["label"]["time"] == "day"

    def test_units_stand_where_their_last_row_does(self):
        times, unit = np.arange(100.0), np.repeat(np.arange(50), 2)
        unit[[0, 99]] = 77
        split, _ = by_time(times, [unit], "x")
        assert split[0] == split[99] == "test"
        assert times[split == "train"].max() < times[split == "val"].max() < times[split == "test"].max()

    def test_few_times_still_make_three_splits(self):
        split, _ = by_time(np.repeat([1.0, 2.0, 3.0], [2, 2, 90]), [], "x")
        assert [split[i] for i in (0, 2, 4)] == ["train", "val", "test"]
        with pytest.raises(BadInput, match="x: expected at least three different times, found 2"):
            by_time(np.array([1.0, 2.0, 2.0]), [], "x")

    def test_a_row_without_a_time_is_named(self, tmp_path, store):
        path = csv(tmp_path, rows(day=lambda i: "" if i == 5 else f"2021-01-{1 + i % 28:02d}"))
        assert "found none in 1, the first is t.csv: row 5 (line 7)" in refused(store, path, split_time="day")
        assert "expected dates or numbers, found category" in refused(store, path, split_time="town")
        assert "either a split column or" in refused(store, path, split_time="day", split_column="town")


class TestBatches:
    @pytest.fixture
    def first(self, tmp_path, store):
        found = added(store, csv(tmp_path, rows()))
        told = {key: found.manifest[key] for key in ("name", "digest", "label", "classes")}
        return found, {"schema_of": "t", "parent": told | {"features": found.manifest["features"]["sha256"]}}

    def test_a_batch_is_coded_as_the_table_was(self, tmp_path, store, first):
        before, like = first
        path = csv(tmp_path, rows(town=lambda i: ("bonn", "rom")[i % 2], amount=lambda i: 5000 + i), name="later.csv")
        found = added(store, path, name="later", label=None, **like)
        assert found.features == before.features
        assert found.manifest["batch_of"] == before.manifest["digest"]
        assert found.manifest["features"]["sha256"] == before.manifest["features"]["sha256"]
        assert found.values["amount"].min() > before.values["amount"].max()
        assert found.seen["town"][:2] == ["bonn", OTHER]
        assert found.manifest["classes"] == before.manifest["classes"]

    def test_values_that_the_table_does_not_know_are_told(self, tmp_path, store, first):
        strange = [("bonn", "rom", "köln", "rom", "lima", "")[i % 6] for i in range(N)]
        strange[2:9:6], strange[14] = ["oslo", "oslo"], "nizza"
        found = added(store, csv(tmp_path, rows(town=strange), name="later.csv"), **first[1] | {"label": None})
        assert (
            "33 values of 1 column have no code in t and count as (other): 'rom' of town (20), 'lima' of town (10), "
            "'oslo' of town (2) and 1 more." in found.sheet["warnings"]
        )
        known = added(store, csv(tmp_path, rows(amount=lambda i: -i), name="l.csv"), **first[1] | {"label": None})
        assert not any("(other)" in said for said in known.sheet["warnings"])

    def test_what_does_not_fit_is_one_line(self, tmp_path, store, first):
        like = first[1] | {"label": None}
        words = csv(tmp_path, rows(amount=lambda i: f"about {i}"), name="l.csv")
        assert "column 'amount' of l.csv: expected type number as in t, found 'about 0' in 60 of 60 rows" in refused(
            store, words, **like
        )
        less = csv(tmp_path, {k: v for k, v in rows().items() if k != "town"}, name="l.csv")
        assert "schema_of: expected the columns of t, found none called 'town'" in refused(store, less, **like)
        other = csv(tmp_path, rows(paid=lambda i: ("yes", "no", "perhaps")[i % 3]), name="l.csv")
        assert "expected the classes of t (no, yes), found 'perhaps'" in refused(store, other, **like)
        assert "columns: expected no types in a batch of t" in refused(
            store, csv(tmp_path, rows(), name="l.csv"), **like, columns={"town": "number"}
        )

    def test_a_batch_may_have_no_label_yet(self, tmp_path, store, first):
        path = csv(tmp_path, {k: v for k, v in rows().items() if k != "paid"}, name="later.csv")
        found = added(store, path, **first[1] | {"label": None})
        assert found.manifest["label"] is None


class TestBuiltIn:
    def test_a_built_in_table_says_its_types_and_roles(self, store, monkeypatch):
        made = sample_data.Sample(
            images=None, columns={k: np.array(v) for k, v in rows(code=lambda i: i % 5).items()}, label="paid",
            kind="table", sensitive=[{"column": "town"}], column_types={"code": "category"},
        )  # fmt: skip
        monkeypatch.setattr(sample_data, "make", lambda name, params: made)
        monkeypatch.setattr(sample_data, "names", lambda: ("made",))
        monkeypatch.setattr(sample_data, "kind", lambda name: "table")
        manifest, _ = register({"name": "t", "kind": "table", "builtin": "made"}, store)
        assert (manifest["label"], manifest["sensitive"], manifest["count"]) == ("paid", ["town"], N)
        sheet = store.json(manifest["sheet"]["sha256"])
        code = next(one for one in sheet["columns"] if one["name"] == "code")
        assert (code["type"], code["why"]) == ("category", "as the built-in set says")
        with pytest.raises(BadInput, match="kind: expected table for the built-in made, found image"):
            register({"name": "t", "builtin": "made"}, store)

    def test_files_say_the_same_kind_as_what_they_make(self):
        for name in sample_data.names():
            if sample_data.kind(name) != "image":
                assert sample_data.make(name, {"n": 300}).kind == sample_data.kind(name)


def test_a_row_is_shown_by_the_columns_of_the_source(tmp_path, store):
    path = csv(tmp_path, rows())
    manifest, _ = register({"name": "t", "kind": "table", "path": str(path), "label": "paid"}, store)
    stored = SimpleNamespace(document=store.json, array=store.rows)
    assert records(stored, manifest, [3, 0]) == [
        {"amount": "30.5", "town": "bonn", "day": "2021-01-13"},
        {"amount": "0.500", "town": "bonn", "day": "2021-01-10"},
    ]
    with pytest.raises(BadInput, match="rows: expected 0 to 59, found 60"):
        records(stored, manifest, [60])


class TestPreview:
    def test_a_table_of_short_columns_is_one_and_types_are_guessed(self, tmp_path):
        look = preview(str(csv(tmp_path, rows())))
        assert look["of"] == "table"
        assert {c["name"]: c["type"] for c in look["columns"]} == {
            "amount": "number", "town": "category", "day": "date", "paid": "yes/no",
        }  # fmt: skip
        assert all(c["why"] for c in look["columns"])

    def test_prose_is_text(self, tmp_path):
        review = [f"what I have to say of film {i} is long and long" for i in range(N)]
        assert preview(str(csv(tmp_path, {"review": review, "stars": [i % 5 for i in range(N)]})))["of"] == "text"
        assert preview(str(csv(tmp_path, rows(remark=review, name=lambda i: "x" * 80))))["of"] == "table"

    def test_what_has_to_be_asked_is_left_open(self, tmp_path):
        look = preview(str(csv(tmp_path, rows(day=lambda i: f"0{1 + i % 9}/0{1 + i % 7}/2021"))))
        day = next(c for c in look["columns"] if c["name"] == "day")
        assert day["type"] is None
        assert "may name the day or the month first" in day["why"]


class TestLargeTables:
    """What takes little memory gives the same as what it stands for."""

    @pytest.mark.parametrize("values", [[5, 3, 5, 9, 3], [7], [], list(range(9, 0, -1))])
    @pytest.mark.parametrize("kind", [np.uint64, np.int64, object])
    def test_units_are_numbered_as_they_come(self, values, kind):
        unit = np.array(values, dtype=kind)
        assert numbered(unit).tolist() == pd.factorize(unit)[0].tolist()

    def test_a_unit_belongs_to_the_class_of_most_of_its_rows(self):
        labels = np.array([1, 0, 0, 2, 2, 1, 0, 1])
        unit = np.array([0, 1, 2, 2, 2, 3, 3, 4])
        assert _majority(labels, unit).tolist() == [1, 0, 2, 0, 1]
        assert _majority(labels[:2], unit[:2]).tolist() == [1, 0]

    @pytest.mark.parametrize(
        "values", [[1.5, None, 1.5, 2.0], ["a", "b", "b", None], [True, True, False], [None, None], [3, 3, 3]]
    )
    def test_a_tally_counts_what_is_there(self, values):
        column = pa.chunked_array([pa.array(values)])
        counts = pd.Series(values, dtype=object).value_counts()
        found = tally(column if not pa.types.is_null(column.type) else column.cast(pa.string()))
        assert found.distinct == len(counts)
        assert (found.most, found.value) == ((counts.iloc[0], counts.index[0]) if len(counts) else (0, None))

    def test_many_values_are_looked_at_evenly_and_the_odd_one_is_still_found(self, monkeypatch):
        monkeypatch.setattr("backend.modality.table.tally.FOUND", 50)
        written = [f"{i}.5" for i in range(1000)]
        written[501] = "abc"
        column = pa.chunked_array([pa.array(written[:400]), pa.array(written[400:])])
        made = types.column(pa.field("x", pa.string()), column, Known("t.csv", 1000, words_only=True))
        assert made.how["mixed"] == "1 of 1,000 values are no numbers, such as 'abc'"
        assert made.distinct == 1000
