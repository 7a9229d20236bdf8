from __future__ import annotations

import pytest

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.positions import call_position
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.positions import setting_position

pytestmark = pytest.mark.once

TEXT = """\
advice = "x"
exempt = { "tests" = "x", "./src//gen/" = "x" }
[pins]
"b.py" = 1
 "./a.py" = { calls = { "f:put" = {}, "\uff47:put" = {} } }
"""


def test_positions() -> None:
    for name, start, down in (("artifact-pins.toml", "", 0), ("pyproject.toml", "[tool.artifact-pins]\n", 1)):
        text = start + (TEXT.replace("[pins]", "[tool.artifact-pins.pins]") if start else TEXT)
        pins = parse_pins(Pins(f"/x/{name}", "/x"), text)
        assert pins.faults == ()
        assert setting_position(pins, "advice") == (1 + down, 0)
        # it is not there
        assert setting_position(pins, "registry") == (1, 0)
        assert [exempt_position(pins, key) for key in pins.exempt.reasons] == [(2 + down, 11), (2 + down, 26)]
        assert exempt_position(pins, "x/") == (2 + down, 0)
        pin = pins.pins["a.py"]
        assert pin_position(pins, pin) == (5 + down, 1)
        assert [call_position(pins, pin, call) for call in pin.calls or ()] == [(5 + down, 24), (5 + down, 38)]
