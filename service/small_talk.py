"""Messages that are no question to a lesson, and the one reply that each kind gets; pure.

Covered: greetings, thanks, goodbyes, a plain "no", what the tutor is, orders to be something else, other languages
than English, and messages without a word that carries meaning. What may be a question is none of these.
"""

import re
from typing import Literal

from service.words import content

Talk = (
    Literal["greeting", "thanks", "bye", "declined", "objection", "identity", "order", "language", "wordless"]
    | Literal["unoffered", "unsure", "no_program"]
)

EXAMPLES = (
    "Why do my gradients keep growing every step?",
    "How do I save a model and load it again?",
    "What is the difference between train() and eval()?",
)

REPLIES: dict[Talk, str] = {
    "greeting": "Hello! I answer questions about PyTorch from a set of lessons, and every piece of code that I show "
    "has been run. Ask me anything, for example one of these.",
    "thanks": "You're welcome! Ask on whenever you like.",
    "bye": "Goodbye, and happy training! This conversation stays here if you want to come back to it.",
    "declined": "All right. What would you like to know instead?",
    "objection": "I am sorry that this was not what you need. Put it in other words, name the function or the error "
    "message, or go on with one of these.",
    "unoffered": "There is nothing of that number to pick. These are the choices.",
    "no_program": "There is no program to run yet in this conversation. Paste one, with your question if you like, "
    "or ask what a lesson shows in code, such as one of these.",
    "unsure": "Because I only say what a lesson says, and none of mine comes near enough to that question; a guess "
    "would look just like an answer. If one of these is what you mean, pick it; else put it in other words.",
    "identity": "I am torchtutor, a tutor for PyTorch: a program that looks up lessons which people wrote, no language "
    "model and no person. Every piece of code I show has been run, and I say so where no lesson covers a question. Ask "
    "in your own words, paste an error message or a program, and go on with *why?*, *show me the code* or a number.",
    "order": "I take no orders about who I am or how I answer: I only answer questions about PyTorch from my lessons. "
    "Ask me one, for example one of these.",
    "language": "I am sorry: I understand only English so far. Please ask in English; names such as `nn.Module` and "
    "error messages can stay as they are.",
    "wordless": "I could not find a question in that. Tell me in a few words what you want to know, for example one "
    "of these.",
}

GOES_ON: tuple[Talk, ...] = ("thanks", "declined", "objection", "unoffered", "unsure", "no_program")
"""After these the conversation goes on where it was: what was offered before is offered again."""

_LEAD = r"(?:(?:oh|ok(?:ay)?|kk?|well|great|cool|nice|perfect|alright|hi|hey|hello|ah|and|so|now) )*"
_TAIL = r"(?: (?:there|tutor|torchtutor|everyone|a lot|so much|very much|for (?:that|this|the help|now)|again|all))*"
# One regular expression a line; a message is of the kind if one of them is all of it.
_PHRASES: dict[Talk, str] = {
    "thanks": r"""
        thanks?(?: you)?(?: (?:so|very) much)?(?: (?:great|got it|perfect|that help(?:s|ed)))?
        thx|ty|cheers|many thanks|much appreciated
        kk?|got it|i see|makes sense|understood|that help(?:s|ed)
        that(?: s| is)? (?:great|helpful|clear|perfect|all|good)
        great|cool|nice|perfect|awesome|wow|lol|haha|interesting|good|alright
    """,
    "greeting": r"""
        hi|hello|hey|hiya|yo|greetings|howdy|good (?:morning|afternoon|evening|day)
        what s up|how are you(?: doing)?(?: today)?|ok(?:ay)?|test(?:ing)?|anybody (?:there|home)
    """,
    "bye": r"""
        bye(?: bye)?|goodbye|see you(?: later)?|good night|that(?: s| is) all
    """,
    "declined": r"""
        no|nope|nah|no thanks?(?: you)?|not now|neither|none(?: of (?:them|these|those))?
    """,
    "objection": r"""
        (?:(?:no|nope|hm) )?(?:that|this|it|you)(?: (?:is|s|are|re|was))? (?:not |totally |completely |just )*BAD
        (?:(?:that|this|it)(?: (?:is|s|was))? )?not (?:really )?(?:what i (?:asked|meant|wanted)|my question|BAD)
        (?:bad|wrong) answer|BAD|you suck|shut up|wtf|(?:that|this) (?:doesn|didn) ?t (?:help|answer (?:it|my question))
    """,
    "identity": r"""
        who are you|what are you|who made you|what(?: is| s) your name|introduce yourself|tell me about yourself
        what can (?:you|i) (?:do|ask)(?: you)?|help(?: me)?|how do you work|what do you know|what is this
        are you (?:an? )?(?:ai|bot|robot|human|person|chatgpt|gpt|llm|language model|real)(?: .{0,30})?
        what topics do you (?:cover|know)|where do (?:the|your) (?:lessons|answers) come from
        who (?:wrote|made|writes|checked) (?:this|(?:these|the|your) (?:lessons|answers))
    """,
}
_BAD = r"(?:wrong|right|correct|true|helpful|useless|stupid|dumb|bad|nonsense|rubbish|bullshit|terrible)"


def _whole(lines: str) -> re.Pattern[str]:
    phrases = "|".join(line.strip() for line in lines.strip().splitlines()).replace("BAD", _BAD)
    return re.compile(f"{_LEAD}(?:{phrases}){_TAIL}")


_KINDS = tuple((talk, _whole(lines)) for talk, lines in _PHRASES.items())

_ORDERS = r"""
    \b(?:ignore|disregard|forget|override|bypass)\b.{0,20}\b(?:all|your|previous|prior|above)\b.{0,20}(?:instruction|prompt|rule|lesson)s?\b
    \byou are (?:now|no longer)\b|\bfrom now on,? (?:you|answer|act|respond|speak|only)\b|\bpretend (?:to be|you)\b
    (?:^|\b(?:you|please|now),? )(?:act|behave|respond|answer|speak|talk) (?:as|like) (?:an? |if you )
    \b(?:reveal|print|show|repeat|tell me|output|leak)\b.{0,20}\b(?:system prompt|your (?:prompt|instructions|rules))\b
    \bwhat(?: is| are|['’]?s) (?:your|the) (?:hidden |secret |system )+(?:prompt|instruction|rule|message)s?\b
    \b(?:jailbreak|developer mode|dan mode|do anything now)\b|\byou must (?:obey|answer anything|say)\b
    ^(?:please )?(?:write|tell|sing|compose|make up)(?: me)? (?:an? |another )?(?:poem|joke|song|story|haiku|rap)\b
"""
_ORDER = re.compile("|".join(line.strip() for line in _ORDERS.strip().splitlines()), re.IGNORECASE | re.DOTALL)

# A few of the commonest words of each language that are no English words.
_FOREIGN = {
    "German": "ich der das und ist nicht wie ein eine mein meine warum kann man für mit auf was den dem des sich "
    "wird auch zu wenn bei von einen zum macht funktioniert wofür brauche",
    "French": "je le la les des est une comment pourquoi pas mon ma mes dans pour avec sur que qui quoi puis peut du "
    "ce cette quelle quel faire sert entre différence un au aux du nous vous il elle modèle",
    "Spanish": "el los las es una cómo como por qué que para con mi mis en puedo cuál cual entre del al se hacer "
    "sirve diferencia",
    "Portuguese": "os as um uma é como para com meu minha não por que em do da dos das faço posso qual entre você",
    "Italian": "il lo gli le è una come perché per con mio mia non che di del della posso quale tra fare cosa",
    "Dutch": "ik het een hoe waarom niet wat mijn voor met van op kan wordt zijn dat ook moet werkt en",
}
_FOREIGN_WORDS = {language: frozenset(words.split()) for language, words in _FOREIGN.items()}
_ENGLISH_WORDS = """
the a an is are was do does did how why what when which who where i my me you your it this that to of in on for with
and or not can should would if from have has be by at there any use using get error model difference between
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")
_MAX_SEARCHED = 2000
_MAX_PHRASE = 100


def recognise(message: str, bare: str) -> Talk | None:
    """What kind of small talk ``message`` is; ``None`` where it may be a question.

    Args:
        bare: the message in lower case without punctuation, as :func:`service.phrases.bare` makes it.
    """
    if len(bare) <= _MAX_PHRASE:
        for talk, pattern in _KINDS:
            if pattern.fullmatch(bare):
                return talk
    beginning = message[:_MAX_SEARCHED]
    if _ORDER.search(beginning):
        return "order"
    if _is_foreign(beginning):
        return "language"
    return None


def is_wordless(message: str) -> bool:
    """Whether nothing in ``message`` carries meaning: emoji, punctuation, stop words."""
    return not content(message) and not re.search(r"(?:py)?torch", message, re.IGNORECASE)


def _is_foreign(text: str) -> bool:
    """Whether most letters are of another script, or the common words are those of another language."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(character) > 0x24F for character in letters) > len(letters) / 2:
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    foreign = max(sum(word in common for word in words) for common in _FOREIGN_WORDS.values())
    return foreign >= 2 and foreign > english
