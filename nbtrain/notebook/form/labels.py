"""What a form calls the keys, and what it shows in empty boxes."""

from __future__ import annotations

LABELS = {
    "train": "Training data",
    "validation": "Validation data",
    "test": "Test data",
    "validation_split": "Held-out share",
    "text": "Input column",
    "label": "Label column",
    "max_train_samples": "Most training examples",
    "max_eval_samples": "Most validation examples",
    "max_length": "Maximum length",
    "num_train_epochs": "Epochs",
    "per_device_train_batch_size": "Batch size",
    "per_device_eval_batch_size": "Batch size of evaluations",
    "bf16": "Precision",
    "lora_r": "LoRA rank",
    "lr_scheduler_type": "Learning rate schedule",
    "optim": "Optimizer",
    "predict_with_generate": "Write texts in evaluations",
    "generation_max_length": "Longest written text",
}
"""Names of keys that say more than the key itself."""

PLACEHOLDERS = {
    "model": "Hub ID or folder",
    "tokenizer": "the model's own",
    "dataset": "Hub ID, folder or file",
    "train": "file or $variable",
    "validation": "file or $variable",
    "test": "file or $variable",
    "metrics": "the usual ones",
    "max_train_samples": "all",
    "max_eval_samples": "all",
    "max_length": "limit of the model",
    "early_stopping_patience": "off",
    "class_weights": "all the same",
    "lora_r": "off: train all weights",
    "lora_alpha": "2 x lora_r",
    "lora_target_modules": "all linear layers",
    "doc_stride": "a third of max_length",
    "max_target_length": "the longest written",
    "prefix": "none",
}
"""What an empty box of a key without a default means. A box shows about 24 letters."""

_SHORT_FORMS = {
    "adam": "Adam",
    "args": "arguments",
    "bf16": "BF16",
    "cpu": "CPU",
    "cuda": "CUDA",
    "ddp": "DDP",
    "deepspeed": "DeepSpeed",
    "dir": "directory",
    "doc": "document",
    "eval": "evaluation",
    "fp16": "FP16",
    "fsdp": "FSDP",
    "func": "function",
    "grad": "gradient",
    "hub": "Hub",
    "id": "ID",
    "inf": "infinite",
    "jit": "JIT",
    "kwargs": "arguments",
    "liger": "Liger",
    "lora": "LoRA",
    "lr": "learning rate",
    "max": "maximum",
    "mb": "in MB",
    "nan": "NaN",
    "neftune": "NEFTune",
    "num": "number of",
    "optim": "optimizer",
    "tf32": "TF32",
}


def label_of(key: str) -> str:
    """The name of a key in words: "Learning rate" for `learning_rate`."""
    if key in LABELS:
        return LABELS[key]
    words = " ".join(_SHORT_FORMS.get(word, word) for word in key.split("_"))
    return words[:1].upper() + words[1:]
