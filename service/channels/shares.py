"""Share links: a conversation that its owner lets everybody read who has the link, until it is revoked."""

from fastapi import APIRouter

from service.api.shares import SharedConversation, SharedMessage, ShareLink
from service.channels.access import Asking
from service.channels.parameters import ConversationId, ShareToken
from service.channels.problems import RESPONSES
from service.events import Reply
from service.memory import Memory
from service.memory.nouns import StoredConversation


def router(memory: Memory) -> APIRouter:
    """The routes under ``/v1/conversations/{conversation_id}/share`` and ``/v1/shared``."""
    routes = APIRouter(prefix="/v1", tags=["conversations"], responses=RESPONSES)

    @routes.post("/conversations/{conversation_id}/share", status_code=201)
    def share(conversation_id: ConversationId, caller: Asking) -> ShareLink:
        """Make a link under which everybody can read the conversation; an earlier link stops working."""
        token = memory.shares.create(conversation_id, caller.owner)
        return ShareLink(token=token, url=f"/v1/shared/{token}")

    @routes.delete("/conversations/{conversation_id}/share", status_code=204)
    def unshare(conversation_id: ConversationId, caller: Asking) -> None:
        """Revoke the share link."""
        memory.shares.revoke(conversation_id, caller.owner)

    @routes.get("/shared/{token}")
    def shared(token: ShareToken) -> SharedConversation:
        """Read a shared conversation; needs no key."""
        return _shared(memory.shares.read(token))

    return routes


def _shared(found: StoredConversation) -> SharedConversation:
    replies = [(message, Reply.model_validate_json(message.reply_json)) for message in found.messages]
    return SharedConversation(
        created_at=found.created_at,
        messages=[
            SharedMessage(
                question=message.question,
                created_at=message.created_at,
                outcome=reply.outcome,
                understood_as=reply.understood_as,
                answer=reply.answer,
                matches=reply.matches,
                shown=reply.shown,
                snippets=reply.snippets,
                sentences=reply.sentences,
                worded_by=reply.worded_by,
            )
            for message, reply in replies
        ],
    )
