"""Start one test server by hand: `python -m tests.servers NAME [--port N] [--option NAME=JSON]`."""

from __future__ import annotations

import argparse
import json
import time

from tests.servers import ALL, start


def main() -> None:
    catalogue = "\n".join(f"  {stack.name:22} {stack.title}" for stack in ALL.values())
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers",
        description="Start one test server on loopback; ctrl-c ends it.",
        epilog="servers:\n" + catalogue,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=ALL, metavar="NAME")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=JSON", help="see the server's module")
    arguments = parser.parse_args()
    options = {name: json.loads(value) for name, _, value in (text.partition("=") for text in arguments.option)}
    with start(arguments.name, port=arguments.port, **options) as server:
        print(f"{server.name}: {server.url}")
        for path, methods in server.truth.items():
            print(f"  {path:26} {' '.join(sorted(methods)) or '-'}")
        print(f"journal: {server.journal}", flush=True)
        try:
            while server.alive:
                time.sleep(0.2)
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
