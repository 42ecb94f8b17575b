"""What the description says about credentials, and whether an answer without any may be held against it."""

from __future__ import annotations

from auditor.differ.view import CellView, PathView
from auditor.model.cell import Reason
from auditor.model.fact import Access, Reached

MUTUAL_TLS = "mutualTLS"
_OPEN = frozenset({Reached.SAME, Reached.ALIKE, Reached.SERVED, Reached.CACHED})


def openly(access: Access) -> bool:
    """Whether a caller without credentials gets what the path has to give."""
    return access.reached in _OPEN


def demanded(cell: CellView) -> bool:
    """Whether the description demands credentials for this operation, whatever else it allows."""
    return cell.operation is not None and cell.operation.secured is True


def alternatives(cell: CellView) -> str:
    """What is demanded, in the description's own names: `bearer`, `bearer or key`, `bearer with tenant`."""
    security = cell.operation.security if cell.operation else ()
    ways = [" with ".join(f"`{name[:60]}`" for name in way[:4]) for way in security if way]
    if not ways:
        return "credentials"
    return ways[0] if len(ways) == 1 else f"{', '.join(ways[:3])} or others" if len(ways) > 3 else " or ".join(ways)


def cannot_tell(cell: CellView) -> bool:
    """A certificate that something in front of a plain http address may have asked for: nobody outside can know."""
    if cell.environment.result.environment.origin.scheme != "http" or cell.operation is None:
        return False
    types = {s.name: s.type for s in cell.environment.contract.security_schemes}
    return any(way and all(types.get(name) == MUTUAL_TLS for name in way) for way in cell.operation.security)


def believable(cell: CellView) -> bool:
    """The answers are the path's own: nothing in front answers for it, and no template is likelier to have answered."""
    facts = cell.environment.facts
    if facts.catch_all or facts.auth_wall or facts.base_path_wrong or facts.redirects_to is not None:
        return False
    return not cell.unsupported and cell.path.facts.shadowed_by is None


def silent(path: PathView) -> bool:
    """Whether the whole description says nothing about credentials."""
    items = path.environment.contract.paths
    return all(o.secured is None for item in items for o in item.operations)


def told(path: PathView) -> bool:
    """Whether what it asks for is a finding of its own: open where credentials are demanded, or the other way round."""
    access = path.facts.access
    cell = path.cells.get(access.method) if access is not None else None
    if access is None or cell is None or cell.operation is None:
        return False
    return openly(access) if demanded(cell) else access.reached is Reached.REFUSED


def roles(path: PathView) -> str:
    """What a request without credentials showed about a path that refuses those given, as a sentence; else empty."""
    access = path.facts.access
    if access is None or (access.given, access.status) != (403, 401):
        return ""
    if not any(c.cell.reason is Reason.AUTH_WALL for c in path.cells.values()):
        return ""
    return (
        f"{access.method} {path.template} is refused to these credentials (403), not missing: without any it is 401, "
        f"so {path.environment.name} knows the caller and denies the role."
    )
