"""Checks of Python, its packages, the disk and cameras."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import sys
import tempfile
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

from coachdesk.doctor.finding import Finding, fail, ok, warn

OLDEST_PYTHON, FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)
LITTLE_DISK = 200 * 2**20
"""Bytes; less than this free is worth a word."""
PICTURES = 3 * 1280 * 720 * 4
"""Bytes of shared memory one camera's pictures take."""


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    what = f"{'.'.join(map(str, version))} on {platform.platform(terse=True)}"
    if version < OLDEST_PYTHON:
        return fail(what, "CoachDesk needs Python 3.11 or later.")
    if version >= FIRST_UNTRIED_PYTHON:
        return warn(what, "CoachDesk was not tried with this release; 3.11 to 3.13 are known to work.")
    return ok(what)


def check_packages(distribution: str = "coachdesk") -> Finding:
    """Whether everything the installed CoachDesk says it needs is there."""
    try:
        lines = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return warn("CoachDesk itself is not installed, only its files are here", "Run: pip install .")
    needed = {match[0] for line in lines if "extra ==" not in line and (match := re.match(r"[\w.-]+", line))}
    missing = sorted(name for name in needed if _version(name) is None)
    if missing:
        return fail(f"missing: {', '.join(missing)}", f"Run: {Path(sys.executable).name} -m pip install .")
    return ok(f"all {len(needed)} are there; aiohttp {_version('aiohttp')}, PyAV {_version('av')}")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_aiortc() -> Finding:
    """Whether the installed aiortc still has the private parts that ours leans on."""
    from coachdesk.media.connection import contract

    try:
        contract.check()
    except contract.CompatError as error:
        return fail(str(error), "Install the release named.")
    return ok(f"{_version('aiortc')} with aioice {_version('aioice')}")


def check_records(folder: Path | None = None) -> Finding:
    """Whether the server of the demo can keep its records: the folder writable, some space left."""
    import platformdirs

    folder = folder or platformdirs.user_data_path("coachdesk", appauthor=False)
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        advice = "Make the folder writable, or give another with --db sqlite:///PATH."
        return fail(f"cannot write in {there}: {error.strerror}", advice)
    free = shutil.disk_usage(there).free
    if free < LITTLE_DISK:
        return warn(
            f"{free // 2**20} MB left in {there}", "Free some space: records and recordings go there."
        )
    return ok(f"{folder} ({free // 2**30} GB free)")


def check_shared_memory(size: int = PICTURES) -> Finding:
    """Pictures go from the endpoint to the windows through shared memory."""
    try:
        memory = SharedMemory(create=True, size=size)
    except (OSError, ValueError) as error:
        return fail(
            f"none to be had: {error}", "In a container, enlarge /dev/shm (docker run --shm-size=256m)."
        )
    memory.close()
    memory.unlink()
    return ok("works")


def check_cameras() -> Finding:
    from coachdesk.media.picture.camera import list_cameras

    cameras = list_cameras()
    if not cameras:
        return warn(
            "none found", "Connect one, allow its use, or go on with --camera test, an image or a video."
        )
    return ok(", ".join(camera.label for camera in cameras))
