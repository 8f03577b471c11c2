"""DynamoDB Local, which LocalStack would download by itself: here from an npm package, so that no other host is needed.

The package is Apache-2.0; the program in it is under the DynamoDB Local licence (internal use, no redistribution). So
it is taken at set-up time and never becomes part of this project.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from tfproof.errors import EnvironmentProblem
from tfproof.targets.localstack.java import find_compiler
from tfproof.targets.localstack.tool import run_tool

__all__ = ["AGENT", "JAR", "PACKAGE", "find_npm", "install_dynamodb_local"]

PACKAGE: Final = "amplify-dynamodb-simulator@2.9.30"
JAR: Final = "DynamoDBLocal.jar"
AGENT: Final = "ddb-local-loader-0.1.jar"
"""Name of the Java agent that LocalStack always starts it with; the original only allows more secondary indexes."""

_SHA256: Final = {
    # Of the package as it is published: all of it, the native libraries too.
    "package": "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9",
    JAR: "454305e9bc3e6ebcca5b62569869e31563b8d7e346474e94557b2600702146c7",
}
_FOLDER: Final = PurePosixPath("package/emulator")
_CLASS: Final = "NoAgent"
_SOURCE: Final = f"""\
public final class {_CLASS} {{
    public static void premain(String arguments, java.lang.instrument.Instrumentation instrumentation) {{ }}
}}
"""


def find_npm() -> str:
    """Path of npm.

    Raises:
        EnvironmentProblem: There is none.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise EnvironmentProblem(
            "npm was not found: DynamoDB Local comes in an npm package", remedy="Install Node.js with npm."
        )
    return npm


def install_dynamodb_local(folder: Path, *, scratch: Path, log: Path) -> None:
    """Puts DynamoDB Local and its agent into a folder.

    Args:
        folder: Where to; made here.
        scratch: Folder for what is needed on the way.
        log: File for what the tools say.

    Raises:
        EnvironmentProblem: npm or a Java compiler is missing or fails, or the package is not the one that is known.
    """
    npm = find_npm()
    compiler = find_compiler()
    run_tool(
        [npm, "pack", PACKAGE, "--silent", "--pack-destination", scratch],
        log,
        folder=scratch,
        what=f"get {PACKAGE} from npm",
        remedy="Look whether `npm view amplify-dynamodb-simulator` answers.",
    )
    (archive,) = scratch.glob("*.tgz")
    _check(archive, "package")
    _extract(archive, folder)
    _check(folder / JAR, JAR)
    _make_agent(folder / AGENT, compiler, scratch, log)


def _check(file: Path, name: str) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != _SHA256[name]:
        raise EnvironmentProblem(
            f"{file.name} of {PACKAGE} is not the one that is known: sha256 {found}, expected {_SHA256[name]}",
            remedy="Look at what your npm registry serves under this name and version.",
        )


def _extract(archive: Path, folder: Path) -> None:
    """The plain files of the program, by hand: no link, no owner and no path of the archive's is taken over."""
    with tarfile.open(archive) as package:
        for member in package:
            path = PurePosixPath(member.name)
            if not member.isfile() or not path.is_relative_to(_FOLDER) or ".." in path.parts:
                continue
            target = folder / path.relative_to(_FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = package.extractfile(member)
            assert content is not None  # noqa: S101  # it is a file
            with content, target.open("wb") as file:
                shutil.copyfileobj(content, file)


def _make_agent(agent: Path, compiler: Path, scratch: Path, log: Path) -> None:
    (scratch / f"{_CLASS}.java").write_text(_SOURCE, encoding="utf-8")
    run_tool(
        [compiler, "--release", "17", f"{_CLASS}.java"],
        log,
        folder=scratch,
        what="compile the agent of DynamoDB Local",
        remedy="Look whether javac is of a JDK 17 or newer.",
    )
    with zipfile.ZipFile(agent, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nPremain-Class: {_CLASS}\n")
        jar.write(scratch / f"{_CLASS}.class", f"{_CLASS}.class")
