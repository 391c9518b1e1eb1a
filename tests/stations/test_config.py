from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations import config
from stations.config import BaseMap, Config, Reports
from stations.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
KEY = st.text(min_size=1, max_size=12, alphabet="abc_ .\"'中0")
VALUE = st.recursive(
    st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)
CONFIGS = st.builds(
    Config,
    title=TEXT,
    title_en=TEXT,
    demonstration=st.booleans(),
    language=st.sampled_from(["zh", "en"]),
    radius_m=st.floats(1e-3, 100_000),
    minutes=st.floats(0.5, 600),
    stale_days=st.integers(1, 10_000),
    basemap=st.one_of(
        st.just(BaseMap()),
        st.builds(
            BaseMap,
            kind=st.just("tiles"),
            url=TEXT,
            datum=st.sampled_from(["wgs84", "gcj02", "bd09"]),
            attribution=TEXT,
            max_zoom=st.integers(1, 22),
        ),
        st.builds(BaseMap, kind=st.sampled_from(["geojson", "pmtiles"]), file=TEXT),
    ),
    reports=st.builds(Reports, fresh_hours=st.floats(1e-3, 720), people=st.integers(1, 1000)),
    server=st.dictionaries(KEY, VALUE, max_size=3),
)


def read(folder: Path, text: str | bytes) -> Config:
    """Settings from a file with this text."""
    path = folder / "yizhan.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return config.read(path)


@given(CONFIGS)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, made: Config
) -> None:
    """Every setting, whatever its characters; and it is TOML for anybody."""
    tomllib.loads(config.to_toml(made))
    path = tmp_path_factory.getbasetemp() / "yizhan.toml"
    config.write(path, made)
    assert config.read(path) == made


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    """Chinese, one kilometre, a quarter of an hour, a year; no base map."""
    found = read(tmp_path, "")
    assert found == Config()
    assert (found.language, found.radius_m, found.minutes) == ("zh", 1000, 15)
    assert found.stale_days == 365
    assert found.basemap.kind == "none"


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Editors of Windows set one."""
    assert read(tmp_path, "\ufefftitle = '惠济区'\r\n").title == "惠济区"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("radius_m = 'far'", r"radius_m"),
        ("radius_m = 0", r"radius_m"),
        ("radius = 500", r"radius"),
        ("minutes = 0", r"minutes"),
        ("minutes = 601", r"minutes"),
        ("language = 'fr'", r"language"),
        ("title = ''", r"title"),
        ("stale_days = 0", r"stale_days"),
        ("title = \nradius_m = 1", r"line 1"),
        ("[basemap]\nkind = 'satellite'", r"basemap\.kind"),
        ("[basemap]\nkind = 'tiles'", r"needs its url"),
        ("[basemap]\nkind = 'pmtiles'", r"needs its file"),
        ("[basemap]\ncolour = 1", r"colour"),
        ("[reports]\npeople = 0", r"reports\.people"),
        ("[reports]\nfresh_hours = 721", r"reports\.fresh_hours"),
        ("标题".encode("gbk"), r"UTF-8"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    """With the file it stands in."""
    with pytest.raises(WorkspaceError, match=rf"(?s)yizhan\.toml.*{message}"):
        read(tmp_path, text)


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    """And the message says how to make one."""
    with pytest.raises(WorkspaceError, match=r"no workspace .*yizhan init"):
        config.read(tmp_path / "yizhan.toml")
