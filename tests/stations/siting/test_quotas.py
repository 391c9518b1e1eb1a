from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stations.errors import ImportFileError, WorkspaceError
from stations.siting import Quota
from stations.siting.quotas import read_quotas
from tests.geodata.squares import halves

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> dict[str, Quota]:
    """The quotas of a sheet."""
    path = folder / "quotas.csv"
    path.write_text(text, "utf-8")
    return read_quotas(path, halves())


@pytest.mark.parametrize(
    "text",
    [
        "adcode,at_least,at_most\n410108,1,3\n410122,,2\n",
        "区县,至少,至多\n惠济区,1,3\n中牟,,2\n",
        "名称,至多,至少\n惠济区,3,1\n中牟县,2,\n",
        "name,min,max\n惠济区,1.0,3\n410122,,2\n",
    ],
)
def test_headers_in_both_languages(tmp_path: Path, text: str) -> None:
    """Districts by code or name; a blank sets no limit."""
    assert read(tmp_path, text) == {"410108": Quota(1, 3), "410122": Quota(0, 2)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("区县,数量\n惠济区,1\n", "needs a column adcode or name"),
        ("地方,至少\n惠济区,1\n", "needs a column adcode or name"),
        ("区县,至少\n惠济区,一个\n", "row 2: '一个' is no number"),
        ("区县,至少\n惠济区,1.5\n", "row 2: '1.5' is no number"),
        ("区县,至多\n惠济区,-1\n", "row 2: '-1' is no number"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, words: str) -> None:
    """Column, or row and cell."""
    with pytest.raises(ImportFileError, match=words):
        read(tmp_path, text)


def test_a_district_that_is_not_there(tmp_path: Path) -> None:
    """Named, with those that are."""
    with pytest.raises(WorkspaceError, match="no district '金水区' here: use one of 410108"):
        read(tmp_path, "区县,至少\n金水区,1\n")
