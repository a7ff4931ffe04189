// Text from anywhere made safe and pleasant to show: Markdown to clean HTML, Python to coloured HTML, hidden
// characters made visible.
import { marked } from "./vendor/marked.js";
import DOMPurify from "./vendor/purify.js";
import highlighter from "./vendor/highlight.js";
import python from "./vendor/highlight-python.js";

highlighter.registerLanguage("python", python);

const MAX_COLOURED = 60_000; // characters; longer code is shown plain at once rather than coloured late
// C0 and C1 controls but tab and newline, and what reorders text: it could make code look like other code
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const visible = (text) =>
  text.replace(/\r\n/g, "\n").replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

export function colouredPython(code) {
  if (code.length > MAX_COLOURED) return escape(code);
  return highlighter.highlight(code, { language: "python", ignoreIllegals: true }).value; // escapes its input
}

marked.use({
  renderer: {
    html: ({ text }) => escape(text), // lessons are Markdown; HTML in them is text
    code: ({ text, lang }) =>
      `<pre tabindex="0"><code>${/^py/.test(lang ?? "") ? colouredPython(text) : escape(text)}</code></pre>\n`,
    image: ({ text, href }) => escape(text || href),
  },
});
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A" && node.host !== location.host) node.setAttribute("rel", "noopener noreferrer");
});
const ALLOWED = {
  ALLOWED_TAGS: "p br hr strong em del code pre span a ul ol li blockquote table thead tbody tr th td h1 h2 h3 h4 h5 h6 mark sup".split(" "),
  ALLOWED_ATTR: ["href", "class", "title", "tabindex", "align", "start", "aria-label", "rel"],
  ALLOWED_URI_REGEXP: /^(?:https?:|#|\/)/i,
  ADD_URI_SAFE_ATTR: ["tabindex", "align", "start", "rel"], // no addresses: the rule above is not for them
};

/** Clean HTML of `markdown`; `finish` may change the HTML before it is cleaned. */
export const html = (markdown, finish = (made) => made) =>
  DOMPurify.sanitize(finish(marked.parse(visible(markdown))), ALLOWED);

/** The blocks of `markdown`, each as source: while text streams in, only the last one changes. */
export const blocks = (markdown) => marked.lexer(markdown).map((token) => token.raw).filter((raw) => raw.trim());
