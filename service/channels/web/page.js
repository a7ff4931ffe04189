// Asks the tutor and shows what it says: the events of one turn, rendered as they come.
import { marked } from "/web/vendor/marked.js";
import DOMPurify from "/web/vendor/purify.js";
import highlighter from "/web/vendor/highlight.js";
import python from "/web/vendor/highlight-python.js";

highlighter.registerLanguage("python", python);
const $ = (id) => document.getElementById(id);
let conversation = null;

const element = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

function markdown(text) {
  const block = element("div", "markdown");
  block.innerHTML = DOMPurify.sanitize(marked.parse(text), { FORBID_TAGS: ["style", "form", "img"] });
  return block;
}

function snippetBlock({ code, caption, verdict, as_stated, deviation, expected_error }) {
  const block = element("figure", "snippet");
  const source = element("code", "");
  source.innerHTML = highlighter.highlight(code.trimEnd(), { language: "python" }).value; // escapes its input
  block.append(markdown(caption), element("pre", "code"));
  block.lastChild.append(source);
  const where = verdict && `${verdict.device.toUpperCase()} · torch ${verdict.torch_version} · ${Math.round(verdict.duration_ms)} ms`;
  const outcome = as_stated === null ? verdict?.status : !as_stated ? deviation : expected_error ? "fails as stated" : "ran";
  const told = !verdict ? `not run: ${deviation}` : `${outcome} · ${where}`;
  const standIns = verdict?.stand_ins.length ? ` · with stand-ins: ${verdict.stand_ins.join(", ")}` : "";
  block.append(element("figcaption", !verdict ? "unknown" : as_stated ?? verdict.status === "passed" ? "good" : "bad", told + standIns));
  const error = verdict?.error ? `${verdict.error.type}: ${verdict.error.message}` : "";
  const output = [verdict?.stdout.trimEnd(), error].filter(Boolean).join("\n");
  if (output) block.append(element("pre", "output", output));
  for (const { name, media_type, base64 } of verdict?.artifacts ?? [])
    block.append(Object.assign(new Image(), { className: "picture", alt: name, src: `data:${media_type};base64,${base64}` }));
  return block;
}

function followUps(texts) {
  const list = element("div", "follow-ups");
  for (const text of texts) {
    const button = element("button", "", text);
    button.onclick = () => ask(text);
    list.append(button);
  }
  return list;
}

async function* events(response) {
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const whole = (text += part).split("\n\n");
    text = whole.pop();
    for (const event of whole) {
      const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

async function ask(message) {
  const question = $("transcript").appendChild(element("p", "question", message));
  const reply = $("transcript").appendChild(element("article", "reply"));
  question.scrollIntoView({ block: "start" });
  $("status").textContent = "Looking for the answer…";
  try {
    const response = await fetch("/v1/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ message, conversation_id: conversation, stream: true }),
    });
    if (response.status === 401) showSignIn();
    if (!response.ok) throw new Error((await response.json()).detail);
    await show(response, reply);
  } catch (error) {
    reply.append(element("p", "bad", `No reply: ${error.message}. Is the service running?`));
  }
  $("status").textContent = "";
}

async function show(response, reply) {
  let answer = "";
  const text = reply.appendChild(element("div", ""));
  for await (const event of events(response)) {
    if (event.event === "running") {
      conversation = event.conversation_id;
      $("status").textContent = "Running your program…";
    } else if (event.event === "matched") {
      conversation = event.conversation_id;
      if (event.matches.length) text.before(element("p", "source", event.matches[0].question));
    } else if (event.event === "text") {
      text.replaceChildren(markdown((answer += event.markdown)));
      $("status").textContent = "Running the code…";
    } else if (event.event === "verified") reply.append(snippetBlock(event.snippet));
    else if (event.event === "error") reply.append(element("p", "bad", `${event.title}: ${event.detail}`));
    else reply.append(followUps([...event.reply.follow_ups, ...event.reply.nearest.map((entry) => entry.question)]));
  }
}

$("ask").onsubmit = (submit) => {
  submit.preventDefault();
  const message = $("message").value.trim();
  if (message) ask(message);
  $("message").value = "";
};
$("message").onkeydown = (key) => {
  if (key.key === "Enter" && !key.shiftKey && !key.isComposing) {
    key.preventDefault();
    $("ask").requestSubmit();
  }
};

const showSignIn = () => { $("sign-in").hidden = false; $("ask").hidden = true; $("key").focus(); };

$("sign-in").onsubmit = async (submit) => {
  submit.preventDefault();
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key: $("key").value }),
  });
  $("status").textContent = response.ok ? "" : (await response.json()).detail;
  $("key").value = "";
  $("sign-in").hidden = response.ok;
  $("ask").hidden = !response.ok;
};

fetch("/v1/session").then((response) => response.json()).then(({ signed_in }) => signed_in || showSignIn());
