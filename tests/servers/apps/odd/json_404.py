"""No two answers are alike: request id, date and a shuffled order of members in every one, 404s included."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.apps.plain import STATUS_ONLY, Bookshop, serve


class Json404(Bookshop):
    def answer(self, status: int, body: Any = None, fields: Mapping[str, str] | None = None) -> None:
        number = str(uuid.uuid4())
        if status not in STATUS_ONLY and not isinstance(body, list):
            members = [*dict(body or {}).items(), ("requestId", number), ("timestamp", datetime.now(UTC).isoformat())]
            random.shuffle(members)
            body = dict(members)
        super().answer(status, body, {**(fields or {}), "X-Request-Id": number})


if __name__ == "__main__":
    serve(Json404)
