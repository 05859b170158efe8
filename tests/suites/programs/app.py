"""What a Python component asks of its host: modules that are imported, a clock, randomness."""

import json
import random
import sys
import time

from wit_world import exports


class Run(exports.Run):
    def run(self):
        values = [random.random() for _ in range(1000)]
        print("sum", sum(values), "json", len(json.dumps(values)))
        print("time", time.time(), "arguments", sys.argv)
        print("squares", sum(i * i for i in range(10000)), file=sys.stderr)
