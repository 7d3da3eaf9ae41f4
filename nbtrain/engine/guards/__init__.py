"""Guards: what keeps a training alive: loss not finite, memory or disk full."""
