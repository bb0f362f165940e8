from datetime import timedelta

from core.address import Address
from core.channel import Live
from core.conversation import Opening
from core.errors import Refused, Throttled, Unreachable
from core.media import Media
from core.mind.thought import Thought
from core.reply import Choice, Mark, Quiz, Reply, Text, Voice
from tests.fakes.street import Street, Thinking

HERE = Address("test", "1")


def _replying(*replies: Reply) -> Thinking:
    async def thinking(opening: Opening, live: Live) -> Thought:
        return Thought(conversation=opening.conversation, replies=replies)

    return thinking


async def _turn(street: Street, *replies: Reply) -> None:
    street.mind.thinking = _replying(*replies)
    await street.says("go")
    await street.converse(HERE)


async def test_replies_keep_their_order_and_carry_their_key(street: Street) -> None:
    await _turn(street, Text(text="one"), Text(text="two"), Text(text="three"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one"), Text(text="two"), Text(text="three")]
    assert len({key for _, _, key, _ in street.channel.sent}) == 3


async def test_a_throttled_reply_waits_as_long_as_it_is_told_and_holds_up_those_behind_it(street: Street) -> None:
    await _turn(street, Text(text="one"), Text(text="two"))
    street.channel.failures.append(Throttled("slow down", retry_after=7))
    assert await street.deliver(HERE) == street.clock.now() + timedelta(seconds=7)
    assert await street.deliver(HERE) is None
    assert street.channel.sent == []
    street.clock.pass_(7)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one"), Text(text="two")]


async def test_a_platform_that_is_away_is_tried_again_with_growing_waits_and_given_up_in_the_end(
    street: Street,
) -> None:
    await _turn(street, Text(text="one"), Text(text="two"))
    waits: list[float] = []
    for _ in range(20):
        street.channel.failures.append(Unreachable("down"))
        again = await street.deliver(HERE)
        if again is None:
            break
        waits.append((again - street.clock.now()).total_seconds())
        street.clock.pass_(waits[-1])
    street.channel.failures.clear()
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 600
    assert "parcel_dead" in street.count.names
    assert street.channel.to(HERE) == [Text(text="two")]


async def test_a_voice_that_is_refused_is_said_in_text(street: Street) -> None:
    await _turn(street, Voice(text="toki!", audio=Media(ref="blob:1")))
    street.channel.failures.append(Refused("voice messages are forbidden"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="toki!")]
    assert "fallback" in street.count.names


async def test_formatted_text_that_is_refused_goes_out_plain(street: Street) -> None:
    await _turn(street, Text(text="a **bold** word"))
    street.channel.failures.append(Refused("can't parse entities"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="a bold word")]


async def test_nothing_simpler_is_tried_when_the_person_is_gone(street: Street) -> None:
    await _turn(street, Text(text="a **bold** word"))
    street.channel.failures.append(Refused("blocked", gone=True))
    await street.deliver(HERE)
    assert street.channel.sent == []
    assert street.count.names[-1] == "parcel_dead"


async def test_a_mark_knows_the_message_of_its_question(street: Street) -> None:
    choices = (Choice(label="soweli", value="q:1:1"), Choice(label="kala", value="q:1:2"))
    await _turn(street, Text(text="hm"), Quiz(id="k1", question="fish?", form="choice", choices=choices))
    await street.deliver(HERE)
    mark = Mark(quiz="k1", question="fish?", choices=choices, chosen="q:1:2", right="q:1:2", correct=True, text="yes")
    await _turn(street, mark)
    await street.deliver(HERE)
    assert street.channel.sent[-1][3] == "m2"


async def test_a_parcel_held_by_someone_else_is_left_alone_until_the_lease_ends(street: Street) -> None:
    await _turn(street, Text(text="one"))
    assert await street.outbox.next(HERE, timedelta(seconds=60)) is not None
    await street.deliver(HERE)
    assert street.channel.sent == []
    street.clock.pass_(61)
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="one")]
