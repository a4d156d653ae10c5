"""What the payment provider tells by itself: stored first, then handled once, in whatever order it came."""
