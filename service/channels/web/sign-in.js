// Signs a browser in on a page that needs it, and shows that page.
import { call } from "./api.js";

const $ = (id) => document.getElementById(id);

$("sign-in").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  try {
    await call("POST", "/v1/session", { body: { key: $("key").value } });
    location.reload();
  } catch (error) {
    $("told").textContent = error.message;
    $("key").value = "";
    $("key").focus();
  }
});

// A browser leaves its cookie out where a link on another site leads here: it may be signed in already.
const { signed_in } = await call("GET", "/v1/session").catch(() => ({ signed_in: false }));
const [{ type }] = performance.getEntriesByType("navigation");
if (signed_in && type !== "reload") location.reload();
else {
  $("sign-in").hidden = false;
  $("key").focus();
}
