"""CLI11, the command-line parser, from the system: headers only."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def cli11_repository():
    pkg_config_repository(
        name = "cli11",
        debian = "libcli11-dev",
        libraries = {"cli11": pkg_config_library(header = "CLI/CLI.hpp")},
    )
