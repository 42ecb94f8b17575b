"""What the evidence marks: the lines in which environments differ, of those that say what is served and by whom."""

from __future__ import annotations

from auditor.differ.output.evidence import Block, Column, Evidence, Shot


def shot(response: str, title: str = "GET · the documented path") -> Shot:
    return Shot(title, response, Block("GET / HTTP/1.1"), Block(response), Block(""), ())


def marked(evidence: Evidence, one: Shot) -> list[str]:
    return [line for line, differs in evidence.told(one) if differs]


def test_status_and_allow_are_marked_dates_and_builds_are_not() -> None:
    served = shot("HTTP/1.1 200 OK\nServer: a\nDate: 1\nX-Build-Id: 1\nContent-Length: 3")
    refused = shot("HTTP/1.1 405 Method Not Allowed\nServer: a\nAllow: POST\nDate: 2\nX-Build-Id: 2")
    both = Evidence((Column("dev", (served,)), Column("stage", (refused,))))
    assert marked(both, served) == ["HTTP/1.1 200 OK"]
    assert marked(both, refused) == ["HTTP/1.1 405 Method Not Allowed", "Allow: POST"]
    assert "\n".join(line for line, _ in both.told(refused)) == refused.response


def test_only_answers_to_the_same_question_are_compared() -> None:
    served, control = shot("HTTP/1.1 200 OK"), shot("HTTP/1.1 404 Not Found", "GET · a control")
    assert marked(Evidence((Column("dev", (served,)), Column("stage", (control,)))), served) == []
    assert marked(Evidence((Column("dev", (served, shot("HTTP/1.1 405 x"))),)), served) == [], "one environment"


def test_what_one_of_several_answers_says_is_said() -> None:
    served = shot("HTTP/1.1 200 OK")
    unsteady = (shot("HTTP/1.1 200 OK"), shot("HTTP/1.1 503 x"))
    both = Evidence((Column("dev", (served,)), Column("stage", unsteady)))
    assert marked(both, served) == []
    assert marked(both, unsteady[1]) == ["HTTP/1.1 503 x"]
