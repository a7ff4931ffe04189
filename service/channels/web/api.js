// The service over HTTP: JSON, problems as errors, and server-sent events.

/** What the service refused, in its own words. `retryAfter` in seconds, or null. */
export class Problem extends Error {
  constructor(status, detail, retryAfter = null) {
    super(detail);
    Object.assign(this, { status, retryAfter });
  }
}
/** The service was not reached, or the connection broke. */
export class Unreachable extends Error {}

const left = (error) => error.name === "AbortError";

async function send(method, path, { body, headers = {}, signal } = {}) {
  const request = { method, headers: { ...headers }, signal, cache: "no-store" };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    throw left(error) ? error : new Unreachable("the tutor cannot be reached");
  }
  if (!response.ok) throw await problem(response);
  return response;
}

async function problem(response) {
  const told = await response.json().catch(() => ({}));
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const detail = told.detail ?? `the service answered ${response.status}`;
  return new Problem(response.status, detail, Number.isFinite(seconds) ? seconds : null);
}

/** The JSON that comes back; undefined where there is none. */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined;
  return response.json();
}

/** The events of a stream, `{id, ...data}` each. Throws `Unreachable` where it breaks; ends where the service ends it. */
export async function* stream(method, path, options) {
  const response = await send(method, path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const read = parsed(event);
        if (read) yield read;
      }
    }
  } catch (error) {
    throw left(error) || error instanceof Problem ? error : new Unreachable("the connection broke");
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(event) {
  let data = "";
  let id = null;
  for (const line of event.split("\n")) {
    if (line.startsWith("data:")) data += line.slice(5);
    else if (line.startsWith("id:")) id = Number(line.slice(3));
  }
  return data ? { id, ...JSON.parse(data) } : null;
}
