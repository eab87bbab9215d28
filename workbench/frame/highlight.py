"""A text whose words are coloured by their scores, as HTML in which everything from outside is escaped.

What speaks for the predicted class is orange and underlined, what speaks against it blue and overlined, so the sign
rests on colour no more than on the line; the strength is the colour's opacity, relative to the strongest word of the
text. The number stands in the title of each word. No script: a text that is veiled opens with a click or a key press
because it is the summary of a `details` element.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .safe import as_html

# Blue against orange stays apart for colour-blind eyes; grey has no sign.
FOR, AGAINST, UNSIGNED = "200,70,0", "0,84,166", "90,96,110"
STRONGEST = 0.6  # opacity of the strongest word: dark ink stays readable on it
FAINTEST = 0.03  # of the strongest: fainter words are left white
UNREAD = 400  # characters of what the model did not read that are shown

STYLE = """<style>
.wb-box{background:#fff;color:#1F2430;border:1px solid #E6E8EC;border-radius:6px;padding:.6rem .9rem;margin:0 0 .6rem}
.wb-head{font-size:.85rem;font-weight:600;margin-bottom:.2rem}
.wb-line{margin:.15rem 0 .35rem}
.wb-method{font-size:.75rem;color:#5A606E}
.wb-text{line-height:1.75;white-space:pre-wrap;overflow-wrap:anywhere}
.wb-text span{border-radius:2px;padding:1px 0}
.wb-unread{color:#8A8F98}
.wb-legend{font-size:.8rem;margin:0 0 .6rem}
.wb-legend span{padding:1px 6px;margin-right:.8rem;border-radius:2px;color:#1F2430}
.wb-veil summary{list-style:none;cursor:pointer}
.wb-veil summary::-webkit-details-marker{display:none}
.wb-veil:not([open]) .wb-text{filter:blur(6px);user-select:none;pointer-events:none}
.wb-veil:not([open]) summary::before{content:"Offensive words: click to read";font-size:.8rem;font-weight:600}
.wb-veil[open] summary::before{content:"Click to blur again";font-size:.75rem;color:#5A606E}
</style>"""


@dataclass(frozen=True)
class Scored:
    """One text under one method. title: the method; spans: where its words begin and end (characters); scores: one a
    word; signed: whether a score says for or against."""

    title: str
    text: str
    spans: list[tuple[int, int]]
    scores: list[float]
    signed: bool = True


@dataclass(frozen=True)
class Example:
    """head: what is known of the text; lines: the text, once a method; veiled: blurred until it is clicked."""

    head: str
    lines: list[Scored]
    veiled: bool = False


def page(examples: Iterable[Example], legend: str = "") -> str:
    """The examples below one another, with the style that they need; `legend`: HTML of `legend`."""
    return STYLE + legend + "".join(map(box, examples))


def box(example: Example) -> str:
    """One example: its head, then a line a method."""
    lines = "".join(
        f'<div class="wb-line"><div class="wb-method">{as_html(line.title)}</div>'
        f'<div class="wb-text">{words(line)}</div></div>'
        for line in example.lines
    )
    shown = veil(lines) if example.veiled else lines
    return f'<div class="wb-box"><div class="wb-head">{as_html(example.head)}</div>{shown}</div>'


def veil(told: str) -> str:
    """HTML whose parts of class `wb-text` are blurred until a click or a key press; it needs STYLE."""
    label = "Text with offensive words, blurred: activate to read it"
    return f'<details class="wb-veil"><summary aria-label="{label}">{told}</summary></details>'


def words(line: Scored) -> str:
    """The text with every word in a coloured span, the signs between them as they are, what is not read in grey."""
    strongest = max((abs(score) for score in line.scores), default=0.0)
    parts, at = [], 0
    for (start, end), score in zip(line.spans, line.scores, strict=True):
        parts.append(as_html(line.text[at:start]))
        parts.append(_word(line.text[start:end], score, strongest, line.signed))
        at = end
    rest = line.text[at:]
    if rest.strip():
        shown = rest[:UNREAD] + ("…" if len(rest) > UNREAD else "")
        parts.append(f'<span class="wb-unread" title="not read by the model">{as_html(shown)}</span>')
    return "".join(parts)


def legend(
    signed: bool,
    unsigned: bool,
    effect: str = "speaks for the predicted class",
    against: str = "speaks against it",
) -> str:
    """What the colours say, of methods with a sign, without one, or both."""
    marks = [(FOR, "underline", effect), (AGAINST, "overline", against)] if signed else []
    marks += [(UNSIGNED, "none", "how much, without a sign")] if unsigned else []
    samples = "".join(
        f'<span style="background:rgba({colour},{STRONGEST});text-decoration:{line} 2px">{as_html(said)}</span>'
        for colour, line, said in marks
    )
    return f'<div class="wb-legend">{samples}The stronger the colour, the larger the share.</div>'


def _word(text: str, score: float, strongest: float, signed: bool) -> str:
    share = abs(score) / strongest if strongest else 0.0
    title = f"{score:+.3g}".replace("-", "−")
    if share < FAINTEST:
        return f'<span title="{title}">{as_html(text)}</span>'
    colour, line = (UNSIGNED, "none") if not signed else (FOR, "underline") if score > 0 else (AGAINST, "overline")
    style = f"background:rgba({colour},{STRONGEST * share:.2f});text-decoration:{line} 2px rgb({colour})"
    return f'<span style="{style}" title="{title}">{as_html(text)}</span>'
