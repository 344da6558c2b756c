"""The experiment file: what a user writes. A list is a factor of the sweep; a mapping is one level with parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from agentscale.schema.agents import Member, Sampling, listed
from agentscale.schema.embedding import EmbedderSpec, Embedding
from agentscale.schema.profile import Profile
from agentscale.schema.record import Record, later
from agentscale.schema.run import Named
from agentscale.schema.spending import BudgetCaps, Price
from agentscale.schema.tools import ToolName

Layer = Literal["L1", "L2", "L3", "L4"]
"""L1: one model, no persona. L2: one model with personas. L3: all models, no persona. L4: both."""


def _named(value: object) -> object:
    """``vote`` and ``{debate: {rounds: 3}}`` are both written by users; both become name and parameters."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and "name" not in value:
        if len(value) != 1:
            raise ValueError(
                "write one name with its parameters, {name: {parameter: value}}; several levels are a list"
            )
        ((name, parameters),) = value.items()
        return {"name": name, "parameters": {} if parameters is None else parameters}
    return value


NamedLevel = Annotated[Named, BeforeValidator(_named)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(listed), Field(min_length=1)]
Layers = Annotated[tuple[Layer, ...], BeforeValidator(listed), Field(min_length=1)]
Names = Annotated[tuple[str, ...], BeforeValidator(listed)]


class Launch(Record):
    """A server that the run starts on this machine and stops when it ends."""

    server: Literal["llamacpp", "llama-server", "llama-cpp-python", "vllm", "sglang", "ollama"] = "llamacpp"
    """``llamacpp``: llama.cpp's own server out of a package (extra ``local``); the others are programs or packages
    that are installed here."""
    model: str
    """For servers of llama.cpp a name that ``agentscale pull`` knows, or the path of a GGUF file; for the others the
    model's own name, as the server knows it."""
    slots: int = Field(default=4, ge=1)
    """Requests that the server works on at once."""
    context: int = Field(default=2048, ge=256)
    """Tokens of context for each slot."""
    threads: int = Field(default=1, ge=1)
    chat_template: str | None = None
    """Path of a Jinja chat template, for a base model that has none of its own."""
    replicas: Annotated[int, Field(ge=1, le=64)] = later(1)
    """Servers that are started, each on a port of its own; calls go to the one with the fewest under way."""
    gpus: Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(listed)] = later(())
    """Numbers of the GPUs that they use, dealt out in equal parts; without it, what the server takes by itself."""
    arguments: Annotated[tuple[str, ...], BeforeValidator(listed)] = later(())
    """Further arguments of the server's command; not for ``llamacpp``."""

    @model_validator(mode="after")
    def _gpus_are_dealt(self) -> Launch:
        if len(self.gpus) % self.replicas:
            raise ValueError(f"{len(self.gpus)} gpus cannot be dealt to {self.replicas} replicas in equal parts")
        return self

    @model_validator(mode="after")
    def _takes_arguments(self) -> Launch:
        if self.arguments and self.server == "llamacpp":
            raise ValueError("llamacpp takes no further arguments: use llama-server")
        return self


class BatchSpec(Record):
    """How requests go out in batches."""

    gather_s: float = Field(default=2.0, gt=0)
    """Seconds without a further request after which those that wait are sent."""
    poll_s: float = Field(default=60.0, gt=0)
    """Seconds between two looks at a batch that is under way."""
    window: str = Field(default="24h", pattern=r"^[0-9]+[hd]$")
    """In what time the endpoint is to answer, in its own words."""


def _batch(value: object) -> object:
    return {} if value is True else None if value is False else value


class Endpoint(Record):
    """Where answers come from: a base URL, or a server to launch."""

    base_url: str | None = None
    """Such as ``http://127.0.0.1:8080/v1``, without user, password and query, since the file is kept with the run.
    Without it and without ``launch``: ``OPENAI_BASE_URL``, else OpenAI's."""
    base_urls: Annotated[tuple[str, ...], BeforeValidator(listed)] = later(())
    """Several addresses of one and the same model, such as replicas on several machines, in place of ``base_url``. A
    call goes to the one with the fewest under way; one that fails is set aside for a while, and tried again."""
    launch: Launch | None = None
    api: Literal["openai", "azure"] = "openai"
    """``azure``: an Azure OpenAI resource, asked by deployments; its models are the names of deployments."""
    api_version: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    """Version of Azure's API, such as ``2024-10-21``."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; ``OPENAI_API_KEY`` where no base URL is given. The key
    itself never stands in a file."""
    stream: bool = False
    """Whether answers come piece by piece: a long one then shows early that it is under way (``idle_timeout_s``). It
    changes no answer."""
    batch: Annotated[BatchSpec | None, BeforeValidator(_batch)] = later(None)
    """Whether requests go out in batches (OpenAI's batch API), which costs half and may take a day: ``true``, or a
    mapping. A round of all live trials is one batch. It changes no answer's identity."""
    max_in_flight: int = Field(default=32, ge=1)
    """Requests under way at once."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Requests sent within any minute, retries included; without it, what the endpoint's own headers allow."""
    tokens_per_minute: int | None = Field(default=None, ge=1)
    """Tokens used within any minute, in and out: guessed before a request, put right by what its answer says."""
    timeout_s: float = Field(default=300.0, gt=0)
    """Seconds that one request may take in all."""
    connect_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds for one connection to be made."""
    first_byte_timeout_s: float | None = Field(default=None, gt=0)
    """Seconds until an answer begins; for most servers that is when it is complete. Without it, ``timeout_s``."""
    idle_timeout_s: float | None = Field(default=120.0, gt=0)
    """Seconds of silence in the middle of an answer; ``null`` for no limit but ``timeout_s``."""
    max_retries: int = Field(default=4, ge=0)
    """Further tries after 408, 429, 5xx, connection faults and silence. With 0, a failing endpoint is never left alone
    for a while, unless it refuses the key."""

    @model_validator(mode="after")
    def _one_origin(self) -> Endpoint:
        if sum([self.base_url is not None, bool(self.base_urls), self.launch is not None]) > 1:
            raise ValueError("give one of base_url, base_urls and launch")
        return self

    @model_validator(mode="after")
    def _batches_are_possible(self) -> Endpoint:
        if self.batch is not None and (self.stream or self.launch is not None or self.api == "azure"):
            raise ValueError("batch goes with none of stream, launch and api azure")
        return self

    @model_validator(mode="after")
    def _whole_azure(self) -> Endpoint:
        if self.api == "azure" and (self.base_url is None or self.api_version is None):
            raise ValueError("api azure needs base_url, such as https://NAME.openai.azure.com, and api_version")
        if self.api != "azure" and self.api_version is not None:
            raise ValueError("api_version belongs to api azure: give both or neither")
        return self


class Attitude(Record):
    """What a simulated model says when a debate probes it: an attitude from 0 to 10 that drifts to the model's default.

    The default is drawn for each model and question, from 4 to 6. A persona stands ``persona`` above or below it at
    first, and in each round of a debate loses the share ``pull`` of what is left of that.
    """

    persona: float = Field(default=3.0, ge=0, le=4)
    """How far a persona stands from the default before anybody has spoken."""
    pull: float = Field(default=0.3, ge=0, le=1)
    """0 keeps every persona where it stands: a team without drift."""
    noise: float = Field(default=0.0, ge=0, le=10)
    """Standard deviation of what is said about what is meant."""


class Simulated(Record):
    """A model of the simulator. Models with equal ``world`` share one world and its truth."""

    model: int = Field(default=0, ge=0)
    """Which model of the world."""
    preset: str = "mcq-default"
    world: dict[str, Any] = {}
    """Parameters of the world that differ from the preset."""
    tool_rate: Annotated[float, Field(ge=0, le=1)] = later(0.0)
    """How often an agent that has tools has one used before it answers. It changes no answer."""
    attitude: Attitude | None = later(None)
    """What it says to probes; without it, they are answered like the question."""


class Scripted(Record):
    """A model that says what it is told: for tests and examples."""

    replies: tuple[str, ...] = Field(min_length=1)
    """Reply ``(copy + round + step) mod len(replies)`` is given to the agent's copy in that round; the step counts how
    often it has had tools used in its turn. ``{target}`` stands for the right answer."""
    finish: str = "stop"
    fails: bool = False
    """Every call fails, as an endpoint that answers 500 does."""


class Stepping(Record):
    """A model that takes the steps of a chain, such as hanoi's, with chances that are known: for the protocol steps."""

    error: float = Field(default=0.01, ge=0, le=1)
    """Chance of a wrong move at each step, each wrong one as likely as the others."""
    unreadable: float = Field(default=0.0, ge=0, le=1)
    """Share of answers that name no step."""
    long: float = Field(default=0.0, ge=0, le=1)
    """Share of answers that ramble for a thousand tokens and are wrong: what a red flag is for."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Stepping:
        if self.unreadable + self.long > 1:
            raise ValueError("unreadable and long are shares of the same answers: together at most 1")
        return self


class Playing(Record):
    """A model that plays a world by one of its scripted policies: for tests, baselines, and opponents in a team."""

    name: str = Field(default="optimal", min_length=1)
    """A policy of the world: every one has ``optimal`` and ``silent``."""
    slip: float = Field(default=0.0, ge=0, le=1)
    """Chance, at each action, of a random legal one instead: the world's policy ``random``."""


def _policy(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _preset(value: object) -> object:
    return {"preset": value} if isinstance(value, str) else value


class ModelSpec(Record):
    """A model under a name: an endpoint's, the simulator's, a script, one that walks a chain of steps, or a policy."""

    endpoint: str | None = None
    """Name of an endpoint of the file; with ``model`` and no endpoint, the one that the environment describes."""
    model: str | None = None
    """The model's name at its endpoint."""
    sampling: Sampling = Sampling()
    price: Price | None = None
    """What its tokens cost, where prices and the public lists do not know it."""
    simulated: Simulated | None = None
    scripted: Scripted | None = None
    stepping: Stepping | None = None
    policy: Annotated[Playing | None, BeforeValidator(_policy, json_schema_input_type=Playing | str | None)] = None
    """The name of a policy of the worlds that are played, or a mapping of ``name`` and ``slip``."""
    profile: Annotated[Profile | None, BeforeValidator(_preset)] = None
    """How this model wants its requests spelt: the name of a preset, or a mapping. By default the model's name
    decides, and what the endpoint refuses is learnt."""
    reasoning_effort: str | None = Field(default=None, min_length=1)
    """How long a reasoning model may think, in the endpoint's words, such as ``low``."""
    json_schema: dict[str, Any] | None = None
    """JSON Schema that every answer must fit."""
    extra: dict[str, Any] = {}
    """Further fields of the request, sent as they stand. Never a key: the file is kept with the run."""

    @model_validator(mode="after")
    def _one_kind(self) -> ModelSpec:
        kinds = [self.model, self.simulated, self.scripted, self.stepping, self.policy]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give exactly one of model, simulated, scripted, stepping, policy")
        if self.endpoint is not None and self.model is None:
            raise ValueError("an endpoint needs the model's name there, under model")
        asked = self.model_fields_set & {"profile", "reasoning_effort", "json_schema", "extra"}
        if self.model is None and any(getattr(self, name) for name in asked):
            raise ValueError(f"{', '.join(sorted(asked))} belong to a model at an endpoint, named under model")
        return self


class CalculatorTool(Record):
    """Arithmetic."""


class PythonTool(Record):
    """Python in a process of its own, without network, within limits. It needs Linux."""

    seconds: float = Field(default=5.0, gt=0, le=600)
    """Of the clock, for one program."""
    memory_mb: int = Field(default=256, ge=16)
    """Megabytes (2²⁰ bytes) beyond the interpreter's own."""
    processes: int = Field(default=16, ge=1)
    """Processes and threads at once."""


class LookupTool(Record):
    """A table to look things up in."""

    file: str | None = None
    """Beside the experiment file: CSV with a header, one JSON object a line (``.jsonl``), or a YAML mapping."""
    rows: dict[str, Any] | None = None
    """The table itself, by key, in place of a file."""
    key: str | None = None
    """The column of the keys in a file of rows; the first one by default."""

    @model_validator(mode="after")
    def _one_table(self) -> LookupTool:
        if (self.file is None) == (self.rows is None):
            raise ValueError("give exactly one of file and rows")
        return self


def _tool(value: object) -> object:
    return {value: {}} if value in ("calculator", "python") else value


class ToolSpec(Record):
    """A tool under a name: one that ships, or a function of the user's."""

    calculator: CalculatorTool | None = None
    python: PythonTool | None = None
    lookup: LookupTool | None = None
    function: str | None = Field(default=None, pattern=r"^[^:]+:[A-Za-z_][A-Za-z0-9_]*$")
    """``module:function``, or ``file.py:function`` beside the experiment file. Its annotations say what it takes, its
    docstring what it is for, and what it returns is what the agent is told."""
    description: str | None = Field(default=None, min_length=1)
    """What agents are told of it, in place of its own words."""

    @model_validator(mode="after")
    def _one_kind(self) -> ToolSpec:
        kinds = (self.calculator, self.python, self.lookup, self.function)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give exactly one of calculator, python, lookup, function")
        return self


def _tools(value: object) -> object:
    """A list names tools that ship: ``[calculator, python]``."""
    return {str(name): name for name in value} if isinstance(value, list | tuple) else value


def _dealt(value: object) -> object:
    """What each member has, in the order of dealing: a name, a list of names, or ``none``."""
    entries = value if isinstance(value, list | tuple) else (value,)
    return tuple(() if entry == "none" else listed(entry) for entry in entries)


def _member(value: object) -> object:
    return {"model": value} if isinstance(value, str) else value


class TaskRef(Record):
    """Which task, and how much of it."""

    name: str
    """A task of the catalog, or the path of a folder with a ``task.yaml``."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many samples, drawn by the seed, evenly over the levels that are kept."""
    levels: Annotated[tuple[int, ...], BeforeValidator(listed)] | None = None
    """Only samples of these levels."""
    instruction: str | None = Field(default=None, min_length=1)
    """The sentence that closes every question, in place of the task's own. It should ask for the answer's mark."""
    permute: Annotated[bool, Field(strict=True)] = later(False)
    """Whether the options of every question are put in an order drawn by the seed, so that no place is favoured."""
    judge: Annotated[Member | None, BeforeValidator(_member)] = later(None)
    """Who judges the answers of a task of the kind ``text``, by the task's rubric: a model's name, or a mapping as
    under ``team.members``. Without a judge, a text is right that reads like the target or one of its aliases."""
    data: str | None = later(None)
    """The file or folder that holds the task's questions, in place of what the task's head says. A relative path
    starts at the experiment file."""
    world: Annotated[tuple[dict[str, Any], ...], BeforeValidator(listed)] = later(())
    """Parameters of the task's worlds that are otherwise than its samples say, such as ``{horizon: hidden}``. A list of
    them is a factor, and ``{}`` the worlds as they are; a task so changed has them in its name."""


def _task_ref(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class TeamSpec(Record):
    """The teams of a sweep: layers over models and personas, or explicit members, at every size."""

    name: str | None = None
    """The team's name: of explicit members and of L3 and L4; teams of L1 and L2 are called ``name.model``."""
    size: Sizes | None = None
    """Team sizes. Members are dealt round-robin, so that every smaller team is a prefix of the larger."""
    layer: Layers | None = None
    models: Literal["all"] | Names = "all"
    """Names of models, in the order of dealing."""
    personas: Literal["all"] | Names = "all"
    """Names of personas, in the order of dealing: of the file, of the task, or of the catalog."""
    tools: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_dealt)] = later(())
    """What members may use, in the order of dealing: each entry is the name of a tool, a list of names, or ``none``.
    Teams for which it is given are compared one by one, and not averaged over their layer."""
    members: tuple[Member, ...] | None = None
    pairs: Literal["ordered", "unordered"] | None = later(None)
    """Every pair of the models is a team of its own, a model with itself included. ``ordered``: who sits first makes
    another team. ``unordered``: it makes none."""

    @model_validator(mode="after")
    def _one_form(self) -> TeamSpec:
        if self.pairs is not None and (
            self.members is not None or self.size or self.layer or self.personas != "all" or self.tools
        ):
            raise ValueError(
                "pairs are teams of two models and no more: leave members, size, layer, personas, tools out"
            )
        if self.members is not None:
            if not self.members:
                raise ValueError("members must name at least one member")
            if self.layer is not None or self.models != "all" or self.personas != "all" or self.tools:
                raise ValueError("members describe the team alone: leave layer, models, personas and tools out")
        return self


NamedLevels = Annotated[tuple[NamedLevel, ...], BeforeValidator(listed), Field(min_length=1)]
TeamSpecs = Annotated[tuple[TeamSpec, ...], BeforeValidator(listed), Field(min_length=1)]
TaskRefs = Annotated[
    tuple[Annotated[TaskRef, BeforeValidator(_task_ref)], ...], BeforeValidator(listed), Field(min_length=1)
]


class Experiment(Record):
    """An experiment file. Everything has a default but ``models`` and ``task``."""

    name: str = Field(default="experiment", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(default=0, ge=0)
    endpoints: dict[str, Endpoint] = {}
    models: dict[str, ModelSpec] = Field(min_length=1)
    personas: dict[str, str] = {}
    """Personas of this file, by name, before those of the task and of the catalog."""
    sampling: Sampling = Sampling()
    """For every model, under its own."""
    tools: Annotated[dict[ToolName, Annotated[ToolSpec, BeforeValidator(_tool)]], BeforeValidator(_tools)] = later({})
    """What agents may use, by name; who may is said under team. A list names tools that ship."""
    tool_steps: Annotated[int, Field(ge=1, le=100)] = later(4)
    """How often an agent may have tools used within one turn, before it has to answer."""
    task: TaskRefs
    team: TeamSpecs = (TeamSpec(size=(1,), layer=("L1",)),)
    protocol: NamedLevels = (Named(name="vote"),)
    topology: NamedLevels = (Named(name="complete"),)
    replicates: int = Field(default=1, ge=1)
    budget: BudgetCaps = BudgetCaps()
    """What may be spent: calls, tokens, usd and wall_s, in all, for each cell and for each agent's configuration."""
    prices: dict[str, Price] = {}
    """What tokens cost, by the model's name at its endpoint, before the public lists."""
    independent: bool = False
    """Ask anew in every cell, instead of sharing equal calls between cells."""
    embedder: Embedding = EmbedderSpec(name="use")
    """What turns texts into vectors for K*: a name such as ``use`` or ``lexical``, or a mapping of ``endpoint`` and
    ``model``, or of ``name`` and ``model``."""
