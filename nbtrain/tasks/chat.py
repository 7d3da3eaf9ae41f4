"""Chat: a model that answers learns from conversations, or from prompts and answers.

A conversation becomes a text by the chat template of the tokenizer. The loss counts the tokens of the answers only,
with the token that ends an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.conversations import (
    ANSWER_NAMES,
    FIELDS,
    PROMPT_NAMES,
    ROLES,
    conversations,
    likely,
    message_columns,
    messages_of,
    sure_pair,
)
from nbtrain.data.feature_types import describe_columns, rows_have
from nbtrain.data.questions import in_toml
from nbtrain.data.words import refuse_missing
from nbtrain.errors import DataError
from nbtrain.tasks.generation import Decoder, continued, next_token_sums, prompt_tokens, templated
from nbtrain.tasks.language_model import language_scores, token_sums
from nbtrain.tasks.script import Script
from nbtrain.tasks.texts import PREPARE, padded_on_the_right

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.data.source import Source
    from nbtrain.events import TaskSpec


class Chat(Decoder):
    """A guess of each next token of an answer."""

    name = "chat"
    title = "answers to prompts, or in conversations"
    words = "chat"
    example = ("prompt", "completion")
    has_demo = True
    takes_label = True  # the answers

    def recognizes(self, train: Dataset, source: Source) -> bool:
        text, label = list(source.text or ()), list(source.label or ())
        if not label and (not text or len(text) == 1):
            found = message_columns(train)
            if found and (not text or text[0] in found):
                return True
        pair = sure_pair(train)
        return bool(pair) and text in ([], pair[:-1], pair[:1]) and label in ([], pair[-1:])

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        for key, named in (("text", source.text), ("label", source.label)):
            refuse_missing(train, named, key)
        text, label = list(source.text or ()), list(source.label or ())
        if not text and not label and message_columns(train):
            text = message_columns(train)[:1]
        elif not text and not label and sure_pair(train):
            pair = sure_pair(train)
            text, label = pair[:-1], pair[-1:]
        else:
            prompt, answer = likely(train, PROMPT_NAMES), likely(train, ANSWER_NAMES)
            text = text or [name for name in (prompt,) if name and name not in label]
            is_whole = bool(text) and text[0] in message_columns(train)
            label = label or [name for name in (answer,) if name and not is_whole and name not in text]
        is_whole = len(text) == 1 and not label and text[0] in message_columns(train)
        if not is_whole and (not text or len(label) != 1):
            raise DataError(_no_conversations(train))
        chosen = [(key, names) for key, names, given in (("text", text, source.text), ("label", label, source.label))]
        found = [f"{key} = {in_toml(names)}" for key, names in chosen if names and not getattr(source, key)]
        if found:
            notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
        for split in [name for name in ("train", "validation") if name in splits]:
            _check_answers(splits[split], text, label, split)
        return text, label

    def check_inputs(self, rows: Dataset, inputs: Sequence[str], split: str) -> None:
        refuse_missing(rows, inputs, "text", split)

    def cells_of(self, item: Any, number: int, inputs: Sequence[str]) -> Sequence[Any]:
        is_conversation = isinstance(item, (list, tuple)) and all(isinstance(message, Mapping) for message in item)
        if isinstance(item, str) or is_conversation:
            return [item, *([""] * (len(inputs) - 1))]
        raise DataError(f"Item {number} is not a prompt: {item!r:.80}. Expected {self.example_of(inputs)}.")

    def example_of(self, inputs: Sequence[str]) -> str:
        return 'a list of prompts such as ["What is LoRA?", "Say hello."]'

    def read_columns(self, spec: TaskSpec) -> tuple[str, ...]:
        return (*spec.inputs, *spec.target)

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        if not getattr(tokenizer, "is_fast", False):
            raise DataError(
                'task = "chat" needs to know which tokens belong to an answer, and this tokenizer does not tell.\n'
                "    Use a model with a fast tokenizer (one that has a `tokenizer.json`)."
            )
        rows = conversations(batch, spec.inputs, "".join(spec.target))
        try:
            return encode_answers(rows, tokenizer, spec.options["max_length"])
        except ValueError as error:
            fix = "Use a model for chats, such as one whose name ends in -Instruct, or roles that its template knows."
            raise DataError(f"{error}\n    {fix}") from error

    def explain(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[str]:
        count = sum(label != -100 for label in first["labels"])
        how = "the tokenizer's chat template" if tokenizer.chat_template else "prompt, line break, answer, end"
        counted = f"{count} of the {len(first['labels'])} tokens of the first example"
        return [f"Texts are made by {how}. Only answers count in the loss: {counted}."]

    def generate(self, model: Any, processor: Any, rows: Dataset, spec: TaskSpec, *, sample: bool) -> pd.DataFrame:
        import pandas as pd

        if sample:
            rows = rows.select(range(min(spec.options["generated_examples"], len(rows))))
        answer = "".join(name for name in spec.target if name in rows.column_names)
        columns = [*spec.inputs, *([answer] if answer else [])]
        found = conversations(rows.select_columns(columns).with_format(None)[:], spec.inputs, answer)
        has_answers = all(messages and messages[-1]["role"] == "assistant" for messages in found)
        asked = [messages[:-1] for messages in found] if has_answers else found
        columns_of = {"prompt": [messages[-1]["content"] if messages else "" for messages in asked]}
        if has_answers:
            columns_of["reference"] = [messages[-1]["content"] for messages in found]
        prompts = [prompt_tokens(messages, processor) for messages in asked]
        columns_of["generated"] = continued(model, processor, prompts, spec.options["max_new_tokens"])
        return pd.DataFrame(columns_of)

    def script(self, spec: TaskSpec) -> Script:
        prompts, answer = list(spec.inputs), "".join(spec.target)
        rows = (
            f"conversations(batch, {json.dumps(prompts, ensure_ascii=False)}, {json.dumps(answer, ensure_ascii=False)})"
        )
        return Script(
            labels=[],
            encode=f"encode_answers({rows}, tokenizer, MAX_LENGTH)[0]",
            scores=language_scores,
            scores_of=["prediction.predictions"],
            collator="DataCollatorForSeq2Seq(tokenizer)",
            prepare=PREPARE,
            constants={"FIELDS": FIELDS, "ROLES": ROLES},
            functions=(
                padded_on_the_right,
                messages_of,
                conversations,
                templated,
                answer_spans,
                encode_answers,
                token_sums,
                next_token_sums,
            ),
            reduce=next_token_sums.__name__,
            imports={
                "typing": ("Any",),
                "copy": (),
                "math": (),
                "torch": (),
                "collections.abc": ("Mapping", "Sequence"),
            },
        )


TASK = Chat()


def answer_spans(messages: list[dict[str, str]], tokenizer: Any) -> tuple[str, list[tuple[int, int]]]:
    """A conversation as text, and the start and end of each answer in it.

    An answer begins where the template would have a model begin to write, and includes what ends it. Without a template
    the text is prompt, line break, answer, and the token that ends texts.

    Raises:
        ValueError: The template does not tell where an answer begins.
    """
    if not tokenizer.chat_template:
        prompt = "".join(f"{message['content']}\n" for message in messages[:-1])
        text = f"{prompt}{messages[-1]['content']}{tokenizer.eos_token or ''}"
        return text, [(len(prompt), len(text))]

    def written(part: list[dict[str, str]], **options: Any) -> str:
        return templated(part, tokenizer, **options) if part else ""

    text, spans = written(messages), []
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        until = written(messages[: at + 1])
        starts = [written(messages[:at], add_generation_prompt=True), written(messages[:at])] if at else [""]
        start = next((one for one in starts if until.startswith(one)), None)
        if start is not None and text.startswith(until):  # a template may leave out the thoughts of earlier answers
            spans.append((len(start), len(until)))
    if not spans:
        raise ValueError("The chat template of this tokenizer does not tell where an answer begins.")
    return text, spans


def encode_answers(
    rows: list[list[dict[str, str]]], tokenizer: Any, max_length: int
) -> tuple[dict[str, list[list[int]]], int]:
    """The tokens of conversations, with labels for the tokens of answers, and how many conversations are cut.

    What is too long loses its beginning, at most up to the last answer, and then its end.
    """
    encoded: dict[str, list[list[int]]] = {"input_ids": [], "attention_mask": [], "labels": []}
    cut = 0
    for messages in rows:
        text, spans = answer_spans(messages, tokenizer)
        tokens = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids, places = tokens["input_ids"], tokens["offset_mapping"]
        counted = [any(start <= first < end for start, end in spans) for first, _ in places]
        last = next((at for at, (first, _) in enumerate(places) if first >= spans[-1][0]), 0)
        begin = min(max(0, len(ids) - max_length), last)
        window = slice(begin, begin + max_length)
        cut += len(ids) > max_length
        encoded["input_ids"].append(ids[window])
        encoded["attention_mask"].append([1] * len(ids[window]))
        encoded["labels"].append(
            [token if counts else -100 for token, counts in zip(ids, counted, strict=True)][window]
        )
    return encoded, cut


def _check_answers(rows: Dataset, text: Sequence[str], label: Sequence[str], split: str) -> None:
    """Raises DataError if a row has no prompt or no answer."""
    columns = rows.select_columns([*text, *label]).with_format(None)[:]
    found = conversations(columns, text, "".join(label))
    wrong = [at for at, messages in enumerate(found) if not _is_complete(messages)]
    if wrong:
        names = ", ".join(f"`{name}`" for name in (*text, *label))
        raise DataError(
            f"{split}: {rows_have(len(wrong), len(rows))} no prompt with an answer ({names}), the first is row "
            f"{wrong[0]}.\n    Remove or correct these rows."
        )


def _is_complete(messages: list[dict[str, str]]) -> bool:
    answers = [message for message in messages if message["role"] == "assistant"]
    return len(messages) > 1 and bool(answers) and all(message["content"].strip() for message in answers)


def _no_conversations(rows: Dataset) -> str:
    return (
        'task = "chat" needs a column of conversations (lists of {"role": ..., "content": ...}), or a column of '
        f"prompts and one of answers. Columns:\n{describe_columns(rows)}\n"
        '    Set them, for example: text = "question", then label = "answer"'
    )
