"""The command line: parses, calls one function, prints. It decides nothing that is worth testing elsewhere."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from agentscale.errors import AgentscaleError

COMMANDS = {
    "run": "Run an experiment file, or resume it; ends with the report.",
    "pilot": "Ask each model alone at every level of difficulty, and pick the one with headroom.",
    "estimate": "Bound the calls, tokens and money of a run before anything is sent.",
    "simulate": "Answer the simulated cells of an experiment in arrays, without asking one by one.",
    "search": "Search for a graph of models and roles that is worth its cost.",
    "serve": "Serve the simulator or a recording as an OpenAI-compatible server on loopback.",
    "replay": "Make a run's transcripts again from its recording: no model, no network.",
    "analyze": "Compute the tables of a run and print the summary.",
    "forecast": "Forecast votes of teams that were never asked, from a run's first answers.",
    "report": "Write the page, the tables and the figures of a run.",
    "view": "Show runs in a browser: transcripts, a run as it goes, runs side by side.",
    "import": "Make a run folder of the logs of another tool.",
    "export": "Write a run as CSV, Parquet, a dataset, logs of Inspect, or spans.",
    "ls": "List the runs of a folder.",
    "catalog": "List topologies, tasks, personas, protocols and ready experiments.",
    "init": "Copy a ready experiment file to here, to be changed.",
    "pull": "Fetch a small model, or the questions of a benchmark, into the user's cache.",
    "doctor": "Try what a model at an endpoint can do: caps, seeds, usage, logprobs, embeddings.",
    "bench": "Measure agentscale beside named baselines, in one run.",
    "schema": "Print the JSON Schema of experiment files, for editors.",
    "help": "Show a page of the manual.",
}
"""Every command with its one line: shown by ``--help`` without importing what the command needs."""


class Lazy(click.Group):
    """A group that imports a command only when it is called, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"agentscale.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command; an unknown one is told with the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from agentscale.errors import SpecError

            raise SpecError.unknown("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"agentscale {version('agentscale')}")
        ctx.exit()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def app() -> None:
    """The measuring instrument for teams of language models.

    Should I add more agents, or different ones, and how many independent channels do I really have?

    Start with `agentscale run main`: a whole sweep on the built-in simulator, with no key and no server.
    """


def main(argv: list[str] | None = None) -> NoReturn:
    """The entry point: an error of the user's is one message and an exit code, never a traceback."""
    try:
        ended = app.main(args=argv, prog_name="agentscale", standalone_mode=False)
    except AgentscaleError as error:
        _fail(f"agentscale: {error}", error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("agentscale: aborted; what was recorded is kept", 130)
    except OSError as error:
        _fail(f"agentscale: cannot write: {error.strerror}", 1)
    sys.exit(ended if isinstance(ended, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    from agentscale.report.legible import visible

    click.echo(visible(message), err=True)
    sys.exit(code)
