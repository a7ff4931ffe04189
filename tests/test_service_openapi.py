"""The API's description: committed as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from service.settings import Settings
from service.wiring import Parts

COMMITTED = Path(__file__).parent.parent / "openapi.json"


@pytest.fixture
def document(parts: Parts) -> dict[str, Any]:
    return create_app(parts, Settings(verify_in_background=False)).openapi()


def test_committed_document_is_the_one_that_is_served(document: dict[str, Any]) -> None:
    committed = json.loads(COMMITTED.read_text())
    assert committed == document, "the API has changed: run 'make openapi', commit openapi.json, and read CONTRIBUTING"
