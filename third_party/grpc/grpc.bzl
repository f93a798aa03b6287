"""gRPC, from the system, and its protoc plugins."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

# Reflection registers itself before main and nothing refers to it by name, so the linker must not drop it as unneeded.
_REFLECTION = ["-Wl,--push-state,--no-as-needed", "-lgrpc++_reflection", "-Wl,--pop-state"]

def grpc_repository():
    pkg_config_repository(
        name = "grpc",
        debian = "libgrpc++-dev and protobuf-compiler-grpc",
        libraries = {
            "grpc++": pkg_config_library(module = "grpc++", deps = ["@protobuf//:protobuf"]),
            "grpc++_reflection": pkg_config_library(
                header = "grpcpp/ext/proto_server_reflection_plugin.h",
                linkopts = _REFLECTION,
                deps = [":grpc++"],
            ),
        },
        tools = ["grpc_cpp_plugin", "grpc_python_plugin"],
    )
