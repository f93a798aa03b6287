"""Writes the hand-made part of the corpora: one small file for each thing that a fuzzer should not have to guess.

usage: make_corpus.py [FOLDER]    (FOLDER: tests/fuzz/corpus)

Files of other names, such as those of inputs that once failed, are left alone. Needs python3-protobuf and protoc.
"""

import hashlib
import os
import struct
import subprocess
import sys
import tempfile

PROTOS = ["config", "script", "snapshot", "value"]
INTERNAL = ["worker", "zygote"]


def load_protos(root):
    """Python modules made of the .proto files, in a folder of their own."""
    out = tempfile.mkdtemp(prefix="evald-corpus-")
    files = ["evald/v1/%s.proto" % name for name in PROTOS] + ["evald/internal/%s.proto" % name for name in INTERNAL]
    subprocess.run(["protoc", "-I" + root + "/proto", "--python_out=" + out] + files, check=True, cwd=root + "/proto")
    subprocess.run(["protoc", "-I" + root, "--python_out=" + out, "snapshot/envelope.proto"], check=True, cwd=root)
    sys.path.insert(0, out)


def frame(payload):
    return struct.pack("<I", len(payload)) + payload


def admin():
    def get(path, more="", method="GET"):
        return ("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (method, path, more)).encode()

    def post(path, body, more=""):
        json = "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        return get(path, json + more, "POST") + body.encode()

    token = "Authorization: Bearer 0123456789abcdef\r\n"
    stream = "Accept: text/event-stream\r\n"
    return {
        "eval": b"\xff" + post("/v1/eval", '{"source":"1","limits":{"wall_time":"1s"},"globals":{"x":{"bytes":"AA=="}}}'),
        "eval-unknown": b"\xff" + post("/v1/eval", '{"sauce":"1"}'),
        "eval-too-long": b"\xff" + post("/v1/eval", '{"source":"%s"}' % ("x" * 300)),
        "eval-form": b"\xff" + get("/v1/eval", "Content-Length: 2\r\n", "POST") + b"{}",
        "call": b"\x30" + post("/v1/call", '{"function":"f","args":[{"structured":{"a":[null]}}]}') * 2,
        "regenerate": b"\xff" + post("/v1/snapshots:regenerate", '{"force":true}', token),
        "regenerate-stream": b"\xff" + get("/v1/snapshots:regenerate", token + stream, "POST") + get("/healthz"),
        "rollback": b"\xff" + post("/v1/snapshots:rollback", '{"generation":"3"}', token) + get("/v1/snapshots"),
        "no-token": b"\xff" + post("/v1/snapshots:rollback", "{}") + post("/v1/drain", "{}", token),
        "events": b"\xff" + get("/v1/events?interval_ms=200") + get("/healthz"),
        "events-interval": b"\xff" + get("/v1/events?interval_ms=1") + get("/v1/events", method="HEAD"),
        "other-site": b"\xff" + get("/v1/status", "Origin: http://y\r\n") + get("/readyz", "Sec-Fetch-Site: cross-site\r\n"),
        "get": b"\xff" + get("/healthz") + get("/readyz") + get("/v1/status?x=1", "Connection: close\r\n"),
        "head": b"\x03" + get("/healthz", method="HEAD"),
        "not-found": b"\xff" + get("/nowhere"),
        "not-allowed": b"\xff" + get("/healthz", "Content-Length: 2\r\n", "POST") + b"{}",
        "echo": b"\x10" + post("/echo", "hello"),
        "chunked": b"\x20"
        + get("/echo", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "POST")
        + b"3\r\nabc\r\n0\r\n\r\n",
        "too-long-body": b"\xff" + get("/echo", "Content-Type: application/json\r\nContent-Length: 9999\r\n", "POST"),
        "too-long-header": b"\xff" + get("/healthz", "A: " + "a" * 2000 + "\r\n"),
        "expect": b"\xff" + post("/echo", "ok", "Expect: 100-continue\r\n"),
        "old": b"\xffGET /healthz HTTP/1.0\r\n\r\n",
        "garbage": b"\xff\x16\x03\x01\x00\xa5\x01\x00",
    }


def config():
    return {
        "readme": b'modules { specifier: "pricing" file: "pricing.mjs" }\npool { min_idle: 4 max_workers: 16 }\n'
        b"default_limits { wall_time { seconds: 2 } }\n",
        "everything": b'extensions { builtin: "console" }\nextensions { name: "own" source: "1" }\n'
        b'modules { specifier: "m" source: "export default 1" }\nwarmup { source: "1 + 1" }\n'
        b"pool { mode: FORK_ONLY max_uses: 5 max_age { seconds: 1 } max_rewind_pages: 9 }\n"
        b"sandbox { level: BEST_EFFORT }\nadmission { max_queue_per_tenant: 3 }\n"
        b"max_limits { wall_time { seconds: 9 } cpu_time { nanos: 5 } heap_bytes: 1048576 output_bytes: 99 }\n"
        b"default_limits { cpu_time { nanos: 4 } heap_bytes: 4096 output_bytes: 1 }\n"
        b"max_request_bytes: 1024 max_console_bytes: 10\n"
        b"kill_grace { nanos: 5 } drain_timeout { seconds: 1 }\n"
        b"snapshot_build_timeout { seconds: 7 } zygote_boot_timeout { seconds: 7 }\n",
        "tenants": b'tenants { tenant: "a" max_queue: 2 max_limits { memory_bytes: 99 } }\n'
        b'tenants { tenant: "" max_running: 1 default_limits { result_depth: 3 source_bytes: 9 console_bytes: 1 } }\n',
        "no-such-field": b"polo { }\n",
        "negative": b"kill_grace { seconds: -1 }\n",
        "above-ceiling": b"max_limits { heap_bytes: 5 } default_limits { heap_bytes: 6 }\n",
        "longest-duration": b"drain_timeout { seconds: 9223372035 nanos: 2147483647 }\n",
        "mixed-duration": b"pool { max_age { seconds: 5 nanos: -2000000000 } }\n",
    }


def envelope():
    from snapshot import envelope_pb2

    header = envelope_pb2.EnvelopeHeader()
    for field in header.DESCRIPTOR.fields:
        if field.type == field.TYPE_STRING and field.label != field.LABEL_REPEATED:
            setattr(header, field.name, "x")
    header.build_log.append("a line")
    header.warmup.add(name="w.js", sha256="x")
    encoded = header.SerializeToString(deterministic=True)
    recipe = envelope_pb2.Recipe()
    recipe.warmup.add(name="w.js", source="warm()")
    recipe.canaries.add(name="c", source="1 + 1", expect="2")
    cooked = recipe.SerializeToString(deterministic=True)
    sized = bytes([len(encoded)]) + encoded + bytes([len(cooked)]) + cooked
    magic = b"\x89EVALD\r\n"
    note = b"evald serving\ngeneration 7\nconfig " + b"a" * 64 + b"\n"
    digest = hashlib.sha256(note).hexdigest().encode()
    return {
        "note": b"\x02" + note + b"sha256 " + digest + b"\n",
        "note-damaged": b"\x02" + note + b"sha256 " + digest[1:] + b"\n",
        "sealed": b"\x01\x00\x00" + sized + b"startup data",
        "damaged": b"\x01\x01\x80" + sized + b"startup data",
        "damaged-recipe": b"\x01\x01\xc0" + sized,
        "empty-parts": b"\x01\x00\x00\x00\x00",
        "no-recipe": b"\x01\x00\x00" + bytes([len(encoded)]) + encoded + b"\x00startup data",
        "preamble": b"\x00" + magic + struct.pack("<IIQQ", 2, 4, 6, 4) + bytes(96) + b"headrecipeblob",
        "version-1": b"\x00" + magic + struct.pack("<IIQ", 1, 4, 4) + bytes(64) + b"headblob",
        "magic": b"\x00" + magic,
        "huge": b"\x00" + magic + struct.pack("<IIQQ", 2, 0xFFFFFFFF, 2**64 - 1, 2**64 - 1) + bytes(96),
        "huge-recipe": b"\x00" + magic + struct.pack("<IIQQ", 2, 0, 2**64 - 1, 0) + bytes(96),
        "huge-blob": b"\x00" + magic + struct.pack("<IIQQ", 2, 0, 0, 2**64 - 1) + bytes(96),
    }


SCRIPTS = {
    "map": "[1,2,3].map(x => x * x)",
    "types": "({a: [1.5, -0, NaN, null, undefined], b: new Date(0), 'c d': 'x\\ud800y', e: true})",
    "throw": "throw new RangeError('too far')",
    "throw-getter": "throw { get stack() { throw 1 }, toString() { throw 2 } }",
    "cycle": "const o = {}; o.o = {o}; o",
    "function": "({f() {}})",
    "bytes": "new Uint8Array([1, 2, 255]).subarray(1)",
    "proxy": "new Proxy([1, 2], {get(t, k) { return k === 'length' ? 3 : t[k] }})",
    "to-json": "({toJSON(key) { return [key, 1n.toString()] }})",
    "bigint": "1n",
    "symbol": "Symbol('s')",
    "promise": "Promise.resolve().then(() => ({a: 1}))",
    "rejected": "Promise.reject(new TypeError('no'))",
    "unsettled": "new Promise(() => {})",
    "loop": "for (;;);",
    "recursion": "(function f() { return f() })()",
    "console": "console.log('a %d %o', 1, {b: [2]}); console.error(new Error('e')); console.table([1])",
    "base64": "atob(btoa('hello')) + atob('aGk=')",
    "text": "new TextDecoder().decode(new TextEncoder().encode('h\\u00e9\\ud83d\\ude00'))",
    "random": "crypto.getRandomValues(new Uint8Array(4)).length + performance.now()",
    "prepare": "Error.prepareStackTrace = (e, s) => s.map(String).join(); throw new Error('x')",
    "regexp": "'aaaa'.replace(/(a+)+b/g, '$1')",
    "intl": "new Intl.NumberFormat('en').format(1234.5)",
    "deep": "let d = []; for (let i = 0; i < 2000; ++i) d = [d]; d",
    "string": "'\\u0000\\u2028\\\\\"'",
    "syntax": "let let = 1",
}
MODULES = {
    "module": "import f, { one } from 'm'; export default f(one)",
    "module-await": "export default await Promise.resolve(42)",
    "module-missing": "import 'nowhere'",
    "module-throw": "throw new Error('x')",
    "module-dynamic": "export default (await import('m')).o.f() === undefined",
}


# (func (export "add") (param i32 i32) (result i32)): their sum.
ADD_WASM = bytes.fromhex("0061736d010000000107016002" "7f7f017f030201000707010361646400000a09010700200020016a0b")


def requests():
    from evald.v1 import script_pb2

    whole = script_pb2.EvalRequest(source="[a, b, c]", resource_name="r.js", tenant="t", result_format=2)
    whole.globals["a"].json = '{"x": 1}'
    whole.globals["b"].bytes = b"\x00\xff"
    whole.globals["c"].undefined.SetInParent()
    whole.limits.wall_time.nanos = 10000000
    whole.limits.output_bytes = 1000
    reserved = script_pb2.EvalRequest(source="1")
    reserved.globals["class"].json = "1"
    bad_json = script_pb2.EvalRequest(source="a")
    bad_json.globals["a"].json = "{"
    long_time = script_pb2.EvalRequest(source="1")
    long_time.limits.wall_time.seconds = 315576000000
    call = script_pb2.CallFunctionRequest(function="Math.max", result_format=3)
    call.args.add(json="3")
    call.args.add().structured.list_value.values.add().number_value = 1
    exported = script_pb2.CallFunctionRequest(module="m", function="o.f")
    missing = script_pb2.CallFunctionRequest(function="a..b")
    with_modules = script_pb2.EvalRequest(source="import('a').then((a) => a.one)")
    with_modules.import_map = '{"imports": {"a": "./a.js", "b/": "./b/"}, "scopes": {"./b/": {"a": null}}}'
    with_modules.modules["./a.js"].text = "export { one } from 'm'; import n from './n' with { type: 'json' }"
    with_modules.modules["./n"].type = script_pb2.ModuleSource.JSON
    with_modules.modules["./n"].text = "[1]"
    own_module = script_pb2.CallFunctionRequest(module="w", function="add")
    own_module.modules["w"].type = script_pb2.ModuleSource.WASM
    own_module.modules["w"].binary = ADD_WASM
    no_module = script_pb2.EvalRequest(source="1", import_map="{")
    no_module.modules[""].SetInParent()
    return {
        "eval": b"\x00" + whole.SerializeToString(deterministic=True),
        "eval-reserved": b"\x00" + reserved.SerializeToString(deterministic=True),
        "eval-bad-json": b"\x00" + bad_json.SerializeToString(deterministic=True),
        "eval-long-time": b"\x00" + long_time.SerializeToString(deterministic=True),
        "eval-enums": b"\x00\x0a\x011\x18\x09\x30\x07",
        "call": b"\x01" + call.SerializeToString(deterministic=True),
        "call-export": b"\x01" + exported.SerializeToString(deterministic=True),
        "call-empty-name": b"\x01" + missing.SerializeToString(deterministic=True),
        "eval-modules": b"\x00" + with_modules.SerializeToString(deterministic=True),
        "call-own-module": b"\x01" + own_module.SerializeToString(deterministic=True),
        "eval-no-module": b"\x00" + no_module.SerializeToString(deterministic=True),
    }


def evals():
    files = requests()
    for name, source in SCRIPTS.items():
        files["script-" + name] = b"\x02" + source.encode()
    for name in ("types", "cycle", "deep", "bytes", "string"):
        files["structured-" + name] = b"\x04" + SCRIPTS[name].encode()
    for name, source in MODULES.items():
        files[name] = b"\x03" + source.encode()
    files["modules-circle"] = b"\x83import './0'\0\0import './3'\x00[1]\0\0import './0'; import './1' with { type: 'json' }"
    files["modules-map"] = b'\x83export { default } from "a/x"\0{"imports": {"a/": "./"}}\0export default 1'
    files["modules-wasm"] = b"\x83import * as w from './2'; export default w\0\0\0\0"
    return files


def listen_address():
    texts = {
        "tcp": "127.0.0.1:50051",
        "name": "localhost:0",
        "ipv6": "[::1]:9080",
        "unix": "unix:/run/evald.sock",
        "bare-ipv6": "::1:80",
        "empty-brackets": "[]:80",
        "no-port": "localhost:",
        "open-bracket": "[::1:80",
        "inner-bracket": "[[a]:1",
        "bracketed-scheme": "[unix]:4",
        "signed-port": "a:+80",
        "space": "a: 80",
        "relative": "unix:run",
        "nul": "unix:/a\0b",
        "nul-host": "a\0b:1",
    }
    return {name: text.encode() for name, text in texts.items()}


def traceparent():
    ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
    texts = {
        "version-0": "00-" + ids + "-01",
        "version-1-longer": "01-" + ids + "-01-more",
        "version-0-longer": "00-" + ids + "-01-more",
        "version-ff": "ff-" + ids + "-01",
        "upper-case": "00-" + ids.upper() + "-01",
        "no-trace": "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "no-parent": "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "short": "00-" + ids + "-0",
    }
    return {name: text.encode() for name, text in texts.items()}


def spawn_wire():
    return {
        "request": b"\x09\0\0\0\x09\x07\0\0\0\0\0\0\0",
        "wrong-tag": b"\x09\0\0\0\x11\x07\0\0\0\0\0\0\0",
        "wrong-length": b"\x08\0\0\0\x09\x07\0\0\0\0\0\0\0",
    }


def value():
    from google.protobuf import struct_pb2

    whole = struct_pb2.Value()
    fields = whole.struct_value.fields
    fields["n"].number_value = float("nan")
    fields["__proto__"].string_value = "p"
    fields["1"].list_value.values.add().bool_value = True
    fields["1"].list_value.values.add()
    fields[""].null_value = 0
    deep = struct_pb2.Value()
    inner = deep
    for _ in range(32):
        inner = inner.list_value.values.add()
    files = {
        "structured": b"\x01\x20" + whole.SerializeToString(deterministic=True),
        "structured-deep": b"\x01\x20" + deep.SerializeToString(deterministic=True),
        "bytes": b"\x02\x00\x00\xff",
        "undefined": b"\x03\x00\x22\x00",
        "unset": b"\x03\x00",
    }
    texts = {
        "object": '{"b":1,"a":[true,null,"x"],"2":{},"1":[]}',
        "numbers": "[0,-0,1e400,1.5e-7,123456789012345680000,4294967296,-2147483648]",
        "escapes": '"\\ud800 \\udc00\\ud83d\\ude00 \\u0000\\u001f\\u007f\\u2028 \\" \\\\ \\/"',
        "proto": '{"__proto__":1,"constructor":{"a":2},"toJSON":3}',
        "twice": '{"a":1,"a":2}',
        "deep": "[" * 40 + "]" * 40,
        "too-deep": "[" * 1002 + "]" * 1002,
        "ill-formed": '{"a":',
        "utf8": '"\u00e9\u4e2d\U0001f600"',
        "spaces": " \n\t[ 1 , 2 ]\r\n",
    }
    for name, text in texts.items():
        files["json-" + name] = b"\x00\x20" + text.encode()
    return files


def worker_channel():
    from evald.internal import worker_pb2

    def message(**fields):
        return frame(worker_pb2.WorkerMessage(**fields).SerializeToString(deterministic=True))

    ready = message(ready=worker_pb2.WorkerReady(isolate_origin=1))
    rewound = message(ready=worker_pb2.WorkerReady(isolate_origin=2))
    fault = worker_pb2.WorkerReply(request_id=1, fault=worker_pb2.WorkerFault(reason=6, message="m"))
    built = b"\x0a\x05"  # frames of up to 512 bytes are built, sent in chunks of 6
    forked, reply, rewind, reuse = b"\x06", b"\x01", b"\x0c", b"\x12"
    return {
        "raw": b"\x0b\x03" + ready + message(reply=fault) + rewound,
        "raw-half": b"\x0b\x00" + ready[:-1],
        "raw-too-long": b"\x0b\xff" + ready + struct.pack("<I", 0xFFFFFFFF),
        "raw-limit": b"\x01\xff" + struct.pack("<I", 17) + bytes(17),
        "built": built + forked + reply + rewind + reply + reuse + reply,
        "built-reused-after-pristine": built + forked + reply + reuse,
        "built-ready-twice": built + forked + rewind,
        "built-reply-first": built + reply,
        "built-wrong-id": built + forked + b"\x02\x09",
        "built-garbage": built + forked + b"\x04\x03abc",
        "built-empty-message": built + forked + b"\x04\x00",
    }


CORPORA = {
    "admin_fuzz": admin,
    "config_fuzz": config,
    "envelope_fuzz": envelope,
    "eval_fuzz": evals,
    "listen_address_fuzz": listen_address,
    "request_fuzz": requests,
    "spawn_wire_fuzz": spawn_wire,
    "traceparent_fuzz": traceparent,
    "value_fuzz": value,
    "worker_channel_fuzz": worker_channel,
}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "corpus")
    load_protos(os.path.dirname(os.path.dirname(here)))
    for name, make in CORPORA.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for file, data in make().items():
            with open(os.path.join(folder, name, file), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    main()
