"""The files of docs/cluster/ hold as far as can be known without a cloud, Kubernetes or Slurm."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]

from fitdsl.cli.app import app

ROOT = Path(__file__).parents[1]
PAGE, FILES = ROOT / "docs" / "cluster.md", ROOT / "docs" / "cluster"
SCRIPTS = sorted(FILES.glob("*.sh"))
CRD = "FITDSL_RAYJOB_CRD"
"""Variable with the path of KubeRay's ray.io_rayjobs.yaml, to check the manifest against."""
JOB = {"SLURM_JOB_ID": "70007", "SLURM_JOB_NUM_NODES": "3", "SLURMD_NODENAME": "n1", "SLURM_CPUS_PER_TASK": "4"}
HEAD = "ray start --head --node-ip-address=10.0.0.1 --port=20007 --num-cpus=4"
WORKERS = (
    "srun --nodes=2 --ntasks=2 --exclude=n1 --no-kill --kill-on-bad-exit=0 "
    "ray start --address=10.0.0.1:20007 --num-cpus=4 --block"
)
SEARCH = """#!{python}
import os, signal, sys, time
from pathlib import Path

def end(number, frame):
    print("saved", flush=True)
    sys.exit(130)

signal.signal(signal.SIGINT, end)
print("fit", *sys.argv[1:], flush=True)
Path(sys.argv[6]).mkdir(exist_ok=True)
Path(sys.argv[6], "ledger").touch()
if "late" in sys.argv:
    os.kill(os.getppid(), signal.SIGUSR1)
    time.sleep(20)
sys.exit(3)
"""


def parsed(name: str) -> Any:
    """What a YAML file of docs/cluster/ says."""
    return yaml.safe_load((FILES / name).read_text())


def problems(validator: Any, document: object) -> list[str]:
    """What a JSON schema has against a document."""
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def pods() -> dict[str, Any]:
    """The pods of the manifest, head first."""
    cluster = parsed("rayjob.yaml")["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return {group.get("groupName", "head"): group["template"]["spec"] for group in groups}


def exports() -> dict[str, str]:
    """What env.sh sets for other processes."""
    command = ["bash", "-c", f"source {shlex.quote(str(FILES / 'env.sh'))} && env"]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines if name.startswith(("RAY_", "FITDSL_"))}


# The cloud and Kubernetes


def test_ray_takes_the_file_for_aws() -> None:
    ray = find_spec("ray")
    assert ray is not None
    assert ray.origin is not None
    schema = json.loads((Path(ray.origin).parent / "autoscaler" / "ray-schema.json").read_text())
    config = parsed("aws.yaml")
    assert problems(Draft7Validator(schema), config) == []
    assert config["head_node_type"] in config["available_node_types"]
    workers = [kind for name, kind in config["available_node_types"].items() if name != config["head_node_type"]]
    assert [0 < kind["min_workers"] <= kind["max_workers"] <= config["max_workers"] for kind in workers] == [True]


def test_every_pod_has_the_image_the_settings_and_the_shared_folder() -> None:
    mount = [{"name": "shared", "mountPath": "/shared/fit"}]
    volume = [{"name": "shared", "persistentVolumeClaim": {"claimName": "fit-shared"}}]
    containers = [pod["containers"][0] for pod in pods().values()]
    assert list(pods()) == ["head", "gpu"]
    assert len({container["image"] for container in containers}) == 1
    assert [container["env"] for container in containers[1:]] == [containers[0]["env"]]
    assert [container["volumeMounts"] for container in containers] == [mount, mount]
    assert [pod["volumes"] for pod in pods().values()] == [volume, volume]


def test_the_manifest_runs_a_file_of_the_image_on_files_of_the_shared_folder() -> None:
    script, spec, storage, *_ = parsed("rayjob.yaml")["spec"]["entrypoint"].split()
    assert script == "/opt/fit/search.sh"
    assert "WORKDIR /opt/fit\n" in (FILES / "Dockerfile").read_text()
    assert "COPY docs/cluster/search.sh .\n" in (FILES / "Dockerfile").read_text()
    assert all(path.startswith("/shared/fit/") for path in (spec, storage))


@pytest.mark.skipif(CRD not in os.environ, reason=f"{CRD} names no definition of KubeRay's")
def test_kuberay_takes_the_manifest() -> None:
    definition = yaml.safe_load(Path(os.environ[CRD]).read_text())
    schema = next(version for version in definition["spec"]["versions"] if version["name"] == "v1")["schema"]
    closed = close(schema["openAPIV3Schema"]["properties"]["spec"])
    manifest = parsed("rayjob.yaml")
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", definition["spec"]["names"]["kind"])
    assert problems(Draft202012Validator(closed), manifest["spec"]) == []


def close(schema: Any) -> Any:
    """A schema that refuses the fields that it does not name, which Kubernetes drops without a word."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    is_open = "additionalProperties" in schema or "x-kubernetes-preserve-unknown-fields" in schema
    if schema.get("type") == "object" and "properties" in schema and not is_open:
        closed["additionalProperties"] = False
    return closed


# One set of versions and settings


def test_all_files_name_one_version_of_ray_and_of_fitdsl() -> None:
    pins = (line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    ray = dict(pins)["ray"]
    fitdsl = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\nFROM rayproject/ray:{ray}-py311-gpu\n" in (FILES / "Dockerfile").read_text()
    assert parsed("rayjob.yaml")["spec"]["rayClusterSpec"]["rayVersion"] == ray
    texts = [path.read_text() for path in (PAGE, *FILES.iterdir())]
    images = [version for text in texts for version in re.findall(r"REGISTRY/fitdsl:(\S+)", text)]
    assert set(images) == {fitdsl}


def test_the_image_is_made_of_files_that_there_are() -> None:
    copies = re.findall(r"^COPY (.+) \S+$", (FILES / "Dockerfile").read_text(), re.MULTILINE)
    assert [name for names in copies for name in names.split() if not (ROOT / name).exists()] == []


def test_a_cloud_and_kubernetes_get_the_environment_of_the_script() -> None:
    expected = exports()
    # each has a way of its own to hand out the token
    del expected["RAY_AUTH_TOKEN_PATH"]
    options = (option.partition(" ") for option in parsed("aws.yaml")["docker"]["run_options"])
    assert dict(value.split("=") for name, _, value in options if name == "--env") == expected
    cluster = parsed("rayjob.yaml")["spec"]["rayClusterSpec"]
    given = {item["name"]: item["value"] for item in pods()["head"]["containers"][0]["env"]}
    assert {**given, "RAY_AUTH_MODE": cluster["authOptions"]["mode"]} == expected


# Scripts


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_bash(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    subprocess.run(["shellcheck", "--external-sources", script], cwd=FILES, check=True)


class Slurm:
    """A job of three nodes whose commands only say how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for name in ("ray", "srun", "scontrol"):
            self._command(name, f'#!/bin/sh\necho "{name} $*"\n')
        self._command("hostname", "#!/bin/sh\necho 10.0.0.1 10.0.0.2\n")
        self._command("fit", SEARCH.format(python=sys.executable))
        for script in SCRIPTS:
            shutil.copy(script, folder)

    def _command(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *arguments: str, **variables: str) -> tuple[int, set[str]]:
        """Exit code and lines of one run of the job; what stays in the background says its lines at any time."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, **JOB, **variables, "PATH": path}
        command = ["./slurm.sh", "a.fit", "found", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, set(done.stdout.splitlines())


@pytest.fixture
def slurm(tmp_path: Path) -> Slurm:
    """Slurm, with the scripts in its folder."""
    return Slurm(tmp_path)


def test_a_slurm_job_starts_head_workers_and_search_and_ends_as_the_search_ends(slurm: Slurm) -> None:
    call = "fit search a.fit --address auto --storage found --trials 4"
    assert slurm.run("--trials", "4") == (3, {HEAD, WORKERS, call})


def test_a_slurm_job_that_is_out_of_time_saves_queues_again_and_goes_on(slurm: Slurm) -> None:
    call = "fit search a.fit --address auto --storage found"
    assert slurm.run("late") == (0, {HEAD, WORKERS, f"{call} late", "saved", "scontrol requeue 70007"})
    assert slurm.run() == (3, {HEAD, WORKERS, f"{call} --resume"})


def test_a_slurm_job_of_one_node_has_a_head_alone(slurm: Slurm) -> None:
    code, lines = slurm.run(SLURM_JOB_NUM_NODES="1")
    assert (code, lines) == (3, {HEAD, "fit search a.fit --address auto --storage found"})


# Commands


def calls() -> Iterator[list[str]]:
    """The arguments of every call of `fit` on the page and in the files, directly or by a script of ours."""
    shell = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    texts = [*shell, *(path.read_text() for path in sorted(FILES.iterdir()))]
    lines = [line for text in texts for line in text.splitlines()]
    pattern = re.compile(r"(?:^\s*|exec |entrypoint: |sbatch )(fit|\S*search\.sh|slurm\.sh) (?!\"\$@)(.+)")
    for found in filter(None, (pattern.search(line) for line in lines if not line.startswith("#"))):
        words = [word for word in shlex.split(found[2], comments=True) if "@" not in word]
        yield words if found[1] == "fit" else ["search", words[0], "--storage", *words[1:]]


def test_the_calls_are_found() -> None:
    assert [call[0] for call in calls()] == ["search"] * 5


@pytest.mark.parametrize("call", list(calls()), ids=" ".join)
def test_the_command_line_takes_each_call(call: list[str]) -> None:
    group: Any = typer.main.get_command(app)
    context = typer.Context(group)
    if call[0] not in group.list_commands(context):
        pytest.skip(f"there is no `fit {call[0]}`")
    group.get_command(context, call[0]).make_context(call[0], call[1:], parent=context)
