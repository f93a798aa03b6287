"""cc_proto() and py_proto(): what protoc makes of .proto files, with no rule set besides this file.

Files live under proto/ and import one another from there: proto/evald/v1/script.proto is "evald/v1/script.proto" in
an import, and "evald/v1/script.pb.h" in an #include.
"""

_ROOT = "proto"

ProtoFilesInfo = provider(
    doc = "The .proto files that another has to see to import these.",
    fields = {"files": "depset of File"},
)

def _generate_impl(ctx):
    imports = depset(ctx.files.srcs, transitive = [dep[ProtoFilesInfo].files for dep in ctx.attr.deps])
    out_root = ctx.bin_dir.path + "/" + _ROOT
    args = ctx.actions.args()
    args.add("-I" + _ROOT)
    args.add("--{}_out={}".format(ctx.attr.language, out_root))
    tools = []
    if ctx.attr.grpc:
        plugin = ctx.executable._grpc_cpp if ctx.attr.language == "cpp" else ctx.executable._grpc_python
        tools.append(plugin)
        args.add("--plugin=protoc-gen-grpc={}".format(plugin.path))
        args.add("--grpc_out={}".format(out_root))
    args.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [args],
        inputs = imports,
        outputs = ctx.outputs.outs,
        tools = tools,
        mnemonic = "Protoc",
        progress_message = "Generating {}".format(ctx.label),
    )
    return [ProtoFilesInfo(files = imports)]

_generate = rule(
    implementation = _generate_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
        "deps": attr.label_list(providers = [ProtoFilesInfo]),
        "grpc": attr.bool(),
        "language": attr.string(values = ["cpp", "python"], mandatory = True),
        "outs": attr.output_list(mandatory = True),
        "_protoc": attr.label(default = "@protobuf//:protoc", executable = True, cfg = "exec", allow_single_file = True),
        "_grpc_cpp": attr.label(default = "@grpc//:grpc_cpp_plugin", executable = True, cfg = "exec", allow_single_file = True),
        "_grpc_python": attr.label(default = "@grpc//:grpc_python_plugin", executable = True, cfg = "exec", allow_single_file = True),
    },
)

def _include_root():
    """The way from the calling package up to proto/."""
    parts = native.package_name().split("/")
    if parts[0] != _ROOT:
        fail("The .proto files of this project live under {}/.".format(_ROOT))
    return "/".join([".."] * (len(parts) - 1)) or "."

def _sibling(label, suffix):
    """The label of a target that a macro made beside `label`."""
    if ":" not in label:
        label = "{}:{}".format(label, label.split("/")[-1])
    return label + suffix

def _outputs(srcs, endings):
    return [src.replace(".proto", ending) for src in srcs for ending in endings]

def cc_proto(name, srcs, deps = [], grpc = False, visibility = None):
    """A cc_library of the C++ that protoc makes, and with grpc a second one, NAME_grpc, of the services' stubs.

    Two, so that programs which only know the messages do not link gRPC.

    Args:
      name: the library's name.
      srcs: .proto files of this package.
      deps: the cc_proto targets whose files these import. Google's well-known types need no mention.
      grpc: whether to generate the services' stubs too (script.grpc.pb.h).
      visibility: as everywhere.
    """
    messages = _outputs(srcs, [".pb.h"]), _outputs(srcs, [".pb.cc"])
    stubs = (_outputs(srcs, [".grpc.pb.h"]), _outputs(srcs, [".grpc.pb.cc"])) if grpc else ([], [])
    _generate(
        name = name + "_protoc",
        srcs = srcs,
        outs = messages[0] + messages[1] + stubs[0] + stubs[1],
        deps = [_sibling(dep, "_protoc") for dep in deps],
        grpc = grpc,
        language = "cpp",
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = messages[1],
        hdrs = messages[0],
        copts = ["-w"],
        includes = [_include_root()],
        visibility = visibility,
        deps = deps + ["@protobuf//:protobuf"],
    )
    if grpc:
        native.cc_library(
            name = name + "_grpc",
            srcs = stubs[1],
            hdrs = stubs[0],
            copts = ["-w"],
            visibility = visibility,
            deps = [":" + name, "@grpc//:grpc++"],
        )

def py_proto(name, srcs, deps = [], py_deps = [], grpc = False, visibility = None):
    """A py_library of the Python modules that protoc makes; Python imports them as evald.v1.script_pb2.

    Args:
      name: the library's name.
      srcs: .proto files of this package.
      deps: the cc_proto targets whose files these import.
      py_deps: the py_proto targets of the same files.
      grpc: whether to generate the services' stubs too (script_pb2_grpc.py).
      visibility: as everywhere.
    """
    outs = _outputs(srcs, ["_pb2.py"] + (["_pb2_grpc.py"] if grpc else []))
    _generate(
        name = name + "_protoc",
        srcs = srcs,
        outs = outs,
        deps = [_sibling(dep, "_protoc") for dep in deps],
        grpc = grpc,
        language = "python",
        visibility = visibility,
    )
    native.py_library(
        name = name,
        srcs = outs,
        imports = [_include_root()],
        visibility = visibility,
        deps = py_deps,
    )
