"""Each old name of `TrainingArguments`, and each common other name, has its right answer."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.config import from_toml, schema
from nbtrain.config.other_names import ADVICE, ALIASES, REPLACED
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import ConfigError, Problem

GOOD = 'model = "demo"\ndataset = "demo"\n'

OLD = """
output_dir overwrite_output_dir do_train do_eval do_predict evaluation_strategy eval_strategy prediction_loss_only
per_device_train_batch_size per_device_eval_batch_size per_gpu_train_batch_size per_gpu_eval_batch_size
gradient_accumulation_steps eval_accumulation_steps eval_delay torch_empty_cache_steps learning_rate weight_decay
adam_beta1 adam_beta2 adam_epsilon max_grad_norm num_train_epochs max_steps lr_scheduler_type lr_scheduler_kwargs
warmup_ratio warmup_steps log_level log_level_replica log_on_each_node logging_dir logging_strategy logging_first_step
logging_steps logging_nan_inf_filter save_strategy save_steps save_total_limit save_safetensors save_on_each_node
save_only_model restore_callback_states_from_checkpoint no_cuda use_cpu use_mps_device seed data_seed jit_mode_eval
use_ipex bf16 fp16 fp16_opt_level half_precision_backend bf16_full_eval fp16_full_eval tf32 local_rank ddp_backend
xpu_backend tpu_num_cores tpu_metrics_debug debug dataloader_drop_last eval_steps dataloader_num_workers
dataloader_prefetch_factor past_index run_name disable_tqdm remove_unused_columns label_names load_best_model_at_end
metric_for_best_model greater_is_better ignore_data_skip sharded_ddp fsdp fsdp_min_num_params fsdp_config
fsdp_transformer_layer_cls_to_wrap accelerator_config deepspeed label_smoothing_factor optim optim_args adafactor
group_by_length length_column_name report_to ddp_find_unused_parameters ddp_bucket_cap_mb ddp_broadcast_buffers
dataloader_pin_memory dataloader_persistent_workers skip_memory_metrics use_legacy_prediction_loop push_to_hub
resume_from_checkpoint hub_model_id hub_strategy hub_token hub_private_repo hub_always_push gradient_checkpointing
gradient_checkpointing_kwargs include_inputs_for_metrics include_for_metrics eval_do_concat_batches fp16_backend
push_to_hub_model_id push_to_hub_organization push_to_hub_token mp_parameters auto_find_batch_size full_determinism
torchdynamo ray_scope ddp_timeout torch_compile torch_compile_backend torch_compile_mode dispatch_batches
split_batches include_tokens_per_second include_num_input_tokens_seen neftune_noise_alpha optim_target_modules
batch_eval_metrics eval_on_start use_liger_kernel eval_use_gather_object average_tokens_across_devices
evaluate_during_training""".split()  # noqa: SIM905
"""The fields of `TrainingArguments` in transformers 3, 4 and 5."""


def problem_of(line: str) -> Problem:
    with pytest.raises(ConfigError) as caught:
        from_toml(GOOD + line)
    [problem] = caught.value.problems
    return problem


@pytest.mark.parametrize("name", OLD)
def test_an_old_name_is_a_key_or_has_an_answer(name: str) -> None:
    if name not in schema():
        fix = problem_of(f"{name} = 1").fix or ""
        assert fix.startswith(("Did you mean", "Write", "Remove")), fix
        assert "`%finetune --help`" not in fix


def test_other_names_mean_keys() -> None:
    assert set(ALIASES.values()) <= set(schema())
    assert not set(REPLACED) & set(ADVICE)


VALUES: dict[str, Any] = {
    "warmup_ratio": 0.1,
    "dispatch_batches": True,
    "split_batches": True,
    "fsdp_min_num_params": 100,
    "fsdp_transformer_layer_cls_to_wrap": "BertLayer",
}


@pytest.mark.parametrize("name", sorted(set(REPLACED) - set(schema())))
def test_a_line_in_place_of_an_old_key_is_valid(name: str) -> None:
    fix = problem_of(f"{name} = {toml_value(VALUES.get(name, True))}").fix or ""
    from_toml(GOOD + fix.removeprefix("Write ").removesuffix("."))
    assert problem_of(f"{name} = false").fix == "Remove it."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("num_labels = 2", ["Remove", "label column"]),
        ("save_safetensors = true", ["Remove"]),
        ('logging_dir = "logs"', ["Remove", "TENSORBOARD_LOGGING_DIR"]),
        ("group_by_length = true", ['train_sampling_strategy = "group_by_length"']),
        ("warmup_ratio = 0.06", ["warmup_steps = 0.06"]),
        ("class_weight = [1, 2]", ["`class_weights`"]),
        ('padding = "max_length"', ["Remove", "data_collator"]),
        ("loss_fn = 1", ["`compute_loss_func`"]),
        ('evaluation_strategy = "epoch"', ["`eval_strategy`"]),
        ("no_cuda = true", ["`use_cpu`"]),
        ("epochs = 3", ["`num_train_epochs`"]),
        ("LR = 3", ["`learning_rate`"]),
        ("resume_from_checkpoint = true", ["--resume run", "finetune(resume=run)"]),
        ('torch_dtype = "bfloat16"', ["`torch_dtype`", 'model = "$model"']),
        ("peft_config = 1", ["get_peft_model"]),
        ("args = 1", ["learning_rate = "]),
        ("validation_split = 1.5", ["validation_split = 0.1"]),
        ("adam_beta2 = 1.0", ["adam_beta2 = 0.999"]),
        ("learnin_rate = 1", ["Did you mean `learning_rate`?"]),
    ],
)
def test_the_right_answer(line: str, words: list[str]) -> None:
    problem = problem_of(line)
    assert problem.line == 3
    assert all(word in (problem.fix or "") for word in words), problem.fix


def test_shares_are_below_one() -> None:
    problem = problem_of("validation_split = 1.5")
    assert "greater than 0 and less than 1, got 1.5" in problem.message
    assert from_toml(GOOD + "validation_split = 0.99")["validation_split"] == 0.99
