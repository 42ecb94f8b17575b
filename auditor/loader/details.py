"""What an Operation Object says beyond its parameters: needed by rules and response checks, not by a plan."""

from __future__ import annotations

from typing import Any

from auditor.loader.bodies import Bodies
from auditor.loader.document import Document
from auditor.loader.notes import Notes
from auditor.loader.refs import RefProblem, Resolver, Spot, at_fragment, escape, shown_ref
from auditor.loader.security import requirement
from auditor.model.contract import RequestBody

Found = tuple[
    str | None, tuple[str, ...], bool, RequestBody | None, tuple[str, ...], bool | None, tuple[tuple[str, ...], ...]
]
"""operation_id, tags, deprecated, request_body, statuses, secured, security."""


class Details:
    """Reads them; holds what the root of the description says for all operations."""

    def __init__(self, resolver: Resolver, notes: Notes, swagger: bool) -> None:
        root = resolver.root.root
        self._notes, self._swagger = notes, swagger
        self._bodies = Bodies(resolver)
        self._security = requirement(root.get("security"))
        self._consumes = root.get("consumes")
        self._statuses: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._sound: dict[int, set[str]] = {}
        self._looked: set[int] = set()

    def read(self, node: dict[str, Any], document: Document, pointer: str = "", bodies: tuple[Spot, ...] = ()) -> Found:
        """All of them; `bodies` are the Swagger 2.0 parameters that make up the body."""
        get = node.get
        identity = get("operationId")
        return (
            identity if type(identity) is str else None,
            _texts(get("tags")),
            get("deprecated") is True,
            self._body(node, document, pointer, bodies) if bodies or "requestBody" in node else None,
            self._documented(get("responses")),
            *(requirement(node["security"]) if "security" in node else self._security),
        )

    def _body(
        self, node: dict[str, Any], document: Document, pointer: str, bodies: tuple[Spot, ...]
    ) -> RequestBody | None:
        if self._swagger:
            return self._bodies.swagger(bodies, node.get("consumes", self._consumes))
        if "requestBody" not in node:
            return None
        try:
            return self._bodies.read(node["requestBody"], document)
        except RefProblem as e:
            self._notes.add(f"requestBody `$ref` {e}: the body is unknown", document, pointer + "/requestBody")
            return None

    def check_responses(self, responses: Any, document: Document, pointer: str) -> None:
        """Warn of each response, and each schema right below one, whose `$ref` leads nowhere in this same file.

        No file is read for that, and what aliases share is looked at once. Of a large JSON file only `--strict` has it
        done: the load would take a tenth longer.
        """
        if type(responses) is not dict or self._again(responses, document):
            return
        sound = self._sound.setdefault(id(document), set())
        for status, response in responses.items():
            if type(response) is not dict:
                continue
            ref = response.get("$ref")
            if ref is not None:
                if type(ref) is not str or (ref not in sound and self._is_broken(ref, document, sound)):
                    self._warn(f"response {status[:20]}", ref, document, f"{pointer}/{escape(status)}")
                continue
            content = {"": response} if self._swagger else response.get("content")
            if content and type(content) is dict and not self._again(content, document):
                self._check_content(content, document, sound, status, pointer)

    def _check_content(
        self, content: dict[str, Any], document: Document, sound: set[str], status: str, pointer: str
    ) -> None:
        for media_type, media in content.items():
            schema = media.get("schema") if type(media) is dict else None
            ref = schema.get("$ref") if type(schema) is dict and "$id" not in schema else None
            if type(ref) is str and ref not in sound and self._is_broken(ref, document, sound):
                where = f"/content/{escape(media_type)}/schema" if media_type else "/schema"
                what = f"the schema of response {status[:20]}"
                self._warn(what, ref, document, f"{pointer}/{escape(status)}{where}")

    def _again(self, node: dict[str, Any], document: Document) -> bool:
        """Whether an alias led here before."""
        if document.unshared:
            return False
        before = len(self._looked)
        self._looked.add(id(node))
        return len(self._looked) == before

    @staticmethod
    def _is_broken(ref: str, document: Document, sound: set[str]) -> bool:
        if ref[:2] == "#/":  # other fragments are names that schemas give themselves
            try:
                at_fragment(document.root, ref)
            except RefProblem:
                return True
        sound.add(ref)
        return False

    def _warn(self, what: str, ref: Any, document: Document, pointer: str) -> None:
        fault = " leads nowhere" if type(ref) is str else ""
        message = f"{what}: `$ref` {shown_ref(ref)}{fault}: answers are not held against it"
        self._notes.add(message, document, pointer)

    def _documented(self, responses: Any) -> tuple[str, ...]:
        """The keys of the Responses Object that are status codes."""
        if not isinstance(responses, dict):
            return ()
        keys = tuple(responses)
        found = self._statuses.get(keys)
        if found is None:
            found = self._statuses[keys] = tuple([k for k in keys if k[:2] != "x-"])
        return found


def can_wait(node: dict[str, Any], bodies: tuple[Spot, ...]) -> bool:
    """Whether reading the details later surely warns of nothing and reads no file that an early reading must name."""
    body = node.get("requestBody")
    return not bodies and (body is None or (type(body) is dict and "$ref" not in body))


def _texts(tags: Any) -> tuple[str, ...]:
    if type(tags) is list and len(tags) == 1 and type(tags[0]) is str:
        return (tags[0],)
    return tuple([t for t in tags if type(t) is str]) if type(tags) is list else ()
