"""A whole shop under a crowd while its processes are killed and frozen: `python -m tests.soak`, and shorter in the suite."""
