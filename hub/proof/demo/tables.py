"""What the demo's weeks are made of: people, hours, campaigns, threads of texts, leads. Numbers are shares unless a name says
otherwise; days count from the first of the weeks."""

from __future__ import annotations

from typing import NamedTuple

DAYS = 56
FIRST_STORIES = 8
"""So many of the newest are played before somebody can look at them, with the newest texts, which wait for an answer."""
FIRST_NAMES = (
    "Ada Ben Cleo Dan Eva Finn Gia Hugo Ines Joel Kim Leo Mia Noah Olga Paul Quinn Rosa Sam Tara Uma Victor Wanda Xavier "
    "Yara Zoe Amir Bella Carlos Dina Emil Fatima Greg Hana Ivan Julia Karl Lena Marco Nina"
)
LAST_NAMES = (
    "Archer Brook Carver Dale Ellis Fisher Gray Hale Irwin Jones Kerr Lane Moss North Ortiz Patel Quist Reyes Stone Tran "
    "Usher Vega Walsh Yates Zhang Adler Bauer Cohen Diaz Evans Ford Gomez Hughes Ito Jensen Kowalski Lopez Meyer Nowak Olson"
)
FIRST, LAST = FIRST_NAMES.split(), LAST_NAMES.split()
HOURS = {6: 2, 7: 7, 8: 12, 9: 13, 10: 11, 11: 9, 12: 6, 13: 7, 14: 8, 15: 8, 16: 8, 17: 7, 18: 5, 19: 3, 20: 2, 22: 1}
"""Hours of the day, in the companies' own time."""
WEEKDAYS = (13, 11, 10, 10, 11, 6, 3)
COMPANIES = (3, 2)
"""Of the companies in the order of the file; each further one has 1."""
AREAS = {
    "lakeside": ("312", "773", "847", "708", "630", "224", "331", "872", "464"),
    "northgate": ("313", "248", "586", "734", "810", "947"),
}
OTHER_AREAS, CANADIAN_AREAS = ("415", "212", "206", "305"), ("519", "416", "514")
ARRIVALS = {
    "google ads": 40, "bing ads": 10, "facebook": 10, "tiktok": 5, "linkedin": 3, "organic": 20, "direct": 8, "assistant": 4,
}  # fmt: skip
"""Where the website's visitors come from."""
OWN_SHARE = 20
"""Of each click id that a plugin of the customer's own declares."""


class Campaign(NamedTuple):
    """An ad campaign of each company, from the day `begins` until the day `ends`."""

    name: str
    share: int
    begins: int
    ends: int
    keywords: tuple[str, ...]


CAMPAIGNS = (
    Campaign("Emergency", 40, 0, DAYS, ("plumber near me", "burst pipe", "emergency plumber")),
    Campaign("Fall drain special", 34, 0, 31, ("blocked drain", "drain cleaning cost")),
    Campaign("Water heaters", 38, 26, DAYS, ("water heater repair", "no hot water")),
    Campaign("Brand", 14, 0, DAYS, ("lakeside plumbing", "northgate drains")),
)
MESSAGES = (
    "Please call me back, the kitchen sink is blocked.",
    "The water heater in our basement leaks. Can somebody look at it this week?",
    "We need a quote for a new bathroom, two sinks and a shower.",
    "Our drain smells after heavy rain. Is that something you do?",
    "The toilet upstairs keeps running. Evenings suit us best.",
)
"""What visitors write into the form."""
Lines = tuple[tuple[str, int, str], ...]
THREADS: dict[str, Lines] = {
    "question": (
        ("in", 0, "Hi, do you also come on Saturdays?"),
        ("reply", 6, "Yes, from 8 to 2. Which Saturday suits you?"),
        ("in", 11, "This one, 9 am? The kitchen tap drips."),
        ("reply", 15, "9 am is yours. We will text when we are on the way."),
    ),
    "picture": (
        ("in", 0, "This is what the pipe under the sink looks like."),
        ("reply", 9, "Thanks, that is the trap. 120 USD with the part, today at 3 pm?"),
        ("in", 14, "3 pm is fine, thank you!"),
        ("reply", 16, "See you at 3."),
    ),
    "stop": (("in", 0, "STOP"), ("service", 30, "We have your spare part now.")),
    "help": (("in", 0, "HELP"),),
    "advertisement": (
        ("in", 0, "Thank you, that was quick. The shower works again."),
        ("reply", 5, "Glad to hear it. Thank you for writing!"),
        ("marketing", 55, "This week only: drains cleaned for 99 USD."),
    ),
    "price": (
        ("in", 0, "How much is a new water heater, 50 gallons?"),
        ("reply", 4, "Most are 1,450 to 1,900 USD with installation. May we look at the old one?"),
        ("in", 18, "Sure. Tomorrow afternoon?"),
        ("reply", 25, "Tomorrow, 2 pm. You get a reminder in the morning."),
    ),
    "waiting": (("in", 0, "Is anybody free today? Water comes through the ceiling in the hall."),),
}
"""Kind of a thread → its lines: who writes (`in`, or the purpose of our text), how many minutes after the first, what."""
KINDS = ("question", "picture", "stop", "help", "advertisement", "price", "waiting")
"""Of the first threads; the others are of the kinds of COMMON in turn."""
COMMON = ("question", "price", "picture", "advertisement")
MARKS = (
    ("qualified", 350, "Water heater leaks. Sent a quote for a new one."),
    ("booked", 640, "Tuesday 8 am: kitchen drain, second floor."),
    ("spam", 0, ""),
    ("qualified", 1_900, "New water heater, 50 gallons. Decides by Friday."),
    ("booked", 220, ""),
    ("not_a_lead", 0, "Asked for a job."),
    ("booked", 180, "Toilet keeps running, bring a flapper."),
    ("qualified", 5_200, "Bathroom, two sinks and a shower."),
    ("spam", 0, ""),
    ("booked", 420, "Sump pump, before the weekend."),
    ("qualified", 280, ""),
    ("booked", 1_250, "Main line, camera first."),
    ("qualified", 480, "Wants two quotes. Call back on Monday."),
    ("booked", 360, ""),
)
"""Status, value in USD (0: none) and note of the leads that users mark, the oldest first."""
