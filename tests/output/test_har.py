from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT6

from auditor import __version__
from auditor.differ.output import FORMATS
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided
from tests.output.test_json import strictly

PARTS = json.loads((Path(__file__).parent / "schemas" / "har-1.2.json").read_text(encoding="utf-8"))
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(part, default_specification=DRAFT6)) for name, part in PARTS.items()
)
VALIDATOR = jsonschema.Draft6Validator(
    PARTS["har.json"], registry=REGISTRY, format_checker=jsonschema.FormatChecker()
)  # fmt: skip


def entries(report: Report) -> list[dict[str, Any]]:
    data = strictly(FORMATS["har"].render(report))
    VALIDATOR.validate(data)
    found: list[dict[str, Any]] = data["log"]["entries"]
    return found


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_it_is_valid(sample: Callable[[], Report]) -> None:
    assert len(entries(sample())) == len(sample().exchanges)


def test_the_schema_refuses_what_is_wrong() -> None:
    data = strictly(FORMATS["har"].render(rich()))
    del data["log"]["entries"][0]["request"]["headers"][0]["value"]
    assert not VALIDATOR.is_valid(data)


def test_the_whole_file() -> None:
    check("one_environment.har", FORMATS["har"].render(one_environment()).decode().replace(__version__, "VERSION"))


@pytest.mark.parametrize("text", INJECTIONS)
def test_it_is_valid_whatever_anybody_said(text: str) -> None:
    for entry in entries(hostile(text)):
        url = entry["request"]["url"]
        assert url.isascii()
        assert not set(url) & set(' <>"{}|\\^`')
        assert urlsplit(url).scheme == "https"
        for header in (*entry["request"]["headers"], *entry["response"]["headers"]):
            assert header["name"].isprintable()
            assert header["value"].isprintable()


def test_in_the_order_in_which_they_were_sent() -> None:
    stamps = [(e["comment"].split(" ")[0], e["startedDateTime"]) for e in entries(rich())]
    order = ["dev", "stage", "prod"]
    assert stamps == sorted(stamps, key=lambda s: (order.index(s[0]), s[1]))


def test_what_was_not_kept_is_said_and_not_invented() -> None:
    found = {e["comment"].rpartition(" ")[2]: e for e in entries(rich())}
    for x in rich().exchanges.values():
        request = found[x.id]["request"]
        [secret] = [h for h in request["headers"] if h["name"] == "Authorization"]
        assert secret == {"name": "Authorization", "value": "", "comment": "value not kept"}
        if x.failure is not None:
            assert found[x.id]["response"]["status"] == 0
            assert found[x.id]["response"]["comment"] == "no answer: refused: connection refused"
        elif x.answer is not None:
            content = found[x.id]["response"]["content"]
            assert ("text" in content) is (x.answer.body.text is not None)
