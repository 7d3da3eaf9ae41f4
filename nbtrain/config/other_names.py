"""Names that people write for a key: those of other tools, and of `TrainingArguments` in transformers 3 to 5.

A name that the installed `TrainingArguments` still has is a key, and is not looked up here.
"""

from __future__ import annotations

from typing import Any

from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import Edit, Fix

ALIASES = {
    "lr": "learning_rate",
    "epochs": "num_train_epochs",
    "num_epochs": "num_train_epochs",
    "n_epochs": "num_train_epochs",
    "max_epochs": "num_train_epochs",
    "train_epochs": "num_train_epochs",
    "steps": "max_steps",
    "num_steps": "max_steps",
    "num_train_steps": "max_steps",
    "batch_size": "per_device_train_batch_size",
    "train_batch_size": "per_device_train_batch_size",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "bs": "per_device_train_batch_size",
    "eval_batch_size": "per_device_eval_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "gradient_accumulation": "gradient_accumulation_steps",
    "grad_accumulation_steps": "gradient_accumulation_steps",
    "accumulate_grad_batches": "gradient_accumulation_steps",
    "grad_clip": "max_grad_norm",
    "gradient_clip_val": "max_grad_norm",
    "warmup": "warmup_steps",
    "num_warmup_steps": "warmup_steps",
    "warmup_ratio": "warmup_steps",
    "wd": "weight_decay",
    "label_smoothing": "label_smoothing_factor",
    "evaluation_strategy": "eval_strategy",
    "evaluate_every": "eval_steps",
    "scheduler": "lr_scheduler_type",
    "lr_scheduler": "lr_scheduler_type",
    "optimizer": "optim",
    "num_workers": "dataloader_num_workers",
    "drop_last": "dataloader_drop_last",
    "random_state": "seed",
    "random_seed": "seed",
    "logger": "report_to",
    "no_cuda": "use_cpu",
    "xpu_backend": "ddp_backend",
    "torchdynamo": "torch_compile_backend",
    "push_to_hub_model_id": "hub_model_id",
    "push_to_hub_token": "hub_token",
    "best_metric": "metric_for_best_model",
    "output": "output_dir",
    "model_name": "model",
    "model_id": "model",
    "model_name_or_path": "model",
    "model_checkpoint": "model",
    "pretrained_model_name_or_path": "model",
    "checkpoint": "model",
    "data": "dataset",
    "dataset_name": "dataset",
    "train_file": "train",
    "train_dataset": "train",
    "train_data": "train",
    "train_df": "train",
    "training_data": "train",
    "df": "train",
    "validation_file": "validation",
    "validation_data": "validation",
    "eval_dataset": "validation",
    "eval_data": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test_file": "test",
    "test_dataset": "test",
    "text_column": "text",
    "text_col": "text",
    "text_columns": "text",
    "label_column": "label",
    "label_col": "label",
    "label_columns": "label",
    "labels": "label",
    "target": "label",
    "metric": "metrics",
    "compute_metric": "compute_metrics",
    "max_seq_length": "max_length",
    "max_seq_len": "max_length",
    "max_len": "max_length",
    "model_max_length": "max_length",
    "max_train_examples": "max_train_samples",
    "max_eval_examples": "max_eval_samples",
    "max_val_samples": "max_eval_samples",
    "test_size": "validation_split",
    "val_split": "validation_split",
    "validation_size": "validation_split",
    "tokenizer_name": "tokenizer",
    "processing_class": "tokenizer",
    "patience": "early_stopping_patience",
    "early_stopping": "early_stopping_patience",
    "callback": "callbacks",
    "collator": "data_collator",
    "collate_fn": "data_collator",
    "trainer": "trainer_class",
    "class_weight": "class_weights",
    "loss": "compute_loss_func",
    "loss_fn": "compute_loss_func",
    "loss_func": "compute_loss_func",
}
"""Names that mean a key with the same values, or nearly."""

_MODEL = 'Load the model with `{name}` in a cell above, and write model = "$model" and tokenizer = "bert-base-cased".'
_PEFT = 'Make it in a cell above, model = get_peft_model(model, config), and write model = "$model".'
_CLASSES = "Remove it: the classes are those of the label column, with their names."
_DEFAULT = "Remove it: transformers does this without a key now."
_GONE = "Remove it: transformers has no such option any more."
_ARGUMENTS = "Write the arguments themselves, a line for each: learning_rate = 2e-5"

REPLACED = {
    "group_by_length": 'train_sampling_strategy = "group_by_length"',
    "warmup_ratio": "warmup_steps = {value}",
    "adafactor": 'optim = "adafactor"',
    "include_inputs_for_metrics": 'include_for_metrics = ["inputs"]',
    "evaluate_during_training": 'eval_strategy = "steps"',
    "tpu_metrics_debug": 'debug = "tpu_metrics_debug"',
    "include_tokens_per_second": 'include_num_input_tokens_seen = "all"',
    "dispatch_batches": "accelerator_config = {dispatch_batches = {value}}",
    "split_batches": "accelerator_config = {split_batches = {value}}",
    "fsdp_min_num_params": "fsdp_config = {min_num_params = {value}}",
    "fsdp_transformer_layer_cls_to_wrap": "fsdp_config = {transformer_layer_cls_to_wrap = {value}}",
    "sharded_ddp": 'fsdp = "full_shard"',
}
"""The line to write instead of an old key. `{value}` is its value in TOML."""

ADVICE = {
    "push_to_hub_organization": 'Write hub_model_id = "organization/name".',
    "logging_dir": "Remove it: TensorBoard reads the folder from the environment variable TENSORBOARD_LOGGING_DIR.",
    "overwrite_output_dir": "Remove it: each run gets a new directory, and nothing is overwritten.",
    "save_safetensors": "Remove it: weights are always saved in this format.",
    "use_mps_device": "Remove it: the device is found without a key.",
    "device": "Remove it: the device is found without a key. To train on the CPU: use_cpu = true",
    "fp16_backend": _DEFAULT,
    "half_precision_backend": _DEFAULT,
    "mp_parameters": _DEFAULT,
    "tpu_num_cores": _DEFAULT,
    "fp16_opt_level": _GONE,
    "jit_mode_eval": _GONE,
    "use_ipex": _GONE,
    "ray_scope": _GONE,
    "past_index": _GONE,
    "use_legacy_prediction_loop": _GONE,
    "num_labels": _CLASSES,
    "num_classes": _CLASSES,
    "id2label": _CLASSES,
    "label2id": _CLASSES,
    "problem_type": 'Write task = "text_classification", "multi_label" or "regression".',
    "padding": 'Remove it: each batch is padded to its longest input. For another way: data_collator = "$collator"',
    "truncation": "Remove it: longer inputs are truncated. Write the limit: max_length = 128",
    "shuffle": "Remove it: training examples are shuffled in each epoch.",
    "args": _ARGUMENTS,
    "training_args": _ARGUMENTS,
    "training_arguments": _ARGUMENTS,
    "optimizers": 'Write a subclass of Trainer with `create_optimizer`, and trainer_class = "$MyTrainer".',
    "preprocess_logits_for_metrics": 'Write a subclass of Trainer that sets it, and trainer_class = "$MyTrainer".',
    "model_init": 'Write model = "bert-base-cased", or another name: each run loads the model anew.',
    "mixed_precision": "Write bf16 = true, or fp16 = true.",
    "resume": "Write `%%finetune --resume run`, or nbtrain.finetune(resume=run).",
    "peft_config": _PEFT,
    "lora_config": _PEFT,
    "freeze": 'Set `requires_grad = False` for its parameters in a cell above, and write model = "$model".',
    **dict.fromkeys(
        (
            "torch_dtype",
            "dtype",
            "device_map",
            "attn_implementation",
            "quantization_config",
            "load_in_8bit",
            "load_in_4bit",
            "trust_remote_code",
            "revision",
            "cache_dir",
            "dropout",
            "hidden_dropout_prob",
        ),
        _MODEL,
    ),
}
"""What to do instead of a key that has no other name. `{name}` is that key."""


def replacement(name: str, value: Any) -> str | None:
    """The line of TOML that says the same as an old or foreign key with this value; None if there is none."""
    name = name.lower()
    try:
        written = toml_value(value)
    except TypeError:
        return None
    if name in REPLACED:
        return None if value in (False, None) else REPLACED[name].replace("{value}", written)
    return f"{ALIASES[name]} = {written}" if name in ALIASES else None


def advice(name: str, value: Any) -> str | None:
    """What to do instead of the unknown key `name` with this value; None if only its spelling can be corrected."""
    folded = name.lower()
    if folded in REPLACED:
        line = replacement(name, value)
        return "Remove it." if line is None else Fix.by(Edit("line", line), f"Write {line}.")
    return ADVICE[folded].replace("{name}", name) if folded in ADVICE else None
