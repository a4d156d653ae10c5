"""The condition of a pair, and what it leaves of a price."""

from django.db import models


class Condition(models.IntegerChoices):
    """How worn a pair is; a lower number is a worse pair, so that "at least good" is a comparison."""

    WORN = 1, "Worn"
    GOOD = 2, "Good"
    LIKE_NEW = 3, "Like new"
    NEW = 4, "New, never worn"


# What is left of the price of a new pair, by condition. A rule of thumb of ours: the prices we know are those of new pairs.
CONDITION_FACTORS = {Condition.NEW: 1.0, Condition.LIKE_NEW: 0.85, Condition.GOOD: 0.7, Condition.WORN: 0.5}
