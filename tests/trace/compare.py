#!/usr/bin/env python3
"""Compares the reader that was written from the document with the one in C++, over many traces.

usage: compare.py trace_samples reader.py
"""

import json
import pathlib
import subprocess
import sys
import tempfile


# What needs types, which the layer that writes the samples knows nothing of.
TYPED = ("name", "values")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def main():
    samples, reader = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([samples, directory], check=True)
        traces = sorted(pathlib.Path(directory).glob("*.trace"))
        if len(traces) < 10:
            sys.exit("there are too few samples to mean anything")
        for trace in traces:
            expected = lines(trace.with_suffix(".jsonl").read_text())
            run = subprocess.run([sys.executable, reader, str(trace)], check=True, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            found = [{key: line[key] for key in line if key not in TYPED}
                     for line in lines(run.stdout)]
            for number, (a, b) in enumerate(zip(expected, found)):
                if a != b:
                    sys.exit(f"{trace.name}: record {number}\n  C++    {a}\n  Python {b}")
            if len(expected) != len(found):
                sys.exit(f"{trace.name}: {len(expected)} records in C++, {len(found)} in Python")
            print(f"{trace.name}: {len(found)} records")


if __name__ == "__main__":
    main()
