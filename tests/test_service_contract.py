"""A real server holds to its own OpenAPI document, whatever is sent: no 5xx, no breach of the schema."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Server

pytestmark = pytest.mark.integration

EXAMPLES = 15
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)


def test_service_holds_to_its_openapi_document(server: Server, tmp_path: Path) -> None:
    schemathesis = Path(sys.executable).with_name("schemathesis")
    tested = subprocess.run(
        [
            schemathesis,
            "run",
            f"{server.url}/openapi.json",
            "--checks",
            CHECKS,
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "1",
            "--request-timeout",
            "60",
            "--phases",
            "examples,coverage,fuzzing,stateful",
            "--generation-database",
            "none",
            "--no-color",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout[-6000:]
