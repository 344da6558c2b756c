"""What takes a process to tell: what an expression means, and what a program does.

A check is handed an answer and what it is held against, and says how the answer votes and whether it is right. The
engine has checks made once for equal answers to a question and records what came of them, so that a replay makes none.
"""

from agentscale.scoring.checks.base import Checked
from agentscale.scoring.checks.maths import MathChecker, checked_at_once
from agentscale.scoring.checks.programs import check_program

__all__ = ["Checked", "MathChecker", "check_program", "checked_at_once"]
