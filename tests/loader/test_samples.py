"""The descriptions in sample_specs load as written, without a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.loader import load_file
from tests.loader.helpers import documented, operation

SAMPLES = Path(__file__).resolve().parents[2] / "sample_specs"


@pytest.mark.parametrize(
    ("name", "dialect", "paths", "operations", "files"),
    [
        ("orders.openapi.yaml", "3.0", 7, 11, 1),
        ("inventory.swagger.json", "2.0", 5, 9, 1),
        ("shop/openapi.yaml", "3.1", 6, 10, 6),
        ("catalog.openapi-3.2.yaml", "3.2", 3, 7, 1),
    ],
)
def test_samples(name: str, dialect: str, paths: int, operations: int, files: int) -> None:
    contract = load_file(SAMPLES / name)
    assert contract.warnings == ()
    assert (contract.dialect, len(contract.paths), contract.operations, len(contract.files)) == (
        dialect, paths, operations, files,
    )  # fmt: skip
    for item in contract.paths:
        for found in item.operations:
            assert found.location.line
            assert not found.unfilled
            assert set(item.path_parameters) <= set(found.values) | set(item.values)


def test_the_3_2_sample_has_query_and_additional_operations() -> None:
    contract = load_file(SAMPLES / "catalog.openapi-3.2.yaml")
    assert {("QUERY", "/books"), ("COPY", "/books/{isbn}"), ("LOCK", "/books/{isbn}")} <= documented(contract)
    put = operation(contract, "/books/{isbn}", "PUT")
    assert put.request_body is not None
    assert put.request_body.demands_property, "the reference to $self is this document"
