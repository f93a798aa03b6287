"""zlib, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def zlib_repository():
    pkg_config_repository(
        name = "zlib",
        debian = "zlib1g-dev",
        libraries = {"z": pkg_config_library(module = "zlib")},
    )
