"""`%%finetune` cells: options, completion, checks, help."""
