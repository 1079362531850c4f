"""Make tests/fixtures/piper: a voice of a few kB that piper loads and runs like any other.

It needs no training: every phoneme is a tone of its own, as long as `scales` says, with the
inputs, the output and the noise of a real piper export. Run it once in an environment that
has the `onnx` package: python3 -m venv build/onnx && build/onnx/bin/pip install onnx &&
build/onnx/bin/python -m scripts.make_piper_fixture
"""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from scripts import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "piper"
SILENT = "_^$ \n"
PHONEMES = (
    "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɞ"
    "ɟɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞"
    'βθχᵻⱱ0123456789̧̩̪̯̺̻̃̊ʰˤε↓#"↑gʷ'
)
TABLE = 256
"""Ids that the voice knows, as in real piper voices."""
PHONEME_SECONDS = 0.055
"""Length of an id at length_scale 1; piper puts a blank between any two phonemes."""


def frequencies(rate: int) -> np.ndarray:
    """Return for each id its tone in radians a sample; 0 for what is silent."""
    hertz = 180.0 + 37.0 * (np.arange(TABLE) % 24)
    for index, phoneme in enumerate(PHONEMES):
        if phoneme in SILENT or phoneme in "!'(),-.:;?ˈˌː":
            hertz[index] = 0.0
    return (2 * np.pi * hertz / rate).astype(np.float32)


def graph(rate: int) -> onnx.GraphProto:
    """Return input, input_lengths, scales → output of shape (1, 1, 1, samples)."""

    def node(operator: str, inputs: str, output: str, **attributes: object) -> onnx.NodeProto:
        return helper.make_node(operator, inputs.split(), [output], **attributes)

    constants = {
        "table": frequencies(rate),
        "length": np.float32(PHONEME_SECONDS * rate / 2),
        "pi": np.float32(np.pi),
        "noise_part": np.float32(0.02),
        "width_part": np.float32(0.05),
        "zero": np.float32(0),
        "one": np.float32(1),
        "i0": np.int64(0),
        "i1": np.int64(1),
        "i2": np.int64(2),
        "column": np.array([1], dtype=np.int64),
        "row": np.array([0], dtype=np.int64),
        "flat": np.array([1, 1, 1, -1], dtype=np.int64),
    }
    nodes = [
        node("Gather", "scales i0", "noise_scale"),
        node("Gather", "scales i1", "length_scale"),
        node("Gather", "scales i2", "noise_w"),
        # How long an id sounds: length × length_scale × (1 + noise_w × a random part).
        node("RandomNormalLike", "length", "width_random"),
        node("Mul", "width_random width_part", "width_random_part"),
        node("Mul", "width_random_part noise_w", "width_noise"),
        node("Add", "width_noise one", "width"),
        node("Mul", "length length_scale", "plain_samples"),
        node("Mul", "plain_samples width", "samples"),
        node("Max", "samples one", "samples_at_least_one"),
        node("Range", "zero samples_at_least_one one", "time"),
        # One row an id: sin(frequency × time) under half a period of a slow sine.
        node("Squeeze", "input row", "ids"),
        node("Gather", "table ids", "frequency"),
        node("Unsqueeze", "frequency column", "frequency_column"),
        node("Unsqueeze", "time row", "time_row"),
        node("Mul", "frequency_column time_row", "phase"),
        node("Sin", "phase", "tone"),
        node("Mul", "time_row pi", "time_pi"),
        node("Div", "time_pi samples_at_least_one", "slow_phase"),
        node("Sin", "slow_phase", "envelope"),
        node("Mul", "tone envelope", "bursts"),
        # What makes real voices different at every run.
        node("RandomNormalLike", "bursts", "random"),
        node("Mul", "random noise_scale", "random_scaled"),
        node("Mul", "random_scaled noise_part", "noise"),
        node("Add", "bursts noise", "noisy"),
        node("Reshape", "noisy flat", "output"),
    ]
    return helper.make_graph(
        nodes,
        f"tones-{rate}",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "time"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )


def description(rate: int) -> dict[str, object]:
    """Return what stands in the .onnx.json of a real voice of this rate."""
    return {
        "dataset": "tones",
        "audio": {"sample_rate": rate, "quality": "fixture"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {phoneme: [index] for index, phoneme in enumerate(PHONEMES)},
        "num_symbols": TABLE,
        "num_speakers": 1,
        "speaker_id_map": {},
        "piper_version": "1.0.0",
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for rate in (16_000, 22_050):
        model = helper.make_model(
            graph(rate), opset_imports=[helper.make_opsetid("", 15)], ir_version=8
        )
        onnx.checker.check_model(model, full_check=True)
        path = FOLDER / f"tones-{rate}.onnx"
        path.write_bytes(model.SerializeToString())
        text = json.dumps(description(rate), ensure_ascii=False, separators=(",", ":"))
        path.with_suffix(".onnx.json").write_text(text + "\n", "utf-8")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
