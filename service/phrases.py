"""What short messages ask for that say nothing about their topic: "why?", "more", "the second one"; pure."""

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
    "fix",
    "other",
    "run",
    "yes",
]

# One regular expression a line, of a message without punctuation; IT stands for what the topic may be called.
_PHRASES: dict[Shorthand, str] = {
    "explanation": r"""
        why(?: (?:is|does|would|did|was) IT(?: so| be| the case)?| so| not| is that so)?|how so|how come|for what reason
        explain(?: IT)?(?: (?:more|further|why|better|in (?:more )?(?:detail|depth)|properly))*|the theory
        i (?:don ?t|do not|didn ?t) (?:really )?(?:understand|get) why|what do you mean(?: by IT)?
        why (?:is|are|was|were|would|does|do|did|has) IT (?:be )?GRADE
        what(?: is| s) the (?:reason|rationale|intuition|idea)(?: (?:for|behind) IT)?|what does IT mean
        how does IT work(?: (?:underneath|internally|inside|under the hood|in detail))?
    """,
    "more": r"""
        (?:SHOW |tell me )?(?:some |a bit |a little )?more(?: (?:details?|info|information))?(?: (?:about|on) IT)?
        go on|continue|keep going|go deeper|next|further|what else(?: is there| should i know)?|anything else
        elaborate(?: on IT)?|(?:in )?(?:more )?details?|what(?: is| s) next|is that all
    """,
    "code": r"""
        (?:SHOW )?(?:ANY )*(?:code|example|snippet|demo|sample)s?(?: (?:for|of) IT)?
        show(?: me)?(?: IT| how)?(?: in code)?|in code
        (?:how|what) (?:would|does|do|will) (?:IT|i|you) (?:look(?: like)?|(?:write|do) IT)(?: in (?:code|python))?
        how do i (?:do|write|code|implement|use) IT(?: in (?:code|practice|pytorch|python))?
    """,
    "pitfalls": r"""
        (?:what|where) (?:can|could|might|does|do|will) (?:people |usually )?(?:go wrong|get wrong|break)(?: with IT)?
        what (?:usually )?goes wrong(?: with IT)?|any(?:thing)? to watch out for
        (?:SHOW )?(?:ANY )*(?:pitfalls|mistakes|gotchas|traps|caveats)
        what (?:should|must) i (?:watch out for|avoid|be careful (?:with|about|of))
    """,
    "consequence": r"""
        what (?:if|happens (?:if|when)|(?:would|will) happen if)(?: (?:i|you|we|one))? NOT(?: (?:do IT|use IT|do so))?
        if (?:i|you|we|one) NOT|what happens (?:otherwise|without(?: IT)?)|what about without(?: IT)?|without IT
        otherwise|or else|(?:do|must) i (?:really )?(?:have|need) to|do i (?:really )?(?:need|have to do) IT
        (?:is|are) IT (?:really )?(?:necessary|needed|required|a must|bad)|does IT matter
    """,
    "summary": r"""
        (?:in )?short(?:er)?|tl ?dr|in (?:simpler?|plain|other|easy) (?:words|terms|english)|simpler|eli5|too long
        (?:summari[sz]e|sum up|recap)(?: IT)?|(?:(?:a|the) )?(?:summary|recap|gist|key points?)|the short version
        i (?:don ?t|do not|didn ?t) (?:really )?(?:understand|get)(?: IT)?|i m lost|not clear|confus(?:ed|ing)
        explain (?:IT )?(?:simply|like i m (?:five|5)|in simpler? (?:words|terms))
    """,
    "sources": r"""
        (?:(?:the|any|your|what(?: is| are) (?:the|your)) )*(?:sources?|references?|docs|documentation|links?)
        where (?:is|did|do|does) (?:IT|you) (?:(?:come|get|know|have) )?(?:IT )?from|how do you know(?: IT)?|prove it
        (?:are )?you (?:really |quite )?sure(?: about IT)?|is IT (?:really )?(?:true|correct|right)|says who|really
        (?:(?:in|from) )?(?:which|what) lesson(?: (?:is|was|does|did) IT(?: (?:(?:come )?from|in))?)?
        where can i read (?:more|up)(?: (?:about|on) IT)?
    """,
    "comparison": r"""
        how (?:is|are|does|do) IT (?:different|differ|compare)(?: (?:from|to|with) OTHER)?
        what(?: is| s) the difference(?: (?:between (?:them|both|(?:the|those|these)(?: two)?)|(?:to|from|with) OTHER))?
        (?:compare|contrast) (?:them|the two|both|IT(?: (?:to|with) OTHER)?)
    """,
    "choice": r"""
        which(?: one)?(?: of (?:them|the two|those|these))? (?:is|would be) (?:the )?(?:better|best)(?: one)?
        which(?: one| of (?:them|the two|those|these))? (?:should|would|do|shall|must) (?:i|you|we) PICK
        which(?: ones?)?(?: of (?:them|the two|those|these))?
        what (?:would|do) you (?:recommend|suggest)|when (?:would|should|do) i PICK which(?: one)?
    """,
    "fix": r"""
        (?:how (?:do|can|should|would) (?:i|you|we|one) |how (?:to|2) |to )?MEND(?: IT(?: (?:error|problem|mistake))?)?
        (?:what(?: is| s) )?(?:the |a )?(?:fix|solution|remedy|cure)(?: for IT)?|what now
        what (?:do|should|can|must|would) i do(?: (?:about|against|with) IT)?
    """,
    "other": r"""
        (?:(?:what about|how about|tell me about|show me|explain) )?the other(?: (?:one|two))?
    """,
    "run": r"""
        (?:re ?)?(?:run|execute)(?: (?:IT|PROGRAM))?(?: AGAIN)?|try (?:running )?(?:IT|PROGRAM) AGAIN
        (?:run|execute) IT in the sandbox
    """,
    "yes": r"""
        yes|yeah|yep|yup|sure|ye|y|aye|of course|definitely|absolutely|please(?: do)?|do it|ok(?:ay)?|go ahead
        sounds good|why not|(?:yes )?(?:i do|i would|show me|tell me|go ahead|go on)|i d like that|let s do (?:it|that)
    """,
}
_STANDS_FOR = {
    "IT": r"(?:it|that|this|them|those|these)",
    "SHOW": r"(?:(?:show|give|write|get)(?: me)?|see|let me see|i (?:want|need)(?: to see)?|do you have|got|have you)",
    "ANY": r"(?:the|some|an?|any|your|more|working|runnable|full|another|common|typical)",
    "NOT": r"(?:(?:don|didn|won) ?t|do not|forget(?: (?:to|IT))?|(?:skip|omit) IT|leave IT (?:out|off|away)|not)",
    "OTHER": r"(?:the )?(?:(?:very )?first|other|second|previous|last|earlier|former)"
    r"(?: (?:one|ones|two|thing|method|question|topic))?(?: (?:that )?i asked(?: (?:you )?about)?)?",
    "GRADE": r"(?:(?:so|that|such|really) )?(?:a )?(?:bad|good|better|worse|wrong|right|important|necessary|needed"
    r"|required|useful|dangerous|problem|(?:good|bad) (?:idea|thing)|(?:built|made|done)(?: IT way)?(?: like IT)?)",
    "PICK": r"(?:use|take|pick|choose|prefer|recommend|learn|(?:start|go) (?:with|for))",
    "PROGRAM": r"(?:the|my|your|this|that)(?: (?:same|last))? (?:code|program|snippet|example|script)",
    "AGAIN": r"(?:again|once more|one more time|another time|anew)",
    "MEND": r"(?:fix|solve|mend|repair|resolve|avoid|prevent|correct|get rid of)",
}


def _pattern(lines: str) -> re.Pattern[str]:
    text = "|".join(line.strip() for line in lines.strip().splitlines())
    for _ in range(2):  # what a name stands for may name another
        text = re.sub(
            r"\b(?:IT|SHOW|ANY|NOT|OTHER|GRADE|PICK|PROGRAM|AGAIN|MEND)\b", lambda name: _STANDS_FOR[name[0]], text
        )
    return re.compile(text)


_SHORTHANDS = {name: _pattern(lines) for name, lines in _PHRASES.items()}

_LEAD = re.compile(
    r"(?:(?:ok(?:ay)?|kk?|and|but|so|well|hm+|ah|oh|thanks?(?: you)?|great|cool|nice|alright|right|now|then|please"
    r"|sorry|wait|got it|i see|actually|yes|yeah|could you|can you|would you|will you|i d like you to)\s+)+"
)
_TAIL = re.compile(
    r"(?:\s+(?:please|pls|plz|then|though|tho|now|exactly|again|actually|thanks?|for me|instead|at all|here|to me))+$"
)
_MAX_SHORT = 100

_ORDINALS = {"first": 1, "1st": 1, "one": 1, "second": 2, "2nd": 2, "two": 2, "third": 3, "3rd": 3, "three": 3}
_ORDINALS |= {"fourth": 4, "4th": 4, "four": 4, "fifth": 5, "5th": 5, "five": 5}
_PLACE = re.compile(
    r"(?:(?:(?:give|tell|show)(?: me)?|i (?:meant?|want|d like|choose|pick|take)|what about|how about|explain) )?"
    r"(?:(?:the|number|no|nr|option|question|point|answer) )*(?P<word>\w+)"
    r"(?: (?:one|question|option|point|mistake|pitfall))?"
)


def bare(message: str) -> str:
    """The message in lower case, without punctuation and with single spaces."""
    return re.sub(r"[^\w]+", " ", message.lower()).strip()


def shorthand(bare_message: str) -> Shorthand | None:
    """What a message asks for that says nothing about its topic; ``None`` where it is more than that."""
    if len(bare_message) > _MAX_SHORT:
        return None
    without_lead = _LEAD.sub("", bare_message, count=1) if _LEAD.match(bare_message) else bare_message
    for text in (bare_message, without_lead, _TAIL.sub("", without_lead), _TAIL.sub("", bare_message)):
        for name, pattern in _SHORTHANDS.items():
            if pattern.fullmatch(text):
                return name
    return None


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
