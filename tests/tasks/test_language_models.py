"""Causal language models and chat: columns, tokens, which of them count, and metrics."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoTokenizer

from nbtrain import tasks
from nbtrain.data.conversations import conversations, messages_of
from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.token_cache import identity
from nbtrain.tasks.causal_lm import encode_next_tokens
from nbtrain.tasks.chat import answer_spans, encode_answers
from nbtrain.tasks.generation import continued, next_token_sums
from nbtrain.tasks.language_model import language_scores

USER, ASSISTANT = "user", "assistant"


def said(*texts: str, first: str = USER) -> list[dict[str, str]]:
    """A conversation in which two take turns."""
    roles = [first, ASSISTANT if first == USER else USER]
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]


@pytest.fixture
def tokenizer(tiny_decoder: Path) -> Any:
    given = AutoTokenizer.from_pretrained(tiny_decoder, padding_side="left")
    found = tasks.get("chat").prepared_processor(given, None)  # type: ignore[arg-type]
    assert (found.pad_token, found.padding_side) == ("<end>", "right")
    assert (given.pad_token, given.padding_side) == (None, "left"), "the user's object stays as it is"
    return found


class TestNextTokens:
    def test_each_text_ends_and_long_ones_become_parts(self, tokenizer: Any) -> None:
        encoded = encode_next_tokens(["the cat", "the dog sees the cat"], tokenizer, 4, packing=False)
        shown = [tokenizer.decode(ids) for ids in encoded["input_ids"]]
        assert shown == ["the cat<end>", "the dog sees the", " cat<end>"]
        assert encoded["labels"] == encoded["input_ids"]
        assert [len(mask) for mask in encoded["attention_mask"]] == [3, 4, 2]

    def test_packing_leaves_no_token_out_and_pads_nothing(self, tokenizer: Any) -> None:
        encoded = encode_next_tokens(["the cat", "a dog", "one bird sees"], tokenizer, 4, packing=True)
        assert [len(ids) for ids in encoded["input_ids"]] == [4, 4, 2]
        joined = tokenizer.decode([token for ids in encoded["input_ids"] for token in ids])
        assert joined == "the cat<end>a dog<end>one bird sees<end>"

    def test_a_lone_token_is_no_input(self, tokenizer: Any) -> None:
        assert encode_next_tokens(["the cat sees"], tokenizer, 3, packing=False)["input_ids"] == [
            tokenizer("the cat sees")["input_ids"]
        ]

    def test_sums_are_those_of_the_next_token(self) -> None:
        torch.manual_seed(0)
        logits, labels = torch.randn(2, 5, 7), torch.tensor([[1, 2, 3, -100, -100], [-100, 4, 5, 6, 0]])
        shifted = torch.nn.functional.cross_entropy(
            logits[:, :-1].reshape(-1, 7), labels[:, 1:].reshape(-1), ignore_index=-100
        )
        scores = language_scores(next_token_sums(logits, labels).numpy())
        assert scores["perplexity"] == pytest.approx(math.exp(shifted), rel=1e-6)
        known = labels[:, 1:] != -100
        right = (logits[:, :-1].argmax(-1) == labels[:, 1:])[known].float().mean()
        assert scores["accuracy"] == pytest.approx(float(right))


class TestConversations:
    @pytest.mark.parametrize(
        "cell",
        [
            [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
            [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}],
            {"role": ["user", "assistant"], "content": ["hi", "hello"]},
            [{"role": "USER", "content": "hi", "name": None}, {"role": "model", "content": "hello"}],
        ],
        ids=["openai", "sharegpt", "dict of lists", "other roles"],
    )
    def test_forms_of_messages(self, cell: Any) -> None:
        assert messages_of(cell) == said("hi", "hello")

    def test_prompts_and_answers(self) -> None:
        batch = {"instruction": ["add", "say"], "input": ["1 2", ""], "output": ["3", "hi"]}
        assert conversations(batch, ["instruction", "input"], "output") == [said("add\n\n1 2", "3"), said("say", "hi")]
        lists = {"prompt": [said("hi")], "completion": [said("hello", first=ASSISTANT)]}
        assert conversations(lists, ["prompt"], "completion") == [said("hi", "hello")]
        assert conversations({"prompt": ["hi"]}, ["prompt"], "") == [said("hi")]

    @pytest.mark.parametrize(
        ("columns", "inputs", "target"),
        [
            ({"messages": said("hi", "hello")}, ["messages"], []),
            (
                {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yo"}]},
                ["conversations"],
                [],
            ),
            ({"prompt": "hi", "completion": "hello"}, ["prompt"], ["completion"]),
            ({"instruction": "say", "input": "", "output": "hello"}, ["instruction", "input"], ["output"]),
            ({"user": "hi", "assistant": "hello", "id": 3}, ["user"], ["assistant"]),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
    )
    def test_columns_are_found_without_a_task(self, columns: dict[str, Any], inputs: Any, target: Any) -> None:
        rows = [{**columns, **({"prompt": f"hi {at}"} if "prompt" in columns else {})} for at in range(20)]
        spec = read(Source(dataset=rows)).spec
        assert (spec.task, list(spec.inputs), list(spec.target)) == ("chat", inputs, target)

    def test_question_and_answer_are_chat_only_if_they_are_named(self) -> None:
        rows = pd.DataFrame(
            {"question": [f"what is {at}" for at in range(30)], "answer": [f"it is {at}" for at in range(30)]}
        )
        named = read(Source(dataset=rows, task="chat")).spec
        assert (named.inputs, named.target) == (("question",), ("answer",))

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ({"prompt": ["a", "b", " "], "completion": ["x", "y", "z"]}, "row 2"),
            ({"prompt": ["a", "b", "c"], "completion": ["x", "", "z"]}, "row 1"),
            ({"messages": [said("a", "b"), said("a"), said("a", "b")]}, "row 1"),
            ({"text": ["a", "b", "c"], "other": [1, 2, 3]}, "text = "),
        ],
        ids=["no prompt", "empty answer", "no answer", "no such columns"],
    )
    def test_rows_that_teach_nothing_are_refused(self, rows: dict[str, Any], message: str) -> None:
        with pytest.raises(DataError, match=message):
            read(Source(dataset=pd.DataFrame(rows), task="chat"))


class TestAnswers:
    def test_all_answers_of_a_conversation_count_with_their_ends(self, tokenizer: Any) -> None:
        text, spans = answer_spans(said("the cat", "a dog", "one bird", "two"), tokenizer)
        assert text == "<user>the cat<end><model>a dog<end><user>one bird<end><model>two<end>"
        assert [text[start:end] for start, end in spans] == ["a dog<end>", "two<end>"]
        encoded, cut = encode_answers([said("the cat", "a dog", "one bird", "two")], tokenizer, 50)
        counted = [
            token for token, label in zip(encoded["input_ids"][0], encoded["labels"][0], strict=True) if label != -100
        ]
        assert tokenizer.decode(counted) == "a dog<end>two<end>"
        assert cut == 0

    def test_without_a_template_prompt_and_answer_are_lines(self, tokenizer: Any) -> None:
        tokenizer.chat_template = None
        text, [(start, end)] = answer_spans(said("the cat", "a dog"), tokenizer)
        assert text == "the cat\na dog<end>" and text[start:end] == "a dog<end>"

    def test_a_template_that_leaves_out_earlier_thoughts_counts_the_last_answer(self, tokenizer: Any) -> None:
        tokenizer.chat_template = (
            "{% for message in messages %}<user>{% if message['role'] == 'assistant' and not loop.last %}gone{% else %}"
            "{{ message['content'] }}{% endif %}<end>{% endfor %}{% if add_generation_prompt %}<user>{% endif %}"
        )
        text, spans = answer_spans(said("the cat", "a dog", "one bird", "two"), tokenizer)
        assert [text[start:end] for start, end in spans] == ["two<end>"]

    def test_a_template_that_changes_everything_is_refused(self, tokenizer: Any) -> None:
        tokenizer.chat_template = (
            "{{ messages | length }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
        )
        with pytest.raises(ValueError, match="where an answer begins"):
            answer_spans(said("the cat", "a dog"), tokenizer)

    def test_what_is_too_long_loses_its_beginning_but_no_answer(self, tokenizer: Any) -> None:
        rows = [said("the cat " * 10, "a dog"), said("the", "a dog sees one bird not two")]
        encoded, cut = encode_answers(rows, tokenizer, 6)
        assert cut == 2
        assert [len(ids) for ids in encoded["input_ids"]] == [6, 6]
        assert tokenizer.decode(encoded["input_ids"][0]).endswith("<model>a dog<end>")
        assert tokenizer.decode(encoded["input_ids"][1]) == "a dog sees one bird not"
        assert -100 not in encoded["labels"][1]


def test_metrics_of_nothing_are_missing() -> None:
    assert math.isnan(language_scores(np.zeros((2, 3)))["perplexity"])


def test_prompts_fit_into_the_positions_of_the_model(tokenizer: Any) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    size = {"n_positions": 12, "n_embd": 8, "n_layer": 1, "n_head": 1, "vocab_size": len(tokenizer)}
    model = GPT2LMHeadModel(GPT2Config(**size, eos_token_id=1, bos_token_id=1))
    prompts = [tokenizer("the cat " * 30)["input_ids"], [], tokenizer("a dog")["input_ids"]]
    assert [len(text) >= 0 for text in continued(model, tokenizer, prompts, 500)] == [True] * 3


def test_another_chat_template_is_another_tokenizer(tokenizer: Any) -> None:
    before = identity(tokenizer)
    tokenizer.chat_template = f"{tokenizer.chat_template} "
    assert before is not None and identity(tokenizer) not in (None, before)


def test_a_conversation_that_the_template_refuses_is_no_traceback(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('Roles must alternate') }}"
    spec = TaskSpec("chat", ("prompt",), ("completion",), options={"max_length": 20})
    with pytest.raises(DataError, match=r"Roles must alternate"):
        tasks.get("chat").tokenize({"prompt": ["a"], "completion": ["b"]}, None, tokenizer, spec)
