"""What several paths have in common, described once."""

from typing import Annotated

from fastapi import Path, Query

ConversationId = Annotated[
    str, Path(description="From a reply, or from the list of conversations.", examples=["vJv3T0kq7Zc1mB0m2i6xGA"])
]
MessageId = Annotated[
    str, Path(description="From the `matched` event or the reply.", examples=["Jt5r0mPp0wbvPUYjq5Bk3A"])
]
EntryId = Annotated[str, Path(description="From a match, or from the list of entries.", examples=["optimizer-setup"])]
ShareToken = Annotated[
    str,
    Path(
        description="From the share link.",
        examples=["hR0yPwUuq1cQmYb0n2zJrX5T4s8vK7dE3fG6aL9oWic"],
    ),
]
InCollection = Annotated[str | None, Query(description="Only the entries of this collection.", examples=["interview"])]
