"""Feed mutated logs to every reader: only LogError may come out, and every input must end in time.

`python tools/fuzz_logs.py --runs 100000 --seed 1` mutates the made samples of the tests and, where they are
present, the real logs beside the checkout (or under $WATTWHAT_SHARED). The net that turns a reader's bug into
a LogError for users is left out here, so that a bug shows; warnings count as bugs. What fails is printed
with its seed and input.
"""

import argparse
import importlib
import os
import random
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wattwhat.errors import LogError  # noqa: E402 - the checkout comes first on the path
from wattwhat.logs.protocol import Head, Options, head_of  # noqa: E402
from wattwhat.logs.registry import readers, recognise  # noqa: E402
from wattwhat.logs.source import Problems, Source  # noqa: E402

# An input of a few kB that takes longer than this has found a loop or a regular expression that explodes.
SLOW_S = 5.0
LONGEST = 20_000
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
        head = head_of(source)
        assert isinstance(head, Head)
        for known in readers().values():
            known.sniff(head)
        for measurement in (reader or recognise(source)).read(source, options):
            measurement.to_json()
    except LogError as err:
        if "\n" in str(err):
            raise AssertionError(f"an error of several lines: {err!r}") from err


def run(runs: int, seed: int, seconds: float | None = None) -> Any:
    """Run so many inputs; the list of failures as (seed of the input, sentence, input)."""
    data, every = corpus(), list(readers().values())
    failures = []
    begin = time.monotonic()
    for number in range(runs):
        if seconds is not None and time.monotonic() - begin > seconds:
            break
        generator = random.Random(f"{seed}-{number}")
        mutated = mutate(generator.choice(data), data, generator)
        reader = generator.choice(every) if generator.random() < 0.2 else None
        start = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                feed(mutated, options_of(generator), reader)
        except Exception:
            failures.append((f"{seed}-{number}", traceback.format_exc(limit=-3), mutated))
        took = time.monotonic() - start
        if took > SLOW_S:
            failures.append((f"{seed}-{number}", f"took {took:.1f} s", mutated))
    return failures, number + 1


def main() -> int:
    """Fuzz, print what failed, and exit with 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--seconds", type=float, help="stop after this time")
    arguments = parser.parse_args()
    failures, runs = run(arguments.runs, arguments.seed, arguments.seconds)
    different = {failure[1]: failure for failure in failures}
    for seed, sentence, data in list(different.values())[:10]:
        print(f"input {seed}: {sentence}\n{data[:1000]!r}\n")
    print(f"{runs} inputs, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
