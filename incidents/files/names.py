"""Names of attached files: what is shown, stored in a link, and told to a browser."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 120
# What an operating system, a shell, Markdown or a header reads something into.
MEANT_OTHERWISE = re.compile(r'[<>:"|?*`\[\]{}%;]')
# Endings under which text is opened as text. Any other gets .txt, so that nothing is run where it is saved.
TEXT = frozenset(
    {"txt", "log", "out", "err", "csv", "tsv", "json", "jsonl", "ndjson", "yaml", "yml", "toml", "ini", "conf", "cfg"}
    | {"properties", "md", "rst", "sql", "diff", "patch", "trace", "stack"}
)
SAME = {"jpeg": "jpg", "jpe": "jpg"}


def clean(given: str, ending: str) -> str:
    """The name to show for a file that really is `ending` ("png", or "txt" for any text).

    The folder is cut off; control, invisible and bidirectional characters go, as does what means something elsewhere.
    The name ends as what the file is: "shell.php" that holds a JPEG becomes "shell.php.jpg".
    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if unicodedata.category(c) in ("Zs", "Zl", "Zp") else c for c in name)
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = MEANT_OTHERWISE.sub("-", name)
    name = re.sub(r" +", " ", name).strip(" .")
    stem, dot, own = name.rpartition(".")
    fits = own.lower() in TEXT if ending == "txt" else SAME.get(own.lower(), own.lower()) == ending
    if not dot or not stem or not fits:
        stem, own = name, ending
    return f"{stem[: LONGEST - len(own) - 1].strip(' .') or 'file'}.{own}"


def disposition(name: str, *, inline: bool = False) -> str:
    """The header Content-Disposition (RFC 6266): plain ASCII for old browsers, and the name as it is."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = re.sub(r"[^A-Za-z0-9 ._()+=,@-]", "_", plain).strip(" .") or "file"
    way = "inline" if inline else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
