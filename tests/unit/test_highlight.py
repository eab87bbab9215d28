"""Highlighted text: everything from outside is escaped, sign and strength can be seen, what is not read is said."""

from __future__ import annotations

import re

from workbench.frame.highlight import Example, Scored, legend, page, words

HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:a) \" ' & $y$"


def scored(text: str, scores: list[float], **more) -> Scored:
    spans = [found.span() for found in re.finditer(r"\S+", text)]
    return Scored("Word occlusion", text, spans[: len(scores)], scores, **more)


def test_no_markup_comes_through():
    line = scored(HOSTILE, [1.0, -2.0, 0.5, 0.1, 0.1, 0.1, 0.1])
    found = page([Example(HOSTILE, [Scored(HOSTILE, line.text, line.spans, line.scores)], veiled=True)])
    for raw in ("<script>alert", "\" ' &", HOSTILE):
        assert raw not in found
    assert found.count("&lt;script&gt;") == 3
    assert "**bold**" in found, "signs of Markdown stay what they are: this is not Markdown"
    shown = re.sub(r"<style>.*?</style>|<[^>]*>", "", found, flags=re.S)
    assert "<" not in shown


def test_sign_is_a_line_and_a_colour_and_strength_is_relative_to_the_strongest():
    found = words(scored("good bad so the", [2.0, -1.0, 0.2, 0.001]))
    good, bad, so, the = re.findall(r"<span[^>]*>", found)
    assert "underline" in good
    assert "200,70,0,0.60" in good
    assert "overline" in bad
    assert "0,84,166,0.30" in bad
    assert "200,70,0,0.06" in so
    assert "style" not in the
    assert [re.search('title="(.+?)"', w)[1] for w in (good, bad, so, the)] == ["+2", "−1", "+0.2", "+0.001"]


def test_the_text_stays_whole_between_and_behind_its_words():
    line = Scored("m", "  a\tb,\n c d", [(2, 3), (4, 5), (5, 6), (8, 9)], [1.0, 1.0, 1.0, 1.0])
    assert re.sub("<[^>]*>", "", words(line)) == "  a\tb,\n c d"
    assert 'title="not read by the model"> d<' in words(line)
    assert "not read" not in words(Scored("m", "a ", [(0, 1)], [1.0]))
    long = words(Scored("m", "a " + "b" * 5000, [(0, 1)], [1.0]))
    assert len(long) < 1000
    assert long.endswith("…</span>")


def test_a_method_without_a_sign_has_no_line_and_no_side():
    found = words(scored("good bad", [0.5, 0.25], signed=False))
    assert "underline" not in found
    assert "200,70,0" not in found
    assert "90,96,110,0.60" in found


def test_scores_of_zero_and_no_words_are_plain_text():
    assert "style" not in words(scored("a b", [0.0, 0.0]))
    assert words(Scored("m", "", [], [])) == ""


def test_a_veiled_text_is_blurred_until_it_is_opened():
    example = Example("head", [scored("a b", [1.0, 2.0])], veiled=True)
    found = page([example])
    assert found.count("<details") == 1
    assert "<details open" not in found
    assert ".wb-veil:not([open]) .wb-text{filter:blur" in found
    assert "details" not in page([Example("head", example.lines)]).split("</style>")[1]


def test_the_legend_names_what_is_shown_and_nothing_else():
    assert "underline" in legend(True, False)
    assert "without a sign" not in legend(True, False)
    assert "speaks" not in legend(False, True)
    assert "without a sign" in legend(True, True)
