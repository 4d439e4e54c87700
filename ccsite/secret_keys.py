"""Where the reference site keeps the keys that encrypt secrets at rest.

The environment comes first (``CCSDK_SECRET_KEYS``, Fernet keys separated by commas, newest first); without it, a file
beside the database that only the site's own user can read. The file is made by ``ensure`` and by nothing else, so a
site whose file got lost says so instead of encrypting with a new key.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet

VARIABLE = "CCSDK_SECRET_KEYS"


def read(path: Path) -> list[str]:
    """Return the keys, newest first; an empty list where there are none yet."""
    text = os.environ.get(VARIABLE, "")
    if not text and path.exists():
        text = path.read_text(encoding="ascii")
    return text.replace(",", " ").split()


def ensure(path: Path) -> None:
    """Make the key file (mode 0600) unless there is one. Raises OSError where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
