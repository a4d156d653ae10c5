"""A Stripe of our own: a real HTTP server that keeps books as Stripe does, and misbehaves when it is told to."""
