"""Pack a person's records into a zip file: all rows as JSON, and their blobs as files."""

import base64
import io
import json
import mimetypes
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MIME = "application/zip"
RECORDS = "records.json"


def build_zip(records: Mapping[str, list[dict[str, Any]]], at: datetime) -> bytes:
    """A zip file of rows by table, where the rows of `blobs` have their data in base64.

    Each blob becomes a file that its row names in `file`; a blob without data is listed only, with an empty `file`.
    """
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        listed: list[dict[str, Any]] = []
        for number, blob in enumerate(records.get("blobs", ()), 1):
            about = {key: value for key, value in blob.items() if key != "data"}
            name = ""
            if blob["data"] is not None:
                name = f"files/{number}{mimetypes.guess_extension(blob['mime'].partition(';')[0]) or '.bin'}"
                _write(archive, name, base64.b64decode(blob["data"]), at)
            listed.append({**about, "file": name})
        whole = {"made_at": at.isoformat(), **records, **({"blobs": listed} if listed else {})}
        _write(archive, RECORDS, json.dumps(whole, ensure_ascii=False, indent=2).encode(), at)
    return output.getvalue()


def _write(archive: zipfile.ZipFile, name: str, data: bytes, at: datetime) -> None:
    entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16  # the upper half holds the Unix permissions
    archive.writestr(entry, data)
