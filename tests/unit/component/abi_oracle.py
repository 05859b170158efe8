# Makes test cases for lifting and lowering with the specification's own executable form,
# definitions.py of the component-model repository, and prints them for abi_oracle_test.cpp.
#
#   abi_oracle.py DIRECTORY-OF-DEFINITIONS SEED COUNT
#
# A case lowers random values into one guest, lifts them again, moves them on into a second guest, and
# then lifts them once more from a first guest that was tampered with. Each step is printed as what it
# is given and what must come out: flat values or a trap, every realloc call, the whole memory.

import random
import struct
import sys

sys.path.insert(0, sys.argv[1])
import definitions as d

d.DETERMINISTIC_PROFILE = True

ENCODINGS = ['utf8', 'utf16', 'latin1+utf16']
TEXTS = ['', 'a', 'hello', 'caf\u00e9', '\u00ff\u00fe', '\u0100', 'ab\u20acd', '\U0001f600',
         'x\U0001f600\u00e9', '\u07ff\u0800', 'plain ascii text', '\u00e9' * 5, 'a\u0101' * 3]


# Handles: any rule will do, as long as the other side has the same one.
def lift_handle(cx, i, t):
    d.trap_if(i >= 1000)
    return i + 1


def lower_handle(cx, rep, t):
    return rep * 2


for name in ['own', 'borrow', 'stream', 'future']:
    setattr(d, 'lift_' + name, lift_handle)
    setattr(d, 'lower_' + name, lower_handle)
d.lift_error_context = lambda cx, i: lift_handle(cx, i, None)
d.lower_error_context = lambda cx, v: lower_handle(cx, v, None)


class Guest(d.LiftLowerContext):
    """A guest whose realloc always moves, and fails in some way at its `fail_at`th call."""

    def __init__(self, encoding, addrtype, base, fail_at, contents=None):
        memory = d.MemInst(bytearray(contents or b'\xaa' * 128), addrtype)
        super().__init__(d.LiftLowerOptions(encoding, memory), None)
        self.encoding, self.addrtype, self.base, self.fail_at = encoding, addrtype, base, fail_at
        self.next = base
        self.calls = []

    def reallocate(self, old, old_size, alignment, new_size):
        self.calls.append((old, old_size, alignment, new_size))
        data = self.opts.memory.bytes
        pointer = (self.next + alignment - 1) // alignment * alignment
        if len(self.calls) == self.fail_at:
            return pointer + 1 if alignment > 1 else len(data) + 1
        self.next = pointer + new_size
        if self.next > len(data):
            data.extend(b'\xbb' * (self.next - len(data)))
        count = min(old_size, new_size)
        data[pointer:pointer + count] = data[old:old + count]
        return pointer

    def describe(self):
        return f'{self.encoding} {self.addrtype} {self.base} {self.fail_at}'


PRIMITIVES = {
    'bool': d.BoolType, 's8': d.S8Type, 'u8': d.U8Type, 's16': d.S16Type, 'u16': d.U16Type,
    's32': d.S32Type, 'u32': d.U32Type, 's64': d.S64Type, 'u64': d.U64Type, 'f32': d.F32Type,
    'f64': d.F64Type, 'char': d.CharType, 'string': d.StringType,
    'error-context': d.ErrorContextType,
}
NAMES = {v: k for k, v in PRIMITIVES.items()}
FLAG_COUNTS = [1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32]


def random_type(depth):
    if depth == 0 or random.random() < 0.3:
        if random.random() < 0.1:
            return random.choice([d.OwnType(None), d.BorrowType(None), d.StreamType(d.U8Type()),
                                  d.FutureType(None)])
        if random.random() < 0.25:
            return d.StringType()
        return random.choice(list(PRIMITIVES.values()))()
    sub = lambda: random_type(depth - 1)
    maybe = lambda: None if random.random() < 0.3 else sub()
    match random.randrange(10):
        case 0: return d.ListType(sub())
        case 1: return d.ListType(sub(), random.randint(1, 4))
        case 2: return d.RecordType([d.FieldType(f'f{i}', sub())
                                     for i in range(random.randint(1, 5))])
        case 3: return d.TupleType([sub() for _ in range(random.randint(1, 5))])
        case 4: return d.VariantType([d.CaseType(f'c{i}', maybe())
                                      for i in range(random.randint(1, 5))])
        case 5: return d.EnumType([f'e{i}' for i in range(random.choice([1, 3, 256, 257]))])
        case 6: return d.OptionType(sub())
        case 7: return d.ResultType(maybe(), maybe())
        case 8: return d.FlagsType([f'l{i}' for i in range(random.choice(FLAG_COUNTS))])
        case 9: return d.MapType(random.choice([d.StringType, d.U8Type, d.CharType])(), sub())


def text(t):
    join = lambda items: ', '.join(items)
    match t:
        case None: return '_'
        case d.ListType(e, None): return f'list<{text(e)}>'
        case d.ListType(e, n): return f'list<{text(e)}, {n}>'
        case d.RecordType(fs): return f'record {{ {join(f.label + ": " + text(f.t) for f in fs)} }}'
        case d.TupleType(ts): return f'tuple<{join(map(text, ts))}>'
        case d.VariantType(cs):
            case_text = lambda c: c.label + (f'({text(c.t)})' if c.t else '')
            return f'variant {{ {join(map(case_text, cs))} }}'
        case d.EnumType(labels): return f'enum {{ {join(labels)} }}'
        case d.FlagsType(labels): return f'flags {{ {join(labels)} }}'
        case d.OptionType(e): return f'option<{text(e)}>'
        case d.ResultType(ok, err): return f'result<{text(ok)}, {text(err)}>' if err else (
            f'result<{text(ok)}>' if ok else 'result')
        case d.MapType(k, v): return f'map<{text(k)}, {text(v)}>'
        case d.OwnType(): return 'own<r>'
        case d.BorrowType(): return 'borrow<r>'
        case d.StreamType(e): return f'stream<{text(e)}>' if e else 'stream'
        case d.FutureType(e): return f'future<{text(e)}>' if e else 'future'
        case _: return NAMES[type(t)]


def random_float(fmt, ints):
    bits = random.choice([0, 1, random.getrandbits(ints), 0x7f800000, 0xffc00001])
    return struct.unpack(fmt, bits.to_bytes(ints // 8, 'little'))[0]


def random_value(t):
    t = d.despecialize(t)
    match t:
        case d.BoolType(): return random.random() < 0.5
        case d.F32Type(): return d.canonicalize_nan32(random_float('<f', 32))
        case d.F64Type(): return d.canonicalize_nan64(random_float('<d', 64))
        case d.CharType(): return chr(random.choice([0, 0x41, 0xd7ff, 0xe000, 0x10ffff]))
        case d.StringType():
            s = random.choice(TEXTS)
            return (s, 'utf8', len(s.encode('utf-8')))
        case d.ListType(e, n):
            return [random_value(e) for _ in range(random.randint(0, 4) if n is None else n)]
        case d.RecordType(fields): return {f.label: random_value(f.t) for f in fields}
        case d.VariantType(cases):
            c = random.choice(cases)
            return {c.label: random_value(c.t) if c.t else None}
        case d.FlagsType(labels): return {l: random.random() < 0.5 for l in labels}
        case d.OwnType() | d.BorrowType() | d.StreamType() | d.FutureType() | d.ErrorContextType():
            return random.randint(0, 300)
        case _:
            bits = 8 * d.elem_size(t, 'i32')
            low = -(1 << bits - 1) if NAMES[type(t)][0] == 's' else 0
            return random.choice([low, low + (1 << bits) - 1, random.randint(0, 100)])


def leb(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def encode(t, v):
    t = d.despecialize(t)
    match t:
        case d.BoolType(): return bytes([v])
        case d.F32Type(): return d.encode_float_as_i32(v).to_bytes(4, 'little')
        case d.F64Type(): return d.encode_float_as_i64(v).to_bytes(8, 'little')
        case d.CharType(): return ord(v).to_bytes(4, 'little')
        case d.StringType():
            data = v[0].encode('utf-8')
            return leb(len(data)) + data
        case d.ListType(e, n):
            return (leb(len(v)) if n is None else b'') + b''.join(encode(e, x) for x in v)
        case d.RecordType(fields): return b''.join(encode(f.t, v[f.label]) for f in fields)
        case d.VariantType(cases):
            index, payload = d.match_case(v, cases)
            return leb(index) + (encode(cases[index].t, payload) if cases[index].t else b'')
        case d.FlagsType(labels):
            return d.pack_flags_into_int(v, labels).to_bytes((len(labels) + 7) // 8, 'little')
        case d.OwnType() | d.BorrowType() | d.StreamType() | d.FutureType() | d.ErrorContextType():
            return leb(v)
        case _:
            return v.to_bytes(d.elem_size(t, 'i32'), 'little', signed=NAMES[type(t)][0] == 's')


def slots(values, types):
    """Flat values as numbers."""
    out = []
    for v, t in zip(values, types):
        if t == 'f32': v = d.encode_float_as_i32(v)
        if t == 'f64': v = d.encode_float_as_i64(v)
        out.append(v)
    return out


def unslots(values, types):
    out = []
    for v, t in zip(values, types):
        if t == 'f32': v = d.core_f32_reinterpret_i32(v)
        if t == 'f64': v = d.core_f64_reinterpret_i64(v)
        out.append(v)
    return out


def flat_types(guest, ts, max_flat):
    flat = d.flatten_types(ts, guest.opts)
    return flat if len(flat) <= max_flat else [guest.addrtype]


def show(*words):
    print(*words)


def show_outcome(guest, outcome):
    show('outcome', outcome)
    show('reallocs', *[','.join(map(str, c)) for c in guest.calls])
    show('memory', guest.opts.memory.bytes.hex() or '-')


def lower_step(kind, guest, ts, vs, max_flat, out_pointer):
    """Prints a step and returns its flat values, None after a trap."""
    show(kind, guest.describe(), max_flat, '-' if out_pointer is None else out_pointer)
    flat = None
    try:
        out_param = None if out_pointer is None else d.CoreValueIter([out_pointer])
        flat = d.lower_flat_values(guest, max_flat, vs, ts, out_param)
        spilled = len(d.flatten_types(ts, guest.opts)) > max_flat
        types = [] if spilled and out_pointer is not None else flat_types(guest, ts, max_flat)
        flat = slots(flat, types)
        show_outcome(guest, ' '.join(map(str, flat)))
        if out_pointer is not None and spilled:
            flat = [out_pointer]
    except d.Trap:
        show_outcome(guest, 'trap')
    return flat


def lift_step(guest, ts, max_flat, flat):
    """Prints a step and returns its values, None after a trap."""
    show('lift', guest.describe(), max_flat, *flat)
    show('from', guest.opts.memory.bytes.hex() or '-')
    vs = None
    try:
        types = flat_types(guest, ts, max_flat)
        vi = d.CoreValueIter(unslots(flat, types))
        vs = d.lift_flat_values(guest, max_flat, vi, ts)
        show('outcome', b''.join(encode(t, v) for t, v in zip(ts, vs)).hex() or '-')
    except d.Trap:
        vs = None
        show('outcome trap')
    return vs


def tamper(guest, ts, max_flat, flat):
    flat = list(flat)
    types = flat_types(guest, ts, max_flat)
    data = guest.opts.memory.bytes
    for _ in range(random.randint(1, 3)):
        if flat and random.random() < 0.4:
            i = random.randrange(len(flat))
            bits = 64 if types[i][1:] == '64' else 32
            flat[i] = random.choice([flat[i] ^ (1 << random.randrange(bits)), flat[i] + 1,
                                     random.getrandbits(bits), len(data), 0]) % (1 << bits)
        elif data:
            low = guest.base if random.random() < 0.8 else 0
            i = random.randrange(min(low, len(data) - 1), len(data))
            data[i] = random.choice([data[i] ^ (1 << random.randrange(8)), 0, 0xff, 0xd8])
    return flat


def random_guest(fail):
    fail_at = random.randint(1, 4) if fail else 0
    return Guest(random.choice(ENCODINGS), 'i64' if random.random() < 0.25 else 'i32',
                 random.choice([0, 1, 8, 13, 100]), fail_at)


def copy_of(guest):
    return Guest(guest.encoding, guest.addrtype, guest.base, 0, guest.opts.memory.bytes)


def one_case():
    ts = [random_type(random.randint(0, 3)) for _ in range(random.randint(1, 3))]
    vs = [random_value(t) for t in ts]
    show('case')
    for t in ts:
        show('type', text(t))
    show('encoded', b''.join(encode(t, v) for t, v in zip(ts, vs)).hex())
    max_flat = random.choice([0, 1, 4, 16, 16])
    out_pointer = random.choice([None, None, 8, 16, 24, 120, 4, 3])
    first = random_guest(random.random() < 0.1)
    flat = lower_step('lower', first, ts, vs, max_flat, out_pointer)
    if flat is None:
        return
    lifted = lift_step(copy_of(first), ts, max_flat, flat)
    if lifted is not None:
        second = random_guest(random.random() < 0.1)
        if first.encoding == 'latin1+utf16':
            # definitions.py looks for the tag of a lifted string where the other guest's would be.
            second.addrtype = second.opts.memory.addrtype = first.addrtype
        lower_step('transfer', second, ts, lifted, max_flat, None)
    for _ in range(4):
        other = copy_of(first)
        lift_step(other, ts, max_flat, tamper(other, ts, max_flat, flat))


random.seed(int(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    one_case()
show('end')
