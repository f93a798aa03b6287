"""OpenSSL's libcrypto, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def openssl_repository():
    pkg_config_repository(
        name = "openssl",
        debian = "libssl-dev",
        libraries = {"crypto": pkg_config_library(module = "libcrypto")},
    )
