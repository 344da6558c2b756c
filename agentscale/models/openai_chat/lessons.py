"""What a run has learnt of its models' profiles: shared by all calls, kept as soon as it is learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from agentscale.models.openai_chat.refusals import Change
from agentscale.schema.profile import Lesson, Offered, Parameter, Place, Profile, Speaker, Structured

BECAUSE_CHARS = 200
"""Characters of a refusal that a lesson keeps."""

Keep = Callable[[tuple[Lesson, ...]], None]


def _forget(lessons: tuple[Lesson, ...]) -> None:
    """Keeps nothing."""


class LessonBook:
    """The lessons of a run.

    Args:
        known: What was learnt before.
        keep: Writes all lessons down; called whenever one is added.
    """

    def __init__(self, known: Iterable[Lesson] = (), keep: Keep = _forget) -> None:
        self.lessons = tuple(known)
        self._keep = keep

    def taught(self, place: Place) -> tuple[Lesson, ...]:
        """What refusals have taught of one model at one endpoint, in order."""
        return tuple(each for each in self.lessons if each.place == place and each.source == "refusal")

    def learn(self, place: Place, change: Change) -> bool:
        """Takes up what a refusal taught.

        Returns:
            Whether the next request will differ: false where the same was learnt already and did not help.
        """
        because = " ".join(change.because.split())[:BECAUSE_CHARS]
        lesson = Lesson(**place._asdict(), parameter=change.parameter, to=change.to, source="refusal", because=because)
        known = [(each.parameter, each.to) for each in self.taught(place)]
        if (lesson.parameter, lesson.to) in known or (
            lesson.parameter == "max_tokens" and any(parameter == "max_tokens" for parameter, _ in known)
        ):
            return False
        self._add(lesson)
        return True

    def note_unsent(self, place: Place, parameter: Parameter, because: str) -> None:
        """Notes that a profile leaves out what the experiment asked for; once."""
        if not any((each.place, each.parameter, each.to) == (place, parameter, None) for each in self.lessons):
            self._add(Lesson(**place._asdict(), parameter=parameter, to=None, source="profile", because=because))

    def _add(self, lesson: Lesson) -> None:
        self.lessons = (*self.lessons, lesson)
        self._keep(self.lessons)


def applied(profile: Profile, lessons: Iterable[Lesson]) -> Profile:
    """The profile with everything that was learnt."""
    renamed, unsent = dict(profile.renamed), list(profile.unsent)
    system, structured, tools = profile.system, profile.structured, profile.tools
    for lesson in lessons:
        if lesson.parameter == "system":
            system = cast(Speaker, lesson.to)
        elif lesson.to is None:
            unsent.append(lesson.parameter)
        elif lesson.parameter == "json_schema":
            structured = cast(Structured, lesson.to)
        elif lesson.parameter == "tools":
            tools = cast(Offered, lesson.to)
        else:
            renamed[lesson.parameter] = lesson.to
    return Profile(renamed=renamed, unsent=tuple(unsent), system=system, structured=structured, tools=tools)
