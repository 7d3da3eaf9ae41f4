"""The words of the demo data: pools of entries, where one entry is one meaning.

An entry is a string, a tuple of wordings that mean the same (one is drawn for each sentence), or a
dict of grammatical forms, each of which is again a string or a tuple. Two entries of one pool never mean the same:
replacing one by another always changes the meaning of a sentence.
"""

from __future__ import annotations

Wording = str | tuple[str, ...]
Entry = Wording | dict[str, Wording]
Pool = tuple[Entry, ...]

PEOPLE: Pool = (
    *("Nora", "Tom", "Mira", "Felix", "Ines", "Oscar", "Wanda", "Hugo", "Lena", "Victor"),
    *("Priya", "Samuel", "Tess", "Ahmed", "Clara", "Ben", "Yuki", "Marco", "Elsa", "Jonas"),
    *("the baker", "the nurse", "the plumber", "the gardener", "the librarian", "the pilot"),
    *("the tailor", "the farmer", "the painter", "the coach", "the dentist", "the florist"),
)

DATES: Pool = (
    *(("the first of May", "May 1"), ("the second of May", "May 2"), ("the third of May", "May 3")),
    *(("the fifth of May", "May 5"), ("the sixth of May", "May 6"), ("the eighth of May", "May 8")),
    *(("the ninth of May", "May 9"), ("the tenth of May", "May 10"), ("the twelfth of May", "May 12")),
)

WHEN: Pool = (
    *(("at noon", "at midday"), ("at ten past one", "at 1:10"), ("at five to two", "at 1:55")),
    *(("at half past three", "at 3:30"), ("at a quarter past nine", "at 9:15"), ("at half past ten", "at 10:30")),
    *(("at a quarter to six", "at 5:45"), ("at ten to eight", "at 7:50"), ("at twenty past four", "at 4:20")),
)

_UNITS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen")
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

NUMBERS: Pool = (
    *((word, str(value)) for value, word in enumerate(_UNITS, start=3)),
    *((word, str(value)) for word, value in _TENS.items()),
)

HOURS: Pool = (
    *(("an hour", "sixty minutes", "60 minutes"), ("half an hour", "thirty minutes", "30 minutes")),
    *(("two hours", "120 minutes"), ("three hours", "180 minutes"), ("an hour and a half", "ninety minutes")),
    *(("a quarter of an hour", "fifteen minutes", "15 minutes"), ("a third of an hour", "twenty minutes")),
)

WEEKS: Pool = (*(("two weeks", "fourteen days"), ("two days", "48 hours"), ("three weeks", "21 days")),)

GAMES: Pool = (
    *(("table tennis", "ping-pong"), ("checkers", "draughts"), ("bowling", "ninepins")),
    *("chess", "darts"),
    *(("noughts and crosses", "tic-tac-toe"), ("pool", "pocket billiards")),
)

BELONGINGS: Pool = (
    *(("a bicycle", "a bike"), ("a couch", "a sofa"), ("a rucksack", "a backpack"), ("a TV", "a television")),
    *(("a fridge", "a refrigerator"), ("a car", "an automobile"), ("a vacuum cleaner", "a hoover")),
    *(("a pail", "a bucket"), ("a jumper", "a sweater"), ("a wrench", "a spanner"), ("a wallet", "a billfold")),
    *(("a violin", "a fiddle"), ("a truck", "a lorry"), ("a stroller", "a pushchair"), ("a crib", "a cot")),
    *(("a motorcycle", "a motorbike"), ("a phone", "a telephone"), ("a raincoat", "a mackintosh")),
)

GIFTS: Pool = (
    *(("a wallet", "a billfold"), ("a pullover", "a sweater"), ("a violin", "a fiddle"), ("some sweets", "some candy")),
    *(("some biscuits", "some cookies"), ("some trousers", "some pants"), ("a puppy", "a young dog")),
    *(("a bouquet", "a bunch of flowers"), ("a kitten", "a young cat"), ("a bicycle", "a bike")),
    *("a kettle", "an umbrella"),
)

OCCASIONS: Pool = (
    *(("a token of thanks", "a thank-you"), ("a farewell present", "a goodbye gift"), ("a joke", "a prank")),
    *(("a prize", "an award"), ("a wedding present", "a wedding gift"), ("a birthday present", "a birthday gift")),
)

COMPARED: Pool = (
    {"more": "older", "less": "younger", "base": "old"},
    {"more": "taller", "less": "shorter", "base": "tall"},
    {"more": ("faster", "quicker"), "less": "slower", "base": ("fast", "quick")},
    {"more": ("richer", "wealthier"), "less": "poorer", "base": ("rich", "wealthy")},
    {"more": "stronger", "less": "weaker", "base": "strong"},
    {"more": ("louder", "noisier"), "less": "quieter", "base": ("loud", "noisy")},
    {"more": ("happier", "more cheerful"), "less": ("less happy", "less cheerful"), "base": ("happy", "cheerful")},
)

ACTIVITIES: Pool = (
    {"past": ("made some tea", "brewed some tea"), "ing": ("making some tea", "brewing some tea")},
    {"past": ("walked the dog", "took the dog out"), "ing": ("walking the dog", "taking the dog out")},
    {"past": ("called the bank", "phoned the bank"), "ing": ("calling the bank", "phoning the bank")},
    {"past": ("read the newspaper", "read the paper"), "ing": ("reading the newspaper", "reading the paper")},
    {"past": ("took a nap", "had a short sleep"), "ing": ("taking a nap", "having a short sleep")},
    {"past": ("went for a swim", "went swimming"), "ing": ("going for a swim", "going swimming")},
    {"past": ("fed the cat", "gave the cat its food"), "ing": ("feeding the cat", "giving the cat its food")},
    {"past": ("cut up the onions", "chopped the onions"), "ing": ("cutting up the onions", "chopping the onions")},
    {"past": ("swept the floor", "swept the ground"), "ing": ("sweeping the floor", "sweeping the ground")},
    {"past": "tuned the piano", "ing": "tuning the piano"},
    {"past": "watered the plants", "ing": "watering the plants"},
)

TASKS: Pool = (
    *(
        ("buy milk", "get some milk"),
        ("return the books", "bring back the books"),
        ("feed the hens", "feed the chickens"),
    ),
    *(("turn off the oven", "switch off the oven"), ("post the letter", "mail the letter")),
    *(("close the window", "shut the window"), ("take out the rubbish", "take out the trash")),
    *(("call the doctor", "phone the doctor"), ("pick up the cake", "collect the cake")),
    *(("book a table", "reserve a table"), ("fill in the form", "fill out the form")),
    *("lock the gate", "water the roses"),
)

SHOPS: Pool = (
    *(("the bookshop", "the bookstore"), ("the bakery", "the baker's"), ("the pharmacy", "the drugstore")),
    *(("the petrol station", "the gas station"), ("the greengrocer's", "the vegetable shop")),
    *(("the butcher's", "the meat shop"), ("the kiosk", "the newsstand"), ("the flower shop", "the florist's")),
)

GOODS: Pool = (
    *(("sweets", "candies"), ("biscuits", "cookies"), ("jumpers", "sweaters"), ("jars of jam", "pots of jam")),
    *(("soft toys", "stuffed animals"), ("TVs", "televisions"), ("bikes", "bicycles")),
    *(("rucksacks", "backpacks"), ("buckets", "pails"), ("phones", "telephones"), ("fiddles", "violins")),
)

COLLECTED: Pool = (
    *(("sweets", "candies"), ("biscuits", "cookies"), ("buckets", "pails"), ("bikes", "bicycles")),
    *(("shells", "seashells"), ("stones", "rocks"), ("photographs", "photos"), ("autographs", "signatures")),
)

MEMBERS: Pool = (
    *(
        ("child", "kid"),
        ("student", "pupil"),
        ("doctor", "physician"),
        ("cyclist", "bike rider"),
        ("clerk", "office worker"),
    ),
    *(("guest", "visitor"), ("sailor", "seaman"), ("hiker", "rambler"), ("lawyer", "attorney")),
    *("singer", "neighbour"),
)

OUTCOMES: Pool = (
    {"yes": "passed the test", "no": "failed the test"},
    {"yes": "was present", "no": "was absent"},
    {"yes": "was on time", "no": "was late"},
    {"yes": "stayed awake", "no": "fell asleep"},
    {"yes": "stayed dry", "no": "got wet"},
    {"yes": "caught the bus", "no": "missed the bus"},
    {"yes": "told the truth", "no": "lied"},
)

PLACES: Pool = (
    *(("the harbour", "the port"), ("the forest", "the woods"), ("the shopping centre", "the mall")),
    *(("the cemetery", "the graveyard"), ("the cinema", "the movie theatre"), ("the pharmacy", "the drugstore")),
    *(("the bookshop", "the bookstore"), ("the gym", "the fitness studio"), ("the café", "the coffee shop")),
)

RELATIONS: Pool = (
    {"of": "above", "inverse": "below"},
    {"of": "to the left of", "inverse": "to the right of"},
    {"of": "in front of", "inverse": "behind"},
)

FURNITURE: Pool = (
    *(("the couch", "the sofa"), ("the bookshelf", "the bookcase"), ("the TV", "the television")),
    *(("the fridge", "the refrigerator"), ("the mirror", "the looking glass"), ("the loudspeaker", "the speaker")),
    *(("the phone", "the telephone"), ("the crib", "the cot")),
)

ROOMS: Pool = (
    *(("the living room", "the lounge"), ("the cellar", "the basement"), ("the attic", "the loft")),
    *(("the hall", "the corridor"), ("the nursery", "the children's room"), ("the study", "the home office")),
)

FOODS: Pool = (
    *(("sweets", "candy"), ("crisps", "potato chips"), ("aubergines", "eggplants"), ("porridge", "oatmeal")),
    *(("courgettes", "zucchini"), ("biscuits", "cookies"), ("soda", "fizzy drinks"), ("corn", "maize")),
    *(("beetroot", "beets"), ("peanuts", "groundnuts")),
)

TRANSPORT: Pool = (
    *(
        ("the plane", "the aircraft"),
        ("the truck", "the lorry"),
        ("the tram", "the streetcar"),
        ("the taxi", "the cab"),
    ),
    *(("the underground", "the subway"), ("the steamboat", "the steamer")),
    *(("the coach", "the tour bus")),
)

TROUBLES: Pool = (
    *(("heavy rain", "a downpour"), ("a power cut", "a blackout"), ("a flat tyre", "a puncture")),
    *(("thick fog", "dense fog"), ("a traffic jam", "congested roads"), ("a blizzard", "a heavy snowstorm")),
    *(("a walkout", "a strike"), ("a thunderstorm", "thunder and lightning")),
)

EVENTS: Pool = (
    *(
        ("the film", "the movie"),
        ("the exam", "the test"),
        ("the lecture", "the talk"),
        ("the contest", "the competition"),
    ),
    *(("the football match", "the soccer game"), ("the wedding", "the marriage ceremony")),
    *(("the party", "the celebration")),
)

VENUES: Pool = (
    *(("the shopping centre", "the mall"), ("the cinema", "the movie theatre"), ("the café", "the coffee shop")),
    *(("the gym", "the fitness studio"), ("the pharmacy", "the drugstore"), ("the bookshop", "the bookstore")),
    *(("the zoo", "the zoological garden"), ("the pub", "the tavern")),
)

DEEDS: Pool = (
    {"past": ("repaired", "fixed"), "done": ("repaired", "fixed")},
    {"past": ("bought", "purchased"), "done": ("bought", "purchased")},
    {"past": ("threw away", "discarded"), "done": ("thrown away", "discarded")},
    {"past": ("put together", "assembled"), "done": ("put together", "assembled")},
    {"past": ("hid", "concealed"), "done": ("hidden", "concealed")},
    {"past": ("gave back", "returned"), "done": ("given back", "returned")},
    {"past": "painted", "done": "painted"},
)

OBJECTS: Pool = (
    *(("the bicycle", "the bike"), ("the TV", "the television"), ("the couch", "the sofa"), ("the sledge", "the sled")),
    *(("the washing machine", "the washer"), ("the motorcycle", "the motorbike"), ("the stroller", "the pushchair")),
    *(("the crib", "the cot"), ("the fridge", "the refrigerator"), ("the violin", "the fiddle")),
)
