"""Feed mutated logs to every reader: only LogError may come out, and every input must end in time.

`python tools/fuzz_logs.py --runs 100000 --seed 1` gives so many mutated logs to each reader, made of the
samples of the tests and, where they are present, of the real logs beside the checkout (or under
$WATTWHAT_SHARED); `--family nvidia-smi` to that one alone. The net that turns a reader's bug into a LogError
for users is left out here, so that a bug shows; warnings count as bugs. How far it is goes to standard error;
what fails is printed with its seed and input, and `--family F --input SEED` tries that one again.
"""

import argparse
import importlib
import os
import random
import sys
import time
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wattwhat.errors import LogError  # noqa: E402 - the checkout comes first on the path
from wattwhat.logs.problems import Problems  # noqa: E402
from wattwhat.logs.protocol import Options, head_of  # noqa: E402
from wattwhat.logs.registry import readers, recognise  # noqa: E402
from wattwhat.logs.source import Source  # noqa: E402

# An input of a few kB that takes longer than this has found a loop or a regular expression that explodes.
SLOW_S = 5.0
LONGEST = 20_000
SHORT = 2_000
PIECES = [
    *(
        b"",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\0",
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"#",
    ),
    *(
        b"-",
        b"/",
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"1e300",
        b"-1",
        b"0",
        b"99999999999999999999",
        b"1e-400",
    ),
    *(
        b"0x10",
        b"1_000",
        b"1,5",
        b"1.234,5",
        b"[N/A]",
        b"N/A",
        b"None",
        b"null",
        b"true",
        b"(" * 50,
        b"9" * 500,
    ),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xff", "\u00b5\u00b9\u0663".encode(), b"0000-00-00T00:00:00"),
    *(
        b"2026/02/30 25:61:61.999",
        b"9999-12-31T23:59:59+23:59",
        b"timestamp",
        b"gpu",
        b"power.draw [W]",
        b"mW",
    ),
    *(b" W", b"kWh", b"Joules", b"energy-pkg", b"power/energy-ram/", b"Time,", b"Watts,", b"Epoch 1:"),
]


@lru_cache(maxsize=1)
def corpus() -> list[bytes]:
    """Made samples of every format, and real logs where they are (their first 20 kB)."""
    found = []
    for path in sorted((ROOT / "tests" / "logs").glob("samples*.py")):
        samples = importlib.import_module(f"tests.logs.{path.stem}").SAMPLES
        found += [_bytes(sample) for sample in samples.values()]
    named = os.environ.get("WATTWHAT_SHARED")
    folder = (Path(named) if named else ROOT.parent / "shared") / "logs"
    if folder.is_dir():
        found += [path.read_bytes()[:LONGEST] for path in sorted(folder.rglob("*")) if path.is_file()]
    return found


def _bytes(sample: Any) -> bytes:
    text = sample if isinstance(sample, (str, bytes)) else sample.text
    return text.encode() if isinstance(text, str) else text


def mutate(data: Any, others: list[bytes], generator: random.Random) -> bytes:
    """A few random edits: bytes, pieces, lines, cuts, splices, another encoding."""
    data = bytearray(data)
    for _ in range(generator.choice([1, 1, 1, 2, 3, 5, 10])):
        kind = generator.randrange(9)
        at = generator.randrange(len(data) + 1)
        until = min(len(data), at + generator.choice([0, 1, 2, 5, 20, 100]))
        if kind == 0 and data:
            data[at % len(data)] = generator.randrange(256)
        elif kind == 1:
            data[at:until] = generator.choice(PIECES)
        elif kind == 2:
            del data[at:until]
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at] = data[at:until] * generator.choice([1, 2, 50])
        elif kind in (5, 6):
            data = _swap_lines(data, generator) if kind == 5 else _swap_cells(data, generator)
        elif kind == 7:
            other = generator.choice(others)
            begin = generator.randrange(len(other) + 1)
            data[at:at] = other[begin : begin + generator.choice([20, 200, 2000])]
        elif kind == 8 and generator.random() < 0.1:
            data = bytearray(bytes(data).decode("utf-8", "replace").encode("utf-16"))
        if len(data) > 2 * LONGEST:
            del data[2 * LONGEST :]
    return bytes(data)


def _swap_lines(data: Any, generator: random.Random) -> Any:
    lines = data.split(b"\n")
    at, other = generator.randrange(len(lines)), generator.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]
    return bytearray(b"\n".join(lines))


def _swap_cells(data: Any, generator: random.Random) -> Any:
    lines = data.split(b"\n")
    at = generator.randrange(len(lines))
    cells = lines[at].split(b",")
    cells[generator.randrange(len(cells))] = generator.choice(PIECES)
    lines[at] = b",".join(cells)
    return bytearray(b"\n".join(lines))


def options_of(generator: random.Random) -> Any:
    """Options as a user may give them."""
    return Options(
        strict=generator.random() < 0.1,
        interval_s=generator.choice([None, 1.0, 1e-3, 1e6]),
        intensity_g_per_kwh=generator.choice([None, 400.0]),
        power_unit=generator.choice([None, None, "mW"]),
        energy_unit=generator.choice([None, None, "kWh"]),
        timezone=generator.choice([None, "UTC"]),
        gpus=generator.choice([None, None, 1, 2]),
    )


def feed(data: Any, options: Any, reader: Any = None) -> Any:
    """Read these bytes with one reader (or the one that knows them); raises whatever is not a LogError."""
    source = Source.of_text(data, "fuzzed.log", problems=Problems(options.strict))
    try:
        source.check_text()
        if reader is None:
            head = head_of(source)
            for known in readers().values():
                known.sniff(head)
        for measurement in (reader or recognise(source)).read(source, options):
            measurement.to_json()
    except LogError as err:
        if "\n" in str(err):
            raise AssertionError(f"an error of several lines: {err!r}") from err


@lru_cache(maxsize=1)
def families() -> dict[str, list[bytes]]:
    """What of the corpus each reader knows as its own; for one that knows nothing of it, the whole."""
    data = corpus()
    found: dict[str, list[bytes]] = {name: [] for name in readers()}
    for text in data:
        try:
            found[recognise(Source.of_text(text, "sample.log")).name].append(text)
        except LogError:
            continue
    return {name: own or data for name, own in found.items()}


def made(family: str, own: list[bytes], others: list[bytes], seed: str) -> tuple[bytes, Any, Any]:
    """The input of a seed: bytes, options, and the reader it goes to (None: the one that knows it)."""
    generator = random.Random(seed)
    base = generator.choice(own if generator.random() < 0.9 else others)
    # a short file finds as much as a long one, in a tenth of the time
    longest = LONGEST if generator.random() < 0.02 else SHORT
    mutated = mutate(base[:longest], others, generator)[: 2 * longest]
    return mutated, options_of(generator), None if generator.random() < 0.1 else readers()[family]


def tried(mutated: bytes, options: Any, reader: Any) -> str | None:
    """Feed one input; what went wrong, or None."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            feed(mutated, options, reader)
    except Exception:
        return traceback.format_exc(limit=-3)
    took = time.process_time() - start
    return f"took {took:.1f} s" if took > SLOW_S else None


def run(runs: int, seed: str, family: str | None = None) -> Any:
    """So many inputs for one reader, or for all in turn; seed, what went wrong and input of each failure."""
    known, others = families(), corpus()
    names = [family] if family else sorted(known)
    failures = []
    for number in range(runs):
        name = names[number % len(names)]
        mutated, options, reader = made(name, known[name], others, f"{seed}-{number}")
        sentence = tried(mutated, options, reader)
        if sentence:
            failures.append((f"--family {name} --input {seed}-{number}", sentence, mutated))
    return failures


def _report(name: str, runs: int, failures: list[tuple[str, str, bytes]], took_s: float) -> None:
    print(f"{name}: {runs} inputs, {len(failures)} failures, {took_s:.0f} s", file=sys.stderr, flush=True)
    for seed, sentence, data in list({failure[1]: failure for failure in failures}.values())[:10]:
        print(f"{seed}: {sentence}\n{data[:1000]!r}\n", flush=True)


def _family(name: str, runs: int, seed: str) -> int:
    begin = time.monotonic()
    failures = run(runs, seed, name)
    _report(name, runs, failures, time.monotonic() - begin)
    return len(failures)


def main() -> int:
    """Fuzz, print what failed, and exit with 1 if anything did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000, help="inputs of each reader")
    parser.add_argument("--seed", default="0")
    parser.add_argument(
        "--family", action="append", choices=sorted(readers()), help="one reader; again for more"
    )
    parser.add_argument("--input", help="try the input of this seed alone (with --family)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    if arguments.input:
        [name] = arguments.family
        mutated, options, reader = made(name, families()[name], corpus(), arguments.input)
        sentence = tried(mutated, options, reader)
        print(f"{options}\n{mutated!r}\n{sentence or 'nothing is wrong with it'}")
        return 1 if sentence else 0
    names = arguments.family or sorted(readers())
    with ProcessPoolExecutor(arguments.jobs) as pool:
        failed = list(pool.map(_family, names, repeat(arguments.runs), repeat(arguments.seed)))
    print(f"{len(names) * arguments.runs} inputs, {sum(failed)} failures")
    return 1 if any(failed) else 0


if __name__ == "__main__":
    sys.exit(main())
