#!/usr/bin/env python3
"""Prints the records of a trace as JSON Lines: a reader written from docs/trace-format.md alone.

Needs nothing but Python. Chunks packed with LZ4 or Zstandard need the modules lz4 or zstandard.
"""

import json
import pathlib
import re
import struct
import sys

import values

MAGIC = b"\x8fRprChk\n"
HEADER = struct.Struct("<8sHBBBBHIIIIIIQQQQQQQI")

CRC_TABLE = []
for i in range(256):
    for _ in range(8):
        i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
    CRC_TABLE.append(i)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# The table of kinds is taken from the document itself: number -> (name, [(field, type)]).
KINDS = {}
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "trace-format.md"
TABLE = DOCUMENT.read_text().split("### Kinds")[1].split("## Values")[0]
for row in re.findall(r"^\| (\d+)[ DS]* \| ([a-z-]+) \| (.*) \|$", TABLE, re.M):
    fields = re.sub(r"\([^)]*\)", "", row[2]).split(",")
    KINDS[int(row[0])] = (row[1], [tuple(field.split()) for field in fields])

DEFINITIONS = {1, 2, 3, 4, 5}
OPENS, GUEST_OPENS = {64, 192}, {16}
CLOSES, GUEST_CLOSES = {128, 24, 25, 26, 27, 28}, {17, 18, 19, 20}
FUNCTION, FRAGMENT, SEGMENT_BEGIN, RESULT = 4, 10, 7, 128


class Short(Exception):
    """More bytes are needed."""


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise Short
        self.at += n
        return self.data[self.at - n:self.at]

    def u8(self):
        return self.take(1)[0]

    def u64(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    u32 = u64

    def blob(self): return self.take(self.u64()).hex()
    def text(self): return self.take(self.u64()).decode()
    def rest(self): return self.take(len(self.data) - self.at).hex()
    def hash(self): return self.take(32).hex()
    def digest(self): return self.take(len(self.data) - self.at)[::-1].hex()
    def texts(self): return [self.text() for _ in range(self.u64())]
    def ids(self): return [self.u64() for _ in range(self.u64())]
    def limits(self): return [[self.text(), self.u64()] for _ in range(self.u64())]


def unpack(codec, stored, raw_length):
    if codec == 0:
        return stored
    try:
        if codec == 1:
            import lz4.block
            return lz4.block.decompress(stored, uncompressed_size=raw_length)
        import zstandard
        return zstandard.ZstdDecompressor().decompress(stored, max_output_size=raw_length)
    except ImportError as error:
        sys.exit(f"this trace is compressed; to read it here, install {error.name}")


class Stream:
    def __init__(self, number):
        self.number, self.position, self.carry = number, 0, b""
        self.event = self.call = self.guest_call = 0
        self.open, self.guest_open, self.known = [], [], True
        self.fragments, self.dropping = b"", False
        self.said = {}
        self.functions, self.called = {}, {}

    def start_over(self, chunk):
        """Goes on behind a gap, or where the file starts with a later segment."""
        self.carry, self.fragments, self.dropping = b"", b"", bool(chunk["flags"] & 2)
        self.event, self.call, self.guest_call = chunk["event"], chunk["call"], chunk["guest_call"]
        at, *opens = getattr(self, "segment", (None, [], []))
        self.known = at == chunk["position"] or self.call + self.guest_call == 0
        self.open, self.guest_open = opens if at == chunk["position"] else ([], [])

    def close(self, calls, reference):
        if reference == 0 or reference - 1 in calls:
            number = (calls or [None])[-1] if reference == 0 else reference - 1
            if number is not None:
                calls.remove(number)
            return number
        return None if self.known else reference - 1

    def take(self, kind, payload, side, position):
        out = {"stream": self.number}
        if not side:
            if kind == FRAGMENT:
                self.fragments += payload
                return
            payload, self.fragments = self.fragments + payload, b""
            out["event"] = self.event
            self.event += 1
        if self.dropping:
            self.dropping = False
            self.call += kind in OPENS
            self.guest_call += kind in GUEST_OPENS
            if kind in OPENS:
                self.open.append(self.call - 1)
            elif kind in GUEST_OPENS:
                self.guest_open.append(self.guest_call - 1)
            elif kind in CLOSES | GUEST_CLOSES:
                self.open, self.guest_open, self.known = [], [], False
            return
        name, fields = KINDS.get(kind, ("unknown", None))
        call = None
        if kind in OPENS:
            call, self.call = self.call, self.call + 1
            self.open.append(call)
        elif kind in GUEST_OPENS:
            call, self.guest_call = self.guest_call, self.guest_call + 1
            self.guest_open.append(call)
        elif kind in CLOSES:
            call = self.close(self.open, 0 if kind == RESULT else Fields(payload).u64())
        elif kind in GUEST_CLOSES:
            call = self.close(self.guest_open, Fields(payload).u64())
        if kind in DEFINITIONS:
            key = (kind, 0 if kind == 1 else Fields(payload).u64())
            again, self.said[key] = self.said.get(key) == payload, payload
            if again and side:
                return
        out["kind"] = name
        if call is not None:
            out["call"] = call
        if fields is None:
            out["number"], out["payload"] = kind, payload.hex()
        else:
            reader = Fields(payload)
            out["fields"] = {field: getattr(reader, type)() for field, type in fields}
            if kind == SEGMENT_BEGIN:
                opens = out["fields"]["open_calls"], out["fields"]["open_guest_calls"]
                self.segment = (position, *opens)
            if kind == FUNCTION:
                self.define(out["fields"])
            if call is not None:
                self.tell(kind, call, out)
        print(json.dumps(out))

    def define(self, said):
        try:
            types = [[values.Types(text).type() for text in texts]
                     for texts in (said["params"], [said["result"]] if said["result"] else [])]
        except (ValueError, AttributeError):
            types = None
        name = said["interface"] + "#" * bool(said["interface"]) + said["name"]
        self.functions[said["id"]] = (name, types)

    def tell(self, kind, call, out):
        """Adds the function's name and the values, as far as they are known."""
        opens, key = kind in OPENS | GUEST_OPENS, (kind in GUEST_OPENS | GUEST_CLOSES, call)
        if opens:
            self.called[key] = out["fields"]["function"]
        known = self.functions.get(self.called.get(key))
        if not opens:
            self.called.pop(key, None)
        if known is None:
            return
        out["name"], types = known
        encoded = out["fields"].get("arguments" if opens else "values")
        try:
            if encoded is not None and types is not None:
                out["values"] = values.values(types[not opens], Fields(bytes.fromhex(encoded)))
        except (Short, ValueError, LookupError):
            pass

    def records(self, data, side, position):
        """Takes whole records from data; gives what is left over."""
        while data:
            reader = Fields(data)
            try:
                kind = reader.u8()
                if kind >= 64:
                    kind, length = kind & 0xC0, kind & 0x3F
                    length = reader.u64() if length == 63 else length
                else:
                    kind = reader.u64() if kind == 63 else kind
                    length = reader.u64()
                payload = reader.take(length)
            except Short:
                return data
            self.take(kind, payload, side, position)
            data = data[reader.at:]
        return b""


def header_at(data, at):
    if data[at:at + 8] != MAGIC or at + HEADER.size > len(data):
        return None
    names = ("magic length version kind codec flags _ stream segment sequence stored raw first "
             "position event call guest_call wall monotonic previous crc").split()
    chunk = dict(zip(names, HEADER.unpack_from(data, at)))
    end = at + chunk["length"]
    if chunk["length"] < 104 or end > len(data) or chunk["version"] != 1:
        return None
    return chunk if struct.unpack_from("<I", data, end - 4)[0] == crc32c(data[at:end - 4]) else None


def main(path):
    data = open(path, "rb").read()
    streams, at = {}, 0
    while at < len(data):
        chunk = header_at(data, at)
        if chunk is None:
            print(f"damage at {at:#x}", file=sys.stderr)
            at = data.find(MAGIC, at + 1)
            if at < 0:
                break
            continue
        payload = data[at + chunk["length"]:at + chunk["length"] + chunk["stored"]]
        if len(payload) < chunk["stored"]:
            print(f"unfinished chunk at {at:#x}", file=sys.stderr)
            break
        if crc32c(payload) != chunk["crc"]:
            print(f"damage at {at:#x}", file=sys.stderr)
            at = max(data.find(MAGIC, at + 8), 0) or len(data)
            continue
        at += chunk["length"] + chunk["stored"]
        if chunk["kind"] > 1:
            continue
        raw = unpack(chunk["codec"], payload, chunk["raw"])
        stream = streams.setdefault(chunk["stream"], Stream(chunk["stream"]))
        if chunk["kind"] == 1:
            stream.records(raw, True, chunk["position"])
            continue
        if chunk["position"] > stream.position:
            if chunk["first"] == chunk["raw"]:
                continue
            stream.start_over(chunk)
            raw = raw[chunk["first"]:]
        else:
            raw = raw[stream.position - chunk["position"]:]
        stream.position = max(stream.position, chunk["position"] + chunk["raw"])
        stream.carry = stream.records(stream.carry + raw, False, None)


if __name__ == "__main__":
    main(sys.argv[1])
