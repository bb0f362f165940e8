"""What is kept of a person as one file: a zip with all records as JSON, and every sound and document beside them."""

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
    """`records` are rows by table, with `blobs` in base64; each blob becomes a file that its row names, or is listed only where it has no data."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
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
    return kept.getvalue()


def _write(archive: zipfile.ZipFile, name: str, data: bytes, at: datetime) -> None:
    entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, data)
