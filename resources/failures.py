"""The failures the platform tells apart: what another attempt may cure, and what it may not.

Belongs here: exceptions that more than one package raises or catches. Does not belong here: how often a thing
is retried (``pipelines/policies.py``), or errors that one module raises for itself alone.
"""

from collections.abc import Mapping

import dagster as dg


class InputError(ValueError):
    """Something a person gave us cannot be used: a file, a request, a setting, a command-line argument.

    The message is one sentence that says what is wrong and why; ``remedy`` says the way out. The command line
    prints both and exits with a code; an asset turns it into a dead letter and goes on with its other inputs.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy


class PermanentFailure(dg.Failure):
    """A step failed in a way that no further attempt can cure, e.g. a past window without a stored payload.

    Stops the step's own retry policy (``allow_retries=False``); the hook ``stop_run_retries`` of
    ``pipelines/policies.py`` stops the run's.
    """

    def __init__(
        self, problem: str, remedy: str = "", *, metadata: Mapping[str, str | int | float] | None = None
    ) -> None:
        """Name the problem and the way out.

        Args:
            problem: one sentence: what failed and why another attempt will not help.
            remedy: one sentence: what a person can do.
            metadata: figures and names shown beside the failure in the UI.
        """
        super().__init__(description=f"{problem} {remedy}".strip(), metadata=dict(metadata or {}), allow_retries=False)
        self.problem = problem
        self.remedy = remedy
