"""evald_snapshot(): a V8 startup snapshot, built when everything else is."""

def _path_from(folder, file):
    """The path of `file` as seen from `folder`, both below the execution root."""
    return "/".join([".."] * len(folder.split("/")) + [file.path])

def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

def _evald_snapshot_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".snapshot")
    config = ctx.actions.declare_file(ctx.label.name + ".textproto")
    entries = []
    for entry in ctx.attr.extensions:
        if not entry.startswith("file:"):
            entries.append("extensions { builtin: %s }" % _quoted(entry))
            continue
        file = ctx.files.extension_files[int(entry[len("file:"):])]
        stem = file.basename[:-len(file.extension) - 1]
        entries.append("extensions { name: %s file: %s }" % (_quoted(stem), _quoted(_path_from(config.dirname, file))))
    for specifier, file in zip(ctx.attr.module_specifiers, ctx.files.module_files):
        entries.append("modules { specifier: %s file: %s }" % (_quoted(specifier), _quoted(_path_from(config.dirname, file))))
    for file in ctx.files.warmup:
        entries.append("warmup { file: %s }" % _quoted(_path_from(config.dirname, file)))
    ctx.actions.write(config, "\n".join(entries + [ctx.attr.settings, ""]))
    ctx.actions.run(
        executable = ctx.executable.tool,
        arguments = ["build", "--config", config.path, "--output", output.path],
        inputs = [config] + ctx.files.extension_files + ctx.files.module_files + ctx.files.warmup,
        outputs = [output],
        mnemonic = "EvaldSnapshot",
        progress_message = "Building the snapshot %s" % output.short_path,
    )
    return [DefaultInfo(files = depset([output]), runfiles = ctx.runfiles([output]))]

_evald_snapshot = rule(
    implementation = _evald_snapshot_impl,
    attrs = {
        "extensions": attr.string_list(),
        "extension_files": attr.label_list(allow_files = True),
        "module_specifiers": attr.string_list(),
        "module_files": attr.label_list(allow_files = True),
        "warmup": attr.label_list(allow_files = True),
        "settings": attr.string(),
        # What builds a snapshot has to be what loads it: of the same configuration.
        "tool": attr.label(executable = True, cfg = "target", mandatory = True),
    },
)

_HEADER = """#pragma once

#include <string_view>

extern "C" const char _binary_evald_snapshot_{name}_start[], _binary_evald_snapshot_{name}_end[];

namespace evald {{

// For snapshot/open.h.
inline std::string_view {camel}Snapshot() {{
  const char* const start = _binary_evald_snapshot_{name}_start;
  return {{start, static_cast<size_t>(_binary_evald_snapshot_{name}_end - start)}};
}}

}}  // namespace evald
"""

def evald_snapshot(
        name,
        extensions = [],
        modules = {},
        warmup = [],
        settings = "",
        tool = "//snapshot:evald-snapshot",
        **kwargs):
    """Builds a snapshot as evald-snapshot does, and makes these targets:

      NAME       the file NAME.snapshot: for EvaldConfig.snapshot_file, or for a C++ program to read
      NAME_cc    a C++ library with the header NAME.h: NameSnapshot(), the same bytes inside the program

    Both are checked when they are loaded (snapshot/open.h): one that another V8, other V8 flags or other native
    functions made is refused with the reason.

    Args:
      name: lower-case letters, digits and underscores.
      extensions: names of built-in extensions, and files (labels) with one's own, in the order of their evaluation.
        Empty: all built-in ones.
      modules: specifier to file, in the order of their evaluation.
      warmup: files with scripts that are run when the snapshot has been loaded.
      settings: more of an EvaldConfig, in its text format: `engine { jitless: true }`.
      tool: the evald-snapshot that builds it; one linked with extensions of its own, if it has any.
      **kwargs: visibility, tags and their like, for both.
    """
    own = [entry for entry in extensions if ":" in entry or "/" in entry or "." in entry]
    _evald_snapshot(
        name = name,
        extensions = ["file:%d" % own.index(entry) if entry in own else entry for entry in extensions],
        extension_files = own,
        module_specifiers = modules.keys(),
        module_files = modules.values(),
        warmup = warmup,
        settings = settings,
        tool = tool,
        **kwargs
    )
    camel = "".join([part.capitalize() for part in name.split("_")])
    native.genrule(
        name = name + "_object",
        srcs = [":" + name],
        outs = [
            name + "_object.o",
            name + ".h",
        ],
        # The linker names the symbols after the file.
        cmd = """
            cp $< evald_snapshot_{name}
            ld -r -b binary -z noexecstack -o $(location {name}_object.o) evald_snapshot_{name}
            cat > $(location {name}.h) <<'EOF'
{header}EOF
        """.format(name = name, header = _HEADER.format(name = name, camel = camel)),
        tags = ["manual"],
    )
    native.cc_library(
        name = name + "_cc",
        srcs = [name + "_object.o"],
        hdrs = [name + ".h"],
        **kwargs
    )
