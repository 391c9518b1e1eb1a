"""What the worker's pages have in common."""

from __future__ import annotations

from webmap import texts
from webmap.pages.visitor import visitor

_SAID_BY_SCRIPTS = ("live.", "time.", "state.", "list.")


def worker_config() -> dict[str, object]:
    """Return what the scripts of a worker's page are told."""
    lang = visitor().lang
    live = {
        key: text
        for key, text in texts.catalogue(lang, ("common", "worker")).items()
        if key.startswith(_SAID_BY_SCRIPTS)
    }
    return {"lang": lang, "texts": live}
