"""No right is lacking: a row of work that needs them all, done with the accounts' own tokens."""

from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .test_each_right import AFTERWARDS, AT_ONCE
from .world import World


def test_whatever_there_is_to_do_no_account_is_ever_refused(world: World) -> None:
    world.settle()
    mark = world.log.mark()
    for program in ("webhook", "cluster", "export"):
        world.restart(program)
    world.settle()
    with world.guests():
        for right, provoke in (*AFTERWARDS.items(), *AT_ONCE.items()):
            if right not in world.log.used(mark):
                provoke(world)
                wait_for(f"{right} to be used", lambda right=right: right in world.log.used(mark), WITHIN)
    assert world.log.used(mark) == world.grants.rights()
    assert world.log.refused(mark) == set()
