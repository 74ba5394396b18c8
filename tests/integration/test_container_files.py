"""Dockerfile and compose.yaml, as far as they can be checked without a container engine."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from cli import main
from core.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("vigie:")}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
PINNED = re.compile(r"^[a-z0-9_-]+:\d+(\.\d+)+(-[a-z0-9-]+)?$")

_TEXTS = {"type": "array", "items": {"type": "string"}}
_DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
_MOUNTED = {
    "type": "object", "required": ["source", "target"], "additionalProperties": False,
    "properties": {"source": {"type": "string"}, "target": {"type": "string"}},
}  # fmt: skip
_CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]
_SERVICE = {
    "type": "object",
    "required": ["image", "networks"],
    "additionalProperties": False,
    "properties": {
        "image": {"type": "string"},
        "build": {"type": "string"},
        "command": _TEXTS,
        "entrypoint": _TEXTS,
        "user": {"type": "string"},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "init": {"type": "boolean"},
        "read_only": {"type": "boolean"},
        "tmpfs": _TEXTS,
        "cap_drop": _TEXTS,
        "cap_add": _TEXTS,
        "security_opt": _TEXTS,
        "networks": _TEXTS,
        "ports": _TEXTS,
        "volumes": _TEXTS,
        "configs": {"type": "array", "items": _MOUNTED},
        "secrets": {"type": "array", "items": {"anyOf": [{"type": "string"}, _MOUNTED]}},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object", "required": ["condition"], "additionalProperties": False,
                "properties": {"condition": {"enum": _CONDITIONS}},
            },
        },
        "deploy": {
            "type": "object", "additionalProperties": False,
            "properties": {"replicas": {"type": "integer", "minimum": 1}},
        },
        "healthcheck": {
            "type": "object", "required": ["test"], "additionalProperties": False,
            "properties": {
                "test": {**_TEXTS, "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}]},
                "interval": _DURATION, "timeout": _DURATION, "start_period": _DURATION, "retries": {"type": "integer"},
            },
        },
        "stop_grace_period": _DURATION,
        "mem_limit": {"type": "string", "pattern": r"^\d+[mg]$"},
        "shm_size": {"type": "string", "pattern": r"^\d+[mg]$"},
        "ulimits": {"type": "object"},
    },
}  # fmt: skip
_NAMED = {"type": "object", "additionalProperties": {"type": "object", "maxProperties": 0}}
_FILES = {
    "type": "object",
    "additionalProperties": {
        "type": "object", "required": ["file"], "additionalProperties": False,
        "properties": {"file": {"type": "string"}},
    },
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "required": ["name", "services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "networks": _NAMED,
        "volumes": _NAMED,
        "configs": _FILES,
        "secrets": _FILES,
    },
}
"""The part of the Compose specification that we use."""


def _instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def _parses(arguments: list[str]) -> None:
    """The command exists and takes these arguments; nothing is run."""
    command: click.Command = main
    context = None
    while isinstance(command, click.Group):
        assert arguments, "a group is no command"
        command, arguments = command.commands[arguments[0]], arguments[1:]
    context = command.make_context("vigie", list(arguments))
    context.close()


def _with_defaults(value: str) -> str:
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def test_compose_says_only_what_the_specification_knows() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)
    if _has_compose():  # the plugin reads more closely than our schema; most machines of ours lack it
        command = ["docker", "compose", "--file", str(ROOT / "compose.yaml"), "config", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


def test_everything_that_a_service_names_is_declared() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert {item["source"] for item in service.get("configs", ())} <= set(COMPOSE["configs"]), name
        secrets = {item if isinstance(item, str) else item["source"] for item in service.get("secrets", ())}
        assert secrets <= set(COMPOSE["secrets"]), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"]), name
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[needed], (name, needed)


def test_there_are_as_many_processes_as_the_manual_says() -> None:
    replicas = {name: service["deploy"]["replicas"] for name, service in SERVICES.items() if "deploy" in service}
    assert replicas == {"scheduler": 2, "worker": 3, "web": 2}
    assert sum(name.startswith("search") and "healthcheck" in service for name, service in SERVICES.items()) == 3


@pytest.mark.parametrize("image", sorted({service["image"] for service in SERVICES.values()}))
def test_every_image_has_a_version_and_no_registry(image: str) -> None:
    assert PINNED.match(image), image


def test_the_image_is_that_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"vigie:{version}"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_of_a_service_exists_and_is_understood(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = OURS[name]
    for variable in [variable for variable in os.environ if variable.startswith("VIGIE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    for variable, value in service["environment"].items():
        assert variable.startswith("VIGIE_")
        monkeypatch.setenv(variable, _with_defaults(value))
    written = {"VIGIE_DATABASE_URL": "postgresql://vigie:x@postgres/vigie"}
    targets = {item["target"] for item in service["secrets"]}
    for target in targets:
        (tmp_path / target).write_text(written.get(target, "a secret of forty characters, more or less"))
    monkeypatch.setenv("VIGIE_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.database == written["VIGIE_DATABASE_URL"]
    assert settings.dispatch.engine == "distributed"
    assert settings.search.on_cluster
    assert settings.search.password is not None
    assert "VIGIE_WEB__OPERATOR_PASSWORD" in targets or name != "web"


def test_variables_that_may_be_set_from_outside_are_settings() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for variable in re.findall(r"\$\{(\w+)", text):
        section, _, field = variable.removeprefix("VIGIE_").lower().partition("__")
        model = Settings.model_fields[section]
        assert not field or field in model.annotation.model_fields, variable  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_of_a_service_can_be_typed(name: str) -> None:
    _parses(OURS[name]["command"])
    test = OURS[name]["healthcheck"]["test"]
    assert test[:2] == ["CMD", "vigie"]
    _parses(test[2:])


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_processes_can_write_nowhere_but_where_they_should(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert "ports" not in service


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_grows_large_is_written_to_a_volume_and_never_to_memory(name: str) -> None:
    """Exports are drafted, and payloads wait, in the data folder; /tmp is memory."""
    (folder,) = re.findall(r"VIGIE_DATA_DIR=(\S+)", DOCKERFILE)
    assert "VIGIE_DATA_DIR" not in OURS[name]["environment"]
    assert [volume for volume in OURS[name]["volumes"] if volume.split(":")[1] == folder] == [f"data:{folder}"]
    assert folder not in OURS[name]["tmpfs"]


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert "postgres" not in [name for name, service in SERVICES.items() if "front" in service["networks"]]


def test_a_worker_has_more_time_to_end_than_it_takes() -> None:
    seconds = int(OURS["worker"]["stop_grace_period"].removesuffix("s"))
    assert seconds > Settings.model_fields["dispatch"].default.grace


def test_the_proxy_finds_the_site() -> None:
    caddy = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert f"dynamic a web {OURS['web']['environment']['VIGIE_WEB__PORT']}" in caddy
    named = set(re.findall(r"\{\$(\w+)\}", caddy))
    assert named <= set(SERVICES["proxy"]["environment"])


@pytest.mark.parametrize("script", ["certificates.sh", "search-access.sh"])
def test_the_scripts_of_the_search_nodes_are_bash(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / "deploy" / script], check=True)
    text = (ROOT / "deploy" / script).read_text(encoding="utf-8")
    assert "set -euo pipefail" in text


def test_files_that_are_mounted_are_there_and_secrets_are_never_in_the_project() -> None:
    for config in COMPOSE["configs"].values():
        assert (ROOT / config["file"]).is_file()
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/secrets/" in ignored
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())


def test_the_dockerfile_builds_on_pinned_images_and_runs_as_nobody_special() -> None:
    bases = [line.split()[0] for line in _instructions("FROM")]
    assert bases
    assert all(PINNED.match(base) for base in bases)
    users = _instructions("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])
    assert DOCKERFILE.rindex("\nUSER ") > DOCKERFILE.rindex("\nRUN ")
    assert "--require-hashes" in DOCKERFILE
    assert not _instructions("ADD")


def test_the_dockerfile_starts_and_checks_commands_that_exist() -> None:
    assert yaml.safe_load(_instructions("ENTRYPOINT")[0]) == ["vigie"]
    _parses(yaml.safe_load(_instructions("CMD")[0]))
    (check,) = _instructions("HEALTHCHECK")
    command = yaml.safe_load(check[check.index("[") :])
    assert command[0] == "vigie"
    _parses(command[1:])
    for variable in re.findall(r"\b(VIGIE_\w+)=", DOCKERFILE):
        assert variable.removeprefix("VIGIE_").lower() in Settings.model_fields


def test_everything_that_the_image_is_built_from_reaches_the_builder() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    patterns = rooms["find"]["include"]
    assert {pattern.rstrip("*") for pattern in patterns} <= set(allowed)
    for name in allowed:
        assert (ROOT / name).exists(), name


def test_every_file_that_the_code_reads_is_in_the_package() -> None:
    """An installed package has only the files that pyproject.toml names; an editable one has them all."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = found["package-data"]["*"]
    rooms = {pattern.rstrip("*") for pattern in found["packages"]["find"]["include"]}
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()]
    left_out = [
        str(path)
        for path in files
        if "__pycache__" not in path.parts
        and path.suffix not in (".py", ".md")
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert left_out == []
