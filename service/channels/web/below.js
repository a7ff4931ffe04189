// A way down where the end of the conversation is out of sight: nothing scrolls by itself while somebody reads.
import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { Icon } from "./icons.js";

/** The end of the transcript, and a button that leads to it while it is below the window; keyboards have a key for it. */
export function Below() {
  const end = useRef(null);
  const [hidden, hide] = useState(true);
  useEffect(() => {
    const observer = new IntersectionObserver(([seen]) => hide(seen.isIntersecting || seen.boundingClientRect.top < 0), { rootMargin: "0px 0px -60px" });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  const go = () => end.current.scrollIntoView({ block: "end", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  return html`<div ref=${end} class="end"></div>
    <button type="button" class="icon below" tabindex="-1" hidden=${hidden} aria-label="To the end of the conversation" title="To the end" onClick=${go}><${Icon} name="below" /></button>`;
}
