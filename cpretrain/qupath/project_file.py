"""Write QuPath's ``project.qpproj``, a JSON file that lists images by URI.

QuPath 0.5 to 0.7 read it, and choose the reader of each image.
"""

import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput, short
from cpretrain.storage.atomic import write_text
from cpretrain.storage.json_file import read_json

PROJECT = "project.qpproj"


def write_project_file(folder: Path, images: Sequence[Path]) -> int:
    """Write a project, or add the images that are missing from one.

    Existing entries and their drawings are kept.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the project.
    images : sequence of pathlib.Path
        Images of the project.

    Returns
    -------
    int
        Number of images that were added.

    Raises
    ------
    BadInput
        If the existing file is no project of QuPath.
    """
    path = folder / PROJECT
    project = _read(path) if path.exists() else _new(path)
    known = {_one_form(entry.get("serverBuilder", {}).get("uri") or "") for entry in project["images"]}
    missing = [image for image in images if _one_form(image.resolve().as_uri()) not in known]
    for image in missing:
        project["lastID"] += 1
        project["images"].append(_entry(image, project["lastID"]))
    if missing or not path.exists():
        project["modifyTimestamp"] = _now()
        if path.exists():
            path.with_name(f"{PROJECT}.backup").write_bytes(path.read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(project, indent=2, ensure_ascii=False) + "\n")
    return len(missing)


def _read(path: Path) -> dict[str, Any]:
    try:
        project = read_json(path)
        entries = project["images"]
        last = max([int(project.get("lastID", 0)), *(int(entry["entryID"]) for entry in entries)])
        return project | {"lastID": last}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path}: is no project of QuPath that can be added to",
            found=short(error),
            cure="choose another folder, or move this one away",
        ) from error


def _new(path: Path) -> dict[str, Any]:
    now = _now()
    return {
        "version": "0.5.1",
        "createTimestamp": now,
        "modifyTimestamp": now,
        "uri": path.resolve().as_uri(),
        "lastID": 0,
        "images": [],
    }


def _entry(image: Path, number: int) -> dict[str, Any]:
    builder = {"builderType": "uri", "uri": image.resolve().as_uri(), "args": []}
    return {
        "serverBuilder": builder,
        "entryID": number,
        "randomizedName": str(uuid.uuid4()),
        "imageName": image.name,
        "metadata": {},
    }


def _one_form(address: str) -> str:
    """Return an address in the form in which QuPath writes those of files, with one slash after the colon."""
    return address.replace("file:///", "file:/", 1)


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return round(time.time() * 1000)
