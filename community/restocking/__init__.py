"""Reports that a store has a sneaker: who decides, who earns, who hears of it."""
