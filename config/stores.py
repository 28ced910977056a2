"""The object store that the public pages are copied to, as a setting: an entry of Django's `STORAGES`, as JSON."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

EXAMPLE = '{"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "status"}}'
# What each backend of django-storages is built on, and by which extra it comes.
NEEDED = {
    "storages.backends.s3": ("boto3", "s3"),
    "storages.backends.s3boto3": ("boto3", "s3"),
    "storages.backends.gcloud": ("google.cloud.storage", "google"),
    "storages.backends.azure_storage": ("azure.storage.blob", "azure"),
    "storages.backends.sftpstorage": ("paramiko", "sftp"),
    "storages.backends.dropbox": ("dropbox", "dropbox"),
    "storages.backends.apache_libcloud": ("libcloud", "libcloud"),
}


def public_storage(text: str) -> dict[str, Any]:
    """The entry; empty where there is none. Raises ValueError, whose message goes on after the setting's name."""
    if not text:
        return {}
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error}); write it as {EXAMPLE}") from None
    if not isinstance(entry, dict) or not isinstance(entry.get("BACKEND"), str):
        raise ValueError(f"names no BACKEND; write it as {EXAMPLE}")
    if unknown := sorted(entry.keys() - {"BACKEND", "OPTIONS"}):
        raise ValueError(f"has {', '.join(map(repr, unknown))}; it takes BACKEND and OPTIONS alone")
    if not isinstance(entry.get("OPTIONS", {}), dict):
        raise ValueError('has OPTIONS that are no object; write them as {"bucket_name": "status"}')
    _installed(entry["BACKEND"])
    return {"BACKEND": entry["BACKEND"], "OPTIONS": entry.get("OPTIONS", {})}


def _installed(backend: str) -> None:
    module = backend.rpartition(".")[0]
    if not module or not _there(module):
        hint = "; install it with: pip install django-storages" if module.startswith("storages.") else ""
        raise ValueError(f"names {backend}, which is not installed{hint}")
    needed, extra = NEEDED.get(module, ("", ""))
    if needed and not _there(needed):
        raise ValueError(f"needs {needed}; install it with: pip install 'django-storages[{extra}]'")


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
