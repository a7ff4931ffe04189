"""The lessons as pages: ``/entries/{id}``, ``/browse``, ``/status``. They work without a script, and run nothing."""

import platform
import re
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from index.passage import passages
from service.channels import templating
from service.channels.badges import place
from service.channels.markup import plain, unmarked
from service.channels.page import HEADERS
from service.lessons import MAX_QUERY, Lesson, Lessons, Shelf, standing
from service.report import Report
from service.sandbox import gpu_devices, torch_version
from service.settings import Settings
from service.wiring import Parts

DESCRIPTION = 200
SEARCHING = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
"""Without a script, searching sends a form to the page itself."""

MAX_LINKED = 5_000
"""How much of an answer the data for search engines holds."""

Facts = Sequence[tuple[str, str]]


def router(parts: Parts, settings: Settings) -> APIRouter:
    """The routes of the pages."""
    routes = APIRouter(include_in_schema=False)
    lessons = Lessons(parts.tutor.entries, parts.retriever, parts.verifier)

    @routes.api_route("/entries/{entry_id}", methods=["GET", "HEAD"])
    def entry(entry_id: str) -> HTMLResponse:
        """One lesson; where there is none, the nearest ones."""
        lesson = lessons.find(entry_id)
        if lesson is None:
            nearest = lessons.nearest(unmarked(entry_id).replace("-", " "))
            return templating.page("missing.html", 404, entry_id=entry_id[:MAX_QUERY], nearest=nearest, here="lesson")
        address = _address(settings, f"/entries/{entry_id}")
        return templating.page(
            "lesson.html",
            lesson=lesson,
            description=plain(lesson.entry.answer, DESCRIPTION),
            linked_data=_linked_data(lesson, address),
            address=address,
            topic_id=topic_id(lesson.entry.collection, lesson.entry.topic),
            here="lesson",
        )

    @routes.get("/entries")
    def no_entry() -> RedirectResponse:
        return RedirectResponse("/browse")

    @routes.api_route("/browse", methods=["GET", "HEAD"])
    def browse(q: str = Query("", max_length=MAX_QUERY)) -> HTMLResponse:
        """All lessons, and those nearest to a query."""
        report = lessons.report()
        shelves = lessons.shelves(report)
        shown = templating.page(
            "browse.html",
            shelves=shelves,
            topics=_topics(shelves),
            topic_id=topic_id,
            overall=standing(report.snippets),
            count=len(lessons.entries),
            query=q,
            nearest=lessons.nearest(q),
            max_query=MAX_QUERY,
            address=_address(settings, "/browse"),
            here="browse",
        )
        shown.headers["Content-Security-Policy"] = SEARCHING
        return shown

    @routes.api_route("/status", methods=["GET", "HEAD"])
    def status() -> HTMLResponse:
        """What this service is made of, and what of its code does not pass."""
        report = lessons.report()
        return templating.page(
            "status.html",
            groups=_groups(parts, settings, report),
            report=report,
            overall=standing(report.snippets),
            faulty=[row for row in report.snippets if row.outcome in ("warned", "not as stated")],
            here="status",
        )

    return routes


def topic_id(collection: str, topic: str) -> str:
    """Where ``/browse`` shows a topic."""
    return "topic-" + re.sub(r"\W+", "-", f"{collection} {topic}".lower()).strip("-")


def _topics(shelves: Sequence[Shelf]) -> list[tuple[str, str, int]]:
    """Id, name and size of each topic."""
    return [
        (topic_id(shelf.collection, topic.name), topic.name, len(topic.lessons))
        for shelf in shelves
        for topic in shelf.topics
    ]


def _address(settings: Settings, path: str) -> str | None:
    """Under what address others find the page, where the operator said so."""
    return settings.public_url + path if settings.public_url else None


def _linked_data(lesson: Lesson, address: str | None) -> dict[str, Any]:
    """The lesson in the words of schema.org."""
    entry = lesson.entry
    question = plain(entry.question, DESCRIPTION)
    answer = {"@type": "Answer", "text": plain(entry.answer, MAX_LINKED)}
    return {
        "@context": "https://schema.org",
        "@type": ["TechArticle", "LearningResource"],
        "headline": question,
        "description": plain(entry.answer, DESCRIPTION),
        "about": unmarked(entry.topic),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "mainEntity": {"@type": "Question", "name": question, "acceptedAnswer": answer},
        **({"url": address} if address else {}),
    }


def _groups(parts: Parts, settings: Settings, report: Report) -> list[tuple[str, Facts]]:
    """What is told beside the verification, by title."""
    sandbox, verification = parts.sandbox, parts.verification
    entries = parts.tutor.entries.values()
    gpus = gpu_devices()
    waiting = verification.not_run_yet()
    missing = f"{waiting} snippets have no verdict yet" if waiting else "every snippet has its verdict"
    places = Counter(f"{row.verdict.device_name} · {place(row.verdict)}" for row in report.snippets if row.verdict)
    return [
        (
            "Versions",
            [("torchtutor", version("torchtutor")), ("torch", torch_version()), ("Python", platform.python_version())],
        ),
        (
            "Running code",
            [
                ("Isolation", sandbox.isolation.name),
                (
                    "Code of yours",
                    "is run" if sandbox.runs_strangers_code else "is not run here: only the lessons' own is",
                ),
                ("GPU", f"{len(gpus)} device files" if gpus else "none: code that needs one is not run"),
                ("Programs at once", str(sandbox.slots)),
                *[("Ran on", f"{name} ({count})") for name, count in places.most_common()],
                ("In the background", f"{'running snippets' if verification.running else 'nothing runs'}; {missing}"),
            ],
        ),
        (
            "Answers",
            [
                ("Worded by", settings.llm or "the lessons themselves"),
                ("Lessons", f"{len(entries)} in {', '.join(parts.tutor.collections)}"),
                ("Passages searched", str(sum(1 for entry in entries for _ in passages(entry)))),
                ("Embedding model", settings.embedding_model),
                ("Confidence", "calibrated" if parts.retriever.is_calibrated else "not calibrated for this model"),
            ],
        ),
    ]
