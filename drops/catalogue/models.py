"""The catalogue: a sneaker, and how it is pictured."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models

from drops.sizes.values import SizeSystem
from dropshop.core.money import Money


class Tint(models.TextChoices):
    """The ground a sneaker's art stands on; the colours themselves are tokens of the style sheet."""

    EMBER = "ember"
    TIDE = "tide"
    MOSS = "moss"
    VOLT = "volt"
    LILAC = "lilac"
    SAND = "sand"
    SLATE = "slate"
    ROSE = "rose"
    MINT = "mint"
    SKY = "sky"


class Sneaker(models.Model):
    """One entry of the catalogue. A drop releases it; a closet or a trade may name it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    brand = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    style_code = models.CharField(max_length=40, unique=True)
    colourway = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True, max_length=2000)
    release_date = models.DateField(null=True, blank=True)
    retail_price = models.PositiveBigIntegerField(
        validators=[MinValueValidator(1)], help_text="In minor units: 18000 is 180.00."
    )
    currency = models.CharField(max_length=3, default="USD")
    size_system = models.CharField(max_length=40, choices=SizeSystem, default=SizeSystem.US_MEN)
    tint = models.CharField(max_length=12, choices=Tint, default=Tint.SAND)
    art = models.JSONField(
        default=dict, blank=True, help_text="Silhouette and colours of the drawn picture, used while there is no photograph."
    )

    class Meta:
        ordering = ("brand", "name", "style_code")
        constraints = (models.CheckConstraint(condition=models.Q(retail_price__gt=0), name="sneaker_price_positive"),)

    def __str__(self) -> str:
        return f"{self.brand} {self.name} ({self.style_code})"

    @property
    def money(self) -> Money:
        """The retail price."""
        return Money(self.retail_price, self.currency)

    @property
    def is_measured(self) -> bool:
        """Whether anything (a drop, a member's pair, a report) has a size of it, and so its size system stands."""
        pointing = (relation for relation in self._meta.related_objects if relation.related_model is not SneakerPicture)
        return any(relation.field.model._base_manager.filter(**{relation.field.name: self}).exists() for relation in pointing)


def picture_name(picture: "SneakerPicture", given: str) -> str:
    """A random name: what staff call their files is nobody's business, and one never replaces another."""
    return f"sneakers/{uuid.uuid4().hex}.webp"


class SneakerPicture(models.Model):
    """A photograph; the first by position is the one the calendar shows."""

    sneaker = models.ForeignKey(Sneaker, on_delete=models.CASCADE, related_name="pictures")
    image = models.ImageField(upload_to=picture_name)
    alt = models.CharField("description for people who cannot see it", max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.alt
