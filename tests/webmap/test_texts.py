from __future__ import annotations

import re
from pathlib import Path

import pytest

import webmap
from webmap import texts

ROOT = Path(webmap.__file__).parent
COMPOSED = (
    "report.always.",
    "report.at_work.",
    "report.basis.within.",
    "report.column.",
    "report.count.",
    "report.file.",
    "report.heat.",
    "report.limit.",
    "report.mode.",
    "report.need.",
    "report.point.",
    "report.residents",
    "report.sites.",
    "report.title.",
    "report.within.",
    "report.workers",
)
"""Families of texts of which a report chooses one by a code, or by whom it is of."""
NAME = re.compile(r"\{(\w+)\}")


def base(key: str) -> str:
    """Return the key without its grammatical form."""
    return key.removesuffix(".one")


def used_keys() -> set[str]:
    """Every key that a script, a template or the map names."""
    found: set[str] = set()
    for path in (*ROOT.glob("static/js/**/*.js"), *ROOT.glob("templates/*.html")):
        source = path.read_text("utf-8")
        found |= set(re.findall(r"""\bt(?:_html)?\(\s*["']([\w.]+)["']\s*[,)]""", source))
        # Keys that are chosen between or kept in a table.
        found |= set(re.findall(r"""["'](\w+\.[a-z_]+(?:\.[a-z_]+)*)["']""", source)) & set(
            texts.catalogue("zh")
        )
    for path in (ROOT / "maps.py", *ROOT.glob("pages/*.py"), *ROOT.glob("render/**/*.py")):
        source = path.read_text("utf-8")
        found |= set(re.findall(r'\bsay\("([\w.]+)"', source))
        found |= set(re.findall(r'texts\.text\(lang, "([\w.]+)"', source))
        found |= set(re.findall(r"""["']([\w.]+)["']""", source)) & set(texts.catalogue("zh"))
    return found


def test_catalogues_hold_the_same_keys() -> None:
    """A text of one language exists in the other; only plural forms may differ."""
    zh, en = (set(map(base, texts.catalogue(lang))) for lang in texts.LANGUAGES)
    assert zh == en


def test_no_key_stands_in_two_parts() -> None:
    """Which part a text comes from never matters to who asks for it."""
    for lang in texts.LANGUAGES:
        parts = [texts.catalogue(lang, (part,)) for part in texts.PARTS]
        assert sum(map(len, parts)) == len(texts.catalogue(lang))


def test_texts_take_the_same_values() -> None:
    """No figure is lost between the languages."""
    for key, zh in texts.catalogue("zh").items():
        assert set(NAME.findall(zh)) == set(NAME.findall(texts.catalogue("en")[key])), key


def test_every_key_in_use_exists() -> None:
    """No page shows a key instead of a text."""
    missing = used_keys() - set(texts.catalogue("zh"))
    assert not missing


def test_every_text_is_in_use() -> None:
    """What nothing shows is not kept: families of keys are named by their beginning."""
    families = ("fault.", "figure.", "layer.", "live.way.", "live.kind.", "near.mode.", "near.way.")
    families += ("task.title.",)
    families += COMPOSED
    used, there = used_keys(), set(map(base, texts.catalogue("zh")))
    unused = {
        key
        for key in there - used
        # Where nobody knows when people are at work, what is said of their work is another text.
        if not key.startswith(families) and key.removesuffix(".always") not in used
    }
    assert not unused
    assert [one for one in families if not any(key.startswith(one) for key in there)] == []


def test_values_are_put_in_once() -> None:
    """A value that looks like a placeholder or a format is left as it is."""
    found = texts.text("en", "gaps.label", rank=1, name="{n} {0} %s", n=5)
    assert found == "Gap no. 1, {n} {0} %s, 5 workers"


def test_one_has_a_form_of_its_own() -> None:
    """A figure of 1 is told in the singular, where the language has one."""
    assert texts.text("en", "station.verified", n=1) == "Checked yesterday"
    assert texts.text("en", "station.verified", n=2) == "Checked 2 days ago"


def test_unknown_key_is_an_error() -> None:
    """A missing text is found by the first test that renders it."""
    with pytest.raises(KeyError):
        texts.text("zh", "no.such.key")


@pytest.mark.parametrize(
    ("asked", "remembered", "default", "expected"),
    [
        ("en", "zh", "zh", "en"),
        ("en-GB", None, "zh", "en"),
        ("zh-Hans-CN", "en", "en", "zh"),
        (None, "en", "zh", "en"),
        ("fr", None, "en", "en"),
        ("", "", "zh", "zh"),
        ("<script>", "'", "zh", "zh"),
    ],
)
def test_language_is_asked_for_remembered_or_the_workspaces(
    asked: str | None, remembered: str | None, default: str, expected: str
) -> None:
    """What the address says goes before the cookie, the cookie before the setting."""
    assert texts.language(asked, remembered, default) == expected


def test_coded_values_have_words_in_both_languages() -> None:
    """Labels come from the vocabulary of the stations."""
    assert texts.words("zh")["facilities"]["drinking_water"] == "饮水"
    assert texts.words("en")["access"]["qr"] == "Scan a QR code"
