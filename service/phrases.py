"""What short messages ask for, and in which form a question wants its reply; pure."""

import re
from typing import Literal

Shorthand = Literal[
    "explanation",
    "code",
    "pitfalls",
    "consequence",
    "more",
    "summary",
    "sources",
    "comparison",
    "choice",
    "other",
    "yes",
]
Form = Literal["answer", "explanation", "code", "error", "comparison"]

_LEAD = re.compile(
    r"(?:(?:ok(?:ay)?|and|but|so|well|hm+|ah|oh|thanks?(?: you)?|great|cool|nice|alright|right|now|then|please|sorry|wait"
    r"|got it|i see|actually|yes|yeah|could you|can you|would you|will you|i d like you to)\s+)+"
)
_TAIL = re.compile(
    r"(?:\s+(?:please|then|though|tho|now|exactly|again|actually|thanks?|for me|instead|at all|here|to me|in there))+$"
)
_IT = r"(?:it|that|this|them|those|these)"

_SHORTHANDS: tuple[tuple[Shorthand, str], ...] = (
    ("explanation",
     rf"why(?: (?:is|does|would|did|was) {_IT}(?: so| be| the case)?| so| not| is that so)?|how so|how come|for what reason"
     rf"|explain(?: {_IT})?(?: (?:more|further|why|better|in (?:more )?(?:detail|depth)|properly))*"
     rf"|i (?:don ?t|do not|didn ?t) (?:really )?(?:understand|get)(?: {_IT}| why)?|what do you mean(?: by {_IT})?"
     rf"|what(?: is| s) the (?:reason|rationale|intuition|idea)(?: (?:for|behind) {_IT})?|what does {_IT} mean"
     rf"|how does {_IT} work(?: (?:underneath|internally|inside|under the hood|in detail))?|the theory"),
    ("more",
     rf"(?:tell me |give me |show me |say |i want )?(?:some |a bit |a little )?more(?: (?:details?|info|information))?"
     rf"(?: (?:about|on) {_IT})?|go on|continue|keep going|what else(?: is there| should i know)?|anything else"
     rf"|elaborate(?: on {_IT})?|go deeper|next|in (?:more )?detail|details|what(?: is| s) next|is that all|further"),
    ("code",
     rf"(?:(?:show|give|write|get)(?: me)? |see |let me see |i (?:want|need)(?: to see)? |do you have |got |have you )?"
     rf"(?:(?:the|some|an?|any|your|more|working|runnable|full|another) )*(?:code|example|snippet|demo|sample)s?"
     rf"(?: (?:for|of) {_IT})?|show(?: me)?(?: {_IT}| how)?(?: in code)?|in code"
     rf"|(?:how|what) (?:would|does|do|will) (?:{_IT}|i|you) (?:look(?: like)?|write {_IT}|do {_IT})(?: in code| in python)?"
     rf"|how do i (?:do|write|code|implement|use) {_IT}(?: in (?:code|practice|pytorch|python))?"),
    ("pitfalls",
     r"(?:what|where) (?:can|could|might|does|do|will|usually )+ ?(?:people |usually |possibly )?(?:go(?:es)? wrong|get wrong|break)"
     r"(?: with (?:it|that|this))?|(?:show(?: me)? )?(?:the |any |some |common |typical )*(?:pitfalls|mistakes|gotchas|traps|caveats)"
     r"|what (?:should|must) i (?:watch out for|avoid|be careful (?:with|about|of))|any(?:thing)? to watch out for"),
    ("consequence",
     rf"what (?:if|happens if|happens when|would happen if|will happen if)(?: i| you| we| one)? "
     rf"(?:don ?t|do not|didn ?t|won ?t|forget(?: (?:to|{_IT}))?|skip {_IT}|leave {_IT} (?:out|off|away)|omit {_IT}|not)"
     rf"(?: do {_IT}| use {_IT}| do so)?|(?:and )?if i (?:don ?t|do not|forget(?: {_IT})?|skip {_IT}|leave {_IT} out)"
     rf"|what happens (?:otherwise|without(?: {_IT})?)|what about without(?: {_IT})?|without {_IT}|otherwise|or else"
     rf"|(?:do|must) i (?:really )?(?:have|need)? ?to|(?:is|are) {_IT} (?:really )?(?:necessary|needed|required|a must)"
     rf"|do i (?:really )?(?:need|have to do) {_IT}|(?:and )?is {_IT} bad|does {_IT} matter"),
    ("summary",
     r"(?:in )?short(?:er)?|tl ?dr|in (?:simpler?|plain|other|easy) (?:words|terms|english)|simpler|eli5|too long"
     r"|(?:can you |please )?(?:summari[sz]e|sum up|recap)(?: (?:it|that|this))?|(?:a |the )?(?:summary|recap|gist|key points?)"
     r"|explain (?:it |that |this )?(?:simply|like i m (?:five|5)|in simple(?:r)? (?:words|terms))|the short version"),
    ("sources",
     rf"(?:the |any |your |what(?: is| are) (?:the|your) )*(?:sources?|references?|docs|documentation|links?)"
     rf"|where (?:is|did|do|does) (?:{_IT}|you) (?:come |get |know |have )?(?:{_IT} )?from|how do you know(?: {_IT})?"
     rf"|(?:are you|you) (?:really |quite )?sure(?: about {_IT})?|is {_IT} (?:really )?(?:true|correct|right)|says who|really"
     rf"|prove it|where can i read (?:more|up)(?: (?:about|on) {_IT})?"),
    ("comparison",
     rf"how (?:is|are|does|do) {_IT} (?:different|differ|compare)(?: (?:from|to|with) (?:the )?"
     rf"(?:other|first|second|previous|last|earlier|former)(?: (?:one|ones|two|thing|method))?)?"
     rf"|what(?: is| s) the difference(?: (?:between (?:them|the two|those|these|both|(?:those|these) two)"
     rf"|(?:to|from|with) the (?:other|first|previous|last|earlier)(?: one)?))?"
     rf"|(?:compare|contrast) (?:them|the two|both|{_IT}(?: (?:to|with) the (?:other|first|previous)(?: one)?)?)"),
    ("choice",
     r"which(?: one)?(?: of (?:them|the two|those|these))? (?:is|would be) (?:the )?(?:better|best)(?: one)?"
     r"|(?:so |and )?which(?: one| of (?:them|the two|those|these))?(?: should| would| do| shall| must) (?:i|you|we) "
     r"(?:use|take|pick|choose|prefer|recommend|start with)|what (?:would|do) you (?:recommend|suggest)"
     r"|when (?:would|should|do) i (?:use|choose|take) which(?: one)?"),
    ("other",
     r"(?:what about |how about |tell me about |show me |explain )?the other(?: one| two)?(?: one)?"),
    ("yes",
     r"yes|yeah|yep|yup|sure|ye|y|aye|of course|definitely|absolutely|please do|do it|please|ok(?:ay)?|go ahead|sounds good"
     r"|i would|i do|why not|yes (?:i do|i would|show me|tell me|go ahead|go on)|tell me|i d like that|let s do (?:it|that)"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _SHORTHANDS)

_ORDINALS = {
    word: number
    for number, words in enumerate(
        ("1st first one", "2nd second two", "3rd third three", "4th fourth four", "5th fifth five"), 1
    )
    for word in words.split()
}
_PLACE = re.compile(
    r"(?:(?:give|tell|show)(?: me)? |i (?:mean|meant|want|d like|choose|pick|take) |what about |how about |explain |let s take )?"
    r"(?:the |number |no |nr |option |question |point |answer )*(?P<word>\w+)(?: (?:one|question|option|point|mistake|pitfall))?"
)

_ERROR = re.compile(
    r"\b[A-Z]\w*(?:Error|Exception|Warning)\b\s*:|^Traceback \(most recent|\b\w+(?:Error|Exception)\b", re.M
)
_COMPARISON = re.compile(
    r"\b(?:differences? between|differ(?:s|ent)? from|compared? (?:to|with)|versus|vs\.?|comparison|distinguish)(?:\b|(?<=\.))"
    r"|\bcompare\b|\bdifference (?:to|from|with)\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"(?:^|[.,;:!?]\s*|\band\s+|\bbut\s+)(?:why|how come|what(?:'s| is) the (?:reason|intuition)|explain|for what reason"
    r"|how (?:does|do|is|are)\b(?!.{0,12}\b(?:i|we|you|one)\b).{3,80}\bwork)",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"(?:^|[.,;:!?]\s*|\band\s+|\bso\s+)(?:how (?:do|can|could|should|would|to|might|must)\b|what(?:'s| is) the (?:way|code|command|syntax)"
    r"|show me|give me|write|implement|is there (?:a|an|any) (?:\w+ )?way|example of|code (?:for|to))",
    re.IGNORECASE,
)
_SIDES = (
    re.compile(r"\bdifferences? between (?P<a>.+?) and (?P<b>.+?)(?:[?.!,;]|\bin (?:py)?torch\b|$)", re.IGNORECASE),
    re.compile(r"\bcompare (?P<a>.+?) (?:and|with|to) (?P<b>.+?)(?:[?.!,;]|$)", re.IGNORECASE),
    re.compile(
        r"\bhow (?:is|are|does|do) (?P<a>.+?) (?:different from|differ from|compare (?:to|with)) (?P<b>.+?)(?:[?.!,;]|$)",
        re.IGNORECASE,
    ),
    re.compile(r"(?:^|[.,;:!?]\s*)(?P<a>[^.,;:!?]+?) (?:vs\.?|versus) (?P<b>.+?)(?:[?!,;]|$)", re.IGNORECASE),
)
_MAX_READ = 2000
_MAX_COMPARED = 300


def bare(message: str) -> str:
    """The message in lower case, without punctuation and with single spaces."""
    return re.sub(r"[^\w]+", " ", message.lower()).strip()


def shorthand(bare_message: str) -> Shorthand | None:
    """What a message asks for that says nothing about its topic; ``None`` where it is more than that."""
    if len(bare_message) > 100:
        return None
    forms = [bare_message]
    for form in (_LEAD.sub("", bare_message, count=1) if _LEAD.match(bare_message) else bare_message,):
        forms += [form, _TAIL.sub("", form), _TAIL.sub("", bare_message)]
    return next((name for form in forms for name, pattern in _COMPILED if pattern.fullmatch(form)), None)


def place(bare_message: str, length: int) -> int | None:
    """Which of ``length`` things, from 0, the message names: "2", "the second one", "number 3", "the last"."""
    match = _PLACE.fullmatch(bare_message.removeprefix("and ").removesuffix(" please")) if length else None
    if match is None:
        return None
    word = match["word"]
    if word == "last":
        return length - 1
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 4 else _ORDINALS.get(word, 0)
    return number - 1 if 1 <= number <= length else None


def form(message: str) -> Form:
    """The form of reply that a question wants."""
    text = message[:_MAX_READ]
    if _ERROR.search(text):
        return "error"
    if _COMPARISON.search(text):
        return "comparison"
    if _WHY.search(text):
        return "explanation"
    return "code" if _HOW.search(text) else "answer"


def sides(message: str) -> tuple[str, str] | None:
    """The two things that a message compares."""
    for pattern in _SIDES:
        match = pattern.search(message[:_MAX_COMPARED])
        if match is not None and match["a"].strip() and match["b"].strip():
            return match["a"].strip(), match["b"].strip()
    return None


def questions(message: str) -> tuple[str, ...]:
    """The questions of a message, each with the statements before it; the whole message where there is only one."""
    numbered = re.split(r"(?:^|\s)(?:\(?\d{1,2}[.)]|[-*•])\s+", message)
    listed = [part.strip() for part in numbered if part.strip()]
    if len(listed) >= 2 and all("?" in part or len(part.split()) >= 3 for part in listed):
        return tuple(listed)
    parts = [part.strip() for part in re.split(r"(?<=\?)\s+|\n{2,}", message) if part.strip()]
    joined: list[str] = []
    carried = ""
    for part in parts:
        if part.endswith("?"):
            joined.append(f"{carried} {part}".strip())
            carried = ""
        else:
            carried = f"{carried} {part}".strip()
    if carried and joined:
        joined[-1] = f"{joined[-1]} {carried}"
    return tuple(joined) if len(joined) >= 2 else (message,)
