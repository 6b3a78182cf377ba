"""The calendar of checks, the table of sanctions and the steps of an exit that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.oversight import Checks, Exit, Sanctions, load_checks, load_exit, load_sanctions
from zhunsheng.kernel.home import rulebook


def checks() -> Checks:
    """Return the calendar of checks. Raises Problem ZS401, ZS840."""
    return load_checks(rulebook())


def sanctions() -> Sanctions:
    """Return the table of sanctions. Raises Problem ZS401, ZS840."""
    return load_sanctions(rulebook())


def exit_plan() -> Exit:
    """Return the steps of an exit. Raises Problem ZS401, ZS840."""
    return load_exit(rulebook())
