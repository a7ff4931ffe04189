// Signs a browser in on a page that needs it, and shows that page.
import { call } from "./api.js";

const $ = (id) => document.getElementById(id);
const shown = () => location.replace(location.pathname + location.search); // a reload would be sent without the cookie

$("sign-in").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  try {
    await call("POST", "/v1/session", { body: { key: $("key").value } });
    shown();
  } catch (error) {
    $("told").textContent = error.message;
    $("key").value = "";
    $("key").focus();
  }
});

// a browser leaves its cookie out where a link on another site leads here: it may be signed in already
const { signed_in } = await call("GET", "/v1/session");
if (signed_in) shown();
else {
  $("sign-in").hidden = false;
  $("key").focus();
}
