"""What is installed is what was meant: locks, front end, wheel, contracts.

Nothing here needs a network: the builds use the tools that are installed already.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "webmap" / "static" / "vendor"
PACKAGES = ("geodata", "stations", "webmap")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

ADDRESS_OF_A_PACKAGE = re.compile(
    rb"https?://[^\s\"'<>)]+\.(?:tgz|whl|tar\.gz)\b"
    rb"|https?://(?:registry|files)\.[^\s\"'<>)]+"
    rb"|--(?:extra-)?index-url\b|--find-links\b"
)


def tracked() -> list[Path]:
    """Return the files Git knows, or would take; all of a build if there is no Git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a Git repository")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def pins() -> dict[str, list[Requirement]]:
    """Return the lines of constraints.txt by canonical name."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group, with those of the groups it includes."""
    flat: list[str] = []
    for entry in PROJECT["dependency-groups"][name]:
        flat += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return flat


def declared() -> list[Any]:
    """Return each list of requirements in pyproject.toml, as test parameters."""
    project = PROJECT["project"]
    lists = {"core": project["dependencies"], **project["optional-dependencies"]}
    lists |= {f"group {name}": group(name) for name in PROJECT["dependency-groups"]}
    return [pytest.param(requirements, id=name) for name, requirements in lists.items()]


@pytest.mark.parametrize("requirements", declared())
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_requirement_has_a_pin_it_accepts(requirements: list[str], python: str) -> None:
    """constraints.txt names one version of each requirement, inside its bounds, for each Python."""
    version = {"python_version": python, "python_full_version": f"{python}.9"}
    environment: dict[str, Any] = {**default_environment(), **version}
    locked = pins()
    for text in requirements:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate(environment):
            continue
        if wanted.name == PROJECT["project"]["name"]:
            assert wanted.extras <= set(PROJECT["project"]["optional-dependencies"])
            continue
        hits = [
            pin
            for pin in locked.get(canonicalize_name(wanted.name), [])
            if pin.marker is None or pin.marker.evaluate(environment)
        ]
        assert len(hits) == 1, f"{text}: run `make lock`"
        pinned = str(hits[0].specifier).removeprefix("==")
        assert wanted.specifier.contains(pinned), f"{text} is pinned to {pinned}: run `make lock`"


def test_constraints_are_exact_and_nameable() -> None:
    """Every line pins one exact version of a package by its name, never by an address."""
    for requirements in pins().values():
        for requirement in requirements:
            assert requirement.url is None
            assert re.fullmatch(r"==[0-9][^,*]*", str(requirement.specifier)), requirement


def test_front_end_versions_are_exact() -> None:
    """package.json asks for one version of each package, and the lock agrees."""
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert asked["private"] is True
    assert lock["packages"][""]["dependencies"] == asked["dependencies"]
    for name, version in asked["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version


def test_front_end_lock_has_checksums_and_no_addresses() -> None:
    """The lock says what is installed (checksums), not from where (no `resolved`)."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_no_file_names_the_address_of_a_package() -> None:
    """Whoever installs chooses the registry: no file of ours names one, or a tarball in one."""
    guilty = []
    for path in tracked():
        if path == Path(__file__):
            continue
        hit = ADDRESS_OF_A_PACKAGE.search(path.read_bytes())
        if hit is not None:
            guilty.append(f"{path.relative_to(ROOT)}: {hit[0].decode(errors='replace')}")
    assert not guilty


def test_third_party_code_is_not_tracked() -> None:
    """Git does not take the vendor folder."""
    assert not [path for path in tracked() if path.is_relative_to(VENDOR)]


def versions() -> dict[str, Any]:
    """Return what versions.json says lies in the vendor folder."""
    text = (VENDOR / "versions.json").read_text(encoding="utf-8")
    packages: dict[str, Any] = json.loads(text)["packages"]
    return packages


def test_setup_has_laid_the_front_end() -> None:
    """Each package of package.json lies in the vendor folder, in its version, with its licence."""
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    laid = versions()
    assert {name: package["version"] for name, package in laid.items()} == asked
    for name, package in laid.items():
        for file in package["files"]:
            assert (VENDOR / package["folder"] / file).stat().st_size > 0, f"{name}: {file}"
        assert any(file.startswith("LICENSE") for file in package["files"]), name


def test_styles_load_nothing_from_elsewhere() -> None:
    """What a vendor style sheet refers to is in the sheet itself or was laid beside it."""
    for sheet in VENDOR.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text, sheet
        for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", text):
            if target.startswith(("data:", "#")):
                continue
            assert (sheet.parent / target).is_file(), f"{sheet.name} asks for {target}"


def test_pages_refer_to_vendor_files_that_exist() -> None:
    """Each path under vendor/ named in code and templates is a file the hook has laid."""
    pattern = re.compile(r"vendor/([A-Za-z0-9_@.-]+/[A-Za-z0-9_@./-]+\.(?:js|css|png|svg))")
    sources = [
        path
        for path in (ROOT / "webmap").rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css"} and not path.is_relative_to(VENDOR)
    ]
    for source in sources:
        for name in pattern.findall(source.read_text(encoding="utf-8")):
            assert (VENDOR / name).is_file(), f"{source.relative_to(ROOT)} names vendor/{name}"


def test_import_contracts_hold() -> None:
    """Imports point one way, and no HTTP, map or terminal library is known below webmap."""
    if not all((ROOT / package / "__init__.py").is_file() for package in PACKAGES):
        pytest.skip("not all packages are there")
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None, "import-linter belongs to the test group"
    done = subprocess.run(
        [command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def hatchling(target: str, tree: Path, out: Path) -> Path:
    """Build one target of a tree with the installed hatchling, and return the file made."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


@pytest.mark.slow
def test_wheel_is_whole_and_the_same_from_the_sdist(tmp_path: Path) -> None:
    """The wheel holds the three packages and the front end with its licences, also by way of sdist.

    The second build runs without npm: an sdist carries the front end it was made with.
    """
    sdist = hatchling("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "tree", filter="data")
    (tree,) = (tmp_path / "tree").iterdir()
    wheels = [
        hatchling("wheel", ROOT, tmp_path / "direct"),
        hatchling("wheel", tree, tmp_path / "via-sdist"),
    ]
    contents = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            contents.append({name for name in archive.namelist() if ".dist-info/" not in name})
            entry_points = next(n for n in archive.namelist() if n.endswith("entry_points.txt"))
            assert b"yizhan = webmap.cli:main" in archive.read(entry_points)
    direct, via_sdist = contents
    assert direct == via_sdist
    assert {name.split("/")[0] for name in direct} <= set(PACKAGES)
    for package in PACKAGES:
        if (ROOT / package / "__init__.py").is_file():
            assert {f"{package}/__init__.py", f"{package}/py.typed"} <= direct
    for package in versions().values():
        for file in package["files"]:
            assert f"webmap/static/vendor/{package['folder']}/{file}" in direct
