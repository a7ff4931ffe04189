"""A learner's own conversations over HTTP: listed, read, deleted."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from service.api.conversations import ConversationHead, ConversationList, ConversationView, MessageView, NewTitle
from service.api.feedback import GivenFeedback
from service.channels.access import Asking
from service.channels.parameters import ConversationId
from service.channels.problems import RESPONSES
from service.events import Reply
from service.memory import Memory, UnknownConversation
from service.memory.nouns import StoredConversation
from service.turns import Turns

MAX_SEARCHED = 200
MAX_WORDS = 8
_SEARCHED = "Only those with all of these words in their title or questions, in whatever case; empty: all."


def router(memory: Memory, turns: Turns) -> APIRouter:
    """The routes under ``/v1/conversations`` but for those that share; see :mod:`service.channels.shares`."""
    routes = APIRouter(prefix="/v1", tags=["conversations"], responses=RESPONSES)
    kept = memory.conversations

    @routes.get("/conversations")
    def conversations(
        caller: Asking,
        limit: Annotated[int, Query(ge=1, le=200, description="How many to list.", examples=[50])] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out.", examples=[0])] = 0,
        q: Annotated[str, Query(max_length=MAX_SEARCHED, description=_SEARCHED, examples=["zero_grad"])] = "",
    ) -> ConversationList:
        """Your conversations."""
        heads = kept.list(caller.owner, limit=limit, offset=offset, words=q.split()[:MAX_WORDS])
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
    def conversation(conversation_id: ConversationId, caller: Asking) -> ConversationView:
        """One conversation with all its messages."""
        return _view(kept.get(conversation_id, caller.owner))

    @routes.patch("/conversations/{conversation_id}", status_code=204)
    def rename(conversation_id: ConversationId, new: NewTitle, caller: Asking) -> None:
        """Give a conversation another title."""
        kept.rename(conversation_id, new.title, caller.owner)

    @routes.delete("/conversations/{conversation_id}", status_code=204)
    async def delete_conversation(conversation_id: ConversationId, caller: Asking) -> None:
        """Delete a conversation with its messages, feedback and share link, for good; a running reply ends."""
        cancelled = await turns.drop(conversation_id, caller.owner)
        try:
            await run_in_threadpool(kept.delete, conversation_id, caller.owner)
        except UnknownConversation:
            if not cancelled:  # of a new one nothing was stored yet
                raise

    return routes


def _view(found: StoredConversation) -> ConversationView:
    return ConversationView(
        conversation_id=found.id,
        title=found.title,
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
