"""From rows to model inputs: detect columns, check labels, tokenize texts."""
