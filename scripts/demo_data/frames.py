"""The situations of the demo data: meanings, their phrasings, and the changes that alter the meaning.

A `Frame` has everything that is needed to write a pair of sentences whose label is right by construction: two of its
`phrasings` (or two of its `denials`) with the same slot values are equivalent, and after one contrast they are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from scripts.demo_data import vocabulary as words


@dataclass(frozen=True)
class Frame:
    """One situation.

    Attributes:
        name: What the situation is about.
        slots: Pool of entries for each slot. Slots with the same pool always get different entries.
        phrasings: Format strings over the slots that all mean the same.
        denials: Format strings that all mean the same, incompatible with the phrasings; may be empty.
        swaps: Pairs of slots whose exchange changes the meaning.
        changes: Slots whose replacement by another entry changes the meaning; at least two.
    """

    name: str
    slots: dict[str, words.Pool]
    phrasings: tuple[str, ...]
    denials: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()


_TWO_PEOPLE = {"a": words.PEOPLE, "b": words.PEOPLE}

FRAMES: tuple[Frame, ...] = (
    Frame(
        name="contest",
        slots={**_TWO_PEOPLE, "game": words.GAMES, "when": words.WHEN},
        phrasings=(
            "{a} beat {b} at {game} {when}",
            "{when}, {b} lost to {a} at {game}",
            "{b} was beaten by {a} at {game} {when}",
            "{when}, {a} won a game of {game} against {b}",
            "{b} lost a game of {game} to {a} {when}",
        ),
        swaps=(("a", "b"),),
        changes=("game", "when"),
    ),
    Frame(
        name="loan",
        slots={**_TWO_PEOPLE, "thing": words.BELONGINGS, "when": words.WHEN},
        phrasings=(
            "{a} lent {b} {thing} {when}",
            "{when}, {b} borrowed {thing} from {a}",
            "{thing} was lent to {b} by {a} {when}",
            "{b} was lent {thing} by {a} {when}",
            "{when}, {a} let {b} borrow {thing}",
        ),
        swaps=(("a", "b"),),
        changes=("thing", "when"),
    ),
    Frame(
        name="sale",
        slots={**_TWO_PEOPLE, "thing": words.BELONGINGS, "n": words.NUMBERS},
        phrasings=(
            "{a} sold {b} {thing} for {n} dollars",
            "{b} bought {thing} from {a} for {n} dollars",
            "for {n} dollars, {a} sold {thing} to {b}",
            "{b} paid {a} {n} dollars for {thing}",
            "{thing} was sold to {b} by {a} for {n} dollars",
        ),
        swaps=(("a", "b"),),
        changes=("thing", "n"),
    ),
    Frame(
        name="gift",
        slots={**_TWO_PEOPLE, "thing": words.GIFTS, "why": words.OCCASIONS},
        phrasings=(
            "{a} gave {b} {thing} as {why}",
            "{b} received {thing} from {a} as {why}",
            "as {why}, {b} was given {thing} by {a}",
            "{a} presented {b} with {thing} as {why}",
            "as {why}, {b} got {thing} from {a}",
        ),
        swaps=(("a", "b"),),
        changes=("thing", "why"),
    ),
    Frame(
        name="comparison",
        slots={**_TWO_PEOPLE, "how": words.COMPARED},
        phrasings=(
            "{a} is quite a bit {how[more]} than {b}",
            "{b} is quite a bit {how[less]} than {a}",
            "compared with {b}, {a} is quite a bit {how[more]}",
            "{b} is not nearly as {how[base]} as {a}",
            "compared with {a}, {b} is quite a bit {how[less]}",
        ),
        swaps=(("a", "b"),),
        changes=("how", "b"),
    ),
    Frame(
        name="order",
        slots={"a": words.PEOPLE, "x": words.ACTIVITIES, "y": words.ACTIVITIES},
        phrasings=(
            "{a} {x[past]} before {y[ing]}",
            "{a} {y[past]} after {x[ing]}",
            "after {x[ing]}, {a} {y[past]}",
            "before {y[ing]}, {a} {x[past]}",
            "{a} first {x[past]} and then {y[past]}",
        ),
        swaps=(("x", "y"),),
        changes=("x", "y"),
    ),
    Frame(
        name="arrival",
        slots={**_TWO_PEOPLE, "long": words.HOURS + words.WEEKS, "place": words.PLACES},
        phrasings=(
            "{a} reached {place} {long} before {b}",
            "{b} reached {place} {long} after {a}",
            "{a} got to {place} {long} earlier than {b}",
            "{b} got to {place} {long} later than {a}",
            "when {b} arrived at {place}, {a} had already been there for {long}",
        ),
        swaps=(("a", "b"),),
        changes=("long", "place"),
    ),
    Frame(
        name="collection",
        slots={**_TWO_PEOPLE, "n": words.NUMBERS, "items": words.COLLECTED},
        phrasings=(
            "{a} collected {n} more {items} than {b}",
            "{b} collected {n} fewer {items} than {a}",
            "compared with {b}, {a} collected {n} more {items}",
            "compared with {a}, {b} gathered {n} fewer {items}",
            "{a} gathered {n} {items} more than {b} did",
        ),
        swaps=(("a", "b"),),
        changes=("n", "items"),
    ),
    Frame(
        name="sales",
        slots={"shop": words.SHOPS, "n": words.NUMBERS, "goods": words.GOODS, "when": words.WHEN},
        phrasings=(
            "{shop} sold {n} {goods} {when}",
            "{when}, customers bought {n} {goods} at {shop}",
            "{n} {goods} were sold at {shop} {when}",
            "{when}, the number of {goods} sold by {shop} was {n}",
            "people purchased {n} {goods} from {shop} {when}",
        ),
        changes=("n", "when", "goods", "shop"),
    ),
    Frame(
        name="memory",
        slots={"a": words.PEOPLE, "task": words.TASKS, "when": words.WHEN},
        phrasings=(
            "{a} remembered to {task} {when}",
            "{when}, {a} did not forget to {task}",
            "{when}, {a} kept in mind to {task}, and did it",
            "{a} did not fail to {task} {when}",
        ),
        denials=(
            "{a} forgot to {task} {when}",
            "{when}, {a} did not remember to {task}",
            "{a} failed to remember to {task} {when}",
            "{when}, it slipped {a}'s mind to {task}",
        ),
        changes=("task", "when"),
    ),
    Frame(
        name="everyone",
        slots={"who": words.MEMBERS, "did": words.OUTCOMES, "when": words.WHEN},
        phrasings=(
            "{when}, every {who} {did[yes]}",
            "not a single {who} {did[no]} {when}",
            "each {who} {did[yes]} {when}",
            "{when}, no {who} {did[no]}",
        ),
        denials=(
            "{when}, every {who} {did[no]}",
            "not a single {who} {did[yes]} {when}",
            "each {who} {did[no]} {when}",
            "{when}, no {who} {did[yes]}",
        ),
        changes=("who", "did"),
    ),
    Frame(
        name="journey",
        slots={"a": words.PEOPLE, "p": words.PLACES, "q": words.PLACES, "day": words.DATES},
        phrasings=(
            "{a} walked from {p} to {q} on {day}",
            "on {day}, {a} went on foot to {q} from {p}",
            "on {day}, {a} left {p} and walked to {q}",
            "{a} started a walk at {p} on {day} and ended it at {q}",
            "{a} reached {q} on {day} on a walk that began at {p}",
        ),
        swaps=(("p", "q"),),
        changes=("p", "q", "day"),
    ),
    Frame(
        name="furnishing",
        slots={"x": words.FURNITURE, "y": words.FURNITURE, "is": words.RELATIONS, "room": words.ROOMS},
        phrasings=(
            "in {room}, {x} is {is[of]} {y}",
            "{y} is {is[inverse]} {x} in {room}",
            "{is[of]} {y} in {room} you will find {x}",
            "in {room}, you can see {y} {is[inverse]} {x}",
        ),
        swaps=(("x", "y"),),
        changes=("x", "y", "room"),
    ),
    Frame(
        name="taste",
        slots={"a": words.PEOPLE, "x": words.FOODS, "y": words.FOODS},
        phrasings=(
            "{a} likes {x} much more than {y}",
            "{a} prefers {x} to {y} by far",
            "{a} would much rather have {x} than {y}",
            "{a} is much less fond of {y} than of {x}",
            "given {y} and {x}, {a} would always choose {x}",
        ),
        swaps=(("x", "y"),),
        changes=("x", "y"),
    ),
    Frame(
        name="delay",
        slots={"ride": words.TRANSPORT, "why": words.TROUBLES, "when": words.WHEN},
        phrasings=(
            "{ride} was delayed by {why} {when}",
            "{when}, {why} caused a delay for {ride}",
            "{when}, {ride} was held up by {why}",
            "{why} kept {ride} from being on time {when}",
        ),
        denials=(
            "{ride} was not delayed by {why} {when}",
            "{when}, {why} did not cause any delay for {ride}",
            "{when}, {ride} was not held up by {why}",
            "{why} did not keep {ride} from being on time {when}",
        ),
        changes=("ride", "why", "when"),
    ),
    Frame(
        name="new date",
        slots={"event": words.EVENTS, "old": words.DATES, "new": words.DATES},
        phrasings=(
            "{event} has been moved from {old} to {new}",
            "instead of {old}, {event} will now be on {new}",
            "{event} will now take place on {new} and not on {old}",
            "{event} was planned for {old} but is now on {new}",
            "the new date of {event} is {new} rather than {old}",
        ),
        swaps=(("old", "new"),),
        changes=("event", "new"),
    ),
    Frame(
        name="duration",
        slots={"event": words.EVENTS, "long": words.HOURS, "day": words.DATES},
        phrasings=(
            "{event} on {day} lasted {long}",
            "on {day}, it took {long} for {event} to end",
            "on {day}, {event} was over after {long}",
            "{event} went on for {long} on {day}",
        ),
        changes=("long", "event", "day"),
    ),
    Frame(
        name="opening",
        slots={"venue": words.VENUES, "day": words.DATES},
        phrasings=(
            "{venue} is always open on {day}",
            "{venue} is never closed on {day}",
            "on {day} you will always find {venue} open",
            "you can visit {venue} on {day}",
        ),
        denials=(
            "{venue} is always closed on {day}",
            "{venue} is never open on {day}",
            "on {day} you will always find {venue} closed",
            "you cannot visit {venue} on {day}",
        ),
        changes=("venue", "day"),
    ),
    Frame(
        name="deed",
        slots={"a": words.PEOPLE, "did": words.DEEDS, "thing": words.OBJECTS, "when": words.WHEN},
        phrasings=(
            "{a} {did[past]} {thing} {when}",
            "{when}, {thing} was {did[done]} by {a}",
            "it was {a} who {did[past]} {thing} {when}",
            "{when}, {a} {did[past]} {thing}",
            "the person by whom {thing} was {did[done]} {when} is {a}",
        ),
        changes=("did", "thing", "when"),
    ),
)
