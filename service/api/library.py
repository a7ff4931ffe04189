"""What the tutor knows: search results and entries."""

from pydantic import BaseModel, Field

from service.events import MatchedEntry, ShownSnippet

MAX_K = 50
MAX_QUERY = 20_000


class SearchResult(BaseModel):
    """The entries nearest to a query."""

    matches: list[MatchedEntry] = Field(description="Best first; always k of them where there are as many entries.")


class EntryHead(BaseModel):
    """An entry in a list."""

    entry_id: str = Field(description="Its id.", examples=["optimizer-setup"])
    number: int = Field(description="Its number in its collection.", examples=[19])
    question: str = Field(
        description="The question that it answers.",
        examples=["How do you set up an optimizer in PyTorch, and what is its purpose?"],
    )
    topic: str = Field(description="What it is filed under.", examples=["Training and optimization"])
    collection: str = Field(description="The set of entries that it belongs to.", examples=["interview"])


class EntryList(BaseModel):
    """Entries, by collection and number."""

    entries: list[EntryHead] = Field(description="By collection and number.")


class PitfallView(BaseModel):
    """A mistake that people make."""

    title: str = Field(description="The mistake in a few words.", examples=["Forgetting zero_grad"])
    text: str = Field(
        description="What happens and why, as Markdown.", examples=["Gradients of all earlier steps are summed."]
    )
    broken: str = Field(
        description="Id of the snippet that fails as stated.", examples=["optimizer-setup#pitfall-1-broken"]
    )
    mended: str = Field(description="Id of the snippet that passes.", examples=["optimizer-setup#pitfall-1-mended"])


class FollowUpView(BaseModel):
    """A question that learners ask next."""

    question: str = Field(description="The question.", examples=["Why is momentum worth having?"])
    answer: str = Field(description="Its own answer, as Markdown.", examples=["It averages out the noise of batches."])
    snippets: list[str] = Field(description="Ids of its snippets.", examples=[["optimizer-setup#follow-up-1-code-1"]])


class EntryView(EntryHead):
    """Everything about an entry."""

    answer: str = Field(
        description="The answer that stands alone, as Markdown.",
        examples=["An optimizer updates a model's parameters from their gradients."],
    )
    explanation: str = Field(
        description="How it works underneath and when it matters, as Markdown; may be empty.",
        examples=["`step()` reads `.grad` of each parameter that it was given."],
    )
    also_asked: list[str] = Field(
        description="Other ways in which people put the question.", examples=[["which optimizer do I use?"]]
    )
    symptoms: list[str] = Field(
        description="Error messages and observations that the entry explains.", examples=[["the loss does not move"]]
    )
    key_points: list[str] = Field(
        description="Short statements that a good answer must contain.", examples=[["zero_grad comes before backward"]]
    )
    see_also: list[str] = Field(description="Ids of related entries.", examples=[["training-loop"]])
    versions: list[str] = Field(
        description="What changed in which release of torch.", examples=[["2.0: zero_grad sets gradients to None"]]
    )
    references: list[str] = Field(
        description="Titles of pages of the official documentation.", examples=[["torch.optim"]]
    )
    code: list[str] = Field(
        description="Ids of the snippets that show the answer.", examples=[["optimizer-setup#code-1"]]
    )
    pitfalls: list[PitfallView] = Field(description="Mistakes that people make here.")
    follow_ups: list[FollowUpView] = Field(description="What learners ask next.")
    snippets: list[ShownSnippet] = Field(description="Every snippet of the entry, with its stored verdict.")
