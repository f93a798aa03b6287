"""spdlog, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def spdlog_repository():
    pkg_config_repository(
        name = "spdlog",
        debian = "libspdlog-dev",
        libraries = {"spdlog": pkg_config_library(module = "spdlog")},
    )
