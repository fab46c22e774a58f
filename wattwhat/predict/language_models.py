"""Language models before they run: prefill and decode apart, KV cache traffic, a token and a request."""

from __future__ import annotations

import math
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.predict.chat_fit import chat_token
from wattwhat.predict.devices import Device, as_device
from wattwhat.predict.loglinear import LogNormal
from wattwhat.predict.prediction import BYTES, Prediction, as_measurement
from wattwhat.predict.relations import operations_j, roofline_s
from wattwhat.records.measurement import Measurement

__all__ = ["LanguageModel", "Request", "predict_request"]

# Measured joules a token over n TDP x roofline, ML.ENERGY v3: medians 2.32 and 3.30, 0.60 inside of each.
_ROOFLINE_LOG, _ROOFLINE_SD = 1.02, 0.66
# No public population tells prefill apart: the spread of all other workloads above their roofline.
_PREFILL_LOG, _PREFILL_SD = 1.36, 0.75


def _positive(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not 0 < value < math.inf:
        raise ArgumentError(argument=attribute.name, expected="a number above 0", got=value)


@attrs.frozen(kw_only=True)
class LanguageModel:
    """A decoder, as far as its energy goes.

    Args:
        parameters: all of them.
        active: those that one token uses (mixture of experts); None for all.
        layers: of attention; None where unknown, and the KV cache is then left out.
        kv_heads: heads of keys and values (fewer than query heads with grouped queries).
        head_size: numbers in a head.
        label: its name.

    Example:
        >>> llama = LanguageModel(parameters=8.03e9, layers=32, kv_heads=8, head_size=128)
        >>> llama.kv_bytes(1000) / 1e6   # keys and values of 1,000 tokens in two bytes, MB
        131.072
    """

    parameters: float = attrs.field(validator=_positive)
    active: float | None = attrs.field(default=None, validator=_positive)
    layers: int | None = attrs.field(default=None, validator=_positive)
    kv_heads: int | None = attrs.field(default=None, validator=_positive)
    head_size: int | None = attrs.field(default=None, validator=_positive)
    label: str = "language model"

    def __attrs_post_init__(self) -> None:
        if self.active is not None and self.active > self.parameters:
            raise ArgumentError(
                f"{self.active:.4g} parameters cannot be active in a model of {self.parameters:.4g}",
                argument="active",
            )

    @property
    def active_parameters(self) -> float:
        """Parameters that one token uses."""
        return self.parameters if self.active is None else self.active

    def kv_bytes(self, tokens: float, bytes_each: int = 2) -> float:
        """Bytes of the keys and values of so many tokens; 0 where the layers are not known."""
        if self.layers is None or self.kv_heads is None or self.head_size is None:
            return 0.0
        return 2.0 * self.layers * self.kv_heads * self.head_size * bytes_each * tokens

    @classmethod
    def from_config(
        cls, config: Any, *, parameters: float | None = None, label: str | None = None
    ) -> LanguageModel:
        """From a transformers configuration of a decoder, or a mapping with its names.

        Args:
            config: with hidden_size, num_hidden_layers, num_attention_heads and, where there are fewer,
                num_key_value_heads.
            parameters: None works them out, for gated feed-forward layers and dense models.
            label: None takes its model_type.

        Raises:
            ArgumentError: it lacks one of these, or parameters of a mixture of experts are not given.

        Example:
            >>> llama = LanguageModel.from_config({"hidden_size": 4096, "num_hidden_layers": 32,
            ...     "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
            ...     "vocab_size": 128256})
            >>> round(llama.parameters / 1e9, 2)
            8.03
        """

        def read(name: str, otherwise: Any = None) -> Any:
            value = config.get(name) if isinstance(config, dict) else getattr(config, name, None)
            return otherwise if value is None else value

        names = ("hidden_size", "num_hidden_layers", "num_attention_heads")
        missing = [name for name in names if not read(name)]
        if missing:
            raise ArgumentError(
                argument="config", expected="one of a decoder", remedy=f"it lacks {', '.join(missing)}"
            )
        hidden, layers, heads = (read(name) for name in names)
        kv_heads, size = read("num_key_value_heads", heads), read("head_dim", hidden // heads)
        if parameters is None:
            if read("num_local_experts") or read("num_experts") or not read("intermediate_size"):
                raise ArgumentError(
                    "of a mixture of experts give parameters= (and active=) yourself", argument="config"
                )
            attention = 2 * hidden * heads * size + 2 * hidden * kv_heads * size
            embedding = read("vocab_size", 0) * hidden * (1 if read("tie_word_embeddings", False) else 2)
            parameters = layers * (attention + 3 * hidden * read("intermediate_size")) + embedding
        return cls(
            parameters=parameters,
            layers=layers,
            kv_heads=kv_heads,
            head_size=size,
            label=label or str(read("model_type", "language model")),
        )


@attrs.frozen(kw_only=True)
class Request:
    """A request before it runs: prefill and decode apart, and both together.

    Args:
        prefill: reading the prompt: items are its tokens.
        decode: writing the answer: items are its tokens.
        total: both; items are the tokens written, as J/token is defined (Samsi and others 2023).
    """

    prefill: Measurement
    decode: Measurement
    total: Measurement


def predict_request(
    model: LanguageModel,
    *,
    device: Device | str,
    output_tokens: float,
    prompt_tokens: float = 0.0,
    batch: float = 1,
    precision: str = "bf16",
    devices: int | None = None,
) -> Request:
    """Joules of one request to a language model, served in batches, before anything runs.

    Decoding reads every active weight once for all requests of the batch, and the keys and values of each;
    the prompt is read at once. Both are TDP x roofline times the spread that was measured above it; chat on
    H100 and B200 has a fit of its own. With experts, a batch reads those of each of its tokens, at most all.

    Args:
        model: what is served.
        device: a name, or a `Device`.
        output_tokens: written for one request.
        prompt_tokens: read for one request.
        batch: requests that are served together.
        precision: of weights, keys and values.
        devices: how many share the model; None takes the power of two whose memory holds it.

    Raises:
        ArgumentError: a number is not above 0, or the data sheet lacks what is needed.

    Example:
        >>> llama = LanguageModel(parameters=8.03e9, layers=32, kv_heads=8, head_size=128)
        >>> served = predict_request(llama, device="H100", output_tokens=389, batch=8)
        >>> low, high = served.decode.details["interval_j"]
        >>> low < 176.77 < high   # measured by ML.ENERGY v3: 0.4548 J a token
        True
    """
    for name, value in {"output_tokens": output_tokens, "batch": batch}.items():
        if not 0 < value < math.inf:
            raise ArgumentError(argument=name, expected="a number above 0", got=value)
    if not 0 <= prompt_tokens < math.inf:
        raise ArgumentError(argument="prompt_tokens", expected="a number of at least 0", got=prompt_tokens)
    sheet = as_device(device)
    count = _devices(model, sheet, precision) if devices is None else devices
    if count < 1:
        raise ArgumentError(argument="devices", expected="at least 1", got=devices)
    served = _Served(model, sheet, precision, count, batch)
    read = served.prefill(prompt_tokens)
    written = served.decode(prompt_tokens + output_tokens / 2.0)
    details = {
        "cell": {"batch_size": batch, "precision": precision, "device": sheet.name, "devices": count},
        "phase": "inference",
    }
    token_j = operations_j(2.0 * model.active_parameters, sheet.power(), sheet.peak(precision))

    def told(one: Prediction, tokens: float, label: str, bound: float, **more: Any) -> Measurement:
        kept = {**details, **more}
        return as_measurement(
            one, device=sheet, label=label, items=tokens, bound_j=bound * token_j, details=kept
        )

    prefill = told(read, prompt_tokens, f"{model.label}: prefill", prompt_tokens)
    decode = told(written, output_tokens, f"{model.label}: decode", output_tokens)
    both = Prediction(
        energy=_added(read.energy * prompt_tokens, written.energy * output_tokens) * (1.0 / output_tokens),
        way=written.way,
        source=written.source,
        rests_on=(*written.rests_on, *read.rests_on),
        notes=tuple(dict.fromkeys((*written.notes, *(read.notes if prompt_tokens else ())))),
    )
    return Request(
        prefill=prefill,
        decode=decode,
        total=told(
            both,
            output_tokens,
            model.label,
            prompt_tokens + output_tokens,
            prefill_j=prefill.energy_j.value,
            decode_j=decode.energy_j.value,
        ),
    )


def _added(a: LogNormal, b: LogNormal) -> LogNormal:
    """The sum of two that may err alike: the ends are added."""
    return LogNormal(a.median + b.median, a.low + b.low, a.high + b.high)


def _devices(model: LanguageModel, sheet: Device, precision: str) -> int:
    """The power of two of devices whose memory holds the weights and a fifth more."""
    if sheet.memory_bytes is None:
        return 1
    need = 1.2 * model.parameters * BYTES[precision] / sheet.memory_bytes
    return int(2 ** max(0, math.ceil(math.log2(need))))


@attrs.frozen
class _Served:
    """A model on so many devices, in batches."""

    model: LanguageModel
    sheet: Device
    precision: str
    devices: int
    batch: float

    def prefill(self, tokens: float) -> Prediction:
        """Joules of reading one token of a prompt."""
        flops = 2.0 * self.model.active_parameters * tokens * self.batch
        time_s = self._time_s(flops, self.model.parameters * BYTES[self.precision]) if tokens else 0.0
        joules = self.devices * self.sheet.power() * time_s / (max(tokens, 1.0) * self.batch)
        log = math.log(joules) if joules else -math.inf
        return Prediction(
            energy=LogNormal.of(log + _PREFILL_LOG, _PREFILL_SD) if joules else LogNormal(0.0, 0.0, 0.0),
            way="data-sheet",
            source="TDP x roofline of the data sheet",
            rests_on=("prefill: 2 P operations a token, weights read once a batch",),
            notes=("prefill: no public population tells it apart; the spread is that of other workloads",),
        )

    def decode(self, context: float) -> Prediction:
        """Joules of writing one token, at a mean context of so many tokens."""
        chat = chat_token(
            self.sheet.name, self.model.active_parameters, self.model.parameters, self.batch, self.precision
        )
        if chat is not None:
            return chat
        experts = min(self.model.parameters, self.model.active_parameters * self.batch)
        size = BYTES[self.precision]
        moved = experts * size + self.model.kv_bytes(context, size) * self.batch
        time_s = self._time_s(2.0 * self.model.active_parameters * self.batch, moved)
        joules = self.devices * self.sheet.power() * time_s / self.batch
        notes = () if self.model.layers else ("decode: layers are not known, so the KV cache is left out",)
        return Prediction(
            energy=LogNormal.of(math.log(joules) + _ROOFLINE_LOG, _ROOFLINE_SD),
            way="data-sheet",
            source="TDP x roofline; measured joules over it on H100 and B200, ML.ENERGY v3",
            rests_on=(f"decode: {moved:.4g} bytes a step of {self.batch:g}, {self.devices} device(s)",),
            notes=notes,
        )

    def _time_s(self, flops: float, moved: float) -> float:
        sheet = self.sheet
        if sheet.bandwidth_bytes_s is None:
            raise ArgumentError(
                f"no memory bandwidth of {sheet.name} is known, which decoding rests on", argument="device"
            )
        peak, speed = self.devices * sheet.peak(self.precision), self.devices * sheet.bandwidth_bytes_s
        return roofline_s(flops, moved, peak, speed)
