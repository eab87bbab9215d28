"""What a data set holds and what is wrong with it, in words and table rows. Pure: manifest and sheet in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from backend.workspace.formats import minute, quantity

from .. import modality
from ..frame.numbers import shown
from ..targets import described

SPLIT = {"train": "Train", "val": "Validation", "test": "Test"}
ROLE = {"label": "Label", "split": "Given split"}
BIASED = "biased upwards"  # what the sheet says of a leak between splits
UPLOADS = (
    "One file; or pictures with a table (CSV, Parquet) that has a row for each; or a zip of pictures and such a table, "
    "in it or beside it. A column of the table names the picture (file_name, image or id), others become labels and "
    "sensitive attributes. Folders in a zip are classes."
)
KIND = {
    "builtin": "built in",
    "image_folder": "folder of images",
    "zip_folder": "zip of images",
    "npz": "NumPy file",
    "tabular_images": "table with images",
    "text_tables": "table with texts",
    "text_files": "plain text",
    "records": "table of rows",
    "datasets_folder": "folder of the datasets library",
    "datasets_images": "folder of the datasets library",
    "hub": "Hugging Face hub",
}


def headline(manifest: dict[str, Any], sheet: dict[str, Any]) -> str:
    """How many rows, and whether a score on them can be trusted: the gravest warning is the first."""
    of = modality.of(manifest).words
    size = f"{manifest['count']:,} {of.nouns} in {sum(n > 0 for n in sheet['counts'].values())} splits"
    said = sheet["warnings"]
    if said and BIASED in said[0]:
        return f"{size}; {lower(said[0])}"
    clean = f"{size}; no {of.noun} was found in two splits"
    if but := of.grave(said):
        return f"{clean}, but {but}."
    if not said:
        return f"{clean}, and nothing else stands out."
    return f"{clean}, with {len(said)} smaller {'remark' if len(said) == 1 else 'remarks'} below."


def evidence(manifest: dict[str, Any], sheet: dict[str, Any]) -> str:
    """What the set is: size, label, attributes, how it was split, where it came from."""
    label = sheet["label"]
    parts = modality.of(manifest).words.extent(manifest, sheet)
    parts.append(described(manifest))
    if manifest["sensitive"]:
        parts.append(f"audited by {', '.join(manifest['sensitive'])}")
    parts.append(split_line(label))
    parts.append(f"{KIND.get(sheet['source']['kind'], sheet['source']['kind'])} {sheet['source']['name']}")
    return " · ".join([*parts, f"digest {manifest['digest'][:12]}"])


def unregistered(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Data jobs that failed and that nobody dismissed, unless the same name was tried again since. jobs: newest first,
    as the service lists them."""
    newest: dict[str, dict[str, Any]] = {}
    for job in jobs:
        if job["kind"] == "data":
            newest.setdefault(job["dataset"], job)
    return [job for job in newest.values() if job["state"] == "failed" and not job["archived"]]


def refusal(job: dict[str, Any]) -> str:
    """Why data was not registered, with what was asked for and when."""
    when = f" ({minute(job['ended'])})" if job["ended"] else ""
    return f"{job['dataset']} was not registered{when}: {job['reason'] or 'no reason was given'}"


def kept(names: Sequence[str]) -> str:
    """What is uploaded already, on a page that was left and opened again."""
    more = f" and {len(names) - 1:,} more files" if len(names) > 2 else f" and {names[1]}" if len(names) == 2 else ""
    return f"{names[0]}{more} {'is' if len(names) == 1 else 'are'} uploaded. Other files take their place."


def read_lines(manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
    """How the source was read: which column is what and why, how its files are written, what counts as missing."""
    chosen, roles = sheet.get("chosen", {}), modality.of(manifest).words.roles | ROLE
    said = [_chosen(title, chosen[role]) for role, title in roles.items() if role in chosen]
    if sheet.get("how"):
        said.append(f"Written: {'; '.join(sheet['how'])}.")
    for column, names in sheet.get("called", {}).items():
        said.append(f"Names, as asked: {column} {', '.join(f'{value} is {name}' for value, name in names.items())}.")
    return said + ([_missing(sheet["missing_words"])] if sheet.get("missing_words") else [])


def missing_question(column: str, word: str, count: int) -> str:
    """What a word in a column with a role means, as the form asks it."""
    return f'"{word}" in {column} ({count:,} of the rows looked at) is'


def _chosen(title: str, found: dict[str, Any]) -> str:
    why = f" ({found['why']})" if found["why"] else ""
    return f"{title}: {'none' if found['column'] is None else found['column']}{why}."


def _missing(found: dict[str, Any]) -> str:
    listed = ", ".join(found["words"])
    if not found["said"]:
        return f"Missing values: blank cells; in columns of numbers, dates and truth values also {listed}."
    return f"Missing values, as asked: blank cells{', ' if listed else ' alone'}{listed}."


def split_line(label: dict[str, Any]) -> str:
    """Who made the splits: the source, the workbench, or both."""
    together = f", {label['group']} kept whole" if label.get("group") else ""
    made = label.get("made", [])
    if not made:
        return "splits as given"
    if label.get("time"):
        return f"split here 70/15/15 in the order of {label['time']}{together}"
    if "train" in made:
        return f"split here 70/15/15, stratified{together}"
    return f"{' and '.join(SPLIT[s].lower() for s in made)} taken out of train{together}"


def lower(sentence: str) -> str:
    """A sentence as the second half of another; a name in front (an attribute, a split) stays as it is."""
    first = sentence.split(" ", 1)[0]
    return sentence if first.endswith(":") or not first.isalpha() else sentence[0].lower() + sentence[1:]


def class_rows(sheet: dict[str, Any], classes: Sequence[str]) -> list[dict[str, Any]]:
    """One row a class: how many rows of the data set in each split."""
    found = sheet["class_counts"]
    rows = [{"Class": c, **{SPLIT[s]: found[s][c] for s in SPLIT if s in found}} for c in classes]
    return [{**row, "All": sum(v for v in row.values() if isinstance(v, int))} for row in rows]


def target_line(told: dict[str, Any]) -> str:
    """The distribution of a number, or of the times until an event, in one line."""
    train = told["splits"]["train"]
    if not train["quartiles"]:
        return f"{told['column']}: no value in train"
    low, _, median, _, high = (quantity(value) for value in train["quartiles"])
    unit = f" {told['unit']}" if told["unit"] else ""
    return f"{told['column']} in train: median {median}{unit}, from {low} to {high}; {told['missing']:,} missing"


def target_rows(told: dict[str, Any], orders: dict[str, list[str]]) -> list[dict[str, Any]]:
    """One row a split, then one a group: how many values, their mean, spread and quartiles."""
    found = {SPLIT[s]: of for s, of in told["splits"].items()}
    for attribute, groups in told["groups"].items():
        named = [g for g in orders.get(attribute, groups) if g in groups]
        found |= {f"{attribute}: {g}": groups[g] for g in named}
    names = ("Least", "Lower quarter", "Median", "Upper quarter", "Most")
    return [
        {
            "Of": name,
            "Values": f"{of['count']:,}",
            "Mean": quantity(of["mean"]),
            "Standard deviation": quantity(of["deviation"]),
            **dict(zip(names, map(quantity, of["quartiles"] or [None] * 5), strict=True)),
        }
        for name, of in found.items()
    ]


def duplicate_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a pair of splits: exact and near duplicates."""
    near = {tuple(d["splits"]): d["count"] for d in sheet["duplicates"]["near_across"]}
    inside = sheet["duplicates"].get("near_within", {})
    rows = [
        {"Where": f"within {SPLIT[s].lower()}", "Exact": n, "Near": f"{inside[s]:,}" if s in inside else "not searched"}
        for s in SPLIT
        if (n := sheet["duplicates"]["exact_within"].get(s)) is not None
    ]
    return rows + [
        {
            "Where": f"{SPLIT[d['splits'][1]].lower()} in {SPLIT[d['splits'][0]].lower()}",
            "Exact": d["count"],
            "Near": f"{near[tuple(d['splits'])]:,}" if tuple(d["splits"]) in near else "not searched",
        }
        for d in sheet["duplicates"]["exact_across"]
    ]


def missing_rows(sheet: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """One row a column with missing values, the most incomplete first."""
    found = sorted(sheet["missing"].items(), key=lambda item: -item[1])
    return [{"Column": c, "Missing": n, "Share (%)": round(100 * n / count, 1)} for c, n in found]


def pairs(sheet: dict[str, Any], most: int = 4, same: str = "same pixels") -> list[tuple[str, list[int]]]:
    """The first duplicates across splits: (caption, the two rows), exact ones first; `same`: what exact ones share."""
    kinds = ((same, "exact_across"), ("nearly the same", "near_across"))
    found = [
        (f"{SPLIT[d['splits'][0]]} and {SPLIT[d['splits'][1]].lower()}: {what}", pair)
        for what, key in kinds
        for d in sheet["duplicates"][key]
        for pair in d["pairs"]
    ]
    return found[:most]


def examples(
    labels: Sequence[int], splits: Sequence[str], classes: Sequence[str], each: int = 6
) -> dict[str, list[int]]:
    """{class: the first rows of train}, at most ten classes; without labels the first rows under "unlabelled"."""
    wanted: dict[str, list[int]] = {c: [] for c in classes[:10]} or {"unlabelled": []}
    for row, (code, split) in enumerate(zip(labels, splits, strict=True)):
        name = classes[code] if code >= 0 else "unlabelled"
        if split == "train" and len(wanted.get(name, range(each))) < each:
            wanted[name].append(row)
    return wanted


def examples_of_numbers(numbers: Sequence[float | None], splits: Sequence[str], unit: str | None, each: int = 6):
    """{what they are: rows of train}: those with the lowest numbers, those in the middle, those with the highest."""
    known = [(n, row) for row, (n, s) in enumerate(zip(numbers, splits, strict=True)) if n is not None and s == "train"]
    known.sort()
    middle = max(0, (len(known) - each) // 2)
    parts = {"Lowest": known[:each], "Middle": known[middle : middle + each], "Highest": known[-each:]}
    told = f" {unit}" if unit else ""
    ends = {name: list(dict.fromkeys((quantity(f[0][0]), quantity(f[-1][0])))) for name, f in parts.items() if f}
    return {f"{name}: {' to '.join(said)}{told}": [row for _, row in parts[name]] for name, said in ends.items()}


def left_out_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each kind of thing that was left out of the source."""
    return [
        {
            "What": f"{left['count']:,} {left['what']}",
            "For example": ", ".join(left["names"]),
        }
        for left in sheet.get("left_out", [])
    ]


def shell_lines(manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
    """How the examples are, and every warning of the sheet, for the shell."""
    return modality.of(manifest).words.shell_lines(sheet) + [f"warning: {warning}" for warning in sheet["warnings"]]


def bands(cuts: list[float]) -> str:
    """The groups that numbers are cut into, as far as the cuts tell."""
    cuts = sorted(set(cuts))
    between = (f"{shown(low)} to under {shown(high)}" for low, high in pairwise(cuts))
    return "Groups: " + " · ".join([f"under {shown(cuts[0])}", *between, f"{shown(cuts[-1])} and over"])


def found(look: dict[str, Any]) -> str:
    """What a first look at a source saw."""
    of, column = modality.shown(look["of"]).words, look.get(look["of"])
    rows = of.counted(look["rows"]) if look["rows"] else of.title
    where = f" in column {column}" if column else ""
    if look["kind"] == "hub":
        return f"{rows} ({KIND['hub']}). Its columns are not known before it is fetched: type their names."
    beside = len(look["columns"]) - (bool(of.roles) and column is not None)  # listed where a person may choose it
    return f"{rows}{where} ({KIND.get(look['kind'], look['kind'])}), {beside} columns of metadata."


def column_rows(look: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a column of a source that is only looked at."""
    return [
        {
            "Column": c["name"],
            "Kind": c["kind"],
            "Distinct values": c["distinct"],
            "For example": ", ".join(c["values"][:6]),
        }
        for c in look["columns"]
    ]
