"""When a caller begins to speak and when they have finished."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from plugins.carriers.sip.engine.recognition.turns import END, FRAME_S, MAX_TURN, PAUSE, VOICED, Heard, Turn, Turns

SAMPLES = 160
_chance = random.Random(7)


def frames(seconds: float, level: float) -> list[bytes]:
    """Noise of a loudness, which is what speech is to a detector without a model."""
    return [
        array("h", (int(_chance.gauss(0, level)) for _ in range(SAMPLES))).tobytes()
        for _ in range(round(seconds / FRAME_S))
    ]


def heard(turns: Turns, pieces: Iterable[bytes]) -> list[Heard]:
    return [each for piece in pieces for each in turns.hear(piece)]


def kinds(found: Iterable[Heard]) -> list[Turn]:
    return [each.turn for each in found]


def test_a_sentence_is_one_turn_with_its_soft_beginning_and_a_pause_in_it() -> None:
    turns = Turns()
    found = heard(turns, [*frames(1, 20), *frames(1, 2000), *frames(0.3, 20), *frames(0.6, 2000), *frames(1, 20)])
    assert kinds(found) == [Turn.BEGAN, Turn.PAUSED, Turn.WENT_ON, Turn.PAUSED, Turn.ENDED]
    sound = found[-1].sound
    assert 2.4 < len(sound) / 16_000 < 3.2, "from before the first loud moment to the silence that ended it"
    assert sound.startswith(found[-2].sound), "what was understood at the pause is what was said in the end"


def test_a_caller_who_speaks_over_us_is_noticed_within_six_frames_and_a_click_is_no_speech() -> None:
    turns = Turns()
    turns.over_speech = True
    heard(turns, frames(1, 20))
    assert Turn.BEGAN in kinds(heard(turns, frames(0.02 * (VOICED + 1), 3000)))
    turns = Turns()
    assert kinds(heard(turns, [*frames(0.5, 20), *frames(0.06, 9000), *frames(1, 20)])) == []


def test_our_own_words_that_a_telephone_sends_back_softly_interrupt_nothing() -> None:
    turns = Turns()
    turns.over_speech = True
    assert kinds(heard(turns, [*frames(1, 20), *frames(2, 350)])) == []


def test_a_line_that_sends_nothing_in_a_pause_ends_the_turn_too() -> None:
    turns = Turns()
    heard(turns, frames(1, 20))
    found = heard(turns, [*frames(1, 2000), *[b""] * (END + 10)])
    assert kinds(found) == [Turn.BEGAN, Turn.PAUSED, Turn.ENDED]


def test_a_noise_that_does_not_end_is_cut_into_turns_and_then_known_as_noise() -> None:
    turns = Turns()
    found = heard(turns, frames(60, 1500))
    assert kinds(found).count(Turn.ENDED) <= 2 and not turns.speaks
    shouts = [piece for _ in range(200) for piece in (*frames(0.2, 4000), *frames(0.04, 20))]
    longest = [each for each in heard(Turns(), shouts) if each.turn is Turn.ENDED]
    assert longest and all(len(each.sound) == MAX_TURN * 2 * SAMPLES for each in longest)


@given(st.lists(st.tuples(st.sampled_from([0, 20, 300, 2000, 30_000]), st.integers(0, 400)), max_size=60))
def test_turns_begin_and_end_in_order_however_the_sound_comes_in_pieces(pieces: list[tuple[int, int]]) -> None:
    turns, before = Turns(), Turn.ENDED
    follows = {
        Turn.ENDED: {Turn.BEGAN},
        Turn.BEGAN: {Turn.PAUSED, Turn.ENDED},
        Turn.PAUSED: {Turn.WENT_ON, Turn.ENDED},
        Turn.WENT_ON: {Turn.PAUSED, Turn.ENDED},
    }
    for level, samples in pieces:
        for each in turns.hear(array("h", [level] * samples).tobytes()):
            assert each.turn in follows[before]
            before = each.turn
    assert turns.speaks == (before is not Turn.ENDED)
    assert PAUSE < END
