"""`index.html`: one file over many runs, made as `report.html` is: escaped, fetching nothing, whole without scripts."""

from __future__ import annotations

from jinja2 import FileSystemLoader
from markupsafe import Markup

from auditor import __version__
from auditor.differ.output.html import asset, environment, policy
from auditor.differ.output.language import spoken
from auditor.differ.output.site.view import Index
from auditor.resources import data_dir

GENERATOR = "auditor site"
"""How the page names what made it: a file that does not is somebody else's, and is not replaced unasked."""


def render(index: Index) -> bytes:
    """The whole page in UTF-8, in the language that is spoken. The same index gives the same bytes."""
    site, report = data_dir("templates") / "site", data_dir("templates") / "report"
    css = asset(report / "report.css") + asset(site / "site.css")
    script = asset(site / "site.js")
    templates = environment(site)
    templates.loader = FileSystemLoader([site, report])  # macros are the report's
    html = templates.get_template("index.html.j2").render(
        page=index,
        css=Markup(css),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - our own file
        policy=policy(css, script),
        generator=GENERATOR,
        version=__version__,
        language=spoken(),
    )
    return html.encode("utf-8")
