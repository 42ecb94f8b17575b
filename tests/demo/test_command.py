"""The demo as a newcomer runs it: what it says is true, harmless and complete, and nothing stays behind."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.demo import serve
from auditor.demo.deployments import deployments
from auditor.differ.catalogue import rules
from auditor.errors import UsageError
from auditor.model.methods import SAFE
from auditor.model.templates import anonymous
from tests.command import ROOT, run_auditor
from tests.demo.truth import LISTED, served

GOLDEN = Path(__file__).parent / "demo.txt"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One run in a folder whose own auditor.yaml must play no part."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "auditor.yaml").write_text("environments: {qa: {url: 'http://127.0.0.1:9'}}\nskip: ['/**']\n")
    return run_auditor("demo", cwd=folder), folder


@pytest.fixture(scope="module")
def report(ran) -> dict[str, Any]:
    return json.loads((ran[1] / "drift-report" / "report.json").read_text(encoding="utf-8"))


def ports(text: str) -> list[int]:
    return [int(p) for p in re.findall(r"http://127\.0\.0\.1:(\d+)/v2", text)]


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_shows_drift_and_names_the_report(ran) -> None:
    done, folder = ran
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Report: drift-report/report.html" in done.stdout
    assert (folder / "drift-report" / "report.html").stat().st_size > 10_000


def test_every_finding_is_true_and_none_is_lacking(report) -> None:
    found = Counter((f["rule"], f["path"], tuple(f["methods"]), tuple(f["environments"])) for f in report["findings"])
    known = {r.id for r in rules()}
    assert found == Counter(d for d in LISTED if d[0] in known)


def test_no_cell_is_wrong(report) -> None:
    truth = {d.name: served(d) for d in deployments()}
    decided = [c for c in report["cells"] if c["support"] != "undetermined"]
    assert len(decided) > 120
    wrong = [
        c for c in decided
        if (c["support"] == "supported") != (c["method"] in truth[c["environment"]].get(anonymous(c["path"]), ()))
    ]  # fmt: skip
    assert wrong == []


def test_what_safe_mode_cannot_prove_is_not_judged(report) -> None:
    open_ = {
        (c["environment"], c["reason"]) for c in report["cells"] if c["support"] == "undetermined" and c["documented"]
    }
    assert open_ == {
        ("dev", "auth-wall"), ("stage", "auth-wall"), ("prod", "auth-wall"), ("stage", "mode-forbids"),
        ("prod", "mode-forbids"),
    }  # fmt: skip
    writes = [c for c in report["cells"] if c["environment"] == "stage" and c["method"] not in SAFE]
    assert {c["support"] for c in writes} == {"undetermined"}, "stage's Allow is not to be trusted"


def test_the_last_promotion_is_a_hold_for_one_reason(report) -> None:
    last = report["promotions"][-1]
    assert (last["from"], last["to"], last["verdict"]) == ("stage", "prod", "hold")
    assert last["because"] == (
        "with the build of stage, callers of prod would lose 1 documented method (GET /orders/{orderId}/tracking)"
    )
    removed = [(c["method"], c["path"]) for c in last["changes"] if c["effect"] == "removes-documented"]
    assert removed == [("GET", "/orders/{orderId}/tracking")]


def test_nothing_that_may_change_state_was_sent(ran, report) -> None:
    total = report["totals"]["requests"]
    assert f"The three servers counted {total} requests, 0 of them state-changing, and are stopped." in ran[0].stdout
    assert report["totals"]["state_changing_requests"] == 0
    assert {e["mode"] for e in report["environments"]} == {"safe"}


def test_the_builds_are_told(report) -> None:
    assert [e["build"] for e in report["environments"]] == ["2.6.0-dev", "2.5.0-rc1", "2.4.3"]


def test_the_servers_are_gone(ran) -> None:
    used = ports(ran[0].stdout)
    assert len(set(used)) == 3
    assert [p for p in used if listening(p)] == []


def test_the_text_is_as_written_down(ran) -> None:
    text = re.sub(r"127\.0\.0\.1:\d+(/v2 *)", "127.0.0.1:PORT/v2  ", ran[0].stdout)
    text = re.sub(r"\b\d+ requests", "N requests", re.sub(r" in \d+(\.\d+)? (ms|s)\b", " in TIME", text))
    text = re.sub(r"^Your own: .* audit", "Your own: auditor audit", text, flags=re.MULTILINE)
    kept = GOLDEN.with_suffix(".txt.actual")
    if GOLDEN.exists() and GOLDEN.read_text(encoding="utf-8") == text:
        kept.unlink(missing_ok=True)
        return
    kept.write_text(text, encoding="utf-8")
    raise AssertionError(f"compare {kept.name} with {GOLDEN.name}; if it is right, rename it")


def test_the_commands_of_the_last_lines_work_as_typed(tmp_path: Path) -> None:
    """In a virtual environment that is not on PATH, as `make demo` leaves it."""
    script = tmp_path / "my venv" / "bin" / "auditor"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!{sys.executable}\nfrom auditor.cli import main\nmain()\n")
    script.chmod(0o755)
    typed = {}
    for path in ("/usr/bin:/bin", f"{script.parent}:/usr/bin:/bin"):
        env = {"PATH": path, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([script.relative_to(tmp_path), "demo"], executable=script, cwd=tmp_path, env=env,
                              capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        found = re.search(r"^Your own: (.*) audit openapi.yaml ", done.stdout, re.MULTILINE)
        assert found, done.stdout + done.stderr
        typed[path] = found[1]
        shown = subprocess.run(["sh", "-c", f"{found[1]} --version"], cwd=tmp_path, env=env, capture_output=True,
                               text=True, timeout=60, check=False)  # fmt: skip
        assert shown.stdout.startswith("auditor "), shown.stderr
        assert f"explain a rule: {found[1]} explain " in done.stdout
    assert list(typed.values()) == ["'my venv/bin/auditor'", "auditor"]


def test_out_says_where(tmp_path: Path) -> None:
    done = run_auditor("demo", "--out", "else/where", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "Report: else/where/report.html" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["else"]


def test_an_output_folder_that_cannot_be_used_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = run_auditor("demo", "--out", "file", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert [p for p in ports(done.stdout) if listening(p)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_servers(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "auditor", "demo"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = "".join(process.stdout.readline() for _ in range(4))
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert len(ports(shown)) == 3
    assert "Traceback" not in stderr
    # 1: what was seen by then was drift already; 3 or 130: stopped; below 0: nobody was listening for the signal yet.
    assert process.returncode in (1, 3, 130, -number)
    assert [p for p in ports(shown) if listening(p)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_kept_servers_answer_the_curl_lines_until_they_are_stopped(number: signal.Signals, tmp_path: Path) -> None:
    """Without a terminal, and with SIGINT ignored as a shell does for what it starts in the background."""
    command = [sys.executable, "-m", "auditor", "demo", "--keep"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            assert process.stdout is not None
            shown = ""
            while "Serving" not in shown and (line := process.stdout.readline()):
                shown += line
            assert "until you stop them" in shown
            assert re.search(
                r"^Serving dev http://\S+, stage http://\S+, prod http://\S+; Ctrl-C stops them$", shown, re.M
            )
            kept = set(ports(shown.rpartition("Serving")[2]))
            page = (tmp_path / "drift-report" / "report.html").read_text(encoding="utf-8")
            lines = re.findall(r"curl -i (?:--head )?&?(?:#39;)?(http://127\.0\.0\.1:(\d+)/[\w./-]+)", page)
            assert {int(port) for _, port in lines} == kept == set(ports(shown))
            for port in kept:
                url = next(u for u, p in lines if int(p) == port)
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", url.partition(str(port))[2])
                assert connection.getresponse().status > 0
                connection.close()
            process.send_signal(number)
            rest, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, rest) == (1, "")
    assert "Traceback" not in stderr
    assert [p for p in kept if listening(p)] == []


def test_an_interrupted_audit_is_not_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "auditor", "demo", "--keep"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the audit has begun
        process.send_signal(signal.SIGTERM)
        try:
            stdout, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode in (1, 3)
    assert "Serving" not in stdout


# --- the servers ---


def test_the_servers_count_what_came_in() -> None:
    with serve.serving() as servers:
        port = servers[0].server_address[1]
        for method, path in (("GET", "/v2/orders"), ("DELETE", "/v2/customers/cus-204"), ("PURGE", "/v2/orders")):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request(method, path)
            connection.getresponse().read()
            connection.close()
        assert (servers[0].requests, servers[0].state_changing) == (3, 2)
        assert "counted 3 requests, 2 of them state-changing" in serve.closing(servers)
        assert {s.server_address[0] for s in servers} == {"127.0.0.1"}
    assert not listening(port)


def test_head_and_204_have_no_content_and_a_body_is_read() -> None:
    with serve.serving() as servers:
        address = servers[1].server_address
        assert _raw(address, b"HEAD /v2/orders HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\n")
        note = b'{"text": "ring"}'
        head = b"POST /v2/orders/ord-1001/notes HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(note)
        assert _raw(address, head + note).startswith(b"HTTP/1.1 201 ")
        assert b'"ring"' in _raw(address, b"GET /v2/orders/ord-1001/notes HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 204 " in _raw(address, b"OPTIONS /v2/orders HTTP/1.1\r\nHost: a\r\n\r\n").split(b"\r\n")[0]


ODD = (
    b"",
    b"\r\n",
    b"GARBAGE\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\n\r\n",
    b"GET http://x/ HTTP/1.1\r\n\r\n",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /v2/orders HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"GET //[ HTTP/1.1\r\n\r\n",
)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_an_odd_request_does_not_stop_a_server(odd: bytes) -> None:
    with serve.serving() as servers:
        address = servers[2].server_address
        _raw(address, odd)
        assert _raw(address, b"GET /v2/orders HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def _raw(address: Any, sent: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:  # the server may have hung up already
            return b""


def test_the_servers_end_when_the_block_fails() -> None:
    used = []

    def interrupted() -> None:
        with serve.serving() as servers:
            used.extend(s.server_address[1] for s in servers)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(used) == 3
    assert [p for p in used if listening(p)] == []


def test_without_a_free_port_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve.serving() as servers:
        taken = servers[0].server_address
        bind = serve.Server.server_bind

        def to_taken(self: serve.Server) -> None:
            self.server_address = taken
            bind(self)

        monkeypatch.setattr(serve.Server, "server_bind", to_taken)
        with pytest.raises(UsageError, match=r"no port of 127\.0\.0\.1 can be had"), serve.serving():
            pass
