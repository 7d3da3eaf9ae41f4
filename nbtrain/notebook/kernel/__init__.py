"""The kernel while it trains: messages, the channel to the page, pacing."""
