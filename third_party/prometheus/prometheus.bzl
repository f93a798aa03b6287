"""prometheus-cpp, from the system: what metrics are made of, and their text format. Its HTTP server is not used."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def prometheus_repository():
    pkg_config_repository(
        name = "prometheus",
        debian = "prometheus-cpp-dev",
        libraries = {"core": pkg_config_library(module = "prometheus-cpp-core")},
    )
