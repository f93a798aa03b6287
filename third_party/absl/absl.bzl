"""Abseil, from the system. To use another of its libraries, add its name to the list."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

# The target is the name without the prefix that its .pc file has: absl_status is @absl//:status.
_LIBRARIES = [
    "any_invocable",
    "base",
    "bind_front",
    "btree",
    "cleanup",
    "cord",
    "core_headers",
    "flat_hash_map",
    "fixed_array",
    "flat_hash_set",
    "function_ref",
    "hash",
    "inlined_vector",
    "int128",
    "node_hash_map",
    "optional",
    "random_random",
    "span",
    "status",
    "statusor",
    "str_format",
    "strings",
    "symbolize",
    "synchronization",
    "time",
    "variant",
]

def absl_repository():
    pkg_config_repository(
        name = "absl",
        debian = "libabsl-dev",
        libraries = {name: pkg_config_library(module = "absl_" + name) for name in _LIBRARIES},
    )
