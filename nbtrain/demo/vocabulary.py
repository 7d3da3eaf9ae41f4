"""The words of the demo data: pools of entries, where one entry is one meaning.

An entry is a plain string, a tuple of wordings that mean the same (one is drawn each time the entry is said), or a
dict of grammatical forms, each of which is again a string or a tuple. Two entries of one pool never mean the same:
replacing one by another always changes what a sentence says.
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

DAYS: Pool = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

WHEN: Pool = (
    *("on Monday", "on Wednesday", "on Thursday", "on Saturday", "on Sunday"),
    *(("at noon", "at midday"), ("at dawn", "at sunrise"), ("at dusk", "at sunset"), ("in autumn", "in the fall")),
    *(("at half past three", "at 3:30"), ("at a quarter past nine", "at 9:15"), ("at half past ten", "at 10:30")),
    *(("in early March", "at the start of March"), ("in late June", "at the end of June")),
    *(("on the last day of May", "on May 31"), ("on New Year's Eve", "on the last day of December")),
    *(("in mid-October", "in the middle of October"), ("a week ago", "seven days ago")),
)

_UNITS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen")
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

NUMBERS: Pool = (
    *((word, str(value)) for value, word in enumerate(_UNITS, start=3)),
    *((word, str(value)) for word, value in _TENS.items()),
)

HOURS: Pool = (
    ("an hour", "sixty minutes", "60 minutes"),
    ("half an hour", "thirty minutes", "30 minutes"),
    ("two hours", "120 minutes"),
    ("a quarter of an hour", "fifteen minutes", "15 minutes"),
    ("an hour and a half", "ninety minutes", "90 minutes"),
    ("ten minutes", "10 minutes"),
    ("three hours", "3 hours"),
    ("five hours", "5 hours"),
)

WEEKS: Pool = (("two weeks", "fourteen days"), ("two days", "48 hours"), ("three weeks", "21 days"))

GAMES: Pool = (
    *("chess", "tennis", "darts", "badminton", "cards", "golf"),
    *(("table tennis", "ping-pong"), ("checkers", "draughts"), ("bowling", "ninepins")),
)

BELONGINGS: Pool = (
    *(("a bicycle", "a bike"), ("a couch", "a sofa"), ("a rucksack", "a backpack"), ("a TV", "a television")),
    *(("a mobile phone", "a cell phone"), ("a fridge", "a refrigerator"), ("an old car", "an old automobile")),
    *(("a silver ring", "a ring made of silver"), ("a wooden table", "a table made of wood")),
    *(("a leather bag", "a bag made of leather"), ("a book about birds", "a bird book")),
    *(("a kitchen clock", "a clock for the kitchen"), ("a straw hat", "a hat made of straw")),
    *(("a vacuum cleaner", "a hoover"), ("a pail", "a bucket"), ("a small boat", "a little boat")),
    *("a ladder", "a tent", "a guitar", "a telescope", "a sewing machine", "a lawn mower", "a camera"),
)

GIFTS: Pool = (
    *(("a basket of fruit", "a fruit basket"), ("a bunch of tulips", "a bouquet of tulips")),
    *(("a woollen scarf", "a scarf made of wool"), ("a city map", "a map of the city")),
    *(("a silver spoon", "a spoon made of silver"), ("a photo album", "an album for photos")),
    *(("a jar of honey", "some honey in a jar"), ("a funny picture", "an amusing picture")),
    *("a fountain pen", "a box of pears", "a teddy bear", "a lottery ticket", "a chess set"),
)

OCCASIONS: Pool = (
    *(("a token of thanks", "a thank-you"), ("a farewell present", "a goodbye gift"), ("a joke", "a prank")),
    *(("a prize", "an award"), ("a wedding present", "a wedding gift"), ("a birthday present", "a birthday gift")),
)

COMPARED: Pool = (
    {"more": "older", "less": "younger", "base": "old"},
    {"more": "taller", "less": "shorter", "base": "tall"},
    {"more": "faster", "less": "slower", "base": "fast"},
    {"more": "richer", "less": "poorer", "base": "rich"},
    {"more": "stronger", "less": "weaker", "base": "strong"},
    {"more": "louder", "less": "quieter", "base": "loud"},
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
    {"past": "swept the floor", "ing": "sweeping the floor"},
    {"past": "ironed a shirt", "ing": "ironing a shirt"},
    {"past": "tuned the piano", "ing": "tuning the piano"},
    {"past": "watered the plants", "ing": "watering the plants"},
)

TASKS: Pool = (
    *(("buy milk", "get some milk"), ("return the books", "bring back the books"), ("feed the hens", "feed the chickens")),
    *(("turn off the oven", "switch off the oven"), ("post the letter", "mail the letter")),
    *(("close the window", "shut the window"), ("take out the rubbish", "take out the trash")),
    *(("call the doctor", "phone the doctor"), ("pick up the cake", "collect the cake")),
    *(("book a table", "reserve a table"), ("fill in the form", "fill out the form")),
    *("lock the gate", "charge the laptop", "water the roses", "renew the passport"),
)

SHOPS: Pool = (
    *(("the bookshop", "the bookstore"), ("the toy shop", "the toy store"), ("the bakery", "the baker's shop")),
    *(("the petrol station", "the gas station"), ("the museum shop", "the shop at the museum")),
    *(("the corner shop", "the corner store"), ("the market stall", "the stall at the market")),
    *("the kiosk", "the supermarket", "the garden centre"),
)

GOODS: Pool = (
    *(("sweets", "candies"), ("biscuits", "cookies"), ("jumpers", "sweaters"), ("jars of jam", "pots of jam")),
    *(("soft toys", "stuffed toys"), ("paper kites", "kites made of paper"), ("straw hats", "hats made of straw")),
    *("postcards", "pumpkins", "candles", "puzzles", "umbrellas"),
)

FRUIT: Pool = ("apples", "cherries", "mushrooms", "peaches", "flowers", "strawberries", "lemons", "walnuts")

MEMBERS: Pool = (
    *(("child", "kid"), ("student", "pupil"), ("doctor", "physician"), ("cyclist", "bike rider"), ("clerk", "office worker")),
    *("guest", "hiker", "singer", "neighbour", "player", "scout", "farmer"),
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
    *(("the harbour", "the port"), ("the railway station", "the train station"), ("the forest", "the woods")),
    *(("the town hall", "the city hall"), ("the cemetery", "the graveyard"), ("the cinema", "the movie theatre")),
    *(("the pharmacy", "the drugstore"), ("the beach", "the seaside")),
    *("the castle", "the lake", "the lighthouse", "the old mill", "the airport", "the vineyard"),
)

RELATIONS: Pool = (
    {"of": "above", "inverse": "below"},
    {"of": "to the left of", "inverse": "to the right of"},
    {"of": "in front of", "inverse": "behind"},
)

FURNITURE: Pool = (
    *(("the couch", "the sofa"), ("the bookshelf", "the bookcase"), ("the TV", "the television")),
    *(("the fridge", "the refrigerator"), ("the wooden chair", "the chair made of wood")),
    *("the clock", "the mirror", "the radiator", "the painting", "the calendar", "the lamp"),
)

ROOMS: Pool = (
    *(("the living room", "the sitting room"), ("the cellar", "the basement"), ("the attic", "the loft")),
    *("the kitchen", "the office", "the classroom", "the studio"),
)

FOODS: Pool = (
    *(("sweets", "candy"), ("crisps", "potato chips"), ("aubergines", "eggplants"), ("porridge", "oatmeal")),
    *(("courgettes", "zucchini"), ("biscuits", "cookies"), ("tomato soup", "soup made from tomatoes")),
    *(("orange juice", "the juice of oranges"), ("corn", "maize")),
    *("coffee", "salad", "rice", "pasta", "cheese", "olives", "lemonade"),
)

TRANSPORT: Pool = (
    *(("the plane", "the aircraft"), ("the truck", "the lorry"), ("the tram", "the streetcar"), ("the taxi", "the cab")),
    *(("the night train", "the overnight train"), ("the ferry", "the ferry boat")),
    *("the school bus", "the ambulance", "the steamboat", "the cable car"),
)

TROUBLES: Pool = (
    *(("heavy rain", "a downpour"), ("a power cut", "a blackout"), ("a flat tyre", "a puncture")),
    *(("thick fog", "dense fog"), ("a fallen tree", "a tree that had fallen"), ("a lot of snow", "heavy snow")),
    *(("some sheep on the way", "some sheep in the way"), ("a traffic jam", "congested roads")),
    *("the strike", "the parade"),
)

EVENTS: Pool = (
    *(("the film", "the movie"), ("the exam", "the examination"), ("the football match", "the football game")),
    *(("the wedding", "the wedding ceremony"), ("the lecture on whales", "the talk about whales")),
    *(("the staff meeting", "the meeting of the staff"), ("the book fair", "the fair for books")),
    *("the concert", "the picnic", "the race", "the auction", "the puppet show"),
)

VENUES: Pool = (
    *(("the swimming pool", "the public baths"), ("the cinema", "the movie theatre"), ("the café", "the coffee shop")),
    *(("the gym", "the fitness studio"), ("the pharmacy", "the drugstore"), ("the city library", "the library of the city")),
    *("the museum", "the post office", "the zoo", "the ice rink"),
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
    *(("the bicycle", "the bike"), ("the TV", "the television"), ("the couch", "the sofa")),
    *(("the wooden chair", "the chair made of wood"), ("the washing machine", "the washer")),
    *(("the garden fence", "the fence around the garden"), ("the kitchen door", "the door of the kitchen")),
    *("the lamp", "the doll house", "the rocking horse", "the sledge", "the radio", "the model ship"),
)
