"""From rows to what a model takes: columns found, labels checked, texts tokenized."""
