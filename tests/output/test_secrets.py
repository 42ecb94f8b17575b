from __future__ import annotations

import base64
import html
from dataclasses import replace
from urllib.parse import quote

import pytest

from auditor.differ.output import FORMATS
from tests.output.rich import rich

SECRET = 's3cr3t/<&>"+token==é'


@pytest.mark.parametrize("kind", FORMATS)
def test_the_credentials_of_an_environment_are_in_no_output(kind: str) -> None:
    """In no form either (PROMISES P36); what servers reflect was removed before, when the exchange was stored."""
    headers = (("Authorization", f"Bearer {SECRET}"), ("X-Key", SECRET))
    report = rich()
    given = tuple(replace(e, environment=replace(e.environment, headers=headers)) for e in report.environments)
    shown = FORMATS[kind].render(replace(report, environments=given)).decode()
    raw = SECRET.encode()
    forms = (SECRET, html.escape(SECRET), quote(SECRET, safe=""), raw.hex(), base64.b64encode(raw).decode(), "s3cr3t")
    assert not [form for form in forms if form in shown]
    assert "stage" in shown
