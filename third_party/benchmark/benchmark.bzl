"""Google Benchmark, from the system."""

load("//third_party:pkg_config.bzl", "pkg_config_library", "pkg_config_repository")

def benchmark_repository():
    pkg_config_repository(
        name = "benchmark",
        debian = "libbenchmark-dev",
        libraries = {
            "benchmark": pkg_config_library(module = "benchmark", linkopts = ["-pthread"]),
            "benchmark_main": pkg_config_library(linkopts = ["-lbenchmark_main"], deps = [":benchmark"]),
        },
    )
