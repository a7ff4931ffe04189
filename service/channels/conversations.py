"""A learner's own conversations over HTTP: listed, read, deleted, shared; and what they think of the replies."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from service.channels.access import Asking
from service.channels.problems import RESPONSES
from service.events import MatchedEntry, Outcome, Reply, ShownSnippet
from service.memory import Memory
from service.memory.nouns import StoredConversation
from service.turns import Turns

MAX_COMMENT = 4000
MAX_ID = 100


class ConversationHead(BaseModel):
    conversation_id: str
    title: str = Field(description="Its first question, shortened.")
    created_at: datetime
    updated_at: datetime = Field(description="When its newest message was stored.")
    messages: int
    shared: bool = Field(description="Whether a share link shows it to others.")


class ConversationList(BaseModel):
    conversations: list[ConversationHead] = Field(description="The one with the newest message first.")


class GivenFeedback(BaseModel):
    helpful: bool
    comment: str | None


class MessageView(BaseModel):
    message_id: str
    question: str
    created_at: datetime
    reply: Reply = Field(description="As it was given, with the verdicts that it showed.")
    feedback: GivenFeedback | None


class ConversationView(BaseModel):
    conversation_id: str
    created_at: datetime
    shared: bool
    messages: list[MessageView] = Field(description="Oldest first.")


class ShareLink(BaseModel):
    token: str = Field(description="Shown once. Whoever has it can read the conversation until it is revoked.")
    url: str = Field(description="Where to read it, below the address of this service.", examples=["/v1/shared/TOKEN"])


class SharedMessage(BaseModel):
    question: str
    created_at: datetime
    outcome: Outcome
    answer: str
    matches: list[MatchedEntry]
    snippets: list[ShownSnippet]


class SharedConversation(BaseModel):
    """What a share link shows: no id by which the conversation could be found or continued, no feedback."""

    created_at: datetime
    messages: list[SharedMessage]


class FeedbackRequest(BaseModel):
    """Whether a reply helped."""

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(max_length=MAX_ID)
    helpful: bool
    comment: str | None = Field(None, max_length=MAX_COMMENT)


class StoredFeedback(GivenFeedback):
    message_id: str


def router(memory: Memory, turns: Turns) -> APIRouter:
    """The routes under ``/v1/conversations``, ``/v1/shared`` and ``/v1/feedback``."""
    routes = APIRouter(prefix="/v1", tags=["conversations"], responses=RESPONSES)
    kept = memory.conversations

    @routes.get("/conversations")
    def conversations(
        caller: Asking,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> ConversationList:
        """Your conversations."""
        heads = kept.list(caller.owner, limit=limit, offset=offset)
        return ConversationList(
            conversations=[
                ConversationHead(
                    conversation_id=head.id,
                    title=head.title,
                    created_at=head.created_at,
                    updated_at=head.updated_at,
                    messages=head.messages,
                    shared=head.shared,
                )
                for head in heads
            ]
        )

    @routes.get("/conversations/{conversation_id}")
    def conversation(conversation_id: str, caller: Asking) -> ConversationView:
        """One conversation with all its messages."""
        return _view(kept.get(conversation_id, caller.owner))

    @routes.delete("/conversations/{conversation_id}", status_code=204)
    async def delete(conversation_id: str, caller: Asking) -> None:
        """Delete a conversation with its messages, feedback and share link, for good."""
        await run_in_threadpool(kept.delete, conversation_id, caller.owner)
        turns.drop(conversation_id)

    @routes.post("/conversations/{conversation_id}/share", status_code=201)
    def share(conversation_id: str, caller: Asking) -> ShareLink:
        """Make a link under which everybody can read the conversation; an earlier link stops working."""
        token = memory.shares.create(conversation_id, caller.owner)
        return ShareLink(token=token, url=f"/v1/shared/{token}")

    @routes.delete("/conversations/{conversation_id}/share", status_code=204)
    def unshare(conversation_id: str, caller: Asking) -> None:
        """Revoke the share link."""
        memory.shares.revoke(conversation_id, caller.owner)

    @routes.get("/shared/{token}")
    def shared(token: str) -> SharedConversation:
        """Read a shared conversation; needs no key."""
        return _shared(memory.shares.read(token))

    @routes.post("/feedback")
    def feedback(request: FeedbackRequest, caller: Asking) -> StoredFeedback:
        """Say whether a reply helped; a later word takes the place of an earlier one."""
        memory.feedback.give(request.message_id, request.helpful, request.comment, caller.owner)
        return StoredFeedback(message_id=request.message_id, helpful=request.helpful, comment=request.comment)

    return routes


def _view(found: StoredConversation) -> ConversationView:
    return ConversationView(
        conversation_id=found.id,
        created_at=found.created_at,
        shared=found.shared,
        messages=[
            MessageView(
                message_id=message.id,
                question=message.question,
                created_at=message.created_at,
                reply=Reply.model_validate_json(message.reply_json),
                feedback=None
                if message.helpful is None
                else GivenFeedback(helpful=message.helpful, comment=message.comment),
            )
            for message in found.messages
        ],
    )


def _shared(found: StoredConversation) -> SharedConversation:
    replies = [(message, Reply.model_validate_json(message.reply_json)) for message in found.messages]
    return SharedConversation(
        created_at=found.created_at,
        messages=[
            SharedMessage(
                question=message.question,
                created_at=message.created_at,
                outcome=reply.outcome,
                answer=reply.answer,
                matches=reply.matches,
                snippets=reply.snippets,
            )
            for message, reply in replies
        ],
    )
