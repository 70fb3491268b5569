"""From a request and a crate to a plan."""

from collections.abc import Sequence

from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import MixPlan, MixRequest


class ImpossibleRequestError(ValueError):
    """No plan can meet the request; the message says why and what would help."""


def plan(request: MixRequest, crate: Sequence[CrateTrack]) -> MixPlan:
    """Choose, order and cut tracks of the crate so that the set is the best the request allows.

    Raises:
        ImpossibleRequestError: no plan can meet the request.
    """
    raise NotImplementedError
