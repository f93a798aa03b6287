"""Protocol Buffers, from the system, and their compiler."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def protobuf_repository():
    pkg_config_repository(
        name = "protobuf",
        debian = "libprotobuf-dev and protobuf-compiler",
        libraries = {"protobuf": pkg_config_library(module = "protobuf", linkopts = ["-pthread"])},
        tools = ["protoc"],
    )
