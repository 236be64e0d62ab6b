"""`make image-steps`: build deploy/Dockerfile and run the image, with docker or podman where one reaches the base image.

Elsewhere the steps themselves are executed, as root and without a builder: each stage is a chroot in a writable layer over this
machine's own file system, whose Python stands for that of the base image. Then the entry point runs as the image's user, with
no capabilities and no network, on a read-only root: it writes a configuration, starts the hub on it, answers the image's health
check, cannot write outside of /data and /tmp, and ends at the stop signal. An unknown step of the Dockerfile is an error.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dockerfile import Step, Unknown, sent, steps

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TRY = Path(__file__).with_name("try-image")
NEEDS = 4_000_000_000
"""Bytes of both stages; where memory has as many, they are built there."""
PASSED_ON = re.compile(r"PIP_\w+|https?_proxy|no_proxy|SSL_CERT_FILE", re.IGNORECASE)
"""What a builder is told about the way to the package index."""


class Stage:
    """The file system and the settings of one stage."""

    def __init__(self, image: str, folder: Path) -> None:
        found = re.fullmatch(r"python:(3\.\d+)-slim-\w+", image)
        python = shutil.which(f"python{found[1]}", path=PATH) if found else None
        if found is None or python is None:
            raise SystemExit(f"{image}: this machine has no such Python; install it, or docker.")
        self.root = folder / "root"
        for name in ("root", "upper", "work"):
            (folder / name).mkdir(parents=True)
        layers = f"lowerdir=/,upperdir={folder / 'upper'},workdir={folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        run("mount", "--rbind", "/dev", self.root / "dev")
        run("mount", "-t", "proc", "proc", self.root / "proc")
        (self.root / "usr/local/bin/python").unlink(missing_ok=True)
        (self.root / "usr/local/bin/python").symlink_to(python)
        self.env = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"}
        self.arguments: dict[str, str] = {}
        """Its build arguments: of the environment of `make`, else as the Dockerfile says."""
        self.user, self.folder = "root", "/"
        self.settings: dict[str, Step] = {}

    def inside(self, path: str) -> Path:
        """A path of the stage, as this process reaches it."""
        return self.root / os.path.normpath(Path(self.folder) / path).lstrip("/")


def run(*command: object, **more: object) -> None:
    """Run a command; its failure ends the build."""
    done = subprocess.run([str(each) for each in command], **more)  # type: ignore[call-overload]  # noqa: S603
    if done.returncode:
        raise SystemExit(f"Failed ({done.returncode}): {shlex.join(map(str, command))}")


def build(stages: dict[str, Stage], scratch: Path) -> Stage:
    """Execute every step; the last stage is the image."""
    stage: Stage | None = None
    for step in steps(DOCKERFILE.read_text()):
        began = time.monotonic()
        if step.name == "FROM":
            name = step.words[2] if len(step.words) == 3 and step.words[1] == "AS" else str(len(stages))
            stage = stages[name] = Stage(step.words[0], scratch / name)
        elif stage is None:
            raise Unknown(f"line {step.line}: {step.name} before FROM")
        else:
            execute(step, stage, stages)
        print(f"{step.name} {step.text[:90]}  {time.monotonic() - began:.1f} s", flush=True)
    assert stage is not None
    return stage


def execute(step: Step, stage: Stage, stages: dict[str, Stage]) -> None:
    """One step in its stage."""
    if step.name == "RUN":
        command = step.words if step.is_list else ("/bin/sh", "-c", step.text)
        script = f"cd {shlex.quote(stage.folder)} && exec {shlex.join(command)}"
        told = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
        env = {**told, **stage.arguments, **stage.env}
        run("chroot", f"--userspec={stage.user}", stage.root, "/bin/sh", "-c", script, env=env)
    elif step.name == "COPY":
        copy(step, stage, stages)
    elif step.name == "ARG":
        name, _, default = step.words[0].partition("=")
        stage.arguments[name] = os.environ.get(name, default)
    elif step.name == "ENV":
        pairs = (each.partition("=") for each in step.words)
        stage.env |= {name: value.replace("$PATH", stage.env["PATH"]) for name, _, value in pairs}
    elif step.name == "WORKDIR":
        stage.folder = os.path.normpath(Path(stage.folder) / step.words[0])
        stage.inside(".").mkdir(parents=True, exist_ok=True)
    elif step.name == "USER":
        stage.user = step.words[0]
    elif step.name == "VOLUME":
        stage.inside(step.words[0]).mkdir(parents=True, exist_ok=True)
        stage.settings[step.name] = step
    else:  # EXPOSE, HEALTHCHECK, STOPSIGNAL, ENTRYPOINT, CMD: used when the image runs
        stage.settings[step.name] = step


def copy(step: Step, stage: Stage, stages: dict[str, Stage]) -> None:
    """Files of the context that the .dockerignore lets through, or of another stage."""
    *sources, target = step.words
    if "from" in step.flags:
        run("cp", "-a", "-T", stages[step.flags["from"]].inside(sources[0]), stage.inside(target))
        return
    seen = sent(ROOT, DOCKERFILE.with_name("Dockerfile.dockerignore"))
    for source in sources:
        files = [file for file in seen if file == ROOT / source or ROOT / source in file.parents]
        if not files:
            raise SystemExit(f"line {step.line}: nothing of {source} reaches the builder")
        for file in files:
            into = target.endswith("/")
            below = file.relative_to(ROOT / source) if (ROOT / source).is_dir() else Path(file.name if into else "")
            place = stage.inside(target) / below
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)


def try_image(stage: Stage, scratch: Path) -> None:
    """Run the image as deploy/compose.yaml does."""
    end, health = stage.settings["STOPSIGNAL"].text, stage.settings["HEALTHCHECK"]
    folders = {name: scratch / name for name in ("data", "config")}
    for folder in folders.values():
        folder.mkdir()
    told = {
        "IMAGE_ROOT": stage.root, "IMAGE_USER": stage.user, "IMAGE_FOLDER": stage.folder, "DATA": folders["data"],
        "CONFIG": folders["config"], "STOPSIGNAL": end.removeprefix("SIG"), "TRIES": "30",
        "HUB": shlex.join(stage.settings["ENTRYPOINT"].words), "RUN": shlex.join(stage.settings["CMD"].words),
        "HEALTH": shlex.join(health.words), "VOLUME": stage.settings["VOLUME"].words[0],
        "IMAGE_ENV": shlex.join(f"{name}={value}" for name, value in stage.env.items()),
    }  # fmt: skip
    env = {"PATH": PATH, **{name: str(value) for name, value in told.items()}}
    run("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", TRY, env=env)


def with_builder(builder: str) -> None:
    """Build and run with docker or podman, under the same conditions."""
    form = ("--format", "docker") if builder == "podman" else ()  # its own form has no health check
    extras = f"EXTRAS={os.environ.get('EXTRAS', '')}"
    run(builder, "build", *form, "--build-arg", extras, "-f", DOCKERFILE, "-t", "ringfence-test", ROOT)
    run("sh", Path(__file__).with_name("try-container"), env={**os.environ, "BUILDER": builder})


def can_build(builder: str) -> bool:
    """Whether the builder runs and reaches the base images; a machine without a registry executes the steps itself."""
    bases = [step.words[0] for step in steps(DOCKERFILE.read_text()) if step.name == "FROM"]
    return all(subprocess.run([builder, "pull", "--quiet", base]).returncode == 0 for base in bases)  # noqa: S603


def main() -> int:
    """Build and try the image."""
    builder = next((each for each in ("docker", "podman") if shutil.which(each)), None)
    if builder and "--without-builder" not in sys.argv and can_build(builder):
        with_builder(builder)
        return 0
    if os.geteuid() != 0:
        raise SystemExit("Without docker or podman this needs root, for a chroot: sudo make image-steps")
    if "--inside" not in sys.argv:  # mounts of its own, which end with this process
        command = ["unshare", "--mount", sys.executable, __file__, "--without-builder", "--inside"]
        return subprocess.run(command).returncode  # noqa: S603
    memory = Path("/dev/shm")  # noqa: S108
    fits = memory.is_dir() and shutil.disk_usage(memory).free > NEEDS
    with tempfile.TemporaryDirectory(
        prefix="image-steps-", dir=memory if fits else None, ignore_cleanup_errors=True
    ) as folder:
        stages: dict[str, Stage] = {}
        try:
            try_image(build(stages, Path(folder)), Path(folder))
        finally:
            for stage in stages.values():
                subprocess.run(["umount", "--recursive", "--lazy", stage.root])  # noqa: S603, S607
    print("The image builds, starts, is healthy, keeps its root unwritten and ends when told.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
