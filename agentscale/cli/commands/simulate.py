"""``agentscale simulate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentscale import api
from agentscale.cli.amounts import columns
from agentscale.cli.output import finish, say, to_json
from agentscale.cli.progress import watching
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from agentscale.simulation.calibration import Calibration


_WITHOUT = {
    "changes of answer": "no agent of the run answers again after reading another",
    "mean cosines": "the run keeps no vectors of its texts; agentscale analyze makes them",
}
"""Why a kind of moments is missing, by its name in `calibration`."""


@click.command(name="simulate")
@click.argument("experiment", required=False)
@click.argument("overrides", nargs=-1)
@click.option("--like", type=click.Path(), help="A run folder: fit a world to it, and put the simulated models there.")
@click.option("--out", type=click.Path(), help="The run folder; results/NAME-simulated by default.")
@click.option("--no-report", is_flag=True, help="Stop after the transcripts: no analysis, no page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(
    experiment: str | None,
    overrides: tuple[str, ...],
    like: str | None,
    out: str | None,
    no_report: bool,
    as_json: bool,
) -> None:
    """Answer the cells of EXPERIMENT whose models are simulated, all agents and questions at once.

    The transcripts are those of `agentscale run`, byte for byte; there is no recording, since nobody was asked. With
    --like RUN a world is fitted to a recorded run first; without EXPERIMENT that is all.
    """
    if experiment is None and like is None:
        raise SpecError("there is nothing to simulate", allowed="an experiment file, --like RUN, or both")
    calibration = None if like is None else api.calibrate(like)
    if calibration is not None and not (as_json and experiment):
        say(to_json(_plain(calibration)) if as_json else _told(calibration))
    if experiment is not None:
        with watching(quiet=as_json) as watch:
            made = api.simulate(experiment, *overrides, out=out, like=calibration, watch=watch)
        finish(made, page=not no_report, as_json=as_json)


def _told(calibration: Calibration) -> str:
    """Parameters with their intervals, then how well the moments fit."""
    parameters = [
        [
            each.name,
            f"{each.value:.3g}",
            f"[{each.low:.3g}, {each.high:.3g}]",
            "" if each.identified else "not identified",
        ]
        for each in calibration.fitted
    ]
    fits = [[each.name, f"{each.run:.4f}", f"{each.world:.4f}", f"{each.z:+.1f}", ""] for each in calibration.fits]
    fits += [[kind, "-", "-", "-", _WITHOUT[kind]] for kind in calibration.absent]
    p = calibration.p_value
    return "\n\n".join(
        [
            columns(["parameter", "fitted", "95 %", ""], parameters),
            columns(["moment", "run", "world", "z", ""], fits),
            f"goodness of fit: chi2 = {calibration.chi2:.1f} on {calibration.degrees:.1f}, p = {p:.2g}",
        ]
    )


def _plain(calibration: Calibration) -> dict[str, object]:
    return {
        "parameters": calibration.parameters.model_dump(mode="json"),
        "fitted": [each._asdict() for each in calibration.fitted],
        "moments": [each._asdict() for each in calibration.fits],
        "chi2": calibration.chi2,
        "degrees": calibration.degrees,
        "p_value": calibration.p_value,
        "weights": None if calibration.weights is None else calibration.weights.model_dump(mode="json"),
        "absent": {kind: _WITHOUT[kind] for kind in calibration.absent},
    }
