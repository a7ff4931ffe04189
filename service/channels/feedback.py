"""What learners think of the replies, over HTTP."""

from fastapi import APIRouter

from service.api.feedback import FeedbackRequest, StoredFeedback
from service.channels.access import Asking
from service.channels.problems import RESPONSES
from service.memory import Memory


def router(memory: Memory) -> APIRouter:
    """The route ``/v1/feedback``."""
    routes = APIRouter(prefix="/v1", tags=["conversations"], responses=RESPONSES)

    @routes.post("/feedback")
    def feedback(request: FeedbackRequest, caller: Asking) -> StoredFeedback:
        """Say whether a reply helped; a later word takes the place of an earlier one."""
        memory.feedback.give(request.message_id, request.helpful, request.comment, caller.owner)
        return StoredFeedback(message_id=request.message_id, helpful=request.helpful, comment=request.comment)

    return routes
