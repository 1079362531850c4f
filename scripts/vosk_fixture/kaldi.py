"""The files of a model folder as libvosk reads them, written without Kaldi or OpenFst.

Owns those file formats; must not know how the network was trained.

Phones are position dependent (X_B begins a word, X_I is inside, X_E ends it, X_S is a word
alone), which is how libvosk finds word times; all positions of a phone share one output of the
network. Every phone is a hidden Markov model of one state: transition 2p is entering phone p
and 2p - 1 staying in it, and in the graph the entering comes first.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .features import COEFFICIENTS, MFCC_CONF
from .network import CONTEXT, Layer, Trained
from .vocabulary import PHONES, SILENCE, Lexicon

UNKNOWN = "[unk]"
"""The word that stands for speech outside the vocabulary."""

_SPOKEN_NOISE = "SPN"
"""The phone of UNKNOWN: one more output, of constant score."""

_HALF = math.log(2)

_MODEL_CONF = """\
--min-active=200
--max-active=3000
--beam=12.0
--lattice-beam=3.0
--acoustic-scale=0.35
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""

_POSITIONED = [SILENCE, f"{_SPOKEN_NOISE}_S", *(f"{p}_{k}" for p in PHONES[1:] for k in "BIES")]
_NUMBER = {name: number for number, name in enumerate(_POSITIONED, start=1)}
_BOUNDARIES = {"B": "begin", "I": "internal", "E": "end", "S": "singleton"}


def write_acoustics(
    folder: Path, trained: Trained, prior_scale: float = 0.3, unknown_score: float = -1.0
) -> None:
    """Write the network and the settings: am/ and conf/.

    `prior_scale` says how much of the phones' priors is taken out of the network's answers;
    `unknown_score` is the log probability of a frame of UNKNOWN: higher rejects more.
    """
    for name in ("am", "conf"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "conf/mfcc.conf").write_text(MFCC_CONF)
    (folder / "conf/model.conf").write_text(_MODEL_CONF)
    bias = [*(-prior_scale * trained.log_priors), unknown_score]
    text = _transition_model() + _network(trained.layers, bias)
    (folder / "am/final.mdl").write_text(text)


def write_graph(folder: Path, lexicon: Lexicon, *, static: bool = False) -> None:
    """Write the words and how they sound: graph/.

    `static` makes a graph of fixed grammar, as large models have it.
    """
    graph = folder / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    words = [*sorted(lexicon), UNKNOWN]
    numbers = {word: number for number, word in enumerate(words, start=1)}
    lines = ["<eps> 0", *(f"{word} {number}" for word, number in numbers.items())]
    (graph / "words.txt").write_text("\n".join(lines) + "\n")
    boundaries = (f"{number} {_boundary(name)}\n" for name, number in _NUMBER.items())
    (graph / "phones/word_boundary.int").write_text("".join(boundaries))
    uniform = math.log(len(words) + 1)
    if static:
        _lexicon_graph(lexicon, numbers, uniform).write(graph / "HCLG.fst")
        return
    _lexicon_graph(lexicon, numbers, 0.0).write(graph / "HCLr.fst")
    any_word = _Fst({0: [(n, n, uniform, 0) for n in numbers.values()]}, {0: uniform})
    any_word.write(graph / "Gr.fst")
    (graph / "disambig_tid.int").touch()  # nothing to remove: the graph is not determinised


@dataclass
class _Fst:
    """A weighted finite-state transducer: {state: [(input, output, cost, next state)]}."""

    arcs: dict[int, list[tuple[int, int, float, int]]] = field(default_factory=dict)
    finals: dict[int, float] = field(default_factory=dict)

    def write(self, file: Path) -> None:
        """Write OpenFst's binary form of type "vector" over "standard" arcs."""
        version, flags, expanded_and_mutable = 2, 0, 3
        arcs = sum(map(len, self.arcs.values()))
        parts = [struct.pack("<i", 2125659606), _counted("vector"), _counted("standard")]
        parts.append(
            struct.pack("<iiQqqq", version, flags, expanded_and_mutable, 0, len(self.arcs), arcs)
        )
        for state in range(len(self.arcs)):
            # Composition needs arcs sorted by output.
            outgoing = sorted(self.arcs[state], key=lambda arc: (arc[1], arc[0]))
            parts.append(struct.pack("<fq", self.finals.get(state, math.inf), len(outgoing)))
            parts += [struct.pack("<iifi", *arc) for arc in outgoing]
        file.write_bytes(b"".join(parts))


def _counted(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


def _lexicon_graph(lexicon: Lexicon, numbers: dict[str, int], word_cost: float) -> _Fst:
    """Return the loop of all words, transitions → words, with silence between where there is any.

    Without `word_cost` it is for composing with a grammar; with it, it has its own.
    """
    loop, silence = 1, 2
    enter_silence = (2 * _NUMBER[SILENCE], 0, _HALF, silence)
    between = [(0, 0, _HALF, loop), enter_silence]
    stay_silent = (2 * _NUMBER[SILENCE] - 1, 0, 0.0, silence)
    fst = _Fst(
        {0: list(between), loop: [], silence: [stay_silent, (0, 0, 0.0, loop)]},
        {loop: 0.0, silence: 0.0},
    )
    for word, pronunciations in [*sorted(lexicon.items()), (UNKNOWN, [[_SPOKEN_NOISE]])]:
        for pronunciation in pronunciations:
            here, label, cost = loop, numbers[word], word_cost
            for phone in _in_word(pronunciation):
                state = len(fst.arcs)
                fst.arcs[here].append((2 * _NUMBER[phone], label, cost, state))
                fst.arcs[state] = [(2 * _NUMBER[phone] - 1, 0, 0.0, state)]
                here, label, cost = state, 0, 0.0
            fst.arcs[here] += between
    return fst


def _in_word(pronunciation: Sequence[str]) -> list[str]:
    if len(pronunciation) == 1:
        return [f"{pronunciation[0]}_S"]
    positions = ["B", *"I" * (len(pronunciation) - 2), "E"]
    return [f"{phone}_{k}" for phone, k in zip(pronunciation, positions, strict=True)]


def _boundary(phone: str) -> str:
    return "nonword" if phone == SILENCE else _BOUNDARIES[phone[-1]]


def _transition_model() -> str:
    """Return Kaldi's TransitionModel, in text form, for one state a phone."""
    outputs = {name: number for number, name in enumerate([*PHONES, _SPOKEN_NOISE])}
    count = len(_POSITIONED)
    triples = "".join(
        f"{number} 0 {outputs[name.partition('_')[0]]} \n" for name, number in _NUMBER.items()
    )
    return (
        "<TransitionModel> \n<Topology> \n<TopologyEntry> \n<ForPhones> \n"
        f"{' '.join(map(str, _NUMBER.values()))} \n</ForPhones> \n"
        "<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 </State> \n"
        "<State> 1 </State> \n</TopologyEntry> \n</Topology> \n"
        f"<Triples> {count} \n{triples}</Triples> \n"
        f"<LogProbs> \n{_vector([0.0] + [-_HALF] * (2 * count))}</LogProbs> \n</TransitionModel> \n"
    )


def _network(layers: Sequence[Layer], final_bias: Sequence[float]) -> str:
    """Return Kaldi's nnet3 model, in text form.

    After a log softmax the outputs, and a constant zero as one more, get `final_bias`.
    """
    nodes, components, source = [f"input-node name=input dim={COEFFICIENTS}"], [], "input"

    def add(name: str, inputs: str, component: str) -> str:
        nodes.append(f"component-node name={name} component={name} input={inputs}")
        components.append(f"<ComponentName> {name} {component} \n")
        return name

    for number, layer in enumerate(layers, start=1):
        parts = [f"Offset({source}, {o})" if o else source for o in layer.offsets]
        inputs = f"Append({', '.join(parts)})" if len(parts) > 1 else parts[0]
        source = add(f"affine{number}", inputs, _affine(layer.weights, layer.bias))
        if layer.rectified:
            source = add(f"relu{number}", source, _elementwise("Rectified", len(layer.bias)))
    outputs = len(layers[-1].bias)
    source = add("logp", source, _elementwise("LogSoftmax", outputs))
    source = add("pdfs", source, _affine(np.eye(outputs + 1, outputs), final_bias))
    nodes.append(f"output-node name=output input={source} objective=linear")
    return (
        "<Nnet3> \n" + "\n".join(nodes) + f"\n\n<NumComponents> {len(components)} \n"
        f"{''.join(components)}</Nnet3> \n"
        f"<LeftContext> {CONTEXT} <RightContext> {CONTEXT} <Priors>  [ ]\n"
    )


def _affine(weights: npt.NDArray[np.float64], bias: Iterable[float]) -> str:
    rows = "\n".join("  " + _numbers(row) for row in weights)
    return (
        f"<FixedAffineComponent> <LinearParams>  [\n{rows} ]\n"
        f"<BiasParams> {_vector(bias)}</FixedAffineComponent>"
    )


def _elementwise(kind: str, dimension: int) -> str:
    name = {"Rectified": "RectifiedLinearComponent", "LogSoftmax": "LogSoftmaxComponent"}[kind]
    return f"<{name}> <Dim> {dimension} <ValueAvg>  [ ]\n<DerivAvg>  [ ]\n<Count> 0 </{name}>"


def _vector(values: Iterable[float]) -> str:
    return f" [ {_numbers(values)} ]\n"


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.4g}" for value in values)
