// The first visit: three examples that show what this can do.
import { html } from "./vendor/preact.js";

const PROGRAM = `import torch

w = torch.ones(3, requires_grad=True)
for step in range(3):
    loss = (w * 2).sum()
    loss.backward()
    w -= 0.1 * w.grad
    print(step, loss.item())`;
const ERROR = "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn";

const EXAMPLES = [
  { title: "Ask in your own words", text: "Why does zero_grad exist?", message: "Why does zero_grad exist?" },
  { title: "Paste an error message", text: "RuntimeError: element 0 of tensors does not require grad …", message: ERROR, code: true },
  {
    title: "Paste a program, and it is run",
    text: "for step in range(3):\n  …\n  w -= 0.1 * w.grad",
    message: `Why does this fail?\n\n\`\`\`python\n${PROGRAM}\n\`\`\``,
    code: true,
  },
];

export const Welcome = ({ onAsk }) => html`<section class="welcome" aria-labelledby="welcome">
  <h1 id="welcome">What would you like to know about PyTorch?</h1>
  <p>Every piece of code in an answer has been run, and you see what came out. Change it, break it, run it again.</p>
  <ul>${EXAMPLES.map(({ title, text, message, code }) => html`<li><button type="button" class="example" onClick=${() => onAsk(message)}>
    <strong>${title}</strong><span class=${code ? "mono" : ""}>${text}</span></button></li>`)}</ul>
  <p class="aside">Or <a href="/browse">read the lessons</a> that the answers come from.</p>
</section>`;
