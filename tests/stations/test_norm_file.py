from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations import norm_file
from stations.errors import WorkspaceError
from stations.norm_checks import CHECKS
from stations.norms import NORMS_NAME, judge, read_norms
from tests.stations.norm_samples import WITH, facts

if TYPE_CHECKING:
    from stations.norms import Norm

DOC = Path(__file__).parents[2] / "docs" / "norms.md"
DEFAULTS = read_norms(None)

GOOD = """
[[norm]]
code = "own"
zh = "本省标准"
items = [{ code = "water", zh = "有水", check = { facility = "drinking_water" } }]
"""


def read(folder: Path, text: str | bytes) -> tuple[Norm, ...]:
    """Norms from a workspace's file with this text."""
    path = folder / NORMS_NAME
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_norms(path)


def test_a_file_of_the_workspace_replaces_the_defaults(tmp_path: Path) -> None:
    """As a whole; without it, they hold. English that is not given is the Chinese."""
    assert read_norms(tmp_path / NORMS_NAME) == read_norms(None) == DEFAULTS
    (norm,) = read(tmp_path, GOOD)
    assert (norm.code, norm.zh, norm.en, norm.kinds) == ("own", "本省标准", "本省标准", ())
    assert judge(norm, facts(**WITH["drinking_water"])) == ("met",)
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == (norm,)
    (tmp_path / NORMS_NAME).unlink()
    assert read_norms(tmp_path / NORMS_NAME) == DEFAULTS


def test_the_copy_of_the_defaults_is_the_defaults(tmp_path: Path) -> None:
    """So a province begins with what it sees."""
    text = Path(norm_file.__file__).with_name(NORMS_NAME).read_bytes()
    assert read(tmp_path, text) == DEFAULTS


def of_norm(**parts: str) -> str:
    """A file with one norm of one item, some of it put otherwise."""
    values = {"code": '"n"', "zh": '"标准"', "items": f"[{{{of_item()}}}]", **parts}
    return "[[norm]]\n" + "\n".join(f"{key} = {value}" for key, value in values.items())


def of_item(**parts: str) -> str:
    """The inside of an item, some of it put otherwise."""
    values = {"code": '"i"', "zh": '"条目"', "check": '{facility = "toilet"}', **parts}
    return ", ".join(f"{key} = {value}" for key, value in values.items())


def with_check(check: str, **parts: str) -> str:
    """A file with this check."""
    return of_norm(items=f"[{{{of_item(check=check, **parts)}}}]")


def nested(levels: int) -> str:
    """A check in so many lists."""
    return "{all = [" * levels + "{on_site = true}" + "]}" * levels


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "has no norm", "缺少 norm"),
        ("norm = []", "norm is []: it takes 1 to 50 tables", "应为 1 到 50 个表"),
        ("norm = 3", "norm is 3", "norm 是 3"),
        ("norm = [3]", "norm is [3]", "norm 是"),
        ("[[norm]\n", "is no TOML: ", "不是正确的 TOML"),
        (b"zh = '\xff'", "is no TOML: 'utf-8'", "不是正确的 TOML"),
        ("[[norms]]", "'norms' says nothing here; did you mean 'norm'?", "是不是 norm？"),
        (of_norm(colour="1"), "norm n: 'colour' says nothing here; there are: code,", "不认"),
        ("[[norm]]\nzh = '标准'", "norm 1: has no code", "标准 1：缺少 code"),
        (of_norm(code="'六有'"), "norm 1: code = '六有' does not fit", "标准 1：code = '六有'"),
        (of_norm(code="3"), "norm 1: code = 3", "标准 1：code = 3"),
        (of_norm() + "\n" + of_norm(), "norm n: this code is used twice", "标准 n：代码重复"),
        (of_norm(zh="''"), "norm n: zh = '' does not fit", "标准 n：zh = ''"),
        (of_norm(zh="7"), "norm n: zh = 7 does not fit", "标准 n：zh = 7"),
        (of_norm(en=f"'{'x' * 101}'"), "norm n: en = 'xxx", "最多 100 字"),
        (of_norm(zh='"\\u001b[31m"'), "norm n: zh = '\\x1b[31m'", "标准 n：zh"),
        (of_norm(zh='"\\u202e"'), "norm n: zh = '\\u202e'", "标准 n：zh"),
        (of_norm(kinds="[]"), "norm n: kinds is a list", "标准 n：kinds 是"),
        (of_norm(kinds="'rider_home'"), "norm n: kinds is a list", "标准 n：kinds 是"),
        (of_norm(kinds="['rider_hom']"), "'rider_hom'; did you mean 'rider_home'?", "rider_home？"),
        (of_norm(kinds="[{}]"), "norm n: kinds: there is no kind {}", "没有 {} 这种类型"),
        (of_norm(items="[]"), "norm n: items is []", "标准 n：items 是 []"),
        (of_norm(items="{}"), "norm n: items is {}", "标准 n：items 是 {}"),
        (
            of_norm(items=f"[{{{of_item()}}}, {{{of_item()}}}]"),
            "norm n: item i: this code is used twice",
            "标准 n：条目 i：代码重复",
        ),
        (
            of_norm(items=f"[{', '.join(['{}'] * 51)}]"),
            "it takes 1 to 50 tables",
            "应为 1 到 50 个表",
        ),
        (of_norm(items="[{code = 'i'}]"), "norm n: item i: has no check", "条目 i：缺少 check"),
        (with_check("3"), "norm n: item i: 3 is no check", "条目 i：3 不是一项检查"),
        (with_check("{}"), "item i: {} is no check", "{} 不是一项检查"),
        (
            with_check("{facility = 'toilet', min_area_m2 = 5}"),
            "is no check: write one key and its value",
            "只写一个键",
        ),
        (with_check("{facilty = 'fan'}"), "did you mean 'facility'?", "是不是 facility？"),
        (with_check("{zzz = 1}"), "there is no check 'zzz'; there are: facility,", "可用的有"),
        (
            with_check("{facility = '饮水机'}"),
            "facility = '饮水机' is not known; write 'drinking_water'",
            "请写 drinking_water",
        ),
        (with_check("{facility = 'toilets'}"), "did you mean 'toilet'?", "是不是 toilet？"),
        (with_check("{facility = true}"), "facility = True does not fit", "带引号的代码"),
        (with_check("{known = 'name'}"), "known = 'name' is not known", "known = 'name' 没有"),
        (with_check("{known = '__class__'}"), "known = '__class__' is not known", "没有"),
        (with_check("{position = 'true'}"), "position = 'true' is not known", "trusted"),
        (with_check("{min_area_m2 = 0}"), "number from 0.1 to 1,000,000", "0.1 到 1,000,000"),
        (with_check("{min_area_m2 = nan}"), "min_area_m2 = nan does not fit", "nan 不合要求"),
        (with_check("{min_area_m2 = true}"), "min_area_m2 = True", "True 不合要求"),
        (with_check("{min_area_m2 = '12'}"), "min_area_m2 = '12'", "'12' 不合要求"),
        (with_check("{min_capacity = 4.0}"), "a whole number from 1", "整数"),
        (with_check("{min_star = 6}"), "from 1 to 5", "1 到 5"),
        (with_check("{facilities_at_least = 27}"), "from 1 to 26", "1 到 26"),
        (with_check("{nearest_within_m = inf}"), "from 1 to 100,000", "inf 不合要求"),
        (with_check("{verified_within_days = 2026-01-01}"), "does not fit", "不合要求"),
        (with_check("{on_site = false}"), "on_site = False does not fit", "on_site = False"),
        (with_check("{on_site = true}"), "item i: what is looked at on the spot", "note_zh"),
        (with_check("{all = []}"), "all = [] does not fit", "至少一项检查"),
        (with_check("{any = {fan = true}}"), "any = {'fan': True} does not fit", "至少一项检查"),
        (with_check("{any = [3]}"), "item i: 3 is no check", "3 不是一项检查"),
        (with_check("{any = [{zzz = 1}]}"), "item i: there is no check 'zzz'", "'zzz' 这种检查"),
        (with_check(nested(6)), "item i: checks are nested more than 6 deep", "超过 6 层"),
        (of_norm(source_zh="3"), "norm n: source_zh = 3", "source_zh = 3"),
        (with_check("{facility = 'fan'}", note_en='"a\\nb"'), "note_en = 'a\\nb'", "note_en"),
    ],
)
def test_a_bad_file_is_told_with_the_norm_and_the_item(
    tmp_path: Path, text: str | bytes, english: str, chinese: str
) -> None:
    """What is wrong, and what would fit, in both languages."""
    with pytest.raises(WorkspaceError) as caught:
        read(tmp_path, text)
    message, other = str(caught.value), str(caught.value.chinese)
    assert message.startswith(str(tmp_path / NORMS_NAME))
    assert english in message
    assert chinese in other
    assert re.search(r"[\u4e00-\u9fff]", other)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (b"#" * 200_000, "is larger than 128 KiB"),
        (b"#" + b"x" * 2000, "line 1 is longer than 2,000 bytes"),
        (b"norm = " + b"[\n" * 20_000, "is nested too deep"),
        (b"norm = " + b"{a=" * 600, "is n"),
        (b"norm = " + b"9" * 1990, "norm is 9"),
        (b"norm = 0x" + b"f" * 1980, "norm is "),
        (b"\x00" * 100, "is no TOML"),
        ("\n".join(f"[{'.'.join('a' * 60)}.b{i}]" for i in range(900)).encode(), "'a' says"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, text: bytes, english: str) -> None:
    """With a short word, and at once."""
    with pytest.raises(WorkspaceError, match=re.escape(english)) as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < len(str(tmp_path)) + 400


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """A folder; a pipe, which must not be waited for; a file that may not be read."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(WorkspaceError, match=f"{name}: is no file"):
            read_norms(tmp_path / name)
    (tmp_path / "plain").write_text("x")
    with pytest.raises(WorkspaceError, match="cannot be read: Not a directory"):
        read_norms(tmp_path / "plain" / NORMS_NAME)


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_norms_or_an_error(data: bytes) -> None:
    """Never anything else."""
    with contextlib.suppress(WorkspaceError):
        norm_file._norms(data)


# ----------------------------------------------------------------------------- what is documented


def test_the_documentation_is_of_these_checks(tmp_path: Path) -> None:
    """Its table has each of them, and its example is a file that can be read."""
    text = DOC.read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+) = ", text, re.MULTILINE)) == set(CHECKS)
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (norm,) = read(tmp_path, example)
    assert [item.code for item in norm.items] == ["water", "cool", "sign"]
