"""libseccomp, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def libseccomp_repository():
    pkg_config_repository(
        name = "libseccomp",
        debian = "libseccomp-dev",
        libraries = {"seccomp": pkg_config_library(module = "libseccomp")},
    )
