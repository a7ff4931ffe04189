"""``torchtutor llm check``: whether the configured language model works, how fast it is, and what it costs."""

import time

import typer

from corpus.errors import TutorError
from service.channels import console
from service.guarding import CHARACTERS, Prices, estimated
from service.language_model import ModelFailed, Said, Usage
from service.prompt import SYSTEM
from service.wiring import make_model

NO_ANSWER = 1
LIKE_A_LESSON = (
    "Inside torch.no_grad() autograd records nothing, so results have requires_grad=False and memory is saved. "
)
QUESTION = [
    Said("system", SYSTEM),
    Said(
        "user",
        f'<lesson number="1">\n# What does torch.no_grad do?\n\n{LIKE_A_LESSON * 20}\n</lesson>\n\n'
        "<learner>\nWhat does torch.no_grad do?\n</learner>",
    ),
]

app = typer.Typer(help="The language model that words answers, where one is configured.", no_args_is_help=True)


class NoModel(TutorError):
    """No language model is configured."""


@app.callback()
def commands() -> None:
    """The language model that words answers, where one is configured."""


@app.command()
def check() -> None:
    """Ask it one question: does it work, how fast is it, what does it cost? Exit status 1 where it gives no answer."""
    settings = console.settings()
    model = make_model(settings)
    if model is None:
        raise NoModel("no language model is configured; set TUTOR_LLM=provider:model (see docs/language-model.md)")
    console.out.print(f"Asking {model.name} …", markup=False, highlight=False)
    started = time.perf_counter()
    first, text, usage = 0.0, "", None
    try:
        for chunk in model.stream(QUESTION, max_tokens=settings.llm_answer_tokens, seconds=settings.llm_seconds):
            if chunk.text and not text:
                first = time.perf_counter() - started
            text += chunk.text
            usage = chunk.usage or usage
    except ModelFailed as failed:
        console.tell(f"torchtutor: the language model {failed}; see docs/language-model.md")
        raise typer.Exit(NO_ANSWER) from None
    total = time.perf_counter() - started
    spent = usage or Usage(estimated(QUESTION), round(len(text) / CHARACTERS))
    prices = Prices(*settings.llm_prices) if settings.llm_prices else None
    for line in _told(text, spent, first, total, prices, is_counted=usage is not None):
        console.out.print(line, markup=False, highlight=False)
    if not text.strip():
        raise typer.Exit(NO_ANSWER)


def _told(text: str, spent: Usage, first: float, total: float, prices: Prices | None, *, is_counted: bool) -> list[str]:
    speed = spent.completion / (total - first) if total > first else 0.0
    counted = "" if is_counted else " (estimated: the provider does not tell)"
    cited = "yes" if "[1]" in text else "no; its sentences will be held against every lesson that was found"
    cost = "unknown: set TUTOR_LLM_PRICES" if prices is None else f"{prices.of(spent):.6f} for this one"
    return [
        f"answer       {' '.join(text.split())[:300]}",
        f"cites        {cited}",
        f"first text   {first:.2f} s",
        f"whole        {total:.2f} s, {speed:.0f} tokens a second",
        f"tokens       {spent.prompt} to it, {spent.completion} from it{counted}",
        f"cost         {cost}",
    ]
