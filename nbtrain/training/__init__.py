"""From a configuration, or a Trainer, to a run: prepare, train, save, resume."""
