"""auditor notify, through the real command and real servers: who is told what, once, inert, and without a secret."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from auditor.differ.output import chat
from auditor.differ.output import notice as words
from auditor.notifyconfig import SECONDS
from tests.command import ROOT, run_auditor
from tests.nights.inbox import Inbox, inbox
from tests.nights.world import DOCUMENTED, World, waiver, world

WITHOUT_DELETE = {"/orders/{orderId}": ("GET", "PUT")}
WITHOUT_PUT = {"/orders/{orderId}": ("GET", "DELETE")}
LOST = "DELETE /orders/{orderId} is documented, but prod does not support it"
NOTHING = "nothing to tell\n"


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as found:
        yield found


def owned(w: World, **owners: str) -> None:
    """The description with the owners of these paths; a key is the first segment."""
    data = json.loads((w.folder / "openapi.json").read_text())
    for path, item in data["paths"].items():
        owner = owners.get(path.split("/")[1])
        if owner:
            item["x-auditor"] = {"owner": owner}
    (w.folder / "openapi.json").write_text(json.dumps(data))


def edit(w: World, change: Any, out: str = "drift-report") -> None:
    file = w.folder / out / "report.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


def told(w: World, *arguments: str, code: int = 0, **env: str) -> CompletedProcess[str]:
    done = run_auditor("notify", *arguments, cwd=w.folder, env=env)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


# --- what is told, and when ---


def test_a_new_error_is_told_to_a_webhook_and_to_a_service_of_apprise(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        first = w.audit("n1")
        w["prod"].routes({**WITHOUT_DELETE, "/legacy/items": ("GET", "POST", "PUT")})
        w.configure(notify=[{"webhook": box.webhook()}, {"url": box.service()}])
        second = w.audit("n2", "--new-since", first.path)
        done = told(w, "n2")
        assert done.stdout.splitlines() == [
            "notify.0 (http webhook): told 2 new errors", "notify.1 (json): told 2 new errors",
        ]  # fmt: skip
        posted, served = box.take()
        assert (posted.method, posted.fields["Content-Type"]) == ("POST", "application/json")
        data = posted.data
        assert (data["schema_version"], data["when"], data["complete"]) == (1, ["new-error"], True)
        assert data["run"] == second.report["run"]
        assert data["since"] == {"id": first.report["run"]["id"], "finished_at": first.report["run"]["finished_at"]}
        assert data["totals"] == {"new_errors": 2, "fixed": 0}
        assert data["new_errors"][1] == {
            "rule": "documented-method-missing", "severity": "error", "environments": ["prod"], "methods": ["DELETE"],
            "path": "/orders/{orderId}", "owner": None, "title": LOST,
            "fingerprint": second.fingerprint("documented-method-missing", "/orders/{orderId}", "DELETE"),
        }  # fmt: skip
        assert data["headline"] == second.report["headline"] == "Drifts: prod and the description disagree."
        assert data["title"] == "Drift in Orders 1: 2 new errors"
        assert data["text"].splitlines() == [
            data["headline"], f"New since {data['since']['finished_at']}:",
            "- prod: prod supports PUT /legacy/items, which is not documented", f"- prod: {LOST}",
            f"Report: run {data['run']['id']} of {data['run']['finished_at']}",
        ]  # fmt: skip
        assert served.data["title"] == data["title"]
        assert served.data["type"] == "failure"


def test_since_decides_as_compare_does_whatever_the_report_was_made_with(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "stage", "prod") as w:
        rules = {"undocumented-method-served": "warning"}
        w.configure(rules=rules)
        w["prod"].routes({**WITHOUT_DELETE, "/legacy/items": ("GET", "POST", "PUT")})
        first = w.audit("n1")
        w["prod"].routes(WITHOUT_PUT)
        w.configure(notify=[{"webhook": box.webhook()}], rules=rules)
        w.audit("n2", "--new-since", first.path)
        alone = w.audit("n3")
        told(w, "n2")
        told(w, alone.path, "--since", first.path)
        by_report, by_since = (p.data for p in box.take())
        assert by_report["when"] == ["new-error", "fixed"]
        for key in ("when", "totals", "new_errors", "fixed"):
            assert by_report[key] == by_since[key]
        assert [f["title"] for f in by_since["fixed"] if f["severity"] == "error"] == [LOST]
        assert [f["severity"] for f in by_since["fixed"]][:2] == ["error", "warning"], "worst first"
        compared = json.loads(w.run("compare", "n1", "n3", "--json").stdout)
        assert by_since["totals"] == {
            "new_errors": len({s["fingerprint"] for s in compared["new"] if s["severity"] == "error"}),
            "fixed": len({s["fingerprint"] for s in compared["fixed"]}),
        }  # fmt: skip


def test_nothing_is_sent_when_nothing_changed(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}, {"url": box.service()}])
        first = w.audit("n1")
        w.audit("n2", "--new-since", first.path)
        w.audit("n3")
        for arguments in (("n2",), ("n3", "--since", "n1"), ("n2", "--dry-run")):
            done = told(w, *arguments)
            assert (done.stdout, done.stderr) == (NOTHING, "")
        assert box.take() == []


def test_what_is_waived_or_no_error_is_not_told(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        first = w.audit("n1")
        w["prod"].routes({**WITHOUT_DELETE, "/legacy/items": ("GET", "POST", "PUT")})
        w.configure(notify=[{"webhook": box.webhook()}], waivers=[waiver(environments=["prod"])],
                    rules={"documented-method-missing": "warning"})  # fmt: skip
        night = w.audit("n2", "--new-since", first.path)
        new = {(f["severity"], o["waived"] is None) for f in night.report["findings"] for o in f["occurrences"]
               if o["status"] == "new"}  # fmt: skip
        assert new == {("error", False), ("warning", True)}
        assert told(w, "n2").stdout == NOTHING


def test_a_first_night_tells_every_error_and_says_why(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}])
        w.audit()
        done = told(w, "drift-report")
        assert "note: compared with no earlier report" in done.stderr
        [posted] = box.take()
        assert (posted.data["since"], posted.data["title"]) == (None, "Drift in Orders 1: 1 error")
        assert "Errors, compared with no earlier report:" in posted.data["text"]
        w["prod"].routes()
        w.audit("n2")
        assert told(w, "n2").stdout == NOTHING


def test_what_could_not_be_judged_last_time_is_not_told_as_new(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}])
        config = (tmp_path / "auditor.yaml").read_text()
        (tmp_path / "auditor.yaml").write_text(config.replace(w["prod"].url, "http://127.0.0.1:9"))
        first = w.audit("n1")
        (tmp_path / "auditor.yaml").write_text(config)
        w.audit("n2", "--new-since", first.path)
        for arguments in (("n2",), ("n2", "--since", "n1")):
            done = told(w, *arguments)
            assert done.stdout == NOTHING
            assert "note: 1 error could not be judged last time" in done.stderr


def test_an_unfinished_audit_is_told_to_those_whom_it_concerns(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "stage", "prod") as w:
        first = w.audit("n1")
        w.configure(notify=[{"webhook": box.webhook()}, {"webhook": box.webhook(), "environments": ["prod"]},
                            {"webhook": box.webhook(), "when": ["new-error", "fixed"]}])  # fmt: skip
        w["stage"].down()
        w.audit("n2", "--new-since", first.path)
        done = told(w, "n2")
        assert done.stdout == "notify.0 (http webhook): told audit incomplete\n"
        [posted] = box.take()
        assert posted.data["when"] == ["incomplete"]
        assert posted.data["incomplete_because"][0].startswith("stage: ")
        assert posted.data["text"].splitlines()[1].startswith("Incomplete: stage: ")


def test_each_owner_and_environment_hears_of_its_own(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "stage", "prod") as w:
        owned(w, orders="team-orders", legacy="team-legacy")
        first = w.audit("n1")
        w["stage"].routes(WITHOUT_DELETE)
        w["prod"].routes({"/legacy/items": ("GET", "POST", "PUT"), "/stock": ("GET", "POST", "PATCH")})
        address = {"webhook": box.webhook()}
        w.configure(notify=[address, {**address, "owners": ["team-orders"]}, {**address, "environments": ["prod"]},
                            {**address, "owners": ["team-x"]}])  # fmt: skip
        w.audit("n2", "--new-since", first.path)
        told(w, "n2")
        heard = [p.data for p in box.take()]
        assert [{(f["owner"], f["environments"][0]) for f in d["new_errors"]} for d in heard] == [
            {("team-orders", "stage"), ("team-legacy", "prod"), (None, "prod")}, {("team-orders", "stage")},
            {("team-legacy", "prod"), (None, "prod")},
        ]  # fmt: skip
        lines = heard[0]["text"].splitlines()
        at = {name: lines.index(name) for name in ("team-legacy", "team-orders", "without an owner")}
        assert lines[at["team-orders"] + 1].startswith("- stage: DELETE /orders/{orderId} is documented")
        assert lines[at["without an owner"] + 1].startswith("- prod: prod supports PATCH /stock,")
        w["stage"].routes()
        w.audit("n3", "--new-since", "n2/report.json")
        told(w, "n3")
        fixed = [{(f["owner"], e) for f in p.data["fixed"] for e in f["environments"] if f["severity"] == "error"}
                 for p in box.take()]  # fmt: skip
        assert fixed == [{("team-orders", "stage")}, {("team-orders", "stage")}]


def test_one_cause_is_one_line_and_ten_findings_are_enough(tmp_path: Path, box: Inbox) -> None:
    paths = {**DOCUMENTED, **{f"/p{i}": ("GET", "POST") for i in range(13)}}
    with world(tmp_path, "prod", paths=paths) as w:
        first = w.audit("n1")
        w["prod"].server.routes = {**paths, **{f"/p{i}": () for i in range(13)}}
        for i in range(13):
            del w["prod"].server.routes[f"/p{i}"]
        w.configure(notify=[{"webhook": box.webhook()}])
        w.audit("n2", "--new-since", first.path)
        told(w, "n2")
        text = box.take()[0].data["text"]
        assert text.count("\n- ") == 1
        assert "(GET and POST; same cause: GET, POST /p1, GET, POST /p10 and 10 more)" in text

        def apart(data: dict[str, Any]) -> None:
            for i, f in enumerate(data["findings"]):
                f["cause"] = str(i)

        edit(w, apart, "n2")
        told(w, "n2")
        data = box.take()[0].data
        assert data["text"].count("\n- ") == 10
        assert "\nand 3 more\n" in data["text"]
        assert (data["totals"]["new_errors"], len(data["new_errors"])) == (13, 13)


# --- hostile text ---

EVIL = (
    "|`</td><script>@here @channel <!channel> <@U1> [x](http://evil.example) evil.example ![i](//evil.example/i)"
    "\n# h\n- @everyone ::error::##vso[x]\x1b[31m\u202ewww.evil.example &lt;!here&gt; _a_ *b* ~c~ ||d||"
)
FORBIDDEN = ("@", "<", ">", "`", "&", "::", "##", "\x1b", "\u202e", "://", "www.", "](", "evil.example", "[", "_", "*",
             "~", "|", "#", "\ud800")  # fmt: skip


def hostile(data: dict[str, Any]) -> None:
    data["headline"] = EVIL
    data["run"]["id"] = EVIL
    data["complete"], data["incomplete_because"] = False, [EVIL] * 30
    data["specs"][0].update(title=EVIL, version=EVIL)
    data["findings"] = [
        {**f, "title": EVIL, "path": f"/{EVIL}", "owner": EVIL, "rule": EVIL, "methods": [EVIL], "cause": "",
         "fingerprint": f"{i:012x}", "occurrences": [{**o, "environment": EVIL, "method": EVIL, "status": "new"}
                                                      for o in f["occurrences"]]}
        for f in data["findings"] for i in range(200)
    ]  # fmt: skip
    data["since"]["finished_at"] = data["since"]["id"] = EVIL


def test_hostile_text_calls_nobody_and_links_nowhere(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        first = w.audit("n1")
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}, {"url": box.service()},
                            {"url": box.service(options="?format=markdown")},
                            {"url": box.service(options="?format=html")}])  # fmt: skip
        w.audit("n2", "--new-since", first.path)
        edit(w, hostile, "n2")
        shown = told(w, "n2", "--dry-run").stdout
        told(w, "n2")
        posted, text, markdown, html = box.take()
        data = posted.data
        assert data["new_errors"][0]["path"] == f"/{EVIL}", "data is exact"
        assert len(posted.body) <= 128_000
        assert posted.body.isascii()
        for part in (data["title"], data["text"], text.data["title"], text.data["message"], shown):
            for word in FORBIDDEN:
                assert word not in part.replace("[", "[", 1), (word, part)
        assert (data["totals"]["new_errors"], data["text"].count("\n- ")) == (200, 10)
        assert "and 190 more" in data["text"]
        inert(markdown.data["message"])
        assert markdown.data["message"].count("\n- `") == 10
        assert "**Incomplete:** `" in markdown.data["message"]
        assert markdown.data["title"] == html.data["title"] == data["title"]
        assert set(re.findall(r"<[^>]*>?", html.data["message"])) == {
            f"<{end}{tag}>" for tag in ("p", "ul", "li", "strong", "code") for end in ("", "/")
        }  # fmt: skip
        for word in ("@", "\x1b", "\u202e", "://", "www.", "evil.example"):
            assert word not in html.data["message"], word
        for lines in (data["text"].splitlines(), markdown.data["message"].splitlines()):
            assert max(map(len, lines)) < 2000
            assert not [x for x in lines if x.lstrip("-* ").startswith(("::", "#"))]


def inert(markdown: str) -> None:
    """As CommonMark reads it: our lists and bold words, and nothing that links, calls, or is HTML or a picture."""
    tokens = MarkdownIt("commonmark").enable("strikethrough").parse(markdown)
    kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}
    assert kinds <= {
        "paragraph_open", "paragraph_close", "inline", "text", "code_inline", "softbreak", "strong_open",
        "strong_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "text_special",
    }  # fmt: skip
    for word in ("@", "<", ">", "&", "::", "##", "\x1b", "\u202e", "://", "www.", "evil.example"):
        assert word not in markdown, word


@given(st.text() | st.lists(st.sampled_from([EVIL, *FORBIDDEN, "a", ".co", " ", "http", ":", "#"])).map("".join))
def test_whatever_is_said_is_only_text(text: str) -> None:
    shown = chat.inert(text, 300)
    assert len(shown) <= 700
    for word in (x for x in FORBIDDEN if x != "evil.example"):
        assert word not in shown, word
    assert not re.search(r"\w\.[^\W\d_]{2}", shown.replace("_", ""))


def test_a_payload_is_bounded_whatever_takes_the_room(tmp_path: Path, box: Inbox) -> None:
    wide = "\U0001d54f" * 5000
    with world(tmp_path, "prod") as w:
        first = w.audit("n1")
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}])
        w.audit("n2", "--new-since", first.path)

        def widen(data: dict[str, Any]) -> None:
            hostile(data)
            text = json.dumps(data["findings"][:150]).replace(json.dumps(EVIL)[1:-1], wide)
            data["findings"] = json.loads(text)
            for i, f in enumerate(data["findings"]):
                f["owner"] = f"{i}{wide}"
                f["occurrences"] *= 20
            data["headline"] = data["run"]["id"] = data["specs"][0]["title"] = wide
            data["incomplete_because"] = [wide] * 9

        edit(w, widen, "n2")
        told(w, "n2")
        [posted] = box.take()
        assert len(posted.body) <= 128_000
        assert posted.data["totals"]["new_errors"] == 150
        assert len(posted.data["text"]) <= 8_000


def test_the_payload_is_what_the_documentation_says(tmp_path: Path, box: Inbox) -> None:
    page = (ROOT / "docs/notify.md").read_text(encoding="utf-8")
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"webhook": box.webhook()}])
        w.audit()
        told(w, "drift-report")
        [posted] = box.take()
        assert list(posted.data) == list(example)
        assert list(posted.data["new_errors"][0]) == list(example["new_errors"][0])
        assert list(posted.data["run"]) == list(example["run"])
    assert f"at most {words.MAX_PAYLOAD // 1000} kB" in page
    assert f"at most {words.MAX_LISTED} of each" in page
    assert f"cut at {2 * words.MAX_TITLE} characters" in page
    assert f"`timeout` ({SECONDS:g} s)" in page


# --- deliveries that fail, and secrets ---

SECRET = "hunter2-Zx9"


@pytest.fixture
def drifted(tmp_path: Path) -> Iterator[World]:
    """A folder with a report that has something to tell, and a description of who is told still to come."""
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.audit()
        yield w


def whole(w: World) -> str:
    """Everything that stands in the folder, but for the configuration."""
    files = (f for f in w.folder.rglob("*") if f.is_file() and f.name != "auditor.yaml")
    return "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in files)


def test_one_delivery_that_fails_keeps_no_other_from_being_told(drifted: World, box: Inbox) -> None:
    w = drifted
    w.configure(notify=[
        {"webhook": f"http://127.0.0.1:9/{SECRET}"}, {"webhook": box.webhook(f"{SECRET}/500")},
        {"webhook": box.webhook(f"{SECRET}/302")}, {"webhook": box.webhook(f"{SECRET}/reset")},
        {"url": f"json://127.0.0.1:9/{SECRET}"}, {"url": box.service(f"{SECRET}/500")},
        {"url": box.service(f"{SECRET}/302")}, {"url": box.service(f"{SECRET}/307")},
        {"webhook": box.webhook("204")},
    ])  # fmt: skip
    done = told(w, "drift-report", code=3)
    problems = [line.partition(": not told: ")[::2] for line in done.stderr.splitlines()[1:]]
    refused = "the service did not take it (apprise -vv -b test URL shows why)"
    web, service = "http webhook", "json"
    assert problems == [
        (f"auditor: notify.{i} ({kind})", why) for i, (kind, why) in enumerate([
            (web, "no connection"), (web, "answered 500"), (web, "answered 302; redirects are not followed"),
            (web, "no HTTP answer"), (service, refused), (service, refused), (service, refused), (service, refused),
        ])
    ]  # fmt: skip
    assert done.stdout == "notify.8 (http webhook): told 1 error\n"
    assert SECRET not in done.stdout + done.stderr
    came = box.take()
    assert "moved" not in "".join(p.path for p in came), "no redirect is followed"
    assert {p.method for p in came} == {"POST"}
    assert len(came) == 7


def test_what_libraries_log_is_not_shown() -> None:
    """urllib3 and apprise keep silent by themselves; not every library that a service of apprise needs does."""
    code = "from auditor import delivery; delivery.prepared([]); import logging; logging.getLogger('x').error('shown')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("behaviour", ["hang", "trickle"])
def test_a_server_that_never_ends_is_left_in_time(behaviour: str, drifted: World, box: Inbox) -> None:
    drifted.configure(notify=[{"webhook": box.webhook(behaviour), "timeout": "1s"},
                              {"url": box.service(behaviour, "?rto=60"), "timeout": "1s"},
                              {"webhook": box.webhook()}])  # fmt: skip
    start = time.monotonic()
    done = told(drifted, "drift-report", code=3)
    assert time.monotonic() - start < 25, "the server itself gives up after 30 s"
    assert done.stderr.count("no answer within 1 s") == 2
    assert done.stdout == "notify.2 (http webhook): told 1 error\n"


def test_a_certificate_is_verified(drifted: World) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with inbox(context) as secure:
        drifted.configure(notify=[{"webhook": secure.webhook(scheme="https")},
                                  {"url": secure.service().replace("json:", "jsons:")}])  # fmt: skip
        done = told(drifted, "drift-report", code=3)
        assert "notify.0 (https webhook): not told: its certificate cannot be verified" in done.stderr
        assert "notify.1 (jsons): not told" in done.stderr
        assert secure.take() == []
        drifted.configure(notify=[{"url": secure.service(options="?verify=no").replace("json:", "jsons:")}])
        done = told(drifted, "drift-report")
        assert len(done.stderr.splitlines()) == 1, "no library warns of addresses"
        assert len(secure.take()) == 1


def test_secrets_come_from_the_environment_and_are_never_shown(drifted: World, box: Inbox) -> None:
    w = drifted
    host = f"127.0.0.1:{box.port}"
    w.configure(notify=[{"url": "${WHOLE}"}, {"webhook": f"http://u:${{PW}}@{host}/200?token=${{PW}}"}])
    done = told(w, "drift-report", code=2)
    assert "auditor.yaml:" in done.stderr
    assert "notify.0.url: WHOLE is not set" in done.stderr
    assert "export WHOLE" in done.stderr
    service = f"json://u:{SECRET}@{host}/200?+X-Token={SECRET}"
    done = told(w, "drift-report", WHOLE=service, PW=SECRET, AUDITOR_DEBUG="1")
    assert done.stdout == "notify.0 (json): told 1 error\nnotify.1 (http webhook): told 1 error\n"
    served, posted = box.take()
    assert served.fields["X-Token"] == SECRET
    assert posted.path == f"/200?token={SECRET}"
    assert SECRET not in done.stdout + done.stderr
    for odd in (f"{SECRET}", f"nosuch://{SECRET}", f"slack://{SECRET}", f"mailto://{SECRET}@"):
        done = told(w, "drift-report", code=2, WHOLE=odd, PW=SECRET)
        assert "notify.0.url: " in done.stderr
        assert SECRET not in done.stdout + done.stderr
    assert box.take() == [], "nothing is sent where one target cannot be right"
    assert SECRET not in whole(w)


def test_an_audit_sends_nothing_and_needs_no_secret(tmp_path: Path, box: Inbox) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        w.configure(notify=[{"url": "${NOT_SET_ANYWHERE}"}, {"webhook": box.webhook(SECRET)}])
        assert w.audit().code == 1
        assert w.run("plan").returncode == 0
        assert SECRET not in whole(w)
        done = told(w, "drift-report", "--dry-run")
        assert "notify.0 (unknown scheme) would be told:\n\nDrift in Orders 1: 1 error\n" in done.stdout
        assert f"- prod: {LOST}\n" in done.stdout
        assert SECRET not in done.stdout + done.stderr
        assert box.take() == []


def test_without_apprise_a_service_is_refused_and_a_webhook_told(drifted: World, box: Inbox) -> None:
    """A module that cannot be imported stands for one that is not installed: both raise ImportError."""
    (drifted.folder / "lib").mkdir()
    (drifted.folder / "lib/apprise.py").write_text("raise ImportError\n")
    env = {"PYTHONPATH": os.pathsep.join((str(drifted.folder / "lib"), str(ROOT)))}
    drifted.configure(notify=[{"webhook": box.webhook()}, {"url": box.service(SECRET)}])
    done = told(drifted, "drift-report", code=2, **env)
    assert "notify.1.url: needs apprise, which is not installed" in done.stderr
    assert "pip install 'auditor[notify]'" in done.stderr
    assert box.take() == []
    drifted.configure(notify=[{"webhook": box.webhook()}])
    told(drifted, "drift-report", **env)
    assert len(box.take()) == 1


# --- wrong use ---

WRONG: dict[str, tuple[Any, str, str]] = {
    "nobody": ([], "auditor.yaml: notify: names nobody who is to be told", "add notify:"),
    "typo in an environment": ([{"webhook": "http://127.0.0.1:9/", "environments": ["prdo"]}],
                               "notify.0.environments.0: 'prdo' is no environment", "did you mean prod?"),
    "no URL": ([{"webhook": f"{SECRET}"}], "notify.0.webhook: is no http(s) URL", "https://hooks"),
    "another scheme": ([{"webhook": f"ftp://{SECRET}"}], "notify.0.webhook: is no http(s) URL", "https://hooks"),
    "a bracket": ([{"webhook": f"http://[{SECRET}"}], "notify.0.webhook: is no URL", "https://hooks"),
    "a space": ([{"webhook": f"http://a/ {SECRET}"}], "notify.0.webhook: holds a space", "%20"),
    "plain text": ([{"webhook": "http://hooks.example.test/${PW}"}],
                   "notify.0.webhook: its secret would go over plain http", "use https"),
    "a password in plain text": ([{"webhook": f"http://u:{SECRET}@hooks.example.test/"}],
                                 "notify.0.webhook: its secret would go over plain http", "use https"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_target_that_cannot_be_right_is_told_with_its_place(name: str, drifted: World) -> None:
    notify, what, step = WRONG[name]
    drifted.configure(notify=notify)
    done = told(drifted, "drift-report", code=2, PW=SECRET)
    assert what in done.stderr
    assert step in done.stderr
    assert SECRET not in done.stderr
    assert name == "nobody" or re.match(r"auditor: auditor.yaml:\d+: notify\.0", done.stderr)


def test_wrong_use(drifted: World, tmp_path: Path, box: Inbox) -> None:
    drifted.configure(notify=[{"webhook": box.webhook()}])
    for arguments, what in (
        (("nowhere.json",), "the report cannot be read"), (("",), "REPORT: is empty"),
        (("drift-report", "--since", ""), "--since: is empty"),
        (("drift-report", "--since", "drift-report"), "--since: is the run of REPORT itself"),
        (("drift-report", "--config", "nowhere.yaml"), "the configuration file cannot be read"),
    ):  # fmt: skip
        assert what in told(drifted, *arguments, code=2).stderr
    (tmp_path / "auditor.yaml").unlink()
    (tmp_path / ".git").mkdir()
    assert "there is no auditor.yaml" in told(drifted, "drift-report", code=2).stderr
    assert box.take() == []
