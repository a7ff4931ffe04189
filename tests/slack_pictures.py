"""Draws ``docs/slack-*.png``: real events through the fake Slack, and the blocks that the tutor sent, much as in Slack.

``PYTHONPATH=.:tests python tests/slack_pictures.py STATE_FOLDER``, where the folder holds an index.
"""

import html
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import fake_slack
from chromium import launched
from conftest import Server
from fake_slack import BOT, FakeSlack
from markdown_it import MarkdownIt

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 760
STYLE = """
body { margin: 0; padding: 16px 20px; font: 15px/1.46 Lato, "Liberation Sans", Arial, sans-serif; color: #1d1c1d;
       background: white; width: 720px; box-sizing: border-box; }
.message { display: grid; grid-template-columns: 36px 1fr; gap: 0 10px; padding: 8px 0; }
.face { width: 36px; height: 36px; border-radius: 6px; background: #2b2d42; color: #ff7b54; font-weight: 900;
        text-align: center; line-height: 36px; }
.person .face { background: #8fb8a8; color: white; }
.name { font-weight: 900; } .app { background: #ddd; font-size: 10px; font-weight: 700; padding: 1px 3px;
        border-radius: 2px; color: #616061; margin: 0 4px; } .time { color: #616061; font-size: 12px; }
p { margin: 4px 0 8px; } pre, code { font: 12px/1.5 Monaco, "Liberation Mono", monospace; }
code { color: #c01343; background: #f8f8f8; border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px; }
pre { background: #f8f8f8; border: 1px solid #ddd; border-radius: 4px; padding: 8px; margin: 4px 0;
      white-space: pre-wrap; }
.context { color: #616061; font-size: 13px; margin: 2px 0 8px; } .context a { color: #1264a3; text-decoration: none; }
button { font: 700 13px Lato, "Liberation Sans", Arial, sans-serif; color: #1d1c1d; background: white;
         border: 1px solid #bbb; border-radius: 4px; padding: 5px 11px; margin: 3px 5px 3px 0; }
blockquote { border-left: 4px solid #ddd; margin: 4px 0 8px; padding-left: 10px; color: #444; }
.task { border: 1px solid #ddd; border-radius: 8px; padding: 6px 10px; display: inline-block; margin: 4px 0; }
.thumbs { color: #616061; font-size: 14px; } .mention { background: #e8f5fa; color: #1264a3; border-radius: 3px; }
"""
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def page(messages: list[dict[str, Any]]) -> str:
    return f"<meta charset=utf-8><style>{STYLE}</style>" + "".join(map(_message, messages))


def _message(message: dict[str, Any]) -> str:
    tutor = bool(message.get("bot_id"))
    name, face, app = ("torchtutor", "tt", "<span class=app>APP</span>") if tutor else ("Anna", "A", "")
    body = "".join(map(_block, message["blocks"])) if tutor else _typed(message["text"])
    head = f"<span class=name>{name}</span>{app} <span class=time>10:42 AM</span>"
    side = "" if tutor else " person"
    return f'<div class="message{side}"><div class=face>{face}</div><div>{head}<div>{body}</div></div></div>'


def _typed(text: str) -> str:
    shown = html.escape(html.unescape(text.replace(f"<@{BOT}>", "\0")))
    parts = shown.replace("\0", "<span class=mention>@torchtutor</span>").split("```")
    return "".join(
        f"<pre>{part.strip()}</pre>" if number % 2 else f"<p>{part}</p>" for number, part in enumerate(parts)
    )


def _block(block: dict[str, Any]) -> str:
    kind = block["type"]
    if kind == "markdown":
        return str(_MARKDOWN.render(block["text"]))
    if kind == "rich_text":
        (element,) = block["elements"]
        text = html.escape("".join(part["text"] for part in element["elements"]))
        return (
            f"<pre>{text}</pre>" if element["type"] == "rich_text_preformatted" else f"<blockquote>{text}</blockquote>"
        )
    if kind == "section":
        return f"<p>{html.escape(block['text']['text'])}</p>"
    if kind == "context":
        return "".join(f"<div class=context>{_aside(element)}</div>" for element in block["elements"])
    if kind == "task_card":
        return f"<div class=task>{'✔' if block['status'] == 'complete' else '…'} {html.escape(block['text'])}</div>"
    if kind == "actions":
        labels = [element["text"]["text"] if element["type"] == "button" else "⋯" for element in block["elements"]]
        return "".join(f"<button>{html.escape(label)}</button>" for label in labels)
    return "<div class=thumbs>👍 &nbsp; 👎</div>"


def _aside(element: dict[str, Any]) -> str:
    text = str(element["text"])
    if element["type"] == "plain_text" or "<http" not in text:
        return html.escape(text)
    lead, _, rest = text.partition("<")
    url, _, label = rest.rstrip(">").partition("|")
    return f'{lead}<a href="{url}">{label}</a>'


def scenes(fake: FakeSlack) -> dict[str, list[dict[str, Any]]]:
    """What happens in the pictures."""
    channel = fake.channels["C0GENERAL"]
    asked = fake.say(f"<@{BOT}> why do my gradients keep growing every step?")
    reply = fake.reply(asked, seconds=200)
    fake.press("C0GENERAL", reply["ts"], "▶ Run")
    ran = fake.reply(asked, count=2)
    program = "import torch\nx = torch.ones(3, requires_grad=True)\ny = (x * 2).sum().detach()\ny.backward()"
    pasted = fake.say(f"<@{BOT}> why does this fail? ```{program}```")
    return {
        "slack-reply": [channel[asked], reply],
        "slack-run": [ran],
        "slack-program": [channel[pasted], fake.reply(pasted)],
    }


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="slack-pictures-"))
    shutil.copytree(Path(sys.argv[1]) / "index", home / "index")
    fake = FakeSlack()
    server = Server(
        home,
        home / "server.log",
        SLACK_BOT_TOKEN=fake_slack.TOKEN,
        SLACK_SIGNING_SECRET=fake_slack.SECRET,
        SLACK_API_URL=fake.api_url,
        TUTOR_PUBLIC_URL="https://tutor.example.org",
    )
    fake.events_url = f"{server.url}/slack/events"
    found = scenes(fake)
    server.stop()
    fake.close()
    with launched() as browser:
        view = browser.new_page(viewport={"width": WIDTH, "height": 10}, device_scale_factor=1.5)
        for name, messages in found.items():
            view.set_content(page(messages))
            view.screenshot(path=DOCS / f"{name}.png", full_page=True)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
