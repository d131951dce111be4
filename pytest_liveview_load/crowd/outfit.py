"""What a run in this process is made of: users on a network.

Law: whoever carries a run makes it here, the whole of it or a share, so that both are alike.
"""

from random import Random
from typing import Any

from pytest_liveview_load.crowd.engine import Run
from pytest_liveview_load.crowd.plan import Order
from pytest_liveview_load.crowd.run_state import Crowd
from pytest_liveview_load.liveview.client.absence import cut_all
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.live_user import LiveUser
from pytest_liveview_load.metrics.recorder import Recorder


def equipped(order: Order, network: Network, **arguments: Any) -> Run:
    """Return the run of an order whose users are on a network (`Run`)."""

    def make_user(id_: int, rng: Random, crowd: Crowd, recorder: Recorder) -> LiveUser:
        return LiveUser(
            network, recorder, id=id_, rng=rng, crowd=crowd, clock=network.clock
        )

    return Run(
        order,
        make_user,
        clock=network.clock,
        cut=lambda why: cut_all(network, why),
        **arguments,
    )
