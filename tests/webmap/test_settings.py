"""Settings of the server, and the pages of documentation that list what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import typer.main

from stations.config import BaseMap, Config, Report, Reports
from stations.errors import WorkspaceError
from stations.workspace import Workspace
from webmap import cli
from webmap.settings import PREFIX, ServerSettings, server_settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

DOCS = Path(__file__).parents[2] / "docs"


def headings(page: str) -> str:
    """The text of a page of the documentation."""
    return (DOCS / page).read_text("utf-8")


def test_defaults_listen_to_this_machine_only() -> None:
    """Nobody puts a registry on the network by forgetting something."""
    found = server_settings({}, {})
    assert (found.host, found.port, found.workers) == ("127.0.0.1", 8000, 2)
    assert (found.max_k, found.page_size, found.allow_origin) == (100, 1000, "*")
    assert found.planner_token is None


def test_the_environment_is_stronger_than_the_table() -> None:
    """YIZHAN_PORT goes before [server] port, which goes before the default."""
    table = {"port": 9000, "max_k": 10}
    found = server_settings(table, {"YIZHAN_PORT": "9001", "PORT": "1"})
    assert (found.port, found.max_k, found.workers) == (9001, 10, 2)


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment given it is that of the process."""
    monkeypatch.setenv("YIZHAN_WORKERS", "7")
    assert server_settings({}).workers == 7


@pytest.mark.parametrize(
    ("table", "environment", "words"),
    [
        ({"prot": 1}, {}, "[server] prot: no such setting; there are host, port"),
        ({"port": 0}, {}, "[server] port: "),
        ({"port": 65536}, {}, "[server] port: "),
        ({"workers": 0}, {}, "[server] workers: "),
        ({"max_k": 1001}, {}, "[server] max_k: "),
        ({"host": 7}, {}, "[server] host: "),
        # What Kubernetes sets for a service that is called yizhan.
        ({}, {"YIZHAN_PORT": "tcp://10.0.0.1:80"}, "YIZHAN_PORT='tcp://10.0.0.1:80': "),
        ({"port": 1}, {"YIZHAN_PORT": ""}, "YIZHAN_PORT='': "),
        ({"allow_origin": "https://a.example\r\nSet-Cookie: x"}, {}, "[server] allow_origin: "),
        ({"allow_origin": "https://a.example/path"}, {}, "[server] allow_origin: "),
        ({"allow_origin": "a.example"}, {}, "[server] allow_origin: "),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    table: dict[str, Any], environment: dict[str, str], words: str
) -> None:
    """Whoever mistypes a setting reads which, and whether it stands in the file or outside."""
    with pytest.raises(WorkspaceError) as caught:
        server_settings(table, environment)
    assert words in str(caught.value)


def test_settings_are_read_from_the_workspace(tmp_path: Path) -> None:
    """The [server] table of yizhan.toml, written and read back."""
    config = Config(server={"port": 8123, "allow_origin": "https://union.example"})
    workspace = Workspace.create(tmp_path / "w", config=config)
    found = server_settings(Workspace(workspace.folder).config.server, {})
    assert (found.port, found.allow_origin) == (8123, "https://union.example")


def test_settings_cannot_be_changed() -> None:
    """A request cannot alter what the next one gets."""
    with pytest.raises(ValueError, match="frozen"):
        server_settings({}, {}).port = 1  # type: ignore[misc]


def test_every_setting_is_documented() -> None:
    """docs/settings.md has a row for each, with its variable, and none for what is not."""
    page = headings("settings.md")
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    config = set(Config.__struct_fields__) - {"basemap", "report", "reports", "server"}
    base = {f"basemap.{name}" for name in BaseMap.__struct_fields__}
    server = {f"server.{name}" for name in ServerSettings.model_fields}
    reports = {f"reports.{name}" for name in Reports.__struct_fields__}
    report = {f"report.{name}" for name in Report.__struct_fields__}
    assert rows == config | base | reports | report | server
    variables = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", page))
    assert variables == {PREFIX + n.upper() for n in ServerSettings.model_fields} | {"YIZHAN_LANG"}


def test_documented_defaults_are_the_defaults() -> None:
    """The page says what holds when nothing is set."""
    page = headings("settings.md")
    said = dict(re.findall(r"^\| `([a-z_.]+)` \| `([^`]*)` \|", page, re.MULTILINE))
    real = {
        **{
            k: v
            for k, v in msgspec.structs.asdict(Config()).items()
            if k not in {"basemap", "report", "reports", "server"}
        },
        **{f"reports.{k}": v for k, v in msgspec.structs.asdict(Reports()).items()},
        **{f"report.{k}": v for k, v in msgspec.structs.asdict(Report()).items() if v is not None},
        **{
            f"basemap.{k}": v for k, v in msgspec.structs.asdict(BaseMap()).items() if v is not None
        },
        **{f"server.{k}": v for k, v in ServerSettings().model_dump().items() if v is not None},
    }
    expected = {
        name: str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
        for name, value in real.items()
        if value != ""
    }
    assert said == expected


def test_every_resource_and_parameter_is_documented(client: FlaskClient) -> None:
    """docs/api.md has a section for each path and method, with every parameter, and no others."""
    page = headings("api.md")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)
    found = {}
    for section in sections:
        heading = re.match(r"`(GET|POST|DELETE) (\S+)`", section)
        if heading:
            key = (heading[1].lower(), heading[2])
            found[key] = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    shared = next(s for s in sections if s.startswith("Filters"))
    filters = set(re.findall(r"^\| `([a-z_]+)` \|", shared, re.MULTILINE))
    described = client.get("/openapi.json").get_json()
    operations = {
        (method, path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert set(found) == set(operations)
    for key, operation in operations.items():
        names = {p["name"] for p in operation["parameters"]}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = content["schema"]
            name = schema.get("$ref", "").rpartition("/")[2]
            names |= set(described["components"]["schemas"].get(name, schema)["properties"])
        filtered = filters if filters <= names else set()
        assert found[key] | filtered == names, key


def test_a_token_is_never_shown() -> None:
    """Not by the settings as text, not by the message that says what is wrong with it."""
    found = server_settings({"planner_token": "correct-horse-battery"}, {})
    assert "horse" not in f"{found!r} {found} {found.model_dump_json()}"
    assert ServerSettings.model_validate_json(found.handed_on()) == found
    for table, environment in (
        ({"planner_token": "horse"}, {}),
        ({"planner_token": "horse with blanks"}, {}),
        ({"planner_token": "马马马马马马马马马马马马"}, {}),
        ({}, {"YIZHAN_PLANNER_TOKEN": "horse"}),
        ({}, {"YIZHAN_PLANNER_TOKEN": ""}),
    ):
        with pytest.raises(WorkspaceError, match="12 to 200") as caught:
            server_settings(table, environment)
        told = f"{caught.value} {caught.value.__cause__}"
        assert "horse" not in told
        assert "马" not in told


def test_every_command_and_option_is_documented() -> None:
    """docs/cli.md has a section for each command, with every option of it, and no others."""
    page = headings("cli.md")
    found = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE):
        heading = re.match(r"`yizhan ([a-z]+(?: [a-z]+)?)", section)
        if heading:
            found[heading[1]] = set(re.findall(r"^\| `(--?[a-z-]+)", section, re.MULTILINE))
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    # A group of commands is documented command by command.
    every = {
        " ".join([name, *below]): one
        for name, command in commands.items()
        for below, one in (
            [([n], c) for n, c in command.commands.items()]
            if hasattr(command, "commands")
            else [([], command)]
        )
    }
    assert set(found) == set(every)
    for name, command in every.items():
        options = {p.opts[0] for p in command.params if p.param_type_name == "option"}
        assert found[name] == options - {"--help", "-h"}, name
