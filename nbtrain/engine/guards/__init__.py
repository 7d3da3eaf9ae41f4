"""Guards keep a training alive when a loss is not finite, or when memory or the disk is full."""
