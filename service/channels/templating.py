"""Pages that the service draws: Jinja templates in which everything is escaped, and the filters that they share."""

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.channels import assets, badges, markup
from service.channels.terminal import where

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "badge": badges.badge,
    "code_spans": markup.code_spans,
    "day": badges.day,
    "facts": badges.facts,
    "highlighted": markup.highlighted,
    "markdown": markup.markdown,
    "place": badges.place,
    "plain": markup.plain,
    "told": badges.told,
    "unmarked": markup.unmarked,
    "visible": markup.visible,
    "where": where,
}

CACHING = {"Cache-Control": "no-cache"}
"""What a page says of the code changes whenever it is run."""


def render(template: str, **values: Any) -> str:
    """The template's text with ``values`` in it."""
    return _TEMPLATES.get_template(template).render(**values)


def page(template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """The response that shows the template."""
    text = assets.versioned(render(template, **values))
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), status_code, CACHING)
