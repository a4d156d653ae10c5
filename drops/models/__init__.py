"""What is for sale, and when."""

from .drop import Access, Drop, Phase
from .size import Size, StockAdjustment
from .sneaker import Sneaker, SneakerPicture, Tint

__all__ = ["Access", "Drop", "Phase", "Size", "Sneaker", "SneakerPicture", "StockAdjustment", "Tint"]
