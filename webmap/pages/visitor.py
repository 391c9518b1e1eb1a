"""Who looks at a page: their language and how they need to read it, asked for or remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import orjson
from flask import g, make_response, render_template, request, url_for
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from stations import vocabulary
from webmap import current, security, texts

if TYPE_CHECKING:
    from flask import Response

    from stations.config import Config
    from webmap.texts import Language

_YEAR_S = 365 * 86_400
_CHOICES = {"lang": texts.LANGUAGES, "text": ("normal", "large"), "contrast": ("normal", "more")}
"""What a visitor chooses in the address of any page, and is remembered by."""


class Visitor(NamedTuple):
    """A visitor of the page that is being answered."""

    lang: Language
    text: str
    contrast: str


def visitor() -> Visitor:
    """Return the visitor of this request."""
    if "visitor" not in g:
        asked, remembered = request.args, request.cookies
        lang = texts.language(
            asked.get("lang"), remembered.get("lang"), current.workspace().config.language
        )
        g.visitor = Visitor(lang, _chosen("text"), _chosen("contrast"))
    found: Visitor = g.visitor
    return found


def _chosen(name: str) -> str:
    known = _CHOICES[name]
    given = (request.args.get(name), request.cookies.get(name))
    return next((value for value in given if value in known), known[0])


def say(key: str, **values: object) -> str:
    """Return the text of a key in the visitor's language."""
    return texts.text(visitor().lang, key, **values)


def say_html(key: str, **values: object) -> Markup:
    """Return the text of a key with each figure among its values made bold."""
    shown = {
        name: Markup("<b>%s</b>") % value if isinstance(value, int) else escape(value)
        for name, value in values.items()
    }
    form = texts.form(visitor().lang, key, values.get("n"))
    return Markup(say(form, **shown))  # noqa: S704  the texts are ours, and each value is escaped


def brand(config: Config, lang: Language, key: str = "brand") -> str:
    """What the bar says: what this is and where, unless the title says both."""
    title = config.title_en if lang == "en" else config.title
    says_both = "station" in title.lower() or "驿站" in title
    return title if says_both else texts.text(lang, key, title=title)


def here_with(**changes: str) -> str:
    """Return the address of this page, whole, with some of its parameters changed."""
    left = {"part", *changes}
    kept = {name: value for name, value in request.args.items() if name not in left}
    # Without the path, which is the visitor's: `//elsewhere.example` would lead there.
    return f"?{urlencode(kept | changes)}"


def static(path: str) -> str:
    """Return the address of a file of ours."""
    return url_for("static", filename=path)


def page(
    template: str,
    *,
    status: int = 200,
    page_config: dict[str, object] | None = None,
    **values: object,
) -> Response:
    """Return a page for the visitor, who is remembered by what its address chooses.

    Parameters
    ----------
    page_config
        What its scripts are told.
    """
    who, config = visitor(), current.workspace().config
    told = page_config or {"lang": who.lang, "texts": {}}
    html = render_template(
        template,
        visitor=who,
        lang=who.lang,
        html_lang=texts.HTML_CODES[who.lang],
        languages=texts.LANGUAGES,
        t=say,
        t_html=say_html,
        label=lambda name, code: vocabulary.label(name, code, who.lang),
        here_with=here_with,
        config=config,
        static=static,
        # JSON that can stand in a script: no text in it can end the element.
        page_config=htmlsafe_json_dumps(told, dumps=lambda value: orjson.dumps(value).decode()),
        nonce=security.nonce(),
        **({"brand": brand(config, who.lang, "worker.brand")} | values),
    )
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Cookie")
    return remember(response)


def remember(response: Response) -> Response:
    """Set a cookie for each choice that the address makes."""
    for name, known in _CHOICES.items():
        value = request.args.get(name)
        if value is None:
            continue
        chosen = visitor().lang if name == "lang" else value
        if chosen in known:
            response.set_cookie(name, chosen, max_age=_YEAR_S, samesite="Lax", httponly=True)
    return response
