"""The picture of a plan's energy."""

import io

import numpy as np

from assets.mixes.energy_pictures import energy_picture
from assets.mixes.mix_plan import MixRequest
from assets.mixes.planner import plan
from tests.assets.mixes.crates import silent_track


def test_the_picture_shows_the_plan() -> None:
    from PIL import Image

    crate = [silent_track(f"t{i}", bpm=124 + i, energy=0.3 + 0.2 * i) for i in range(3)]
    made = plan(MixRequest("r", title="Friday", curve="wave"), crate)
    picture = energy_picture(made)
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    assert image.width > 2 * image.height
    assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    assert picture == energy_picture(made)
    assert picture != energy_picture(plan(MixRequest("r", title="Friday", curve="decline"), crate))
