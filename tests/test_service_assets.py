"""The files of the pages: as they were vendored, compressed, and kept by browsers as long as they are right."""

import hashlib
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.channels.assets import VERSION, WEB, versioned
from service.settings import Settings
from service.wiring import Parts

ROOT = Path(__file__).parent.parent


@pytest.fixture
def client(parts: Parts) -> TestClient:
    return TestClient(create_app(parts, Settings(verify_in_background=False)), base_url="http://localhost")


def test_vendored_files_are_those_that_were_vendored() -> None:
    recorded = dict(reversed(line.split()) for line in (WEB / "vendor" / "SHA256SUMS").read_text().splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (WEB / "vendor").glob("*.js")}
    assert found == recorded


def test_notice_names_a_version_and_an_existing_licence_for_each_vendored_file() -> None:
    notice = (ROOT / "NOTICE").read_text()
    for path in (WEB / "vendor").glob("*.js"):
        line = next(
            line for line in notice.splitlines() if line.startswith(f"service/channels/web/vendor/{path.name} ")
        )
        assert re.search(r"\d+\.\d+\.\d+", line), line
        licence = re.search(r"vendor/LICENSE-\w+\.txt", line.rpartition("(")[2])
        assert licence is not None, line
        assert (WEB / licence[0]).exists(), line


def test_pages_refer_to_assets_by_version_and_these_may_be_kept_forever(client: TestClient) -> None:
    page = client.get("/")
    names = re.findall(r'"(/web/[^"]+)"', page.text)
    assert names
    for name in names:
        assert name.startswith(f"/web/{VERSION}/")
        found = client.get(name)
        assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True), name
    assert page.headers["cache-control"] == "no-cache"


def test_asset_without_its_version_is_asked_for_again_each_time(client: TestClient) -> None:
    assert client.get("/web/base.css").headers["cache-control"] == "no-cache"


def test_version_is_put_into_references_only() -> None:
    told = '<link href="/web/a.css"> see /web/a.css'
    assert versioned(told) == f'<link href="/web/{VERSION}/a.css"> see /web/a.css'


def test_assets_come_compressed_and_streams_do_not(client: TestClient) -> None:
    assert client.get("/web/base.css").headers["content-encoding"] == "gzip"
    streamed = client.post("/v1/chat", json={"message": "Why do gradients keep growing?", "stream": True})
    assert "content-encoding" not in streamed.headers
