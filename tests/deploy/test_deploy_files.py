"""The files of deploy/ agree with the hub that they run."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import get_command

from hub.cli import app
from hub.config.models import HubSection

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def arguments_are_known(arguments: list[str]) -> None:
    """Whether `hub` has this command with these options."""
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        name, *arguments = arguments
        command = command.commands[name]
    rest = arguments
    known = {option for parameter in command.params for option in parameter.opts}
    assert {each for each in rest if each.startswith("--")} <= known, arguments


def test_the_image_installs_locked_packages_and_runs_without_rights() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    installs = re.findall(r"pip install (.*)", lines)
    assert all("--require-hashes" in each or "--no-index" in each for each in installs) and len(installs) == 4
    assert "-r requirements/hub-small.lock" in lines and "-r requirements/extras/$extra.lock" in lines
    last_stage = lines.rpartition("FROM ")[2]
    assert "USER ringfence" in last_stage and last_stage.index("USER") < last_stage.index("ENTRYPOINT")
    copied = [each for found in re.findall(r"^COPY (?!--from)(.+) \S+$", lines, re.M) for each in found.split()]
    assert copied and all((ROOT / each).exists() for each in copied)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert ignored[0] == "*" and {f"!{each}" for each in copied} <= set(ignored)


def test_compose_names_commands_files_and_settings_that_exist() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    for name in ("web", "worker"):
        arguments_are_known(services[name]["command"])
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
    mounted = {each.split(":")[0] for service in services.values() for each in service["volumes"]}
    assert all((DEPLOY / each).exists() for each in mounted - {"./config"} if each.startswith("./"))
    assert "ports" not in services["web"] and "ports" not in services["database"]
    shown = yaml.safe_load("\n".join(re.findall(r"^#   (.*)", text, re.M)))
    assert shown["hub"].keys() <= HubSection.model_fields.keys()


def hub_containers() -> dict[str, dict[str, Any]]:
    """Each container that runs the hub's image, of both compose files."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!reset", lambda *_: [])  # type: ignore[attr-defined]
    return {
        f"{file.name} {name}": service
        for file in sorted(DEPLOY.glob("compose*.yaml"))
        for name, service in yaml.load(file.read_text(), loader)["services"].items()  # type: ignore[arg-type]
        if service.get("image") == "ringfence"
    }


def test_no_container_of_the_hub_can_read_the_superusers_password_or_the_folder_it_stands_in() -> None:
    containers = hub_containers()
    assert [each.split()[1] for each in containers] == ["gateway", "web", "worker"]
    for name, service in containers.items():
        assert service["env_file"] == "hub.env", name
        assert service["environment"].keys() == {"DB_PASSWORD"} and "ADMIN" not in str(service), name
        assert service["volumes"] == ["./config:/config:ro", "data:/data"], name
        assert not service.keys() & {"secrets", "configs", "privileged", "pid"}, name
    database = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["database"]
    assert "env_file" not in database and database["environment"].keys() == {"POSTGRES_PASSWORD", "HUB_PASSWORD"}
    assert "HUB_PASSWORD" in (DEPLOY / "make-role.sh").read_text().partition("<<")[2], "no argument shows it to others"


def test_pods_and_units_get_no_password_of_a_superuser_and_no_token_of_the_cluster() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "ringfence.yaml").read_text()))
    (secret,) = [each for each in documents if each["kind"] == "Secret"]
    assert secret["stringData"].keys() == {"DB_PASSWORD", "RINGFENCE_KEY"}
    pods = [each["spec"]["template"]["spec"] for each in documents if "template" in each.get("spec", {})]
    assert [each["automountServiceAccountToken"] for each in pods] == [False, False]
    assert not [each.name for each in (DEPLOY / "systemd").iterdir() if "ADMIN" in each.read_text()]


def test_the_gateway_of_a_trunk_runs_apart_and_ends_after_its_last_call() -> None:
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!reset", lambda *_: [])  # type: ignore[attr-defined]
    services = yaml.load((DEPLOY / "compose.sip.yaml").read_text(), loader)["services"]  # type: ignore[arg-type]
    for name in ("worker", "gateway"):
        arguments_are_known(services[name]["command"])
    assert services["gateway"]["read_only"] and services["gateway"]["cap_drop"] == ["ALL"]
    assert services["gateway"]["stop_grace_period"] == "15m"
    assert services.keys() - {"gateway"} <= yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].keys()


@pytest.mark.parametrize("file", sorted((DEPLOY / "systemd").iterdir()), ids=lambda file: str(file.name))
def test_units_start_commands_that_exist_as_a_user_of_their_own(file: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(file)
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program == "/opt/ringfence/bin/hub"
    arguments_are_known(arguments)
    assert unit["Service"]["User"] == "ringfence" and unit["Service"]["ProtectSystem"] == "strict"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for file in (DEPLOY / "systemd").iterdir():
        unit = file.read_text().replace("ExecStart=/opt/ringfence/bin/hub", "ExecStart=/bin/true")
        (tmp_path / file.name).write_text(unit)
    told = ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())]
    done = subprocess.run(told, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_pods_are_ready_when_the_hub_says_so_and_keep_their_spool() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "ringfence.yaml").read_text()))
    kinds = {each["kind"]: each for each in documents}
    config = yaml.safe_load(kinds["ConfigMap"]["data"]["config.yaml"])
    assert config["hub"].keys() <= HubSection.model_fields.keys()
    for pods in (kinds["StatefulSet"], kinds["Deployment"]):
        (container,) = pods["spec"]["template"]["spec"]["containers"]
        arguments_are_known(container["args"])
        assert pods["spec"]["replicas"] == 2 and container["securityContext"]["readOnlyRootFilesystem"]
        probes = {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}
        assert probes == {"/healthz", "/readyz"}
    claims = kinds["StatefulSet"]["spec"]["volumeClaimTemplates"]
    assert Path(config["hub"]["spool"]).parts[1] == claims[0]["metadata"]["name"]
