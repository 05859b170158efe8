#!/usr/bin/env python3
"""Refuses references, pointers, views and locks that live across a suspension of a coroutine.

    suspension.py ROOT COMMANDS CACHE            every file of src/ and include/ with a coroutine
    suspension.py --self-test FILE COMMANDS      the findings in FILE are those its comments name

While a coroutine waits, anything else may run: a table grows, a descriptor is closed, a vector
moves. Nothing in C++ notices that a reference into it is stale, so none may be held. This reads
clang's syntax tree (libclang) and finds, in every coroutine:

  - parameters that are references, pointers or views: a Task starts lazily, so they cross its first
    suspension before anything is read through them;
  - `this`, in member functions: a pointer like any other;
  - local variables of such types that are used after a co_await, or again in a loop around it;
    classes and containers count by what is in them, unless they have a destructor of their own;
  - locks (and NoSuspend) whose scope holds a co_await, used or not;
  - a range-for around a co_await, since it keeps a reference to its range;
  - captures of a lambda that is a coroutine: they live in the closure, not in the frame.

What is sound all the same says so in the function or in the comment right before it:

    // outlives: NAME[, NAME...]: why it is still there when the coroutine goes on

`grep -rn '// outlives:' src include` lists them. One that excuses nothing is a finding, too.
`Suspend&` needs no excuse: it belongs to whoever drives the work, and is there as long as it goes on.

Findings are kept in CACHE with the hashes of all files that they depend on, so that only what has
changed is read again.
"""

import hashlib
import json
import multiprocessing
import os
import re
import shlex
import sys
from pathlib import Path

try:
    from clang import cindex
except ImportError:  # another Python than the one that Debian's package is for
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        from clang import cindex
    except ImportError:
        print("skipped: there is no libclang for Python; install python3-clang-19")
        sys.exit(77)

LIBRARIES = ("/usr/lib/llvm-19/lib/libclang-19.so.1", "/usr/lib/x86_64-linux-gnu/libclang-19.so.19")
SUSPENDS = re.compile(r"\bco_(await|yield|return)\b")
EXCUSE = re.compile(r"//\s*outlives:\s*([\w, ]+):\s*(\S.*?)\s*(?://.*)?$")

VIEWS = {"span", "basic_string_view", "initializer_list", "reference_wrapper", "__normal_iterator",
         "_Deque_iterator", "_List_iterator", "_List_const_iterator", "_Rb_tree_iterator",
         "_Rb_tree_const_iterator", "_Node_iterator", "_Node_const_iterator"}
LOCKS = {"lock_guard", "unique_lock", "scoped_lock", "shared_lock", "NoSuspend"}
# What they hold is theirs, or is no address of an object that could go.
OWNERS = {"unique_ptr", "shared_ptr", "weak_ptr", "basic_string", "function", "coroutine_handle",
          "exception_ptr", "thread", "type_index", "chrono", "any"}

Kind = cindex.CursorKind
TypeKind = cindex.TypeKind
LOOPS = {Kind.WHILE_STMT, Kind.FOR_STMT, Kind.DO_STMT, Kind.CXX_FOR_RANGE_STMT}
SCOPES = LOOPS | {Kind.COMPOUND_STMT, Kind.IF_STMT, Kind.SWITCH_STMT}
FUNCTIONS = {Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.FUNCTION_TEMPLATE, Kind.CONSTRUCTOR,
             Kind.LAMBDA_EXPR, Kind.CONVERSION_FUNCTION}


def refused(kind_of, depth=0):
    """What makes a value of this type unfit to live across a suspension, or None."""
    kind_of = kind_of.get_canonical()
    if kind_of.kind in (TypeKind.LVALUEREFERENCE, TypeKind.RVALUEREFERENCE):
        return None if kind_of.get_pointee().spelling.endswith("reprise::Suspend") else "reference"
    if kind_of.kind == TypeKind.POINTER:
        is_code = kind_of.get_pointee().get_canonical().kind == TypeKind.FUNCTIONPROTO
        return None if is_code else "pointer"
    if kind_of.kind == TypeKind.CONSTANTARRAY:
        return refused(kind_of.element_type, depth + 1)
    if depth > 8 or kind_of.kind not in (TypeKind.RECORD, TypeKind.UNEXPOSED, TypeKind.ELABORATED):
        return None
    return refused_class(kind_of, depth)


def refused_class(kind_of, depth):
    declaration = kind_of.get_declaration()
    name = declaration.spelling or kind_of.spelling.split("<")[0].split("::")[-1]
    if name in LOCKS:
        return "lock"
    if name in VIEWS:
        return "view"
    if name in OWNERS:
        return None
    for i in range(max(kind_of.get_num_template_arguments(), 0)):
        argument = kind_of.get_template_argument_type(i)
        if argument.kind != TypeKind.INVALID and (found := refused(argument, depth + 1)):
            return found
    if kind_of.spelling.startswith(("std::", "__gnu_cxx::")):
        return None
    if any(c.kind == Kind.DESTRUCTOR for c in declaration.get_children()):
        return None
    for field in kind_of.get_fields():
        if found := refused(field.type, depth + 1):
            return found
    return None


class Span:
    """Where something stands in its file."""

    def __init__(self, cursor):
        self.start, self.end = cursor.extent.start.offset, cursor.extent.end.offset

    def holds(self, offset):
        return self.start <= offset < self.end


class Variable:
    def __init__(self, cursor, scope, what):
        # A structured binding is one declaration of several names.
        self.names = re.findall(r"\w+", cursor.spelling) or [""]
        self.name, self.line, self.what = self.names[0], cursor.location.line, what
        self.declared, self.scope = Span(cursor), scope


class Coroutine:
    """One function that suspends, without the lambdas inside it."""

    def __init__(self, cursor, keywords, inner):
        self.cursor, self.inner = cursor, inner
        whole = Span(cursor)
        own = [k for k in keywords if whole.holds(k.extent.start.offset) and
               not any(Span(i).holds(k.extent.start.offset) for i in inner)]
        self.is_coroutine = bool(own)
        self.await_starts = {k.extent.start.offset for k in own if k.spelling != "co_return"}
        self.returns = {k.extent.start.offset for k in own if k.spelling == "co_return"}
        self.awaits, self.variables, self.uses, self.loops = {}, [], [], []
        self.this_line, self.captures, self.ranges = None, [], []

    def read(self):
        """Collects variables, uses and awaits from the body as it is written."""
        for child in self.cursor.get_children():
            if child.kind == Kind.PARM_DECL:
                if what := refused(child.type):
                    self.variables.append(Variable(child, None, what))
            elif child.kind == Kind.VARIABLE_REF and self.cursor.kind == Kind.LAMBDA_EXPR:
                self.captures.append((child.spelling, child.location.line))
        body = self.body()
        if body is None:
            return
        self.walk(body, None, None)
        tokens = {t.spelling for t in self.cursor.get_tokens()}
        if self.cursor.kind == Kind.LAMBDA_EXPR and "this" in self.capture_list():
            self.captures.append(("this", self.cursor.location.line))
        elif self.this_line is None and "this" in tokens and self.cursor.semantic_parent and \
                self.cursor.kind == Kind.CXX_METHOD:
            self.this_line = self.cursor.location.line

    def capture_list(self):
        words = []
        for token in self.cursor.get_tokens():
            if token.spelling == "]":
                return words
            words.append(token.spelling)
        return words

    def body(self):
        """The compound statement as written; clang wraps a coroutine's in another statement."""
        found = list(self.cursor.get_children())
        while found:
            child = found.pop(0)
            if child.kind == Kind.COMPOUND_STMT:
                return child
            if child.kind.is_statement():
                found[:0] = child.get_children()
        return None

    def walk(self, cursor, scope, expression):
        span = Span(cursor)
        if cursor.kind in SCOPES:
            scope = span
        if cursor.kind in LOOPS:
            self.loops.append(span)
        if cursor.kind == Kind.CXX_FOR_RANGE_STMT:
            self.ranges.append((span, cursor.location.line))
        if cursor.kind.is_statement() or cursor.kind.is_declaration():
            expression = span if cursor.kind not in SCOPES else None
        elif expression is None and cursor.kind.is_expression():
            expression = span
        self.note(cursor, span, scope, expression)
        for child in cursor.get_children():
            self.walk(child, scope, expression)

    def note(self, cursor, span, scope, expression):
        if span.start in self.await_starts and cursor.kind.is_expression():
            known = self.awaits.get(span.start)
            if known is None or span.end > known[0]:
                self.awaits[span.start] = (span.end, expression)
        inside = any(Span(i).holds(span.start) for i in self.inner)
        if cursor.kind.is_declaration() and cursor.type.kind != TypeKind.INVALID and not inside:
            what = refused(cursor.type) if cursor.spelling or cursor.kind == Kind.VAR_DECL else None
            if what and cursor.kind not in FUNCTIONS and cursor.kind != Kind.TYPE_ALIAS_DECL:
                self.variables.append(Variable(cursor, scope, what))
        if cursor.kind in (Kind.DECL_REF_EXPR, Kind.VARIABLE_REF) and cursor.referenced is not None:
            self.uses.append((cursor.referenced.location.offset, cursor.spelling, span.start))
        implicit = cursor.kind == Kind.MEMBER_REF_EXPR and not list(cursor.get_children())
        if cursor.kind == Kind.CXX_THIS_EXPR or (implicit and self.is_member_name(cursor)):
            if self.this_line is None:
                self.this_line = self.cursor.location.line

    def is_member_name(self, cursor):
        target = cursor.referenced
        if target is None or self.cursor.kind == Kind.LAMBDA_EXPR:
            return False
        is_static = target.kind == Kind.VAR_DECL or \
            (target.kind == Kind.CXX_METHOD and target.is_static_method())
        # Calls that the compiler adds (await_ready, return_value) name no member of ours.
        ours = self.cursor.semantic_parent
        return not is_static and ours is not None and \
            self.cursor.kind in (Kind.CXX_METHOD, Kind.FUNCTION_TEMPLATE) and \
            cursor.spelling not in ("await_ready", "await_suspend", "await_resume", "return_value",
                                    "return_void", "yield_value")

    def lives_across(self, variable):
        if variable.scope is None:  # a parameter: the first suspension comes before every use
            return True
        uses = [at for where, name, at in self.uses
                if name in variable.names and variable.declared.holds(where)]
        for start, (end, expression) in self.awaits.items():
            if not variable.scope.holds(start) or variable.declared.end > start:
                continue
            if variable.what == "lock":
                return True
            leaves = expression and any(expression.holds(r) for r in self.returns)
            for at in uses:
                if not leaves and at >= end:
                    return True
                if expression and expression.holds(at) and not start <= at < end:
                    return True
                if not leaves and any(l.holds(start) and l.holds(at) and
                                      variable.declared.start < l.start for l in self.loops):
                    return True
        return False

    def findings(self):
        if self.this_line is not None and self.cursor.kind != Kind.LAMBDA_EXPR:
            yield self.this_line, "this", "the object that the coroutine works on"
        for name, line in self.captures:
            yield line, name, "a capture, which lives in the closure and not in the coroutine"
        for span, line in self.ranges:
            if any(span.holds(start) for start in self.awaits):
                yield line, "for", "a reference to the range of this loop"
        seen = set()
        for variable in self.variables:
            key = (variable.declared.start, variable.name)
            if key not in seen and self.lives_across(variable):
                seen.add(key)
                yield variable.line, variable.name, f"a {variable.what}"


def excuses(lines, cursor):
    """[names, line, reason] of the comments in and right before a function."""
    first = cursor.extent.start.line
    while first > 1 and lines[first - 2].lstrip().startswith(("//", "template")):
        first -= 1
    found = []
    for number in range(first, cursor.extent.end.line + 1):
        if match := EXCUSE.search(lines[number - 1]):
            names = {name.strip() for name in match.group(1).split(",")}
            found.append((names, number, match.group(2)))
    return found


def check_coroutine(lines, coroutine, inner_excuses):
    excused, used = excuses(lines, coroutine.cursor), set()
    excused = [e for e in excused if e[1] not in inner_excuses]
    for line, name, what in coroutine.findings():
        for names, number, _ in excused:
            if name in names:
                used.add((number, name))
                break
        else:
            yield line, name, f"{name}: {what} lives across a suspension"
    for names, number, reason in excused:
        for name in sorted(names):
            if (number, name) not in used:
                yield number, name, f"{name}: nothing of that name needs an excuse here"
        if len(reason.split()) < 3:
            yield number, "reason", "say why it is still there when the coroutine goes on"


def functions_in(cursor, path):
    for child in cursor.get_children():
        place = child.location.file
        if place is not None and place.name != path:
            continue
        if child.kind in FUNCTIONS and child.extent.end.offset > child.extent.start.offset:
            yield child
        yield from functions_in(child, path)


def arguments_for(path, commands):
    by_file = {c["file"]: c for c in commands}
    command = by_file.get(str(path)) or commands[0]
    words = shlex.split(command["command"])
    return ["-xc++"] + [w for w in words if w.startswith(("-I", "-D", "-std", "-isystem"))]


def read_file(job):
    """(findings, files that they depend on) of one source file."""
    path, commands = job
    if not cindex.Config.loaded and not cindex.Config.library_file:
        library = next((name for name in LIBRARIES if os.path.exists(name)), None)
        if library:
            cindex.Config.set_library_file(library)
    unit = cindex.Index.create().parse(str(path), args=arguments_for(path, commands))
    errors = [str(d) for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
    if errors:
        return [(0, "", f"clang cannot read it: {errors[0]}")], []
    lines = path.read_text().split("\n")
    tokens = list(unit.get_tokens(extent=unit.cursor.extent))
    keywords = [t for before, t in zip([None] + tokens, tokens) if SUSPENDS.fullmatch(t.spelling)
                and t.kind == cindex.TokenKind.KEYWORD and before.spelling != "operator"]
    found = {}
    every = [f for f in functions_in(unit.cursor, str(path))]
    for cursor in every:
        span = Span(cursor)
        inner = [f for f in every if f != cursor and f.kind == Kind.LAMBDA_EXPR and
                 span.start < f.extent.start.offset < span.end]
        coroutine = Coroutine(cursor, keywords, inner)
        if not coroutine.is_coroutine:
            continue
        coroutine.read()
        inside = {e[1] for f in inner for e in excuses(lines, f)}
        for finding in check_coroutine(lines, coroutine, inside):
            found[finding] = True
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*#\s*define\b.*\bco_(await|yield)\b", line):
            found[(number, "define", "a macro hides a suspension")] = True
    depends = {str(path)} | {i.include.name for i in unit.get_includes()}
    return sorted(found), sorted(depends)


def hash_of(path, known={}):
    if path not in known:
        known[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest() \
            if os.path.exists(path) else ""
    return known[path]


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def check_tree(root, commands, cache_path):
    files = [p for top in ("src", "include") for p in sorted((root / top).rglob("*.[ch]pp"))
             if SUSPENDS.search(without_comments(p.read_text()))]
    own = hash_of(__file__)
    cache = {}
    if cache_path.exists():
        stored = json.loads(cache_path.read_text())
        cache = stored["files"] if stored.get("checker") == own else {}
    fresh = {}
    for path in files:
        entry = cache.get(str(path))
        if entry and all(hash_of(f) == h for f, h in entry["depends"].items()):
            fresh[str(path)] = entry
    stale = [path for path in files if str(path) not in fresh]
    with multiprocessing.Pool(min(2, max(1, len(stale)))) as pool:
        for path, (found, depends) in zip(stale, pool.map(read_file, [(p, commands) for p in stale],
                                                          chunksize=1)):
            inside = [d for d in depends if d.startswith(str(root))]
            fresh[str(path)] = {"findings": found, "depends": {d: hash_of(d) for d in inside}}
    cache_path.write_text(json.dumps({"checker": own, "files": fresh}))
    count = 0
    for path in files:
        for line, _, message in fresh[str(path)]["findings"]:
            count += 1
            print(f"{path.relative_to(root)}:{line}: {message}")
    if count == 0:
        print(f"{len(files)} files with coroutines ({len(stale)} read): nothing unexcused lives "
              "across a suspension")
    return 1 if count or not files else 0


def self_test(path, commands):
    """The findings are exactly the `// refused: NAME NAME` comments, line by line."""
    wanted = set()
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if match := re.search(r"// refused: ([\w ]+)$", line):
            wanted |= {(number, name) for name in match.group(1).split()}
    found = {(line, name) for line, name, _ in read_file((path, commands))[0]}
    for line, name in sorted(wanted - found):
        print(f"{path.name}:{line}: {name} was not refused")
    for line, name in sorted(found - wanted):
        print(f"{path.name}:{line}: {name} was refused")
    print(f"{len(wanted & found)} of {len(wanted)} refused as they must be")
    return 0 if wanted == found and wanted else 1


def main():
    commands = json.loads(Path(sys.argv[-2 if sys.argv[1] != "--self-test" else -1]).read_text())
    if sys.argv[1] == "--self-test":
        return self_test(Path(sys.argv[2]), commands)
    return check_tree(Path(sys.argv[1]).resolve(), commands, Path(sys.argv[3]))


if __name__ == "__main__":
    sys.exit(main())
