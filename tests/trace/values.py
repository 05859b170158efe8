"""Values by their types, as docs/trace-format.md §Values has both: from bytes to what JSON shows."""

import re
import struct

TOKEN = re.compile(r"\s*([A-Za-z0-9_-]+|[<>{}(),:])")
RESOURCE = re.compile(r"\s*<([A-Za-z0-9_:/@.+#\[\]-]+)>")
FIXED = {"u8": "<B", "s8": "<b", "u16": "<H", "s16": "<h", "u32": "<I", "s32": "<i", "u64": "<Q",
         "s64": "<q", "f32": "<f", "f64": "<d", "bool": "<?"}


class Types:
    """Reads types: each becomes a tuple that begins with its keyword."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def peek(self):
        match = TOKEN.match(self.text, self.at)
        return match[1] if match else None

    def take(self, wanted=None):
        match = TOKEN.match(self.text, self.at)
        if not match or wanted not in (None, match[1]):
            raise ValueError(f"{wanted or 'a word'} expected in {self.text!r} at {self.at}")
        self.at = match.end()
        return match[1]

    def items(self, opening, closing, item):
        """What stands between brackets, with commas; nothing if there are no brackets."""
        if self.peek() != opening:
            return []
        self.take(opening)
        found = [item()]
        while self.peek() == ",":
            self.take(",")
            found.append(item())
        self.take(closing)
        return found

    def member(self):
        name = self.take()
        if self.peek() == ":":
            self.take(":")
            return name, self.type()
        return name, (self.items("(", ")", self.type) or [None])[0]

    def parameter(self):
        """A type, or the length of a list."""
        word = self.peek()
        return int(self.take()) if word.isdigit() else self.take() and None if word == "_" else self.type()

    def type(self):
        word = self.take()
        if word in ("record", "variant", "enum", "flags"):
            return word, self.items("{", "}", self.member)
        if word in ("own", "borrow"):
            self.at = RESOURCE.match(self.text, self.at).end()
            return (word,)
        return (word, *self.items("<", ">", self.parameter))


def shortest(value, single):
    """The decimal that stands for a float: the shortest that gives the same bits."""
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if not single:
        return value
    return next(near for near in (float(f"{value:.{digits}g}") for digits in range(1, 10))
                if struct.pack("<f", near) == struct.pack("<f", value))


def case(name, payload):
    return name if payload is None else {name: payload[0]}


def value(type, fields):
    """Takes one value from `fields` (of reader.py)."""
    kind, *of = type
    if kind in FIXED:
        number, = struct.unpack(FIXED[kind], fields.take(struct.calcsize(FIXED[kind])))
        return shortest(number, kind == "f32") if kind in ("f32", "f64") else number
    if kind == "char":
        return chr(struct.unpack("<I", fields.take(4))[0])
    if kind == "string":
        return fields.text()
    if kind in ("own", "borrow", "stream", "future", "error-context"):
        return {"handle": fields.u64()}
    if kind == "list":
        return [value(of[0], fields) for _ in range(of[1] if len(of) > 1 else fields.u64())]
    if kind == "map":
        return [[value(of[0], fields), value(of[1], fields)] for _ in range(fields.u64())]
    if kind == "tuple":
        return [value(element, fields) for element in of]
    if kind == "record":
        return {name: value(member, fields) for name, member in of[0]}
    if kind == "flags":
        bits = int.from_bytes(fields.take((len(of[0]) + 7) // 8), "little")
        return [name for i, (name, _) in enumerate(of[0]) if bits >> i & 1]
    index = fields.u64()
    if kind == "option":
        payload = value(of[0], fields) if index else None
        return {"some": payload} if index and of[0][0] == "option" else payload
    if kind == "result":
        cases = list(zip(("ok", "err"), [*of, None, None]))
    else:
        cases = of[0]
    name, payload = cases[index]
    return case(name, None if payload is None else [value(payload, fields)])


def values(types, fields):
    """All values, and nothing behind them."""
    found = [value(type, fields) for type in types]
    if fields.at != len(fields.data):
        raise ValueError("bytes behind the values")
    return found
