from __future__ import annotations

import string

import pytest

from stations.importing import wording

MESSAGES = {**wording.OF_ROWS, **wording.OF_FILES}


def places(text: str) -> set[str]:
    """Return what a message leaves room for."""
    return {name.removesuffix("_zh") for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_tell_the_same_things(key: str) -> None:
    """A message names no value in one language that it does not name in the other."""
    english, chinese = MESSAGES[key]
    left_out = {"reason"} if key in {"datum", "mapping_toml"} else set()
    assert places(english) - left_out == places(chinese) - left_out
