"""How far a map and a comparison of encoders can be trusted, in words. Pure: event bodies and answers -> sentences."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import decimal, duration, interval, percent, percent_interval

CLOSE = 0.9  # rank correlation from which the order of class distances can be read off a map
TOGETHER, SCATTERED = 0.3, 0.7  # scatter of a placed point's neighbours, in units of the map's spread


def distances(body: dict[str, Any]) -> str:
    """Whether distances between classes can be read off the map. body: of a `distances` event."""
    found = body["rank_correlation"]
    if found is None:
        return f"Distances between classes: {body['note']}."
    some = f" ({body['classes']} largest of {body['of']} classes)" if body["classes"] < body["of"] else ""
    if found["low"] is not None and found["low"] >= CLOSE:
        verdict = "the map keeps the order of the distances between classes"
    elif found["low"] is None or found["low"] > 0:
        verdict = "the map keeps part of the order of the distances between classes: read them in the table, not here"
    else:
        verdict = "distances between classes cannot be read off this map"
    return f"{verdict[0].upper()}{verdict[1:]}: rank correlation with the true ones {interval(found)}{some}."


def stability(body: dict[str, Any]) -> str:
    """What another seed would have drawn. body: of a `stability` event."""
    return (
        f"With another seed, {percent(body['kept'])} of each point's {body['k']} neighbours stay the same (by "
        f"chance {percent(body['chance'])}; remade in {duration(body['seconds'])})."
    )


def graph(body: dict[str, Any]) -> str:
    """How the true neighbours were found. body: of a `neighbours` event."""
    recall = body.get("recall")
    if recall is None:
        return f"All pairs of {body['points']:,} points were compared: the {body['k']} neighbours are exact."
    return (
        f"Only near cells of the {body['points']:,} points were searched. By a sample, {percent_interval(recall)} of "
        f"the true {body['k']} neighbours were found."
    )


def comparison(result: dict[str, Any]) -> str:
    """How much the two encoders agree. result: of the question `compare`."""
    overall, k = result["overall"], result["k"]
    return (
        f"Of a point's {k} nearest neighbours in either encoder, {percent_interval(overall)} are the same in both "
        f"(by chance {percent(result['chance'])}). {result['none_in_common']:,} of the {result['points']:,} points "
        "share none. "
        "Neighbours may change although classes do not: look at the rows."
    )


def ranking(result: dict[str, Any]) -> str:
    """By what the points that changed most are listed. result: of the question `compare`."""
    fewest, spaces = "Fewest neighbours in common first; ties", len(result["ranked_in"])
    if not spaces:
        return f"{fewest} in random order: neither encoder's features were kept."
    where = "" if spaces == 2 else ", in the one space whose features were kept"
    return f"{fewest} by how far the neighbours of one encoder lie from the point in the other (mean cosine{where})."


def point(row: int, shared: float, cosine: float | None) -> str:
    """One point of that list: its row, its Jaccard index and, where it was measured, the mean cosine."""
    told = [str(row), percent(shared)] + ([] if cosine is None else [decimal(cosine)])
    return " · ".join(told)


def comparison_rows(result: dict[str, Any], column: str) -> list[dict[str, Any]]:
    """One column's groups as a table, the most changed first; small groups last, as too few to say."""
    told = [line for line in result["by"][column] if line["value"] is not None]
    told.sort(key=lambda line: (not line["enough"], line["value"]))
    return [
        {
            column.capitalize(): line["group"],
            "Points": line["points"],
            "Neighbours in common": f"{percent_interval(line)}" if line["enough"] else "too few to say",
        }
        for line in told
    ]


def refused(body: dict[str, Any]) -> str:
    """Which encoder has no map, and why. body: of a `projection.refused` event; early records lack `step`, `onto`."""
    onto, why = f"collapsed to one {body['onto']}" if "onto" in body else "collapsed", body["reason"]
    if body.get("step") is not None:
        return f"No map of the encoder after {body['step']:,} steps: {why}. It had {onto} then."
    whose = "pretrained" if body["arm"] == "ssl" else "untrained"
    return f"No map of the {whose} encoder: {why}. It has {onto}."


def step(body: dict[str, Any]) -> str:
    """How far training had come when this encoder was kept. body: of a `projection.step` event."""
    kept, k = body["jaccard_to_final"], body["fidelity"]["k"]
    return (
        f"After {body['step']:,} steps a point's {k} nearest neighbours overlap by {percent_interval(kept)} with "
        f"those under the finished encoder (at random {percent(body['chance'])}). Each map is aligned with the next "
        "later one, so a point that moves has moved relative to the others."
    )


def overlaid(result: dict[str, Any]) -> str:
    """How far the points of two maps lie apart once one is turned onto the other. result: of the question `overlay`."""
    return (
        f"Turned, mirrored, shifted and scaled onto the first map; {result['shared']:,} points are on both and lie "
        f"{decimal(result['moved'])} spreads of the map apart (root mean square). Two maps of one encoder made with "
        "different seeds lie apart too: the neighbours tell what changed in the encoder, this number does not."
    )


def placed(scatter: float) -> str:
    """What the place of a new point is worth, by how scattered its true neighbours lie on the map."""
    if scatter <= TOGETHER:
        return "Its true neighbours lie together on the map: its place can be trusted."
    if scatter <= SCATTERED:
        return "Its true neighbours lie apart on the map: its place is rough, go by the neighbours."
    return "Its true neighbours lie all over the map: its place means nothing, go by the neighbours."
