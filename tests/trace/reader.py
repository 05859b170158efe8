#!/usr/bin/env python3
"""Prints the records of a trace as JSON Lines: a reader written from docs/trace-format.md alone.

Needs nothing but Python. Chunks packed with LZ4 or Zstandard need the modules lz4 or zstandard.
"""

import json
import struct
import sys

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


# kind: (name, fields)
KINDS = {}
for line in """
1 session-begin id:blob engine:text semantics:u required_features:u optional_features:u arguments:u8 determinism:u replayable:u8 limits:limits omitted:texts
2 component id:u form:u8 storage:u8 name:text sha256:hash size:u location:text
3 resource-type id:u interface:text name:text
4 function id:u direction:u8 interface:text name:text signature:text params:texts result:text
5 instance id:u component:u name:text imports:texts
6 blob sha256:hash total:u offset:u bytes:rest
7 segment-begin number:u event:u open_calls:ids open_guest_calls:ids
8 ring-location path:text
9 recovered position:u bytes:u reason:text
11 discarded bytes:rest
16 guest-call function:u instance:u arguments:rest
17 guest-return call:u values:rest
18 guest-return-digest call:u length:u digest:digest
19 guest-trap call:u trap:text message:text
20 guest-exit call:u code:u
64 call function:u arguments:rest
192 call-digest function:u length:u digest:digest
128 result values:rest
24 result-of call:u values:rest
25 result-trap call:u trap:text message:text
26 result-exit call:u code:u
27 result-exception call:u type:text message:text
28 cancelled call:u reason:text
32 memory-write instance:u memory:u offset:u bytes:rest
33 table-write instance:u table:u offset:u references:ids
34 global-write instance:u global:u value:rest
35 growth-failed what:u8 instance:u index:u old_size:u delta:u
36 exhausted what:text where:text limit:u
37 interrupted reason:text where:text
38 destructor instance:u resource_type:u resource:u
48 poisoned reason:text
49 note topic:text text:text
50 state-digest scope:text digest:digest
51 end outcome:u8 code:u message:text
52 dropped events:u reason:text
""".strip().splitlines():
    number, name, *fields = line.split()
    KINDS[int(number)] = (name, [field.split(":") for field in fields])

DEFINITIONS = {1, 2, 3, 4, 5}
OPENS, GUEST_OPENS = {64, 192}, {16}
CLOSES, GUEST_CLOSES = {128, 24, 25, 26, 27, 28}, {17, 18, 19, 20}
FRAGMENT, SEGMENT_BEGIN, RESULT = 10, 7, 128


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

    def u(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def blob(self): return self.take(self.u()).hex()
    def text(self): return self.take(self.u()).decode()
    def rest(self): return self.take(len(self.data) - self.at).hex()
    def hash(self): return self.take(32).hex()
    def digest(self): return self.take(len(self.data) - self.at)[::-1].hex()
    def texts(self): return [self.text() for _ in range(self.u())]
    def ids(self): return [self.u() for _ in range(self.u())]
    def limits(self): return [[self.text(), self.u()] for _ in range(self.u())]


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
        self.open, self.guest_open = [], []
        self.fragments, self.dropping = b"", False
        self.said = {}

    def start_over(self, chunk):
        """Goes on behind a gap, or where the file starts with a later segment."""
        self.carry, self.fragments, self.dropping = b"", b"", bool(chunk["flags"] & 2)
        self.event, self.call, self.guest_call = chunk["event"], chunk["call"], chunk["guest_call"]
        self.open, self.guest_open = chunk.get("opens", ([], []))

    def close(self, calls, reference):
        if reference == 0:
            return calls.pop() if calls else None
        if reference - 1 in calls:
            calls.remove(reference - 1)
        return reference - 1

    def take(self, kind, payload, side):
        out = {"stream": self.number}
        if not side:
            if kind == FRAGMENT:
                self.fragments += payload
                return
            payload, self.fragments = self.fragments + payload, b""
            out["event"] = self.event
            self.event += 1
        name, fields = KINDS.get(kind, ("unknown", None))
        call = None
        if kind in OPENS:
            call, self.call = self.call, self.call + 1
            self.open.append(call)
        elif kind in GUEST_OPENS:
            call, self.guest_call = self.guest_call, self.guest_call + 1
            self.guest_open.append(call)
        elif kind in CLOSES:
            call = self.close(self.open, 0 if kind == RESULT else Fields(payload).u())
        elif kind in GUEST_CLOSES:
            call = self.close(self.guest_open, Fields(payload).u())
        if self.dropping:
            self.dropping = False
            return
        if kind in DEFINITIONS:
            key = (kind, 0 if kind == 1 else Fields(payload).u())
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
                self.opens = (out["fields"]["open_calls"], out["fields"]["open_guest_calls"])
        print(json.dumps(out))

    def records(self, data, side):
        """Takes whole records from data; gives what is left over."""
        while data:
            reader = Fields(data)
            try:
                kind = reader.u8()
                if kind >= 64:
                    kind, length = kind & 0xC0, kind & 0x3F
                    length = reader.u() if length == 63 else length
                else:
                    kind = reader.u() if kind == 63 else kind
                    length = reader.u()
                payload = reader.take(length)
            except Short:
                return data
            self.take(kind, payload, side)
            data = data[reader.at:]
        return b""


def header_at(data, at):
    if data[at:at + 8] != MAGIC or at + HEADER.size > len(data):
        return None
    names = ("magic length version kind codec flags _ stream segment sequence stored raw first position "
             "event call guest_call wall monotonic previous crc").split()
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
            stream.records(raw, True)
            continue
        if chunk["position"] > stream.position:
            if chunk["first"] == chunk["raw"]:
                continue
            chunk["opens"] = getattr(stream, "opens", ([], []))
            stream.start_over(chunk)
            raw = raw[chunk["first"]:]
        else:
            raw = raw[stream.position - chunk["position"]:]
        stream.position = max(stream.position, chunk["position"] + chunk["raw"])
        stream.carry = stream.records(stream.carry + raw, False)


if __name__ == "__main__":
    main(sys.argv[1])
