"""``agentscale doctor``."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import click
import yaml

from agentscale import api
from agentscale.cli.output import say, to_json

if TYPE_CHECKING:
    from agentscale.api import Doctored


@click.command(name="doctor")
@click.argument("experiment", required=False)
@click.option("--base-url", help="An address to try, such as http://127.0.0.1:8000/v1; the environment's by default.")
@click.option("--model", help="The model's name there.")
@click.option("--api-key-env", help="The variable that holds the address's key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array for machines.")
def command(
    experiment: str | None, base_url: str | None, model: str | None, api_key_env: str | None, as_json: bool
) -> None:
    """Try what the models of EXPERIMENT can do, or one --model, with some twenty short requests to each.

    Exits with 3 where a model does not answer.
    """
    found = api.doctor(experiment, base_url=base_url, model=model, api_key_env=api_key_env)
    if as_json:
        say(to_json([_plain(each) for each in found]))
    else:
        for each in found:
            _told(each)
    if any(each.found is None for each in found):
        sys.exit(3)


def _told(each: Doctored) -> None:
    say(f"{each.name}: {each.model} at {each.endpoint}")
    if each.found is None:
        say(textwrap.indent(textwrap.fill(each.failure, 76), "  "))
        return
    for finding in each.found.findings:
        told = textwrap.shorten(finding.told, 50, placeholder=" …")
        say(f"  {finding.name:15} {finding.state:8} {told}")
    profile = _profile(each)
    if profile:
        say("  what it refused, as a profile for the experiment file:")
        say(textwrap.indent(yaml.safe_dump({"profile": profile}, sort_keys=False).rstrip(), "    "))


def _profile(each: Doctored) -> dict[str, object]:
    return {} if each.found is None else each.found.profile.model_dump(mode="json", exclude_defaults=True)


def _plain(each: Doctored) -> dict[str, object]:
    findings = [] if each.found is None else [finding._asdict() for finding in each.found.findings]
    head = {"name": each.name, "endpoint": each.endpoint, "model": each.model, "failure": each.failure or None}
    return {**head, "findings": findings, "profile": _profile(each)}
