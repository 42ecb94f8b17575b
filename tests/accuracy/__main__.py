"""`make accuracy`: audit every stack of the zoo, hold every verdict against its route table, print and keep the table.

python -m tests.accuracy                      every stack, every mode; writes docs/accuracy.md
python -m tests.accuracy NAME... --mode safe  some of them; writes nothing
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.accuracy.measure import MODES, Score, available, measure
from tests.accuracy.recordings import files, replay
from tests.accuracy.versions import machine, versions
from tests.command import ROOT
from tests.servers import NotStarted

PAGE = ROOT / "docs" / "accuracy.md"
HEAD = (
    "stack", "mode", "right", "wrong", "undetermined", "requests", "state-changing", "writes", "entered", "safe writes",
    "seconds",
)  # fmt: skip
TEXT = """# Accuracy

How often auditor is right about real servers. Each stack below is started on loopback and audited as its operator
would audit it: with its description, values for its path parameters and, where it asks for them, credentials. Every
cell - the documented methods and GET, POST, PUT, PATCH, DELETE of every documented path - is held against the stack's
own route table. `make accuracy` makes this page anew.

- **right**, **wrong**: cells decided as the route table says, or otherwise. Wrong verdicts are listed below the table.
- **undetermined**: cells that auditor leaves open, and says why.
- **requests**, **state-changing**: counted at the server, not by auditor; the latter: POST, PUT, PATCH, DELETE.
- **writes**, **entered**: how often such a request changed something, how often it made a handler start.
- **safe writes**: how often GET or another safe method changed something, by a handler that acts on any method.
- **seconds**: the audit alone, at a rate that is not limited.

Every stack deploys one of two APIs: the bookshop ({bookshop} documented operations) or the workshop ({workshop}, with
deep nesting, actions, singletons, streams and a hook that acts on any method). In a workshop whose routes take any
text as a number, `/tasks/{{taskId}}` also gets the other methods of `/tasks/count`: there either verdict is right.

haproxy-deny refuses DELETE and PATCH and nothing else, and lets the service's own `Allow` pass: whoever sends only safe
methods cannot see it. The stack is here to show what that costs; the other method filters refuse REPORT, too.

Last made on {date} with auditor {version} on {machine}.

{table}

{wrong}
## What the requests were for

Per documented path, over the audits that sent any; a purpose is explained in `auditor/model/exchange.py`. What must be
configured first (layers, `cors_origin`, the address of a served description or of the build) is not among them: a layer
costs as much as an environment, preflights one per documented state-changing method and one per unknown sibling, a
served description or a build one request.

{purposes}

{missing}
## Versions

{versions}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where a stack did not start."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description="How often auditor is right.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: every stack")
    parser.add_argument("--mode", action="append", choices=MODES, help="default: every mode there is")
    given = parser.parse_args(arguments)
    names, missing = available()
    for name in [] if given.names else sorted(missing):
        print(f"left out: {name}: {missing[name]}", file=sys.stderr)
    for name in given.names:
        if name not in names:
            parser.error(f"{name}: {missing.get(name, 'no such stack')}")
    scores, failed = measured(given.names or names, given.mode or MODES)
    print(table(scores))
    print("\n" + purposes(scores))
    print("\n" + wrong(scores))
    for file in [] if given.names else files():
        right, lines, open_ = replay(file)
        print("\n".join([f"recording {file.stem}: {right} right, {len(lines)} wrong, {open_} undetermined", *lines]))
    if not given.names and not given.mode:
        PAGE.write_text(page(scores, missing | failed), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 1 if failed else 0


def measured(names: Sequence[str], modes: Sequence[str]) -> tuple[list[Score], dict[str, str]]:
    """The scores, and the stacks that did not start."""
    scores: list[Score] = []
    failed: dict[str, str] = {}
    for name in names:
        for mode in modes:
            try:
                scores.append(measure(name, mode))
            except NotStarted as error:
                failed[name] = "did not start"
                print(error, file=sys.stderr)
                break
            last = scores[-1]
            reasons = ", ".join(f"{reason} {count}" for reason, count in Counter(last.reasons).most_common())
            print(f"{name} {mode}: {len(last.wrong)} wrong; undetermined: {reasons or 'none'}", file=sys.stderr)
    return scores, failed


def table(scores: Sequence[Score]) -> str:
    """Markdown: one line per stack and mode, and the sums per mode."""
    lines = ["| " + " | ".join(HEAD) + " |", "| --- | --- |" + " ---: |" * (len(HEAD) - 2)]
    rows = [(s.stack, s.mode, *figures(s)) for s in scores]
    for mode in dict.fromkeys(s.mode for s in scores):
        of_mode = [figures(s) for s in scores if s.mode == mode]
        rows.append(
            (f"**all {len(of_mode)}**", mode, *(round(sum(column), 2) for column in zip(*of_mode, strict=True)))
        )
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def purposes(scores: Sequence[Score]) -> str:
    """Markdown: what each purpose costs."""
    lines = ["| purpose | mode | audits | requests per path, mean | most |", "| --- | --- | ---: | ---: | ---: |"]
    named = sorted({(purpose, s.mode) for s in scores for purpose, _ in s.purposes})
    for purpose, mode in named:
        costs = [n / s.paths for s in scores if s.mode == mode for p, n in s.purposes if p == purpose]
        lines.append(f"| {purpose} | {mode} | {len(costs)} | {sum(costs) / len(costs):.2f} | {max(costs):.2f} |")
    return "\n".join(lines)


def figures(score: Score) -> tuple[float, ...]:
    return (
        score.right, len(score.wrong), score.undetermined, score.requests, score.state_changing, score.writes,
        score.entered, score.safe_writes, score.seconds,
    )  # fmt: skip


def wrong(scores: Sequence[Score]) -> str:
    """Every wrong verdict with what it rests on, for whoever has to find the cause."""
    lines = [f"{score.stack} {score.mode}: {one}" for score in scores for one in score.wrong]
    return "\n".join(lines or ["No verdict was wrong."])


def summed_up(scores: Sequence[Score]) -> str:
    """The same for the page: per stack and mode what was wrong, and the first of it in full."""
    lines = []
    for score in scores:
        for said in dict.fromkeys(one.said for one in score.wrong):
            of_kind = [one for one in score.wrong if one.said == said]
            cells = ", ".join(f"`{one.method} {one.path}`" for one in of_kind)
            lines.append(f"- {score.stack}, {score.mode}: called {said}: {cells}.")
            lines.append(f"  For example {of_kind[0].method}: {of_kind[0].why}: `{'`, `'.join(of_kind[0].exchanges)}`")
    return "\n".join(["## Wrong verdicts\n", *lines] if lines else ["No verdict was wrong."]) + "\n"


def page(scores: Sequence[Score], missing: dict[str, str]) -> str:
    """docs/accuracy.md."""
    from auditor import __version__
    from auditor.loader import LoadOptions, load_file
    from tests.accuracy.measure import DESCRIPTIONS

    documented = {
        api: sum(len(p.operations) for p in load_file(path, LoadOptions()).paths)
        for api, (path, _) in DESCRIPTIONS.items()
    }
    left_out = "".join(f"- {name}: {why}\n" for name, why in sorted(missing.items()))
    return TEXT.format(
        **documented, date=f"{datetime.now(UTC):%Y-%m-%d}",
        version=__version__, machine=machine(), table=table(scores), wrong=summed_up(scores),
        purposes=purposes(scores),
        missing=f"## Left out\n\n{left_out}" if left_out else "", versions=versions(),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
