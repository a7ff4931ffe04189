"""Settings: what cannot be used is refused with what to write."""

import pytest
from pydantic import ValidationError

from service.settings import Settings


@pytest.mark.parametrize(
    ("url", "kept"),
    [("https://tutor.example.org/", "https://tutor.example.org"), ("http://a:1/b", "http://a:1/b"), ("", None)],
)
def test_the_public_address_is_kept_without_its_last_slash(url: str, kept: str | None) -> None:
    assert Settings(public_url=url).public_url == kept


@pytest.mark.parametrize("url", ["tutor.example.org", "javascript:alert(1)", "https://a b", "https://a/?q=1"])
def test_what_is_no_address_is_no_public_url(url: str) -> None:
    with pytest.raises(ValidationError, match="write 'https://tutor"):
        Settings(public_url=url)
