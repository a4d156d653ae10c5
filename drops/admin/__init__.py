"""The admin of what is for sale: sneakers with their pictures, drops with their size runs, stock adjusted by hand."""

from drops.catalogue.admin import SneakerAdmin

from .drop import DropAdmin
from .stock import StockAdjustmentAdmin

__all__ = ["DropAdmin", "SneakerAdmin", "StockAdjustmentAdmin"]
